// Whole numbers beside numbers that they aren't: nothing is cut, wrapped or sent to WGSL as it is.
import { describe, expect, it } from 'vitest';
import { binaryOps } from '../../src/engine/ops/binary.ts';
import * as ops from '../../src/engine/ops/index.ts';
import { type DType, DTypeError, full, type Tensor, tensor } from '../../src/index.ts';

type Whole = 'i32' | 'u32';
const VALUES: Readonly<Record<Whole, readonly number[]>> = {
  i32: [-(2 ** 31), -300, -7, -1, 0, 1, 7, 2 ** 31 - 1],
  u32: [0, 1, 7, 300, 2 ** 31, 2 ** 32 - 1],
};
const LIMITS = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;
const NUMBERS = [0.5, -0.5, 2.5, -1, 0, 3, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, -1e300, 1e300, Infinity, -Infinity, NaN];
const whole = (dtype: Whole) => tensor(dtype === 'i32' ? Int32Array.from(VALUES.i32) : Uint32Array.from(VALUES.u32));
const holds = (dtype: Whole, value: number) => Number.isInteger(value) && value >= LIMITS[dtype][0] && value <= LIMITS[dtype][1];

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};
const remainder = (a: number, b: number) => (Number.isFinite(b) ? a - b * Math.floor(a / b) : a === 0 || a > 0 === b > 0 ? a : b);
/** In float64; the result is f32 where the number is none that the type holds, and whole numbers wrap where it is one. */
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: (a, b) => (Number.isNaN(b) ? Number.NaN : Math.max(a, b)),
  minimum: (a, b) => (Number.isNaN(b) ? Number.NaN : Math.min(a, b)),
  fmod: (a, b) => a % b,
  remainder,
  floorDivide: (a, b) => Math.floor(a / b),
};
const FLOAT_ONLY = ['pow', 'atan2', 'hypot', 'logAddExp'];
const BITWISE = ['bitAnd', 'bitOr', 'bitXor', 'shiftLeft', 'shiftRight'];
const LOGICAL = ['logicalAnd', 'logicalOr', 'logicalXor'];

const call = (x: Tensor, name: string, value: number) => (x as unknown as Record<string, (value: number) => Tensor>)[name](value);

it('every function of two values is in a table here', () => {
  const tables = [...Object.keys(COMPARISONS), ...Object.keys(ARITHMETIC), ...FLOAT_ONLY, ...BITWISE, ...LOGICAL];
  expect(tables.sort()).toEqual(Object.keys(binaryOps).sort());
});

