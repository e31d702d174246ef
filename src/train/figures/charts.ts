// Figures of numbers: curves, histograms, bars, points of classes.
import { aString, expectKind, expectOptions, positive } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import type { Axis, Figure, Panel, Picture, Series } from '../figure.ts';
import { spread as meanAndDeviation, quantile } from '../spread.ts';

/** What a figure says beside what it shows. */
export interface Words {
  readonly title?: string;
  readonly caption?: string;
}

/** An axis: its label with units (with a `%` for shares 0 … 1), or more about it. */
export type AxisLike = string | Axis;

export const asAxis = (axis: AxisLike): Axis => (typeof axis === 'string' ? { label: axis } : axis);

/** A figure of one panel; standing alone, the title is the figure's. */
export const single = (panel: Panel, { title = '', caption }: Words): Figure => ({
  title,
  ...(caption === undefined ? {} : { caption }),
  panels: [panel],
});

/** Values one after the other, or a series without its name. */
export type Line = readonly number[] | Float32Array | Float64Array | Given;

type Given = Omit<Series, 'name' | 'x'> & { readonly x?: readonly number[] };

export interface CurveOptions extends Words {
  readonly x: AxisLike;
  readonly y: AxisLike;
  /** x of the first value of lines that have none of their own. Default 1. */
  readonly from?: number;
  /** Whether the names stand above the lines; false where a panel beside them says the same. Default true. */
  readonly legend?: boolean;
}

const isGiven = (line: Line): line is Given => 'y' in line;

/** The series of lines by name. */
export function seriesOf(lines: Readonly<Record<string, Line>>, from = 1): Series[] {
  return Object.entries(lines).map(([name, line]) => {
    const given = isGiven(line) ? line : { y: Array.from(line) };
    return { x: given.y.map((_, i) => from + i), ...given, name };
  });
}

/**
 * Lines by name over steps, epochs, sizes. Lines that are called training, validation and test have the colours that they have everywhere.
 *
 * ```ts
 * figures.curves({ training: losses, validation }, { title: 'Loss', x: 'epoch', y: 'cross-entropy (nats)' });
 * figures.curves({ ensemble: figures.spread(runs) }, { x: 'passes', y: 'accuracy (%)', caption: 'Mean of the runs ± one standard deviation.' });
 * ```
 */
export function curves(lines: Readonly<Record<string, Line>>, { x, y, from, legend, ...words }: CurveOptions): Figure {
  return single({ kind: 'chart', x: asAxis(x), y: asAxis(y), series: seriesOf(lines, from), ...(legend === false && { legend }) }, words);
}

/**
 * Several runs as one line: the mean of each place, in a band of ± one standard deviation, or between two quantiles: `{ quantiles: [0.1, 0.9] }`. One
 * run has no band. @throws ShapeError when runs differ in length.
 */
export function spread(
  runs: readonly ArrayLike<number>[],
  { quantiles }: { readonly quantiles?: readonly [low: number, high: number] } = {},
): Given {
  const length = runs[0]?.length ?? 0;
  if (runs.some((run) => run.length !== length)) {
    throw new ShapeError(`spread: expected runs of one length, got ${runs.map((run) => run.length).join(', ')}`);
  }
  const places = Array.from({ length }, (_, i) => runs.map((run) => run[i]!));
  const found = places.map((values) => meanAndDeviation(values));
  const y = found.map(({ mean }) => mean);
  if (runs.length < 2) return { y };
  const edge = (side: 0 | 1) =>
    quantiles
      ? places.map((values) => quantile(values, quantiles[side]))
      : found.map(({ mean, deviation }) => mean + (side ? deviation : -deviation));
  return { y, low: edge(0), high: edge(1) };
}

/** What a training came to, epoch by epoch: metrics by part. */
export interface EpochNumbers {
  readonly epoch: number;
  readonly training?: Readonly<Record<string, unknown>>;
  readonly validation?: Readonly<Record<string, unknown>>;
  readonly test?: Readonly<Record<string, unknown>>;
}

/** A metric's panel: its name among the results, its own axis, and what else stands there. */
export type HistoryPanel = string | { readonly metric: string; readonly y?: AxisLike; readonly lines?: Readonly<Record<string, Line>> };

export interface HistoryOptions extends Words {
  /** Of panels that have none of their own. */
  readonly y?: AxisLike;
  readonly columns?: number;
}

/**
 * A panel for each metric over the epochs of a training, with a line for each part that has it: `{ Loss: 'loss', Accuracy: 'accuracy' }`. The
 * beginning, epoch 0, is left out: far from all others, it would press them flat.
 */
