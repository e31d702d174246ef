// What is found out about a trained network.

/** Of edges, the last of which lead from each paper to itself: how much its reader takes of who sends, [edges, heads]. */
export interface Attention {
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly alpha: Float32Array | Float64Array;
  readonly heads: number;
}

const times = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Whom a paper attends to, itself first, and how much by head. */
export function neighbourhood({ from, to, alpha, heads }: Attention, paper: number) {
  const own = times(to.length).filter((e) => to[e] === paper);
  return [own.length - 1, ...times(own.length - 1)].map((i) => {
    const weights = [...alpha.subarray(own[i] * heads, (own[i] + 1) * heads)];
    return { paper: from[own[i]], weights, mean: weights.reduce((sum, weight) => sum + weight / heads, 0) };
  });
}

/** What some papers take, and nothing else. */
export function among({ from, to, alpha, heads }: Attention, papers: { has(paper: number): boolean }): Attention {
  const own = times(to.length).filter((e) => papers.has(to[e]));
  const weights = own.flatMap((e) => [...alpha.subarray(e * heads, (e + 1) * heads)]);
  return {
    from: Uint32Array.from(own, (e) => from[e]),
    to: Uint32Array.from(own, (e) => to[e]),
    ...{ alpha: Float32Array.from(weights), heads },
  };
}

/** Of some papers with four to eight neighbours the one whose heads' mean attention is furthest from being the same for all. */
export function telling(attention: Attention, papers: ArrayLike<number>): number {
  const unevenness = Array.from(papers, (paper) => {
    const means = neighbourhood(attention, paper).map(({ mean }) => mean);
    return means.length >= 5 && means.length <= 9 ? Math.max(...means) * means.length : 0;
  });
  return papers[unevenness.indexOf(Math.max(...unevenness))];
}

/**
 * Mean attention by head to a paper itself, to neighbours of its field and to those of others, each in parts of what all would get were they
 * alike: 1 is indifference. Papers without neighbours don't count.
 */
export function attentionTo({ from, to, alpha, heads }: Attention, labels: ArrayLike<number>) {
  const degree = new Map<number, number>();
  for (let e = 0; e < to.length; e++) degree.set(to[e], (degree.get(to[e]) ?? 0) + 1);
  const counted = times(to.length).filter((e) => (degree.get(to[e]) as number) > 1);
  const groups = {
    itself: counted.filter((e) => from[e] === to[e]),
    'own field': counted.filter((e) => from[e] !== to[e] && labels[from[e]] === labels[to[e]]),
    'other fields': counted.filter((e) => labels[from[e]] !== labels[to[e]]),
  };
  const byHead = (of: readonly number[]) =>
    times(heads).map((head) => of.reduce((sum, e) => sum + alpha[e * heads + head] * (degree.get(to[e]) as number), 0) / of.length);
  return Object.fromEntries(Object.entries(groups).map(([group, edges]) => [group, byHead(edges)]));
}

/** Mean of 1 − cosine over all pairs of rows of x [rows, width]; rows of zeros have no direction and don't count. 0: all point the same way. */
export function meanDistance(x: ArrayLike<number>, width: number): number {
  const rows = times(x.length / width).map((i) => times(width).map((k) => x[i * width + k]));
  const directions = rows.filter((row) => Math.hypot(...row) > 0).map((row) => row.map((value) => value / Math.hypot(...row)));
  const sums = times(width).map((k) => directions.reduce((sum, row) => sum + row[k], 0));
  // The sum over all ordered pairs of different rows is that over all pairs, less each row with itself.
  const squared = sums.reduce((total, value) => total + value * value, 0);
  const count = directions.length;
  return count < 2 ? 0 : 1 - (squared - count) / (count * (count - 1));
}
