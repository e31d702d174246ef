// What is found out about a trained network.

/** Edges, and behind them one from each paper to itself: those that a GAT's attention is of. */
export interface Attention {
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  /** [edges + papers, heads] */
  readonly alpha: ArrayLike<number>;
  readonly heads: number;
}

export interface Neighbour {
  readonly paper: number;
  /** α of each head. */
  readonly weights: readonly number[];
}

const at = ({ from, to }: Attention, e: number) => (e < from.length ? [from[e], to[e]] : [e - from.length, e - from.length]);
const weightsOf = ({ alpha, heads }: Attention, e: number) => Array.from({ length: heads }, (_, head) => alpha[e * heads + head]);

/** Whom a paper attends to, itself first. */
export function neighbourhood(attention: Attention, paper: number): Neighbour[] {
  const { from, to } = attention;
  const own = Array.from({ length: from.length }, (_, e) => e).filter((e) => to[e] === paper);
  return [from.length + paper, ...own].map((e) => ({ paper: at(attention, e)[0], weights: weightsOf(attention, e) }));
}

/** Of some papers with four to eight neighbours the one whose heads' mean attention is furthest from being the same for all. */
export function telling(attention: Attention, papers: ArrayLike<number>): number {
  const spreadOf = (paper: number) => {
    const means = neighbourhood(attention, paper).map(({ weights }) => weights.reduce((sum, weight) => sum + weight / weights.length, 0));
    return means.length >= 5 && means.length <= 9 ? Math.max(...means) * means.length : 0;
  };
  return Array.from(papers).reduce((best, paper) => (spreadOf(paper) > spreadOf(best) ? paper : best));
}

/**
 * Mean attention by head to a paper itself, to neighbours of its field and to those of others, each in parts of what all would get were they
 * alike: 1 is indifference. Papers without neighbours don't count.
 */
export function attentionTo(
  attention: Attention,
  labels: ArrayLike<number>,
): Readonly<Record<'itself' | 'own field' | 'other fields', number[]>> {
  const { from, alpha, heads } = attention;
  const edges = alpha.length / heads;
  const degree = new Float64Array(edges - from.length).fill(1);
  for (let e = 0; e < from.length; e++) degree[at(attention, e)[1]]++;
  const groups = { itself: [] as number[], 'own field': [] as number[], 'other fields': [] as number[] };
  for (let e = 0; e < edges; e++) {
    const [sender, receiver] = at(attention, e);
    if (degree[receiver] === 1) continue;
    groups[sender === receiver ? 'itself' : labels[sender] === labels[receiver] ? 'own field' : 'other fields'].push(e);
  }
  const mean = (of: readonly number[], head: number) =>
    of.reduce((sum, e) => sum + alpha[e * heads + head] * degree[at(attention, e)[1]], 0) / of.length;
  const byHead = (of: readonly number[]) => Array.from({ length: heads }, (_, head) => mean(of, head));
  return { itself: byHead(groups.itself), 'own field': byHead(groups['own field']), 'other fields': byHead(groups['other fields']) };
}

/** Mean of 1 − cosine over all pairs of rows of x [rows, width]; rows of zeros have no direction and don't count. 0: all point the same way. */
export function meanDistance(x: ArrayLike<number>, width: number): number {
  const sum = new Float64Array(width);
  let count = 0;
  for (let i = 0; i < x.length; i += width) {
    const row = Array.from({ length: width }, (_, k) => x[i + k]);
    const length = Math.hypot(...row);
    if (length === 0) continue;
    count++;
    row.forEach((value, k) => {
      sum[k] += value / length;
    });
  }
  // The sum over all ordered pairs of different rows is that over all pairs, less each row with itself.
  const squared = sum.reduce((total, value) => total + value * value, 0);
  return count < 2 ? 0 : 1 - (squared - count) / (count * (count - 1));
}
