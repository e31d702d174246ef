// Scales of the vertical axis and their ticks.
import { expect, test } from 'vitest';
import { linear, linearTicks, log, logarithmicScale, symlog } from '../../runtime/browser/page/scale.ts';

const labels = (ticks: readonly { readonly label: string }[]) => ticks.map(({ label }) => label);

test('ticks of a linear axis are round, and told apart', () => {
  expect(labels(linearTicks(0, 2.3, 5))).toEqual(['0', '0.5', '1.0', '1.5', '2.0']);
  expect(labels(linearTicks(-1, 1, 4))).toEqual(['-1.0', '-0.5', '0', '0.5', '1.0']);
  expect(labels(linearTicks(0.99991, 0.99994, 3))).toEqual(['0.99991', '0.99992', '0.99993', '0.99994']);
  expect(labels(linearTicks(0, 12_000, 4))).toEqual(['0', '5,000', '10,000']);
  expect(labels(linearTicks(0, 3e-8, 3))).toEqual(['0', '1e-8', '2e-8', '3e-8']);
  expect(linearTicks(1, 1, 4)).toEqual([]);
});

test('a logarithmic axis has powers of ten, as many as have room', () => {
  expect(labels(log.ticks(-3.2, 1.1, 6))).toEqual(['0.001', '0.01', '0.1', '1', '10']);
  expect(labels(log.ticks(-12, 0, 4))).toEqual(['1e-12', '1e-9', '1e-6', '0.001', '1']);
  // Within one power of ten, steps.
  expect(labels(log.ticks(Math.log10(2), Math.log10(6), 4))).toEqual(['2', '3', '4', '5', '6']);
});

test('a symmetric one has them on both sides of zero', () => {
  const scale = symlog(0.01);
  const [from, to] = [-20, 3].map(scale.forward);
  expect(labels(scale.ticks(from, to, 20))).toEqual(['-10', '-1', '-0.1', '-0.01', '0', '0.01', '0.1', '1']);
  const few = labels(scale.ticks(from, to, 5));
  expect(few).toContain('0');
  expect(few.length).toBeLessThanOrEqual(7);
  // The same on either side, as far as it goes.
  expect(few).toEqual(['-10', '-1', '-0.1', '0', '0.1', '1']);
});

test.each([linear, log, symlog(1e-3)])('a place leads back to its value ($kind)', (scale) => {
  for (const value of [1e-5, 0.02, 3, 4e6]) expect(scale.backward(scale.forward(value)) / value).toBeCloseTo(1, 9);
});

test('the symmetric one is odd, and has a place for zero', () => {
  const { forward } = symlog(0.1);
  expect(forward(0)).toBe(0);
  expect(forward(-5)).toBe(-forward(5));
  expect(log.forward(0)).toBeNaN();
});

test('values choose the logarithmic scale', () => {
  expect(logarithmicScale([0.1, 20])?.kind).toBe('log');
  expect(logarithmicScale([0, 0.1, 20])?.kind).toBe('symlog');
  expect(logarithmicScale([-3, 0.1])?.kind).toBe('symlog');
  // The threshold is the power of ten below the smallest of them, six below the largest at most.
  expect(logarithmicScale([0, 0.02, 5])?.backward(Math.asinh(1))).toBeCloseTo(0.01, 12);
  expect(logarithmicScale([0, 1e-30, 5])?.backward(Math.asinh(1))).toBeCloseTo(1e-6, 12);
  expect(logarithmicScale([2, 3, Number.NaN])).toBeUndefined();
  expect(logarithmicScale([0, 0])).toBeUndefined();
  expect(logarithmicScale([])).toBeUndefined();
});
