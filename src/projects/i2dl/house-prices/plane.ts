// The plane of two features: where in it houses are expensive.
import { type Contours, type Figure, Random, type Series } from '../../../index.ts';
import { colour } from './figures.ts';
import { labelOf, type Part } from './houses.ts';
import { logit } from './reference.ts';

export interface PlaneAxis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
}

export interface PlaneAxes {
  readonly x: PlaneAxis;
  readonly y: PlaneAxis;
}

/** A house of the test set. */
export interface PlaneHouse {
  readonly x: number;
  readonly y: number;
  readonly expensive: boolean;
}

/** Houses by two of the features. */
export function housesAt({ x, y }: Part, features: readonly string[], [across, up]: readonly [string, string]): PlaneHouse[] {
  const [i, k] = [features.indexOf(across), features.indexOf(up)];
  return Array.from(y, (label, row) => ({ x: x[row * features.length + i], y: x[row * features.length + k], expensive: label === 1 }));
}

/** Axes with room for all of these houses. */
export function axesOf(houses: readonly PlaneHouse[], [across, up]: readonly [string, string]): PlaneAxes {
  const axis = (feature: string, values: readonly number[]): PlaneAxis => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.05 * (high - low) || 1;
    return { label: labelOf(feature), min: low - room, max: high + room };
  };
  return {
    x: axis(
      across,
      houses.map(({ x }) => x),
    ),
    y: axis(
      up,
      houses.map(({ y }) => y),
    ),
  };
}

/** Scores are linear in the plane, so that a coarse grid has straight lines. */
const GRID = 9;

/** Points to ask the model for, in the order of a figure's contours. */
export function gridOf({ x, y }: PlaneAxes): [number, number][] {
  const along = ({ min, max }: PlaneAxis, place: number) => min + ((max - min) * place) / (GRID - 1);
  return Array.from({ length: GRID * GRID }, (_, i) => [along(x, i % GRID), along(y, Math.floor(i / GRID))]);
}

interface Plane {
  readonly title: string;
  readonly axes: PlaneAxes;
  /** Scores at the points of the grid. */
  readonly scores: ArrayLike<number>;
  readonly houses: readonly PlaneHouse[];
  /** One house more, with a name. */
  readonly marked?: { readonly name: string; readonly x: number; readonly y: number };
  /** Ends the caption. */
  readonly note?: string;
}

/** Where houses are expensive in the plane of two features. */
export function planeFigure({ title, axes, scores, houses, marked, note = '' }: Plane): Figure {
  const { x, y } = axes;
  const contours: Contours = {
    values: scores,
    columns: GRID,
    rows: GRID,
    x: [x.min, x.max],
    y: [y.min, y.max],
    levels: [0.1, 0.5, 0.9].map(logit),
  };
  const series: Series[] = [];
  if (houses.length) series.push(group('cheap', houses, false), group('expensive', houses, true));
  if (marked) {
    series.push({ name: marked.name, x: [marked.x], y: [marked.y], style: 'points', colour: colour.line, shape: 'star' });
  }
  return {
    title,
    caption: `The darker, the likelier expensive; lines at 10, 50 and 90 %.${houses.length ? ' Points: test houses.' : ''}${note}`,
    panels: [{ kind: 'chart', x, y, contours, series }],
  };
}

function group(name: string, houses: readonly PlaneHouse[], wanted: boolean): Series {
  const random = new Random(2);
  const shown = houses.filter(({ expensive }) => expensive === wanted);
  // Grades and counts would stand on top of each other.
  const spread = (values: number[]) => (new Set(values).size < 20 ? values.map((value) => value + random.uniform(-0.25, 0.25)) : values);
  return {
    name,
    x: spread(shown.map(({ x }) => x)),
    y: spread(shown.map(({ y }) => y)),
    style: 'points',
    colour: wanted ? colour.expensive : colour.cheap,
    shape: wanted ? 'square' : 'circle',
  };
}
