import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError, type Tensor, tensor, zeros } from '../../src/index.ts';
import { reduceCases } from './cases/reduce.ts';
import { scanCases } from './cases/scan.ts';
import { checkOp } from './check.ts';

describe('reductions and scans agree with the float64 reference', () => {
  for (const row of [...reduceCases, ...scanCases]) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

describe('a sum of 10⁷ elements', () => {
  const count = 1e7;
  const inputs: Readonly<Record<string, (i: number) => number>> = {
    'one value': () => 0.1,
    'values of many sizes': (i) => Math.abs(Math.sin(i * 1.7)) ** 9 * 1000,
    'falling values': (i) => 1 / (1 + i),
  };
  it.each(Object.entries(inputs))('of %s is within 10⁻⁶, and the same every time', async (_name, f) => {
    const data = Float32Array.from({ length: count }, (_, i) => f(i));
    const x = tensor(data).keep();
    const exact = data.reduce((sum, value) => sum + value, 0);
    const total = await x.sum().item();
    expect(Math.abs(total / exact - 1)).toBeLessThan(1e-6);
    expect(await x.sum().item()).toBe(total);
    const columns = await x
      .reshape([count / 4, 4])
      .sum(0)
      .data();
    const apart = [0, 1, 2, 3].map((column) => data.reduce((sum, value, i) => (i % 4 === column ? sum + value : sum), 0));
    for (const [i, value] of columns.entries()) expect(Math.abs(value / apart[i] - 1)).toBeLessThan(1e-6);
  });
});

const bools: Tensor = zeros([2, 3]).gt(0);
const ERRORS: readonly (readonly [string, () => unknown, typeof DTypeError | typeof ShapeError, string])[] = [
  ['prod', () => bools.prod(), DTypeError, 'prod: expected numbers, got bool'],
  ['prod axis', () => zeros([2]).prod(1), ShapeError, 'prod: expected an axis from -1 to 0, got 1'],
  ['mean', () => zeros([2], 'i32').mean(), DTypeError, 'mean: expected f32 or f16'],
  ['norm', () => zeros([2], 'i32').norm(), DTypeError, 'norm: expected f32 or f16'],
  ['cumSum', () => bools.cumSum(), DTypeError, 'cumSum: expected numbers, got bool'],
  ['cumSum axis', () => zeros([2]).cumSum(1), ShapeError, 'cumSum: expected an axis from -1 to 0, got 1'],
  ['logCumSumExp', () => zeros([2], 'i32').logCumSumExp(), DTypeError, 'logCumSumExp: expected f32 or f16'],
  ['argMax of nothing', () => zeros([2, 0]).argMax(), ShapeError, 'argMax: expected at least one element along axis 1, got [2, 0]'],
];

describe('errors', () => {
  it.each(ERRORS)('%s', (_name, body, kind, message) => {
    expect(body).toThrow(kind);
    expect(body).toThrow(message);
  });
});
