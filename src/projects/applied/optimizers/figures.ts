import type { Contours, Figure, Panel, Series, Table } from '../../../index.ts';
import type { Trainee } from './network.ts';
import type { Track } from './race.ts';
import { families, type Rule } from './rules.ts';
import type { Point, Surface } from './surfaces.ts';

/** Dark, in the palette of charts. */
const INK = 6;

/** Where the heights for a figure's contours are asked for: columns by rows, from the lowest y up. */
const grid = { columns: 97, rows: 73 } as const;

export function gridOf({ x, y }: Surface): Point[] {
  const { columns, rows } = grid;
  const between = ([min, max]: readonly [number, number], share: number) => min + share * (max - min);
  return Array.from({ length: columns * rows }, (_, i) => [
    between(x, (i % columns) / (columns - 1)),
    between(y, Math.floor(i / columns) / (rows - 1)),
  ]);
}

/** Those of each family, in their order; families that have none are left out. */
const byFamily = <T extends { readonly rule: Rule }>(items: readonly T[]) =>
  families
    .map((family) => [family, items.filter(({ rule }) => rule.family === family)] as const)
    .filter(([, members]) => members.length > 0);

const nameOf = ({ rule, lr }: { readonly rule: Rule; readonly lr: number }) => `${rule.title} (${lr})`;

/** A column for each family: the paths over the surface's contours, and the heights along them. `contours` are heights at {@link gridOf}'s points. */
export function surfaceFigure(surface: Surface, tracks: readonly Track[], contours: ArrayLike<number>): Figure {
  const { x, y, levels, minima, title, formula } = surface;
  const columns = byFamily(tracks);
  const dots = (points: readonly Point[], shape: Series['shape']): Series => {
    return { name: '', style: 'points', x: points.map(([x]) => x), y: points.map(([, y]) => y), colour: INK, shape };
  };
  const paths = columns.map(([family, members]): Panel => {
    const lines = members.map((track, colour): Series => {
      const shown = untilGone(track.points, surface);
      return { name: nameOf(track), x: shown.map(([x]) => x), y: shown.map(([, y]) => y), colour };
    });
    const series = [...lines, dots([tracks[0].points[0]], 'circle'), dots(minima, 'star')];
    const map: Contours = { values: contours, ...grid, x, y, levels };
    return { kind: 'chart', title: family, x: { label: '' }, y: { label: '' }, series, contours: map };
  });
  return {
    title: `${title}: ${tracks[0].points.length - 1} steps`,
    caption: `● start, ★ minimum; in brackets: learning rates. f(x, y) = ${formula}; lines at ${levels.join(', ')}.`,
    columns: columns.length,
    panels: [...paths, ...heightPanels(columns, tracks)],
  };
}

/** A path up to where it has left the picture by more than the picture's size. */
function untilGone(points: readonly Point[], { x, y }: Surface): readonly Point[] {
  const away = (value: number, [min, max]: readonly [number, number]) => !(value > 2 * min - max && value < 2 * max - min);
  const gone = points.findIndex((point) => away(point[0], x) || away(point[1], y));
  return gone < 0 ? points : points.slice(0, gone + 1);
}

/** All on one scale: no higher than ten times the start, and no lower than f32 can tell from the minimum. */
function heightPanels(columns: ReturnType<typeof byFamily<Track>>, tracks: readonly Track[]): Panel[] {
  const highest = 10 * tracks[0].heights[0];
  const finite = tracks.flatMap(({ heights }) => heights.filter((height) => height < highest));
  const min = Math.max(1e-10, Math.min(...finite) / 2);
  // The colours are named above.
  const line = ({ heights }: Track, colour: number): Series => {
    return { name: '', x: heights.map((_, step) => step), y: heights.map((height) => Math.max(height, min / 10)), colour };
  };
  const y = { label: 'f(x, y)', log: true, min, max: 2 * Math.max(...finite) };
  return columns.map(([, members]) => ({ kind: 'chart', x: { label: 'step' }, y, series: members.map(line) }));
}

/** A height that counts as having reached the minimum: in the figures such points lie on its star. */
export const REACHED = 1e-3;

/** The first step after which all heights are below `height`; undefined if there is none. */
export function stepsTo(height: number, heights: readonly number[]): number | undefined {
  const last = heights.findLastIndex((value) => !(value < height));
  return last + 1 < heights.length ? last + 1 : undefined;
}

export function surfaceTable({ title }: Surface, tracks: readonly Track[]): Table {
  const rows = tracks.map(({ rule, lr, heights, points }) => {
    const height = heights.at(-1)!;
    const place = points
      .at(-1)!
      .map((value) => value.toFixed(2).replace(/^-(?=0\.00$)/, ''))
      .join(', ');
    const [end, at] = Number.isFinite(height) ? [height.toExponential(1), place] : ['diverged', '–'];
    return [rule.title, lr, end, stepsTo(REACHED, heights) ?? '–', at];
  });
  const columns = ['optimiser', 'learning rate', 'f', `steps to f < ${REACHED}`, 'ends at'];
  return { title: `${title}: f after ${tracks[0].heights.length - 1} steps`, columns, rows };
}

/** Steps whose losses are averaged, since batches differ. */
const LOSS_WINDOW = 20;

/** The mean of each value and those before it, `window` in all. */
export function runningMean(values: readonly number[], window: number): number[] {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (i >= window ? values[i - window] : 0);
    return sum / Math.min(i + 1, window);
  });
}

/** Training losses by family, and the test accuracy of all rules once it is known. */
export function networkFigure(trainees: readonly Trainee[], accuracies: readonly number[] = []): Figure {
  const smooth = trainees.map((trainee) => ({ ...trainee, losses: runningMean(trainee.losses, LOSS_WINDOW) }));
  const finite = smooth.flatMap(({ losses }) => losses.filter(Number.isFinite));
  const y = { label: 'training loss (nats)', log: true, min: Math.min(...finite) * 0.8, max: Math.min(5, Math.max(...finite)) };
  const curves = byFamily(smooth).map(([family, members]): Panel => {
    const series = members.map((one, colour) => ({ name: nameOf(one), x: one.losses.map((_, step) => step + 1), y: one.losses, colour }));
    return { kind: 'chart', title: family, x: { label: 'step' }, y, series };
  });
  const bars: Panel = {
    kind: 'chart',
    title: 'After training',
    x: { label: '', ticks: trainees.map(({ rule }) => rule.title) },
    y: { label: 'test accuracy (%)' },
    series: [{ name: 'test accuracy', style: 'bars', x: accuracies.map((_, i) => i), y: accuracies }],
  };
  return {
    title: 'The same network, the same batches, by each optimiser',
    caption: `Losses: running means of ${LOSS_WINDOW} steps. In brackets: learning rates.`,
    columns: 2,
    panels: accuracies.length > 0 ? [...curves, bars] : curves,
  };
}

export const networkTable = (trainees: readonly Trainee[], accuracies: readonly number[]): Table => ({
  title: `The network after ${trainees[0].losses.length} steps`,
  columns: ['optimiser', 'learning rate', 'training loss', 'test accuracy'],
  rows: trainees.map(({ rule, lr, losses }, i) => {
    return [rule.title, lr, runningMean(losses, LOSS_WINDOW).at(-1)!.toFixed(3), `${(100 * accuracies[i]).toFixed(1)} %`];
  }),
});
