import { expect, it } from 'vitest';
import { quantile, spread, wilson } from '../../src/train/spread.ts';

it('mean and standard deviation of runs', () => {
  expect(spread([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(spread([7])).toEqual({ mean: 7, deviation: 0 });
});

it('quantiles as numpy has them, whatever the order', () => {
  expect([0, 0.25, 0.5, 0.9, 1].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 1.75, 2.5, 3.7, 4]);
  expect(quantile([7], 0.3)).toBe(7);
});

it('intervals of shares as Wilson has them, also where all or none are right', () => {
  // 8 of 10: .490 and .943, as statsmodels' proportion_confint says.
  const [low, high] = wilson(8, 10);
  expect(low).toBeCloseTo(0.49016, 5);
  expect(high).toBeCloseTo(0.94332, 5);
  expect(wilson(0, 10)[0]).toBe(0);
  expect(wilson(0, 10)[1]).toBeCloseTo(0.27753, 5);
  expect(wilson(10, 10)[1]).toBeCloseTo(1, 12);
});