export function history(results: readonly EpochNumbers[], panels: Readonly<Record<string, HistoryPanel>>, options: HistoryOptions): Figure {
  const { y = '', columns = Math.min(3, Object.keys(panels).length), ...words } = options;
  const epochs = results.filter(({ epoch }) => epoch > 0);
  const each = Object.entries(panels).map(([title, panel]) => {
    const { metric, lines, y: own = y } = typeof panel === 'string' ? { metric: panel } : panel;
    const parts = (['training', 'validation', 'test'] as const).flatMap((part) => {
      const known = epochs.flatMap(({ epoch, [part]: numbers }) => {
        const value = numbers?.[metric];
        return typeof value === 'number' ? [[epoch, value] as const] : [];
      });
      return known.length > 0 ? [[part, path(known)] as const] : [];
    });
    return curves({ ...Object.fromEntries(parts), ...lines }, { title, x: 'epoch', y: own });
  });
  return join(each, { ...words, columns });
}

export interface HistogramOptions extends Words {
  readonly x: AxisLike;
  readonly y?: AxisLike;
  /** Default 20. */
  readonly bins?: number;
  /** Lowest and highest value that has a bin. Default: those of all groups. */
  readonly range?: readonly [number, number];
  /** Shares of each group, so that groups of other sizes can be compared. Default false: counts. */
  readonly share?: boolean;
}

