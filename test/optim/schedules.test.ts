import { describe, expect, it } from 'vitest';
import { optim } from '../../src/index.ts';

const { cosine, linear, stepDecay, warmup } = optim.schedules;
const rates = (schedule: optim.Schedule, steps: readonly number[]) => steps.map((step) => Number(schedule(step).toFixed(9)));

describe('schedules', () => {
  it('stepDecay falls at whole multiples', () => {
    expect(rates(stepDecay(1, 10), [0, 9, 10, 19, 20])).toEqual([1, 1, 0.1, 0.1, 0.01]);
    expect(rates(stepDecay(2, 3, 0.5), [2, 3, 6])).toEqual([2, 1, 0.5]);
  });

  it('cosine runs along half a wave and stays at its end', () => {
    expect(rates(cosine(1, 100), [0, 50, 100, 1000])).toEqual([1, 0.5, 0, 0]);
    expect(rates(cosine(1, 4, 0.2), [1, 2, 4])).toEqual([Number((0.2 + 0.8 * 0.5 * (1 + Math.SQRT1_2)).toFixed(9)), 0.6, 0.2]);
  });

  it('linear goes in equal parts and stays at its end', () => {
    expect(rates(linear(1, 4), [0, 1, 2, 4, 9])).toEqual([1, 0.75, 0.5, 0, 0]);
  });

  it('warmup rises to the first rate of what follows', () => {
    expect(rates(warmup(4, linear(1, 2)), [0, 1, 3, 4, 5, 6])).toEqual([0.25, 0.5, 1, 1, 0.5, 0]);
  });
});
