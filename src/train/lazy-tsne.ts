import type { Tsne } from './tsne.ts';

/**
 * Lays points [n, width] out on a plane so that those which are near each other stay so: t-SNE (van der Maaten & Hinton, 2008), by its exact
 * gradient, from the two principal components. It looks at all pairs in each step: for some thousand points. It repeats bit for bit. Distances
 * between groups say little.
 *
 * ```ts
 * const layout = await tsne(features, 64);
 * for await (const _ of run.steps('layout', { count: 500, keep: { layout } })) layout.step();
 * await run.figure('layout', figures.scatter(layout.place, labels, { axes: ['', ''] }));
 * ```
 *
 * @param options.perplexity about how many neighbours each point is to be near; default 30, at most a third of the points
 * @throws ShapeError unless there are whole points of `width` numbers
 */
export async function tsne(points: ArrayLike<number>, width: number, options: { readonly perplexity?: number } = {}): Promise<Tsne> {
  const { Tsne } = await import('./tsne.ts');
  return new Tsne(points, width, options);
}