describe.each(['i32', 'u32'] as const)('%s', (dtype) => {
  const x = whole(dtype);
  const values = VALUES[dtype];

  it.each(Object.entries(COMPARISONS))('%s is exact beside any number', async (name, compare) => {
    const results = NUMBERS.map((value) => call(x, name, value));
    expect(results.every((y) => y.dtype === 'bool')).toBe(true);
    const found = await ops.stack(results).toArray();
    expect(found).toEqual(NUMBERS.map((value) => values.map((a) => Number(compare(a, value)))));
  });

  it.each(Object.entries(ARITHMETIC))(
    '%s gives f32 beside a number that the type lacks, and keeps its type beside others',
    async (name, compute) => {
      for (const value of NUMBERS) expect(call(x, name, value).dtype, `${value}`).toBe(holds(dtype, value) ? dtype : 'f32');
      const promoting = NUMBERS.filter((value) => !holds(dtype, value) && Math.abs(value) < 1e30);
      // Small ones: a remainder of numbers that f32 rounds is another one.
      const small = values.filter((a) => Math.abs(a) <= 300);
      const few = tensor(small, undefined, dtype);
      const found = (await ops.stack(promoting.map((value) => call(few, name, value))).toArray()) as number[][];
      promoting.forEach((value, i) => {
        small.forEach((a, k) => {
          const expected = compute(a, Math.fround(value));
          expect(Math.abs(found[i][k] - expected), `${a} ${name} ${value}: ${found[i][k]}, not ${expected}`).toBeLessThanOrEqual(
            1e-6 * Math.abs(expected),
          );
        });
      });
    },
  );

  it('NaN and infinities make NaN and infinities', async () => {
    const special = [x.add(NaN), x.mul(Infinity), x.maximum(-Infinity), x.minimum(NaN), x.clamp(NaN).add(0), x.clamp(-Infinity, Infinity)];
    const found = (await ops.stack(special).toArray()) as number[][];
    const asFloat = values.map(Math.fround);
    expect(found[0]).toEqual(values.map(() => NaN));
    expect(found[1]).toEqual(values.map((a) => a * Infinity));
    expect(found[2]).toEqual(asFloat);
    expect(found[3]).toEqual(values.map(() => NaN));
    expect(found[4]).toEqual(values.map(() => NaN));
    expect(found[5]).toEqual(asFloat);
  });

  it.each([...FLOAT_ONLY, ...LOGICAL])('%s has no form for whole numbers, and says so', (name) => {
    for (const value of NUMBERS) expect(() => call(x, name, value)).toThrow(DTypeError);
  });

  it.each(BITWISE)('%s refuses a number that has no such bits', (name) => {
    for (const value of NUMBERS) {
      if (holds(dtype, value)) expect(call(x, name, value).dtype).toBe(dtype);
      else expect(() => call(x, name, value)).toThrow(`${name}: expected a whole number that ${dtype} holds, got ${value}`);
    }
  });

  it('where, clamp, hardTanh, threshold: f32 beside a fraction, on either side', async () => {
    const small = tensor([0, 1, 7], undefined, dtype);
    const cases: readonly (readonly [Tensor, readonly number[], DType])[] = [
      [ops.where(small.gt(0), small, 0.5), [0.5, 1, 7], 'f32'],
      [ops.where(small.gt(0), 0.5, small), [0, 0.5, 0.5], 'f32'],
      [ops.where(small.gt(0), small, 3), [3, 1, 7], dtype],
      [small.where(small.gt(0), 0.25), [0.25, 1, 7], 'f32'],
      [small.clamp(0.5), [0.5, 1, 7], 'f32'],
      [small.clamp(undefined, 2.5), [0, 1, 2.5], 'f32'],
      [small.clamp(1, 6), [1, 1, 6], dtype],
      [small.hardTanh(0.5, 3), [0.5, 1, 3], 'f32'],
      [small.relu6(), [0, 1, 6], dtype],
      [small.threshold(0.5, 9), [9, 1, 7], dtype],
      [small.threshold(2, 0.5), [0.5, 0.5, 7], 'f32'],
    ];
    for (const [y, expected, type] of cases) {
      expect(y.dtype).toBe(type);
      expect([...(await y.data())]).toEqual(expected);
    }
  });

  it('what keeps the type refuses a value that it has not', () => {
    const small = tensor([0, 1, 7], undefined, dtype);
    const index = tensor([0], undefined, 'u32');
    const keeping: readonly (readonly [string, (value: number) => unknown])[] = [
      ['full', (value) => ops.full([2], value, dtype)],
      ['tensor', (value) => tensor([1, value], undefined, dtype)],
      ['pad', (value) => small.pad([[1, 1]], value)],
      ['maskedFill', (value) => small.maskedFill(small.gt(0), value)],
      ['scatter', (value) => ops.scatter(small, 0, index, value)],
      ['arange', (value) => ops.arange(3, { start: value, dtype })],
    ];
    for (const [name, make] of keeping) {
      for (const value of NUMBERS) {
        if (holds(dtype, value) && holds(dtype, value + 2)) expect(make(value)).toHaveProperty('dtype', dtype);
        else if (!holds(dtype, value))
          expect(() => make(value), `${name} ${value}`).toThrow(`${name}: expected a whole number that ${dtype} holds`);
      }
    }
  });

  it('activations with fractions in their formula refuse whole numbers', () => {
    const names = [
      'leakyRelu',
      'hardSigmoid',
      'hardSwish',
      'softsign',
      'softShrink',
      'gelu',
      'elu',
      'celu',
      'selu',
      'silu',
      'mish',
      'tanhShrink',
    ];
    for (const name of names) expect(() => (x as unknown as Record<string, () => Tensor>)[name]()).toThrow(DTypeError);
    expect(() => x.lerp(1, 0.5)).toThrow('lerp: expected f32 or f16, all alike, got');
  });
});

it('counts in whole numbers of either sign', async () => {
  expect([...(await ops.arange(3, { start: 4, step: -2, dtype: 'u32' }).data())]).toEqual([4, 2, 0]);
  expect([...(await ops.arange(3, { start: 2 ** 32 - 3, dtype: 'u32' }).data())]).toEqual([2 ** 32 - 3, 2 ** 32 - 2, 2 ** 32 - 1]);
  expect([...(await ops.arange(2, { start: -5, step: 2, dtype: 'i32' }).data())]).toEqual([-5, -3]);
  expect(() => ops.arange(3, { step: 0.5, dtype: 'i32' })).toThrow('arange: expected a whole number that i32 holds');
});

it('anything but 0 is true', async () => {
  const given = [tensor([3, 0.5, 0, -0, NaN], undefined, 'bool'), tensor(Uint32Array.of(3, 1, 0, 0, 2 ** 31), [5], 'bool')];
  for (const x of given) expect([...(await x.data())]).toEqual([1, 1, 0, 0, 1]);
  expect([...(await ops.full([2], NaN, 'bool').data())]).toEqual([1, 1]);
  expect([...(await ops.full([1], 0.25, 'bool').data())]).toEqual([1]);
});

it('the least i32 has no negative, and wraps, as a constant too', async () => {
  expect(
    await full([2], -(2 ** 31), 'i32')
      .neg()
      .data(),
  ).toEqual(Int32Array.of(-(2 ** 31), -(2 ** 31)));
  expect(await full([2], 7, 'i32').neg().data()).toEqual(Int32Array.of(-7, -7));
});
