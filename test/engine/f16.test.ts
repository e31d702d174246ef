// Half precision: its conversion on the host, its way through buffers, and what is computed with it.
import { beforeAll, describe, expect, it } from 'vitest';
import { halfBits, halfToNumber } from '../../src/engine/graph/half.ts';
import { compile, DTypeError, gradients, openDevice, State, type Tensor, tensor, where } from '../../src/index.ts';
import { checkOp, expectClose, type OpCase, random } from './check.ts';
import { f32, GPU, planOf } from './plan-of.ts';
import * as ref from './reference.ts';

describe('conversion on the host', () => {
  const all = Array.from({ length: 65536 }, (_, bits) => bits);

  it('gives back the bits of every half-precision number', () => {
    const wrong = all.filter((bits) => {
      const value = halfToNumber(bits);
      return Number.isNaN(value) ? (halfBits(value) & 0x7fff) !== 0x7e00 : halfBits(value) !== bits;
    });
    expect(wrong).toEqual([]);
  });

  it('rounds to the nearest, ties to even', () => {
    const wrong = all.slice(0, 0x7bff).filter((bits) => {
      const middle = (halfToNumber(bits) + halfToNumber(bits + 1)) / 2;
      const step = Math.max(2 ** -149, Math.abs(middle) * 2 ** -23);
      const even = bits % 2 === 0 ? bits : bits + 1;
      return halfBits(middle) !== even || halfBits(middle - step) !== bits || (halfBits(-middle - step) & 0x7fff) !== bits + 1;
    });
    expect(wrong).toEqual([]);
  });

  it('overflows to infinity from 65520 on', () => {
    expect(halfBits(65519.99)).toBe(0x7bff);
    expect(halfBits(65520)).toBe(0x7c00);
    expect(halfBits(-1e30)).toBe(0xfc00);
  });
});

it('an adapter without shader-f16 is told so before anything runs', () => {
  expect(() => planOf((x) => x.cast('f16'), [f32(3)], { ...GPU, f16: false })).toThrow(DTypeError);
});

const rows: OpCase[] = [
  {
    op: 'a chain',
    inputs: [random([3, 7]), random([7])],
    apply: (a, b) => a.mul(b).add(1).tanh().sub(a.exp()),
    reference: (a, b) => ref.zip((x, y) => Math.tanh(x * y + 1) - Math.exp(x), a, ref.expand(b, [3, 7])),
    f16: true,
  },
  {
    op: 'where',
    inputs: [random([33])],
    apply: (x) => where(x.gt(0), x, x.mul(0.25)),
    reference: (x) => ref.map(x, (value) => (value > 0 ? value : value / 4)),
    f16: true,
  },
  {
    op: 'concat and slice',
    inputs: [random([5, 3])],
    apply: (x) =>
      x
        .slice([[1, 4]])
        .pad(
          [
            [1, 0],
            [0, 2],
          ],
          0.5,
        )
        .flip(1),
    reference: (x) => ({
      shape: [4, 5],
      data: Float64Array.from({ length: 20 }, (_, i) => {
        const [row, column] = [Math.floor(i / 5), 4 - (i % 5)];
        return row === 0 || column > 2 ? 0.5 : x.data[row * 3 + column];
      }),
    }),
    f16: true,
  },
  {
    op: 'sum',
    about: 'more elements than half precision can count to',
    inputs: [random([3, 3000], 0.5, 1.5)],
    apply: (x) => x.sum(1),
    reference: (x) => ref.reshape(ref.fold(x, [1], ref.total), [3]),
    f16: true,
  },
  {
    op: 'mean over columns',
    inputs: [random([1001, 5])],
    apply: (x) => x.mean(0),
    reference: (x) => ref.reshape(ref.fold(x, [0], ref.average), [5]),
    f16: true,
  },
];

describe('agrees with the float64 reference', () => {
  for (const row of rows) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

describe('on this adapter', () => {
  let has = false;
  beforeAll(async () => {
    has = (await openDevice()).f16;
  });

  it('states, arguments and results of odd sizes keep their values', async (context) => {
    if (!has) context.skip();
    const state = new State('half', [3], 'f16', Float32Array.of(1, 2, 3));
    const step = compile((x: Tensor) => {
      state.assign(state.add(x));
      return state.mul(2);
    });
    const x = tensor(Float32Array.of(0.5, 0.25, 0.1), [3], 'f16');
    for (let i = 0; i < 3; i++) step(x);
    const half = (value: number) => halfToNumber(halfBits(value));
    const sum = [1, 2, 3, 4].reduce((state) => half(state + half(0.1)), 3);
    expect([...(await step(x).data())]).toEqual([6, 6, half(2 * sum)]);
    state.set(Float32Array.of(7, 8, 9));
    expect([...(await state.data())]).toEqual([7, 8, 9]);
    expect([...(await state.keep().data())]).toEqual([7, 8, 9]);
  });

  it('gradients cross casts: master weights in f32, arithmetic in f16', async (context) => {
    if (!has) context.skip();
    const w = new State('w', [4], 'f32', Float32Array.of(0.1, -0.2, 0.3, 0.7));
    const loss = w
      .cast('f16')
      .mul(tensor(Float32Array.of(1, 2, 3, 4), [4], 'f16'))
      .cast('f32')
      .square()
      .sum();
    const [dw] = gradients(loss, [w]);
    expect(dw.dtype).toBe('f32');
    const values = await dw.data();
    expectClose(
      'gradient',
      values,
      [0.1, -0.2, 0.3, 0.7].map((value, i) => 2 * value * (i + 1) ** 2),
      1e-3,
    );
  });

  it('a cast rounds, also where nothing is stored', async (context) => {
    if (!has) context.skip();
    const values = [1 / 3, 70000, -1e-9, 1000.3, 3.1e-6, -2049];
    const rounded = await tensor(values).cast('f16').cast('f32').mul(1).data();
    expect([...rounded]).toEqual(values.map((value) => halfToNumber(halfBits(value))));
  });
});