/** How values are spread, by group: bars over bins of equal width. Values outside the range fall into the outermost bins. */
export function histogram(groups: Readonly<Record<string, ArrayLike<number>>>, options: HistogramOptions): Figure {
  const { x, bins = 20, share = false, range, y = share ? 'share (%)' : 'count', ...words } = options;
  expectKind('histogram', 'bins', bins, positive);
  const all = Object.values(groups).flatMap((values) => Array.from(values).filter(Number.isFinite));
  const [low, high] = range ?? [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
  // All equal: the bins are around them. None: there are bins all the same.
  const [from, width] = low < high ? [low, (high - low) / bins] : [low === high ? low - 0.5 : 0, 1 / bins];
  const centres = Array.from({ length: bins }, (_, i) => from + (i + 0.5) * width);
  const series = Object.entries(groups).map(([name, values]): Series => {
    const counts = new Array<number>(bins).fill(0);
    for (let i = 0; i < values.length; i++) {
      if (!Number.isNaN(values[i])) counts[Math.max(0, Math.min(bins - 1, Math.floor((values[i]! - from) / width)))]!++;
    }
    const total = share
      ? Math.max(
          1,
          counts.reduce((a, b) => a + b, 0),
        )
      : 1;
    return { name, style: 'bars', x: centres, y: counts.map((count) => count / total) };
  });
  const ends = { min: from, max: from + width * bins };
  return single({ kind: 'chart', x: { ...ends, ...asAxis(x) }, y: { min: 0, ...asAxis(y) }, series }, words);
}

/** Bars by category, one series or several side by side; `low` and `high` of a series are whiskers. */
export function bars(
  names: readonly string[],
  series: Readonly<Record<string, Line>>,
  options: Words & { readonly y: AxisLike; readonly x?: AxisLike },
): Figure {
  const { x = '', y, ...words } = options;
  const all = seriesOf(series, 0).map((one): Series => ({ style: 'bars', ...one }));
  return single({ kind: 'chart', x: { ticks: names, ...asAxis(x) }, y: asAxis(y), series: all }, words);
}

/** A binary classifier's probabilities of class 1, and the classes. */
export interface Judged {
  readonly probabilities: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/** What share would be right if class 1 were called from another probability on than one half, by part: `{ validation, test }`. */
export function thresholds(parts: Readonly<Record<string, Judged>>, options: Words & { readonly x: AxisLike }): Figure {
  const { x: label, ...words } = options;
  const x = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const lines = Object.entries(parts).map(([name, { probabilities, labels }]) => {
    const right = (from: number) => Array.from(labels).filter((own, i) => probabilities[i]! > from === own > 0.5).length / labels.length;
    return [name, { x, y: x.map(right) }] as const;
  });
  return curves(Object.fromEntries(lines), { ...words, x: { min: 0, max: 1, ...asAxis(label) }, y: 'accuracy (%)' });
}

/** How sure a binary classifier is, by class: how many samples it gives which probability of class 1. */
export function sureness(
  { probabilities, labels }: Judged,
  { names = ['0', '1'], ...options }: Omit<HistogramOptions, 'range'> & { readonly names?: readonly [string, string] },
): Figure {
  const groups = names.map((name, own) => [name, Array.from(probabilities).filter((_, i) => labels[i] === own)] as const);
  return histogram(Object.fromEntries(groups), { bins: 10, ...options, range: [0, 1] });
}

export interface ClassOptions {
  /** Of the classes, in their order. Default: their numbers. */
  readonly names?: readonly string[];
  /** Whether points are moved a little along axes that have few values, such as grades: they would hide each other. Default false. */
  readonly apart?: boolean;
}

export interface ScatterOptions extends Words, ClassOptions {
  /** In place of the points, one each. */
  readonly pictures?: readonly Picture[];
  readonly axes: readonly [x: AxisLike, y: AxisLike];
}

/** Points [n, 2], coloured by class. */
export function scatter(points: ArrayLike<number>, labels: ArrayLike<number>, options: ScatterOptions): Figure {
  const { axes, names, apart, pictures, ...words } = options;
  const own = { ...(names && { names }), ...(apart && { apart }), ...(pictures && { pictures }) };
  return curves(classes(points, labels, own), { x: axes[0], y: axes[1], ...words });
}

/** Points [n, 2] by class, in the classes' colours, to stand among other lines. @throws ShapeError when there is not one label a point. */
export function classes(
  points: ArrayLike<number>,
  labels: ArrayLike<number>,
  { names, apart = false, pictures }: ClassOptions & Pick<ScatterOptions, 'pictures'> = {},
): Record<string, Given> {
  if (points.length !== 2 * labels.length) {
    throw new ShapeError(`classes: expected points [n, 2] and n labels, got ${points.length} numbers and ${labels.length} labels`);
  }
  const along = (axis: number) => Array.from(labels, (_, i) => points[2 * i + axis]!);
  const [x, y] = apart ? [movedApart(along(0)), movedApart(along(1))] : [along(0), along(1)];
  const present = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const lines = present.map((label) => {
    const own = Array.from(labels).flatMap((other, i) => (other === label ? [i] : []));
    const name = names?.[label] ?? String(label);
    // A class keeps its colour where others are missing. −1, as clustering calls what is in none, has one that no class has.
    const look = Number.isInteger(label) ? { colour: label >= 0 ? label : Math.floor(present.at(-1)!) + 1 } : {};
    return [
      // Two classes of one name are two.
      present.some((other) => other < label && names?.[other] === name) ? `${name} (${label})` : name,
      {
        ...{ style: 'points' as const, x: own.map((i) => x[i]!), y: own.map((i) => y[i]!), ...look },
        ...(pictures && { pictures: own.map((i) => pictures[i]!) }),
      },
    ] as const;
  });
  return Object.fromEntries(lines);
}

/** Fewer values than this on an axis, and points stand on top of each other. */
const FEW = 20;

/** Where there are few different values, each moved by at most a quarter of the way to its neighbours: always the same way, by the golden ratio. */
export function movedApart(values: readonly number[]): number[] {
  const different = [...new Set(values)].sort((a, b) => a - b);
  if (different.length >= FEW) return [...values];
  const gaps = different.slice(1).map((value, i) => value - different[i]!);
  const by = gaps.length > 0 ? Math.min(...gaps) / 4 : 0.25;
  return values.map((value, i) => value + by * (2 * ((i * 0.618034) % 1) - 1));
}

/** A way through the plane as a line. */
export const path = (points: readonly (readonly [x: number, y: number])[]) => ({ x: points.map(([x]) => x), y: points.map(([, y]) => y) });

/** A function of one variable as a line. */
export function graph(f: (x: number) => number, [low, high]: readonly [low: number, high: number]) {
  const x = Array.from({ length: 101 }, (_, i) => low + ((high - low) * i) / 100);
  return { x, y: x.map(f) };
}

/** The palette's place of what is neither a class nor a part: dark. */
export const INK = 6;

/** Points that are to be found at once: a start, a goal, one's own. */
export const marks = (points: readonly (readonly [x: number, y: number])[], shape: NonNullable<Series['shape']>) =>
  ({ ...path(points), style: 'points', colour: INK, shape }) as const;

/** A dashed line from one point to another: a limit, a threshold, an optimum. */
export const dashed = (from: readonly [x: number, y: number], to: readonly [x: number, y: number]) =>
  ({ ...path([from, to]), style: 'dashed', colour: INK }) as const;

/** Figures beside each other in one, in a grid; their titles become those of their panels. */
export function join(figures: readonly Figure[], options: Words & { readonly columns?: number } = {}): Figure {
  expectOptions('join', options, { title: aString, caption: aString, columns: positive });
  const { title = '', columns = figures.length } = options;
  const caption = options.caption ?? (figures.flatMap((figure) => figure.caption ?? []).join(' ') || undefined);
  const panels = figures.flatMap((figure) =>
    figure.panels.length === 1 && figure.title ? [{ title: figure.title, ...figure.panels[0]! }] : figure.panels,
  );
  return { title, ...(caption === undefined ? {} : { caption }), columns, panels };
}
