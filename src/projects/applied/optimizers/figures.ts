import { type Figure, figures, type Table } from '../../../index.ts';
import type { Trained } from './network.ts';
import type { Track } from './race.ts';
import { families, type Runner } from './rules.ts';
import type { Point, Surface } from './surfaces.ts';

const byTitle = <T extends Runner>(items: readonly T[]) => Object.fromEntries(items.map((item) => [item.rule.title, item]));

/** Lines by name for those of each family; families that have none are left out. */
function byFamily<T extends Runner, L>(items: readonly T[], line: (item: T) => L): [family: string, lines: Record<string, L>][] {
  return families.flatMap((family) => {
    const members = items.filter(({ rule }) => rule.family === family);
    const lines = members.map((item) => [`${item.rule.title} (${item.lr})`, line(item)] as const);
    return members.length > 0 ? [[family, Object.fromEntries(lines)]] : [];
  });
}

/** A row for each family: the paths over the surface's contours, and the heights along them. `values` are heights at the grid's points. */
export function surfaceFigure(surface: Surface, tracks: readonly Track[], values: ArrayLike<number>): Figure {
  const { grid, minima, formula } = surface;
  const { points, heights } = tracks[0];
  const levels = figures.decades(values);
  const marks = { start: figures.marks([points[0]], 'circle'), minimum: figures.marks(minima, 'star') };
  // All on one scale: no higher than ten times the start, and no lower than f32 can tell from the minimum.
  const finite = tracks.flatMap(({ heights: own }) => own.filter((height) => height < 10 * heights[0]));
  const min = Math.max(1e-10, Math.min(...finite) / 2);
  const y = { label: 'f(x, y)', log: true, min, max: 2 * Math.max(...finite) };
  const paths = byFamily(tracks, (track) => figures.path(track.points));
  const falls = byFamily(tracks, ({ heights }) => heights.map((height) => Math.max(height, min / 10)));
  const panels = paths.flatMap(([title, lines], i) => [
    figures.surface(values, grid, { title, levels, over: { ...lines, ...marks } }),
    figures.curves(falls[i][1], { x: 'step', y, from: 0, legend: false }),
  ]);
  const caption = `In brackets: learning rates. f(x, y) = ${formula}; lines at ${levels.join(', ')}.`;
  return figures.join(panels, { title: `${surface.title}: ${points.length - 1} steps`, caption, columns: 2 });
}

/** The surface with its minima, before anything goes down it. */
export const bareSurface = ({ grid, minima }: Surface, values: ArrayLike<number>): Figure =>
  figures.surface(values, grid, { levels: figures.decades(values), over: { minimum: figures.marks(minima, 'star') } });

/** A height that counts as having reached the minimum: in the figures such points lie on its star. */
export const REACHED = 1e-3;

/** The first step after which all heights are below `height`; undefined if there is none. */
export function stepsTo(height: number, heights: readonly number[]): number | undefined {
  const last = heights.findLastIndex((value) => !(value < height));
  return last + 1 < heights.length ? last + 1 : undefined;
}

export function surfaceTable({ title }: Surface, tracks: readonly Track[]): Table {
  /** Of where a path ends, unless it has gone. */
  const end = (show: (height: number, at: Point) => string, gone: string) => (track: Track) =>
    Number.isFinite(track.heights.at(-1)) ? show(track.heights.at(-1)!, track.points.at(-1)!) : gone;
  return figures.table(`${title}: f after ${tracks[0].heights.length - 1} steps`, 'optimiser', byTitle(tracks), {
    'learning rate': ({ lr }) => lr,
    f: end((height) => height.toExponential(1), 'diverged'),
    [`steps to f < ${REACHED}`]: ({ heights }) => stepsTo(REACHED, heights) ?? '–',
    'ends at': end((_, [x, y]) => `${figures.fixed(x)}, ${figures.fixed(y)}`, '–'),
  });
}

/** Steps whose losses are averaged, since batches differ. */
const LOSS_WINDOW = 20;

/** Training losses by family, and the test accuracy of all rules once it is known. */
export function networkFigure(trainees: readonly Trained[]): Figure {
  const families = byFamily(trainees, ({ losses }) => figures.runningMean(losses, LOSS_WINDOW));
  const finite = families.flatMap(([, lines]) => Object.values(lines).flat()).filter(Number.isFinite);
  const y = { label: 'training loss (nats)', log: true, min: Math.min(...finite) * 0.8, max: Math.min(5, Math.max(...finite)) };
  const panels = families.map(([title, lines]) => figures.curves(lines, { title, x: 'step', y }));
  const titles = trainees.map(({ rule }) => rule.title);
  const accuracies = trainees.flatMap(({ accuracy }) => accuracy ?? []);
  const bars = figures.bars(titles, { 'test accuracy': accuracies }, { title: 'After training', y: 'test accuracy (%)' });
  return figures.join(accuracies.length > 0 ? [...panels, bars] : panels, {
    title: 'The same network, the same batches, by each optimiser',
    caption: `Losses: running means of ${LOSS_WINDOW} steps. In brackets: learning rates.`,
    columns: 2,
  });
}

export const networkTable = (trainees: readonly Trained[]): Table =>
  figures.table(`The network after ${trainees[0].losses.length} steps`, 'optimiser', byTitle(trainees), {
    'learning rate': ({ lr }) => lr,
    'training loss': ({ losses }) => figures.runningMean(losses, LOSS_WINDOW).at(-1)!.toFixed(3),
    'test accuracy': ({ accuracy = Number.NaN }) => figures.percent(accuracy),
  });
