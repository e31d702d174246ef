export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);

/** Values [n, count] by their columns. */
export const columns = (values: ArrayLike<number>, count: number) =>
  Array.from({ length: count }, (_, c) => Array.from(values).filter((_, i) => i % count === c));

/** How much more often the first is right than the second on the same pictures, and 1.96 standard errors of that. */
export function gainOf(first: readonly number[], second: readonly number[]): { readonly gain: number; readonly interval: number } {
  const differences = first.map((right, i) => right - second[i]);
  const gain = mean(differences);
  return { gain, interval: 1.96 * Math.sqrt((mean(differences.map((d) => d ** 2)) - gain ** 2) / differences.length) };
}

/** Of what stood side by side, the losses by name. */
export const lossesOf = (contest: Readonly<Record<string, { readonly losses: readonly number[] }>>) =>
  Object.fromEntries(Object.entries(contest).map(([name, { losses }]) => [name, losses]));
