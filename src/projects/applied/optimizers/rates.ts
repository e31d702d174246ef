// Learning rates, and how the search for them judges.
import type { Track } from './race.ts';
import type { Point, Surface } from './surfaces.ts';

/** Every rate that the search tries: 1, 2 and 5 times the powers of ten from 10⁻⁴ to 50. */
export const tried: readonly number[] = [-4, -3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));

/** The name that the network has beside those of the surfaces. */
export const NETWORK = 'network';

/** By surface or {@link NETWORK}, then by rule: the score of each rate tried so far, the lower the better; null where it diverged. */
export type Scores = Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;

/** What `--search` finds with the options' defaults. */
const found: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  valley: {
    sgd: 0.02,
    momentum: 0.01,
    nesterov: 0.02,
    rprop: 0.2,
    adagrad: 1,
    adadelta: 20,
    rmsprop: 0.1,
    adam: 1,
    nadam: 0.2,
    adamw: 0.5,
    lion: 0.1,
    lamb: 0.05,
  },
  rosenbrock: {
    sgd: 0.002,
    momentum: 0.002,
    nesterov: 0.002,
    rprop: 0.01,
    adagrad: 1,
    adadelta: 10,
    rmsprop: 0.1,
    adam: 0.5,
    nadam: 0.2,
    adamw: 0.5,
    lion: 0.02,
    lamb: 0.1,
  },
  beale: {
    sgd: 0.02,
    momentum: 0.002,
    nesterov: 0.002,
    rprop: 0.2,
    adagrad: 1,
    adadelta: 20,
    rmsprop: 0.1,
    adam: 0.5,
    nadam: 0.2,
    adamw: 0.5,
    lion: 0.2,
    lamb: 0.02,
  },
  himmelblau: {
    sgd: 0.01,
    momentum: 0.01,
    nesterov: 0.005,
    rprop: 2,
    adagrad: 1,
    adadelta: 20,
    rmsprop: 0.02,
    adam: 1,
    nadam: 0.1,
    adamw: 1,
    lion: 0.1,
    lamb: 0.02,
  },
  saddle: {
    sgd: 0.2,
    momentum: 0.2,
    nesterov: 0.2,
    rprop: 0.2,
    adagrad: 1,
    adadelta: 10,
    rmsprop: 0.02,
    adam: 0.5,
    nadam: 0.1,
    adamw: 1,
    lion: 0.05,
    lamb: 0.02,
  },
  network: {
    sgd: 0.2,
    momentum: 0.02,
    nesterov: 0.05,
    rprop: 0.0005,
    adagrad: 0.05,
    adadelta: 2,
    rmsprop: 0.005,
    adam: 0.01,
    nadam: 0.01,
    adamw: 0.01,
    lion: 0.002,
    lamb: 0.01,
    muon: 0.005,
  },
};

/** The rate with the lowest score, the smallest of equal ones; without scores, what an earlier search has found. */
export function rateOf(place: string, rule: string, scores: Scores = {}): number {
  const values = scores[place]?.[rule]?.map((score) => score ?? Number.POSITIVE_INFINITY);
  return values ? tried[values.indexOf(Math.min(...values))] : found[place][rule];
}

/** f32 can hardly tell lower heights from the minimum. */
const LOWEST = 1e-10;

/**
 * A rate's score on a surface: the mean, over all steps of several tracks, of log₁₀ of the height, so that speed counts as well as where they
 * end. A rate that leaves the surface's part of the plane counts as diverged: what comes of such leaps is luck.
 */
export function surfaceScore({ x, y }: Surface, tracks: readonly Pick<Track, 'points' | 'heights'>[]): number | null {
  const within = (value: number, [min, max]: readonly [number, number]) => value >= min && value <= max;
  if (tracks.some(({ points }) => points.some((point) => !within(point[0], x) || !within(point[1], y)))) return null;
  return mean(tracks.flatMap(({ heights }) => heights.map((height) => Math.log10(Math.max(height, LOWEST)))));
}

/** Where the search starts from: the surface's start and two places beside it, so that a rate doesn't win by chance. */
export function startsOf({ x, y, start }: Surface): Point[] {
  const aside = ([min, max]: readonly [number, number]) => 0.04 * (max - min);
  return [start, [start[0] + aside(x), start[1]], [start[0], start[1] - aside(y)]];
}

/** A rate's score on the network: the mean training loss of the last tenth of the steps. */
export function networkScore(losses: readonly number[]): number | null {
  const value = mean(losses.slice(-Math.ceil(losses.length / 10)));
  return Number.isFinite(value) ? value : null;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
