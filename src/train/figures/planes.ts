// Figures of a plane: a function of two variables, paths over it, points of classes on it.
import { expectKind, positive } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { tensor } from '../../engine/ops/create.ts';
import type { Figure, Series } from '../figure.ts';
import { quantile } from '../spread.ts';
import { type AxisLike, asAxis, type ClassOptions, classes, type Line, seriesOf, single, type Words } from './charts.ts';

type Range = readonly [min: number, max: number];

/** Places evenly spread over a part of the plane, both ends of its ranges among them. */
export interface Grid {
  readonly x: Range;
  readonly y: Range;
  readonly columns: number;
  readonly rows: number;
  /** Where a function's values are wanted: [rows · columns, 2], from the lowest y up, each row from the lowest x on. */
  readonly points: Float32Array;
}

/** So many places, fine enough for curved contours; for straight ones 9 × 9 do. */
export function grid(x: Range, y: Range, { columns = 97, rows = 73 } = {}): Grid {
  for (const [what, count] of Object.entries({ columns, rows })) expectKind('grid', what, count, positive);
  const place = ([min, max]: Range, i: number, count: number) => min + ((max - min) * i) / (count - 1);
  const points = new Float32Array(2 * columns * rows);
  for (let i = 0; i < columns * rows; i++) {
    points[2 * i] = place(x, i % columns, columns);
    points[2 * i + 1] = place(y, Math.floor(i / columns), rows);
  }
  return { x, y, columns, rows, points };
}

/** A grid with room for all of these points [n, 2]: what a decision is shown on beside the data. */
export function gridAround(points: ArrayLike<number>, size: { readonly columns?: number; readonly rows?: number } = {}): Grid {
  const [x, y] = [0, 1].map((axis): Range => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < points.length; i += 2) [low, high] = [Math.min(low, points[i]!), Math.max(high, points[i]!)];
    const room = 0.05 * (high - low) || 1;
    return low > high ? [0, 1] : [low - room, high + room];
  });
  return grid(x!, y!, size);
}

/** What a function of points [n, 2] is at those of a grid, one value each: for {@link surface}. */
export async function valuesOn({ points }: Grid, f: (points: Tensor) => Tensor): Promise<ArrayLike<number>> {
  return f(tensor(points, [points.length / 2, 2])).data();
}

/** Points [side², 2], row after row from the top, that cut the plane's standard normal distribution into cells of equal probability: what a manifold is shown at. */
export function normalGrid(side: number): number[][] {
  const places = Array.from({ length: side }, (_, i) => normalQuantile((i + 0.5) / side));
  return places.toReversed().flatMap((y) => places.map((x) => [x, y]));
}

/** Where the standard normal's distribution function is `p`, 0 < p < 1: by Newton's method. */
function normalQuantile(p: number): number {
  let x = 0;
  // From 0 the steps never pass the goal, as the density falls to both sides.
  for (let change = 1; Math.abs(change) > 1e-12; x += change) {
    // x + x³/3 + x⁵/(3·5) + …, times the density, is the distribution function less ½ (Marsaglia, "Evaluating the normal distribution", 2004).
    let series = 0;
    for (let [term, k] = [x, 3]; series + term !== series; term *= (x * x) / k, k += 2) series += term;
    change = (p - 0.5) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2) - series;
  }
  return x;
}

/**
 * Heights for the lines of a function that spreads over decades above 0: 1 and 3 times the powers of ten, from where a two-hundredth of its values
 * are lower up to the highest.
 */
export function decades(values: ArrayLike<number>): number[] {
  const finite = Array.from(values).filter(Number.isFinite);
  const [low, high] = [quantile(finite, 0.005), quantile(finite, 1)];
  if (!(low > 0)) throw new ShapeError(`decades: expected values above 0 nearly everywhere, got ${low}`);
  const powers = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, i) => Math.floor(Math.log10(low)) + i);
  return powers.flatMap((power) => [Number(`1e${power}`), Number(`3e${power}`)]).filter((level) => level >= low && level < high);
}

export interface SurfaceOptions extends Words {
  /** Heights of the lines, rising; spread them by factors where the function spans decades. */
  readonly levels: readonly number[];
  readonly axes?: readonly [x: AxisLike, y: AxisLike];
  /** What stands over it: paths, points of classes, marks. */
  readonly over?: Readonly<Record<string, Line>>;
}

/**
 * A function's values at the points of a grid as filled contours, the higher the darker, and what stands over them. A path ends where it has left
 * the picture by more than the picture's size.
 *
 * @throws ShapeError when there is not one value a point.
 */
export function surface(values: ArrayLike<number>, { points, ...place }: Grid, options: SurfaceOptions): Figure {
  const { levels, axes: [x, y] = ['', ''], over = {}, ...words } = options;
  if (2 * values.length !== points.length) {
    throw new ShapeError(`surface: expected a value for each of the grid's ${points.length / 2} points, got ${values.length}`);
  }
  const away = (value: number, [min, max]: Range) => !(value > 2 * min - max && value < 2 * max - min);
  const series = seriesOf(over).map((one): Series => {
    const gone = one.style === 'points' ? -1 : one.x.findIndex((x, i) => away(x, place.x) || away(one.y[i]!, place.y));
    return gone < 0 ? one : { ...one, x: one.x.slice(0, gone + 1), y: one.y.slice(0, gone + 1) };
  });
  return single({ kind: 'chart', x: asAxis(x), y: asAxis(y), series, contours: { values, levels, ...place } }, words);
}

export interface DecisionOptions extends Omit<SurfaceOptions, 'levels'>, ClassOptions {
  /** Samples on it, [n, 2], and their classes. */
  readonly points?: ArrayLike<number>;
  readonly labels?: ArrayLike<number>;
}

/** Where a binary classifier decides how: its log-odds at the points of a grid, with lines where the probability of class 1 is 10, 50 and 90 %, and samples. */
export function decision(logOdds: ArrayLike<number>, grid: Grid, options: DecisionOptions): Figure {
  const { points = [], labels = [], names, apart, over, ...rest } = options;
  const samples = classes(points, labels, { ...(names && { names }), ...(apart && { apart }) });
  return surface(logOdds, grid, { ...rest, levels: [0.1, 0.5, 0.9].map((p) => Math.log(p / (1 - p))), over: { ...samples, ...over } });
}
