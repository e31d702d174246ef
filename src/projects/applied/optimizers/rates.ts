// Learning rates, and how the search for them judges.
import { namesIn, spread } from '../../../index.ts';
import type { Track } from './race.ts';
import { ruleNames } from './rules.ts';
import type { Point, Surface } from './surfaces.ts';

/** Every rate that the search tries: 1, 2 and 5 times the powers of ten from 10⁻⁴ to 50. */
export const tried: readonly number[] = [-4, -3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`)));

/** The name that the network has beside those of the surfaces. */
export const NETWORK = 'network';

/** Rates to try, out of the option's text; none where it says so. @throws TilegradError for a rate that isn't on the grid */
export const ratesIn = (text: string): number[] => (text === 'none' ? [] : namesIn('search', text, tried.map(String)).map(Number));

/** What one rate comes to: by surface or {@link NETWORK} and rule a score, the lower the better; null where it diverges. */
export type Searched = { readonly lr: number; readonly scores: Readonly<Record<string, number | null>> };

/** What `--search all` finds with the options' defaults, in the order of the rules. */
const found: Readonly<Record<string, readonly number[]>> = {
  valley: [0.02, 0.01, 0.02, 0.2, 1, 20, 0.1, 1, 0.2, 0.5, 0.1, 0.05],
  rosenbrock: [0.002, 0.002, 0.002, 0.01, 1, 10, 0.1, 0.5, 0.2, 0.5, 0.02, 0.1],
  beale: [0.02, 0.002, 0.002, 0.2, 1, 20, 0.1, 0.5, 0.2, 0.5, 0.2, 0.02],
  himmelblau: [0.01, 0.01, 0.005, 2, 1, 20, 0.02, 1, 0.1, 1, 0.1, 0.02],
  saddle: [0.2, 0.2, 0.2, 0.2, 1, 10, 0.02, 0.5, 0.1, 1, 0.05, 0.02],
  network: [0.2, 0.02, 0.05, 0.0005, 0.05, 2, 0.005, 0.01, 0.01, 0.01, 0.002, 0.01, 0.005],
};

/** The rate with the lowest score, the first of equal ones; where nothing was searched, what an earlier search has found. */
export function rateOf(place: string, rule: string, searched: readonly Searched[] = []): number {
  if (!searched.some(({ scores }) => scores[`${place}, ${rule}`] !== undefined)) return found[place][ruleNames.indexOf(rule)];
  const score = ({ scores }: Searched) => scores[`${place}, ${rule}`] ?? Number.POSITIVE_INFINITY;
  return searched.reduce((best, other) => (score(other) < score(best) ? other : best)).lr;
}

/** f32 can hardly tell lower heights from the minimum. */
const LOWEST = 1e-10;

/**
 * A rate's score on a surface: the mean, over all steps of several tracks, of log₁₀ of the height, so that speed counts as well as where they
 * end. A rate that leaves the surface's part of the plane counts as diverged: what comes of such leaps is luck.
 */
export function surfaceScore({ grid: { x, y } }: Surface, tracks: readonly Pick<Track, 'points' | 'heights'>[]): number | null {
  const shown = (point: Point) => point[0] >= x[0] && point[0] <= x[1] && point[1] >= y[0] && point[1] <= y[1];
  if (!tracks.every(({ points }) => points.every(shown))) return null;
  return spread(tracks.flatMap(({ heights }) => heights.map((height) => Math.log10(Math.max(height, LOWEST))))).mean;
}

/** Where the search starts from: the surface's start and two places beside it, so that a rate doesn't win by chance. */
export function startsOf({ grid: { x, y }, start }: Surface): Point[] {
  const aside = ([min, max]: readonly [number, number]) => 0.04 * (max - min);
  return [start, [start[0] + aside(x), start[1]], [start[0], start[1] - aside(y)]];
}

/** A rate's score on the network: the mean training loss of the last tenth of the steps. */
export function networkScore(losses: readonly number[]): number | null {
  const { mean } = spread(losses.slice(-Math.ceil(losses.length / 10)));
  return Number.isFinite(mean) ? mean : null;
}
