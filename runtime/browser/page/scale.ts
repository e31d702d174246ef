// How values stand on a vertical axis: as they are, as logarithms, or, where some are zero or negative, as symmetric logarithms.
import { formatNumber } from './format.ts';

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Scale {
  readonly kind: 'linear' | 'log' | 'symlog';
  /** NaN for a value that has no place on it. */
  forward(value: number): number;
  backward(place: number): number;
  /** About `most` of them, between two places. */
  ticks(from: number, to: number, most: number): readonly Tick[];
}

export const linear: Scale = {
  kind: 'linear',
  forward: (value) => value,
  backward: (place) => place,
  ticks: linearTicks,
};

export const log: Scale = {
  kind: 'log',
  forward: (value) => (value > 0 ? Math.log10(value) : Number.NaN),
  backward: (place) => 10 ** place,
  ticks: (from, to, most) => powerTicks(log, from, to, most, decades(from, to)),
};

/** asinh(value / threshold): linear up to about the threshold, a power of ten, on either side of zero, logarithmic beyond. */
export function symlog(threshold: number): Scale {
  const scale: Scale = {
    kind: 'symlog',
    forward: (value) => Math.asinh(value / threshold),
    backward: (place) => threshold * Math.sinh(place),
    ticks: (from, to, most) => {
      const least = Math.round(Math.log10(threshold));
      const above = decades(least, Math.log10(Math.max(scale.backward(to), threshold)));
      const below = decades(least, Math.log10(Math.max(-scale.backward(from), threshold)));
      return powerTicks(scale, from, to, most, [...below.map((power) => -power).reverse(), 0, ...above]);
    },
  };
  return scale;
}

/** Values further below the largest than this stand together about zero. */
const SYMMETRIC_DECADES = 6;

/** The scale of a logarithmic axis for these values; undefined where they all are of one magnitude, and it would show nothing more. */
export function logarithmicScale(values: Iterable<number>): Scale | undefined {
  let [low, high, least] = [Infinity, -Infinity, Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (value !== 0) least = Math.min(least, Math.abs(value));
  }
  const largest = Math.max(high, -low);
  if (!(largest / least > 10)) return undefined;
  if (low > 0) return log;
  return symlog(10 ** Math.floor(Math.log10(Math.max(least, largest / 10 ** SYMMETRIC_DECADES))));
}

/** Steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(from: number, to: number, most: number): readonly Tick[] {
  const rough = (to - from) / Math.max(1, most);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => {
    const value = (first + i) * step;
    return { value, label: labelOf(value, step) };
  });
}

/** As many digits as tell it from the next one. */
function labelOf(value: number, step: number): string {
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (Math.abs(value) < step / 2) return '0';
  const size = Math.abs(value);
  if (size >= 1e9 || places > 6) {
    const digits = Math.floor(Math.log10(size) + 1e-9) - Math.floor(Math.log10(step) + 1e-9);
    return value.toExponential(Math.max(0, digits)).replace('e+', 'e');
  }
  return value.toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places });
}

/** Powers of ten between two exponents. */
function decades(from: number, to: number): number[] {
  const first = Math.ceil(from - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(to + 1e-9) - first + 1) }, (_, i) => Number(`1e${first + i}`));
}

/** Every power, every second, every third …, so that they have room beside each other, and 0. Where there are less than two, steps as on a linear axis. */
function powerTicks(scale: Scale, from: number, to: number, most: number, powers: readonly number[]): readonly Tick[] {
  const within = powers.filter((value) => scale.forward(value) >= from && scale.forward(value) <= to);
  // Between two values of one magnitude a logarithm is nearly linear.
  if (within.length < 2) return linearTicks(scale.backward(from), scale.backward(to), most);
  const gap = (SPACING * (to - from)) / most;
  const exponent = (value: number) => Math.round(Math.log10(Math.abs(value)));
  for (let every = 1; ; every++) {
    const chosen = within.filter(
      (value) => value === 0 || (exponent(value) % every === 0 && Math.abs(scale.forward(value)) >= roomAtZero(scale, gap)),
    );
    const places = chosen.map(scale.forward);
    if (every < within.length && places.some((place, i) => i > 0 && place - places[i - 1] < gap)) continue;
    return chosen.map((value) => ({ value, label: formatNumber(value) }));
  }
}

/** Powers may stand this much closer than steps would: there are only so many. */
const SPACING = 0.7;

/** Of a symmetric scale, where zero has a tick of its own. */
const roomAtZero = ({ kind }: Scale, gap: number) => (kind === 'symlog' ? gap : 0);
