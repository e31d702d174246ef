// Checks an op whose results are random: a sample at a fixed seed against the distribution that it claims.
import { expect } from 'vitest';
import { manualSeed, type Tensor } from '../../src/index.ts';

export interface Statistic {
  /** The op as the library exports it; the coverage test looks for these. */
  readonly op: string;
  readonly about?: string;
  /** Independent numbers of one distribution. */
  readonly draw: () => Tensor;
  /** Of a continuous distribution: the probability of values up to x. */
  readonly cumulative?: (x: number) => number;
  /** Between which all lie. */
  readonly bounds?: readonly [number, number];
  /** Of whole numbers from 0 on: the probability of each. */
  readonly probabilities?: readonly number[];
  readonly mean: number;
  readonly variance: number;
}

/** Largest distance between the sample's distribution and `cumulative` (Kolmogorov, Smirnov), times √n. Over 1.95 in one of 1,000. */
function distance(sample: readonly number[], cumulative: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let largest = 0;
  sorted.forEach((x, i) => {
    const expected = cumulative(x);
    largest = Math.max(largest, Math.abs(expected - i / sorted.length), Math.abs(expected - (i + 1) / sorted.length));
  });
  return largest * Math.sqrt(sorted.length);
}

/** Σ (found − expected)² / expected, as deviations from its mean: about normal, over 4 hardly ever. */
function chiSquare(sample: readonly number[], probabilities: readonly number[]): number {
  const counts = probabilities.map(() => 0);
  for (const value of sample) {
    expect(probabilities[value] ?? 0, `a sample of ${value}`).toBeGreaterThan(0);
    counts[value]++;
  }
  const possible = probabilities.filter((p) => p > 0).length;
  const total = counts.reduce((sum, count, i) => {
    const expected = probabilities[i] * sample.length;
    return expected > 0 ? sum + (count - expected) ** 2 / expected : sum;
  }, 0);
  const freedom = possible - 1;
  return freedom === 0 ? 0 : (total - freedom) / Math.sqrt(2 * freedom);
}

export async function checkStatistic({ draw, cumulative, bounds, probabilities, mean, variance }: Statistic): Promise<void> {
  manualSeed(1);
  const sample = Array.from(await draw().data());
  const n = sample.length;
  const found = sample.reduce((sum, x) => sum + x, 0) / n;
  const spread = sample.reduce((sum, x) => sum + (x - found) ** 2, 0) / n;
  expect(Math.abs(found - mean), 'mean').toBeLessThan(1e-6 + 4 * Math.sqrt(variance / n));
  // The variance of a sample's variance is about 8σ⁴/n at most for all distributions here.
  expect(Math.abs(spread - variance), 'variance').toBeLessThan(1e-6 + 4 * variance * Math.sqrt(8 / n));
  if (bounds) {
    expect(Math.min(...sample), 'smallest').toBeGreaterThanOrEqual(bounds[0]);
    expect(Math.max(...sample), 'largest').toBeLessThanOrEqual(bounds[1]);
  }
  if (cumulative) expect(distance(sample, cumulative), 'distribution').toBeLessThan(1.95);
  if (probabilities) expect(chiSquare(sample, probabilities), 'frequencies').toBeLessThan(4);
}
