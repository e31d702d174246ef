import { expect, it } from 'vitest';
import { spread } from '../../src/train/spread.ts';

it('mean and standard deviation of runs', () => {
  expect(spread([1, 2, 3, 4])).toEqual({ mean: 2.5, deviation: Math.sqrt(5 / 3) });
  expect(spread([7])).toEqual({ mean: 7, deviation: 0 });
});
