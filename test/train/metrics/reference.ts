// Metrics in plain JavaScript and float64, written sample by sample: what those of the GPU are held against.

export type Scores = readonly (readonly number[])[];

export const decision = (row: readonly number[]): number => row.indexOf(Math.max(...row));

export function softmax(row: readonly number[]): number[] {
  const exps = row.map((value) => Math.exp(value - Math.max(...row)));
  return exps.map((value) => value / exps.reduce((a, b) => a + b, 0));
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Place of the label among the scores, 0 the highest; equal ones in the order of the classes. */
export const rank = (row: readonly number[], label: number): number =>
  [...row.keys()].sort((a, b) => row[b] - row[a] || a - b).indexOf(label);

export function matrix(scores: Scores, labels: readonly number[], classes: number): number[][] {
  const cells = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  scores.forEach((row, i) => cells[labels[i]][decision(row)]++);
  return cells;
}

export interface Counts {
  readonly hits: number;
  readonly falseAlarms: number;
  readonly missed: number;
}

export function countsOf(cells: readonly (readonly number[])[], c: number): Counts {
  const hits = cells[c][c];
  const column = cells.reduce((sum, row) => sum + row[c], 0);
  return { hits, falseAlarms: column - hits, missed: cells[c].reduce((a, b) => a + b, 0) - hits };
}

/** The chance that a true one scores higher than a false one: every pair is asked. */
export function pairwiseAuc(scores: readonly number[], truths: readonly number[]): number {
  let [won, pairs] = [0, 0];
  scores.forEach((a, i) => {
    scores.forEach((b, j) => {
      if (truths[i] !== 1 || truths[j] !== 0) return;
      pairs++;
      won += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  return won / pairs;
}

/** Σ over true ones of the precision at their score, shared by equal scores: the mean precision at which a true one is found. */
export function pointwiseAp(scores: readonly number[], truths: readonly number[]): number {
  const at = scores.flatMap((score, i) => {
    if (truths[i] !== 1) return [];
    const found = scores.map((other, j) => [other >= score, truths[j] === 1] as const).filter(([above]) => above);
    return [found.filter(([, hit]) => hit).length / found.length];
  });
  return mean(at);
}
