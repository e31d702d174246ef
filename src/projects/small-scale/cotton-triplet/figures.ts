import { type Figure, figures, type Picture } from '../../../index.ts';
import type { Layout, Measures } from './measures.ts';
import { type Way, ways } from './mining.ts';

const axes = ['first dimension', 'second dimension'] as const;

/** What pictures are, as far as figures show it. */
export interface Known {
  readonly labels: ArrayLike<number>;
  readonly names: readonly string[];
}

/** Planes with the first pictures themselves as marks. */
export function placesFigure(planes: Readonly<Record<string, Layout>>, pictures: readonly Picture[], { labels, names }: Known): Figure {
  const few = Array.from(labels).slice(0, pictures.length);
  const panels = Object.entries(planes).map(([title, { points, silhouette }]) => {
    const said = `${title}: silhouette ${figures.fixed(silhouette)}`;
    return figures.scatter(points.subarray(0, 2 * few.length), few, { axes, names, pictures, title: said });
  });
  const caption = `${few.length} of ${labels.length} test pictures, framed in the colours of their classes. Silhouettes are those of all of them.`;
  return figures.join(panels, { title: 'Where the network puts the pictures', columns: 1, caption });
}

/** All pictures, by how triplets were chosen. */
export function waysFigure(planes: Readonly<Record<Way, Layout>>, { labels, names }: Known): Figure {
  const panels = ways.map((way, i) => {
    const { points, silhouette, collapsed } = planes[way];
    const title = `${way}: ${collapsed ? 'collapsed' : `silhouette ${figures.fixed(silhouette)}`}`;
    return figures.curves(figures.classes(points, labels, { names }), { title, x: axes[0], y: axes[1], legend: i === 0 });
  });
  const caption =
    'All test pictures. The same body, batches and starting weights: only the positive and the negative that an anchor gets differ.';
  return figures.join(panels, { title: 'By how triplets are chosen', columns: 2, caption });
}

/** The loss that each head had in an epoch, and what its plane was worth after it. */
export type Course = readonly Readonly<Record<Way, Measures & { readonly loss: number }>>[];

export function courseFigure(course: Course, margin: number): Figure {
  const panel = (title: string, measure: keyof Course[number][Way], label: string, axis: object = {}) => {
    const lines = ways.map((way) => [way, course.map((epoch) => Number(epoch[way][measure]))] as const);
    return figures.curves(Object.fromEntries(lines), { title, x: 'epoch', y: { label, ...axis }, legend: measure === 'violated' });
  };
  const panels = [
    panel('Violated triplets', 'violated', 'of all test triplets (%)', { min: 0, max: 1 }),
    panel('Silhouette', 'silhouette', 'mean of the test pictures'),
    panel('Loss of the chosen triplets', 'loss', 'training loss', { min: 0 }),
    panel('Spread', 'spread', 'r.m.s. distance from the middle', { log: true }),
  ];
  const caption = `A triplet is violated unless d(a, n) > d(a, p) + ${margin}. Where all points come to lie in one, the spread goes to 0 and the loss stays at the margin, ${margin}.`;
  return figures.join(panels, { title: 'How the plane comes about', columns: 2, caption });
}

/** The plane with pictures as marks, and the two distances of a triplet: anchor, positive and negative by their places. */
export function tripletFigure(
  points: Float32Array,
  pictures: readonly Picture[],
  { labels, names }: Known,
  places: readonly number[],
): Figure {
  const [anchor, positive, negative] = places.map((i) => [points[2 * i], points[2 * i + 1]] as const);
  const apart = { 'd(a, p)': figures.path([anchor, positive]), 'd(a, n)': figures.dashed(anchor, negative) };
  const lines = { ...figures.classes(points, labels, { names, pictures }), ...apart };
  return figures.curves(lines, { title: 'On the plane of hard triplets', x: axes[0], y: axes[1] });
}
