import { scaleLinear, scaleLog } from 'd3-scale';
import { grouped } from '../data/format-error.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import type { Axis } from './figure.ts';

/** An axis made ready: where a value stands, 0 … 1 along it, and which values get a label. */
export interface ScaledAxis {
  /** NaN for a value that can't stand on it (0 on a log axis). */
  position(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  readonly domain: readonly [number, number];
}

export interface AxisNeeds {
  /** Bars and areas mean nothing unless they start at zero. */
  readonly fromZero: boolean;
  /** Room beside the outermost values, as a part of their range. */
  readonly padding: number;
  /** Widen the domain to round numbers. */
  readonly nice: boolean;
  readonly tickCount: number;
  /** Only whole numbers stand on it (epochs, steps): none between them gets a label. */
  readonly whole: boolean;
}

/** Fits an axis to the values on it; `min` and `max` of the axis, where given, win over everything. */
export function fitAxis(axis: Axis, values: Iterable<number>, needs: AxisNeeds): ScaledAxis {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value) || (axis.log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = axis.log ? [1, 10] : [0, 1];
  for (const bound of [axis.min, axis.max]) {
    if (bound !== undefined && !Number.isFinite(bound))
      throw new ShapeError(`figure: expected finite bounds of the axis ${axis.label}, got ${bound}`);
  }
  if (axis.ticks) return categories(axis.ticks, low, high);
  return axis.log ? logarithmic(axis, low, high) : linear(axis, low, high, needs);
}

function categories(names: readonly string[], low: number, high: number): ScaledAxis {
  const first = Math.min(0, Math.round(low)) - 0.5;
  const last = Math.max(names.length - 1, Math.round(high)) + 0.5;
  return {
    domain: [first, last],
    position: (value) => (value - first) / (last - first),
    ticks: names.map((label, value) => ({ value, label })),
  };
}

function linear(axis: Axis, low: number, high: number, needs: AxisNeeds): ScaledAxis {
  // A range that comes near zero is easier to judge when zero is on it.
  const zero = needs.fromZero || (needs.nice && low > 0 && low < 0.2 * high);
  let [from, to] = zero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  const room = (to - from) * needs.padding || Math.abs(from) * 0.1 || 0.5;
  if (!(zero && from === 0)) from -= room;
  if (!(zero && to === 0)) to += room;
  // Room around values must not suggest that there could be others below zero.
  if (low >= 0) from = needs.nice ? Math.max(0, from) : from;
  // Shares end at 100 %.
  const percent = axis.label.includes('%');
  if (percent && high <= 1) to = Math.min(to, 1);
  from = axis.min ?? from;
  to = axis.max ?? to;
  if (!(from < to)) [from, to] = [from - 0.5, from + 0.5];
  const factor = percent ? 100 : 1;
  let scale = scaleLinear().domain([from * factor, to * factor]);
  if (needs.nice) {
    const rounded = scale
      .copy()
      .nice(needs.tickCount * 2)
      .domain();
    scale = scale.domain([axis.min === undefined ? rounded[0]! : from * factor, axis.max === undefined ? rounded[1]! : to * factor]);
  }
  const domain = scale.domain() as [number, number];
  const largest = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  const fraction = scale.tickFormat(needs.tickCount, largest >= 100_000 ? '~s' : largest < 1e-3 ? '~e' : undefined);
  // `.ticks` of a short range would have places behind the point.
  const format = needs.whole && largest < 100_000 ? whole : fraction;
  return {
    domain: [domain[0] / factor, domain[1] / factor],
    position: (value) => (value * factor - domain[0]) / (domain[1] - domain[0]),
    ticks: scale
      .ticks(needs.tickCount)
      .filter((value) => !needs.whole || Number.isInteger(value))
      .map((value) => ({ value: value / factor, label: value === 0 && largest >= 100_000 ? '0' : format(value) })),
  };
}

const whole = (value: number): string => grouped(value).replace('-', '−');

function logarithmic(axis: Axis, low: number, high: number): ScaledAxis {
  // By logarithms: the quotient of what numbers can be is none of them.
  const room = 10 ** (0.04 * (Math.log10(high) - Math.log10(low)));
  const from = axis.min !== undefined && axis.min > 0 ? axis.min : Math.max(low / (room > 1 ? room : 1.5), 1e-300);
  let to = axis.max !== undefined && axis.max > 0 ? axis.max : Math.min(high * (room > 1 ? room : 1.5), 1e300);
  if (!(from < to)) to = from * 10;
  const factor = axis.label.includes('%') ? 100 : 1;
  const decades = Math.log10(to) - Math.log10(from);
  const scale = scaleLog().domain([from * factor, to * factor]);
  const steps = decades < 1 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : decades < 2.2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / 8));
  const ticks: { value: number; label: string }[] = [];
  for (let exponent = Math.floor(Math.log10(from * factor)); exponent <= Math.log10(to * factor); exponent++) {
    if (exponent % every !== 0) continue;
    for (const step of steps) {
      const value = Number(`${step}e${exponent}`);
      if (value >= from * factor && value <= to * factor) ticks.push({ value: value / factor, label: powerLabel(value, step, exponent) });
    }
  }
  if (ticks.length < 2) {
    const plain = scaleLinear().domain(scale.domain());
    const label = plain.tickFormat(3, to * factor < 1e-3 ? '~e' : undefined);
    ticks.splice(0, 1, ...plain.ticks(3).map((value) => ({ value: value / factor, label: label(value) })));
  }
  return { domain: [from, to], position: (value) => (value > 0 ? scale.range([0, 1])(value * factor) : Number.NaN), ticks };
}

function powerLabel(value: number, step: number, exponent: number): string {
  if (exponent >= 0 && exponent <= 4) return grouped(value);
  if (exponent >= -3 && exponent < 0) return String(value);
  const raised = String(exponent).replace(/[-\d]/g, (digit) => (digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]!));
  return step === 1 ? `10${raised}` : `${step}·10${raised}`;
}
