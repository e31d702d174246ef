import { expect, it } from 'vitest';
import { statisticsOf } from '../../src/data/statistics.ts';

it('mean and deviation by column, without what is missing; a column of one value does not divide by 0', () => {
  const { mean, deviation } = statisticsOf([1, 5, Number.NaN, 3, 5, 2, 5, 5, 6], 3);
  expect([...mean]).toEqual([3, 5, 4]);
  expect([...deviation]).toEqual([Math.sqrt(8 / 3), 1, 2]);
  expect(statisticsOf([Number.NaN, Number.NaN], 1)).toEqual({ mean: Float64Array.of(0), deviation: Float64Array.of(1) });
});
