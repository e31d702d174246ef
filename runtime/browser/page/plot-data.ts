// What a chart shows, as numbers: the lines' points on its scale, the ranges of its axes, what lies off them.
import uPlot from 'uplot';
import type { Line } from './charts.ts';
import { type Point, pointsOf } from './curve.ts';
import { linear, logarithmicScale, type Scale } from './scale.ts';
import { smoothed } from './smooth.ts';

export type Range = readonly [number, number];

export interface View {
  /** Labels of the lines that are switched off. */
  readonly hidden: ReadonlySet<string>;
  readonly log: boolean;
  /** The vertical axis leaves outliers out. */
  readonly clip: boolean;
  /** Of the steps; all of them where it is undefined. */
  readonly zoom: Range | undefined;
  /** 0: none. */
  readonly smoothing: number;
}

export interface Plotted {
  /** Steps, then of each line its values and, where they are smoothed, their average: on the scale. */
  readonly data: uPlot.AlignedData;
  readonly scale: Scale;
  /** Averages by line and bucket, where there are any. */
  readonly averages: readonly (readonly number[])[];
  readonly x: Range;
  /** On the scale. */
  readonly y: Range;
  readonly canLog: boolean;
  /** Of what is in view, the value furthest outside of what the others span, if one is. */
  readonly outlier: Point | undefined;
}

/** Of a line, in the chart's data. */
export const SERIES_A_LINE = 2;

export const labelOf = ({ label }: Line) => label ?? '';

export function plotLines(lines: readonly Line[], { hidden, log, clip, zoom, smoothing }: View): Plotted {
  const shown = lines.filter((line) => !hidden.has(labelOf(line)));
  const points = shown.map(({ curve }) => pointsOf(curve));
  const logarithmic = logarithmicScale(valuesOf(points));
  const scale = (log && logarithmic) || linear;
  const averages = smoothing > 0 ? lines.map(({ curve }) => smoothed(curve, smoothing, scale)) : [];
  const x = zoom ?? stepsOf(points);
  const inView = points.flatMap((line) => line.filter(({ step }) => step >= x[0] && step <= x[1]));
  const averaged = shown.flatMap((line) => {
    const average = averages[lines.indexOf(line)] ?? [];
    return average.filter((_, i) => {
      const { step } = line.curve.buckets[i].last;
      return step >= x[0] && step <= x[1];
    });
  });
  const usual = usualRange(inView.map(({ value }) => scale.forward(value)));
  const outlier = usual && furthest(inView, scale, usual);
  const inside = (place: number) => !clip || !usual || (place >= usual[0] && place <= usual[1]);
  const places = [...inView.map(({ value }) => scale.forward(value)), ...averaged].filter(
    (place) => Number.isFinite(place) && inside(place),
  );
  return {
    data: tableOf(lines, averages, scale),
    ...{ scale, averages, x, outlier },
    y: roomy(places, scale),
    canLog: logarithmic !== undefined,
  };
}

function* valuesOf(lines: readonly (readonly Point[])[]): Iterable<number> {
  for (const line of lines) for (const { value } of line) yield value;
}

function stepsOf(lines: readonly (readonly Point[])[]): Range {
  const ends = lines.flatMap((line) => (line.length > 0 ? [line[0].step, line[line.length - 1].step] : []));
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  if (ends.length === 0) return [0, 1];
  return from === to ? [from - 0.5, to + 0.5] : [from, to];
}

/** How far from the middle nine tenths, in their width, a value is still usual. */
const USUAL = 1.5;
const FEWEST = 20;

/** Where values lie that are no outliers; undefined for so few that none can be told. */
export function usualRange(places: readonly number[]): Range | undefined {
  const sorted = Float64Array.from(places.filter(Number.isFinite)).sort();
  if (sorted.length < FEWEST) return undefined;
  const [low, high] = [0.05, 0.95].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  const width = high - low;
  return width > 0 ? [low - USUAL * width, high + USUAL * width] : undefined;
}

function furthest(points: readonly Point[], scale: Scale, [low, high]: Range): Point | undefined {
  let [found, most]: [Point | undefined, number] = [undefined, 0];
  for (const point of points) {
    const place = scale.forward(point.value);
    const distance = Math.max(low - place, place - high);
    if (distance > most) [found, most] = [point, distance];
  }
  return found;
}

/** The values' range with room around it. Zero belongs to an axis that comes near it. */
function roomy(places: readonly number[], { kind }: Scale): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const place of places) {
    low = Math.min(low, place);
    high = Math.max(high, place);
  }
  if (low > high) return [0, 1];
  const room = 0.05 * (high - low) || 0.05 * Math.abs(low) || 0.5;
  return [kind === 'linear' && low >= 0 && low < Math.max(room, 0.2 * high) ? 0 : low - room, high + room];
}

function tableOf(lines: readonly Line[], averages: readonly (readonly number[])[], scale: Scale): uPlot.AlignedData {
  const drawable = (place: number) => (Number.isFinite(place) ? place : null);
  const tables = lines.map(({ curve }, line): uPlot.AlignedData => {
    const points = pointsOf(curve);
    const steps = points.map(({ step }) => step);
    const values = points.map(({ value }) => drawable(scale.forward(value)));
    const averageAt = new Map(averages[line]?.map((average, i) => [curve.buckets[i].last.step, drawable(average)]));
    // Undefined is no gap: the average is drawn past it.
    return [steps, values, steps.map((step) => averageAt.get(step))];
  });
  return tables.length === 1 ? tables[0] : uPlot.join(tables);
}
