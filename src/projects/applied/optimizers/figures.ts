import type { Contours, Figure, Panel, Series } from '../../../index.ts';
import type { Track } from './race.ts';
import { families, type Rule } from './rules.ts';
import type { Point, Surface } from './surfaces.ts';

/** Dark, in the palette of charts. */
const INK = 6;

/** Where the heights for a figure's contours are asked for: columns by rows, from the lowest y up. */
export const grid = { columns: 97, rows: 73 } as const;

export function gridOf({ x, y }: Surface): Point[] {
  const { columns, rows } = grid;
  const between = ([min, max]: readonly [number, number], share: number) => min + share * (max - min);
  return Array.from({ length: columns * rows }, (_, i) => [
    between(x, (i % columns) / (columns - 1)),
    between(y, Math.floor(i / columns) / (rows - 1)),
  ]);
}

/** Those of each family, in their order; families that have none are left out. */
function byFamily<T extends { readonly rule: Rule }>(items: readonly T[]): (readonly [family: string, items: readonly T[]])[] {
  return families
    .map((family) => [family, items.filter(({ rule }) => rule.family === family)] as const)
    .filter(([, members]) => members.length > 0);
}

/** A column for each family: the paths over the surface's contours, and the heights along them. `contours` are heights at {@link gridOf}'s points. */
export function surfaceFigure(surface: Surface, tracks: readonly Track[], contours: ArrayLike<number>): Figure {
  const { x, y, levels, minima, title, formula } = surface;
  const columns = byFamily(tracks);
  const map: Contours = { values: contours, ...grid, x, y, levels };
  const [start] = tracks[0].points;
  const steps = tracks[0].points.length - 1;
  return {
    title: `${title}: ${steps} steps`,
    caption: `● start, ★ minimum; in brackets: learning rates. f(x, y) = ${formula}; lines at ${levels.join(', ')}.`,
    columns: columns.length,
    panels: [...columns.map(([family, members]) => paths(family, members, map, start, minima)), ...heights(columns, tracks)],
  };
}

function paths(family: string, tracks: readonly Track[], contours: Contours, start: Point, minima: readonly Point[]): Panel {
  const lines = tracks.map(({ rule, lr, points }, colour): Series => {
    const shown = untilGone(points, contours);
    return { name: `${rule.title} (${lr})`, x: shown.map(([x]) => x), y: shown.map(([, y]) => y), colour };
  });
  const marks: Series[] = [
    { name: '', style: 'points', x: [start[0]], y: [start[1]], colour: INK, shape: 'circle' },
    { name: '', style: 'points', x: minima.map(([x]) => x), y: minima.map(([, y]) => y), colour: INK, shape: 'star' },
  ];
  return { kind: 'chart', title: family, x: { label: '' }, y: { label: '' }, series: [...lines, ...marks], contours };
}

/** A path up to where it has left the picture by more than the picture's size. */
function untilGone(points: readonly Point[], { x, y }: Contours): readonly Point[] {
  const away = (value: number, [min, max]: readonly [number, number]) => !(value > 2 * min - max && value < 2 * max - min);
  const gone = points.findIndex((point) => away(point[0], x) || away(point[1], y));
  return gone < 0 ? points : points.slice(0, gone + 1);
}

/** All on one scale: no higher than ten times the start, and no lower than f32 can tell from the minimum. */
function heights(columns: ReturnType<typeof byFamily<Track>>, tracks: readonly Track[]): Panel[] {
  const highest = 10 * tracks[0].heights[0];
  const finite = tracks.flatMap(({ heights }) => heights.filter((height) => height < highest));
  const max = 2 * Math.max(...finite);
  const min = Math.max(1e-10, Math.min(...finite) / 2);
  return columns.map(([, members]) => ({
    kind: 'chart',
    x: { label: 'step' },
    y: { label: 'f(x, y)', log: true, min, max },
    series: members.map(({ heights }, colour) => ({
      // The column's colours are named above.
      name: '',
      x: heights.map((_, step) => step),
      y: heights.map((height) => Math.max(height, min / 10)),
      colour,
    })),
  }));
}

/** Steps whose losses are averaged, since batches differ. */
export const LOSS_WINDOW = 20;

/** One rule's training of the network, so far or, with its accuracy, to the end. */
export interface NetworkResult {
  readonly rule: Rule;
  readonly lr: number;
  readonly losses: readonly number[];
  readonly accuracy?: number;
}

/** Training losses by family, and the test accuracy of all rules once it is known. */
export function networkFigure(results: readonly NetworkResult[]): Figure {
  const smooth = results.map((result) => ({ ...result, losses: runningMean(result.losses, LOSS_WINDOW) }));
  const finite = smooth.flatMap(({ losses }) => losses.filter(Number.isFinite));
  const [min, max] = [Math.min(...finite) * 0.8, Math.min(5, Math.max(...finite))];
  const curves = byFamily(smooth).map(
    ([family, members]): Panel => ({
      kind: 'chart',
      title: family,
      x: { label: 'step' },
      y: { label: 'training loss (nats)', log: true, min, max },
      series: members.map(({ rule, lr, losses }, colour) => ({
        name: `${rule.title} (${lr})`,
        x: losses.map((_, step) => step + 1),
        y: losses,
        colour,
      })),
    }),
  );
  const known = results.filter(({ accuracy }) => accuracy !== undefined);
  const accuracies: Panel = {
    kind: 'chart',
    title: 'After training',
    x: { label: '', ticks: known.map(({ rule }) => rule.title) },
    y: { label: 'test accuracy (%)' },
    series: [{ name: 'test accuracy', style: 'bars', x: known.map((_, i) => i), y: known.map(({ accuracy }) => accuracy as number) }],
  };
  return {
    title: 'The same network, the same batches, by each optimiser',
    caption: `Losses: running means of ${LOSS_WINDOW} steps. In brackets: learning rates.`,
    columns: 2,
    panels: known.length > 0 ? [...curves, accuracies] : curves,
  };
}

/** The mean of each value and those before it, `window` in all. */
export function runningMean(values: readonly number[], window: number): number[] {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (i >= window ? values[i - window] : 0);
    return sum / Math.min(i + 1, window);
  });
}
