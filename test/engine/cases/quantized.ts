import {
  dequantizeInt4,
  dequantizeInt8,
  int4Matmul,
  int8Matmul,
  packBits,
  quantizeInt4,
  quantizeInt8,
  unpackBits,
  xnorMatmul,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type Input, integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

/** Numbers of `bits` bits along the last axis, in words. */
function pack(x: ref.Values, bits: number): ref.Values {
  const k = x.shape[x.shape.length - 1];
  const each = 32 / bits;
  return ref.build([...x.shape.slice(0, -1), Math.ceil(k / each)], (at) => {
    let word = 0;
    for (let j = 0; j < each; j++) {
      const i = at[at.length - 1] * each + j;
      if (i < k) word += (ref.get(x, [...at.slice(0, -1), i]) & (2 ** bits - 1)) * 2 ** (j * bits);
    }
    return word;
  });
}

const input = (x: ref.Values, dtype: Input['dtype'] = 'u32'): Input => ({ ...x, dtype });
const signs = (x: ref.Values): ref.Values => ref.map(x, (value) => (value >= 0 ? 1 : 0));
const rowsTimesRows = (x: ref.Values, w: ref.Values): ref.Values => ref.matmul(x, ref.permute(w, [1, 0]));

function int8Scale(w: ref.Values): ref.Values {
  return ref.reshape(
    ref.fold(w, [1], (row) => {
      const peak = Math.max(...row.map(Math.abs));
      return peak > 0 ? Math.fround(peak * Math.fround(1 / 127)) : 1;
    }),
    [w.shape[0]],
  );
}

const int8Values = (w: ref.Values): ref.Values => {
  const scale = int8Scale(w);
  return ref.build(w.shape, (at) => ref.roundHalfToEven(Math.fround(ref.get(w, at) / scale.data[at[0]])));
};

/** Scale and zero of each group, and the numbers. */
function int4(w: ref.Values, group: number) {
  const [out, k] = w.shape;
  const parts = ref.reshape(w, [out, k / group, group]);
  const of = (f: (values: number[]) => number) => ref.reshape(ref.fold(parts, [2], f), [out, k / group]);
  const range = (row: number[]) => Math.fround(Math.max(0, ...row) - Math.min(0, ...row));
  const scale = of((row) => (range(row) > 0 ? Math.fround(range(row) * Math.fround(1 / 15)) : 1));
  const low = of((row) => Math.min(0, ...row));
  const zero = ref.zip((value, step) => ref.roundHalfToEven(Math.fround(-value / step)), low, scale);
  const q = ref.build(w.shape, ([c, i]) => {
    const at = [c, Math.floor(i / group)];
    return Math.min(15, Math.max(0, ref.roundHalfToEven(Math.fround(ref.get(w, [c, i]) / ref.get(scale, at))) + ref.get(zero, at)));
  });
  return { scale, zero, q };
}

const edges = values([0, -0, 1, -1, 1e-30, -1e-30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);

const bitCases: OpCase[] = [
  ...[[3, 70], [32], [2, 3, 1], [4, 0]].map((shape) => ({
    op: 'packBits',
    about: `[${shape}]`,
    inputs: [random(shape)],
    apply: packBits,
    reference: (x: ref.Values) => pack(signs(x), 1),
    wrt: [],
    tolerance: 0,
  })),
  { op: 'packBits', about: 'edges', inputs: [edges], apply: packBits, reference: (x) => pack(signs(x), 1), wrt: [], tolerance: 0 },
  ...[[3, 70], [64]].map((shape) => {
    const bits = integers(shape, 0, 2).named(`bits [${shape}]`);
    return {
      op: 'unpackBits',
      about: `[${shape}]`,
      inputs: [input(pack(bits, 1))],
      apply: (words: Parameters<typeof unpackBits>[0]) => unpackBits(words, shape[shape.length - 1]),
      reference: () => ref.map(bits, (bit) => 2 * bit - 1),
      tolerance: 0,
    };
  }),
  ...(
    [
      [[2, 3], 7, 530],
      [[1, 1], 1, 1],
      [[5, 9], 66, 67],
      [[0, 2], 3, 5],
      [[2, 2], 3, 0],
    ] as const
  ).map(([lead, n, k]): OpCase => {
    const [a, b] = [integers([...lead, k], 0, 2).named(`a ${n}, ${k}`), integers([n, k], 0, 2).named(`b ${n}, ${k}`)];
    const plusMinus = (x: ref.Values) => ref.map(x, (bit) => 2 * bit - 1);
    return {
      op: 'xnorMatmul',
      about: `[${lead}, ${k}] × [${n}, ${k}]`,
      inputs: [input(pack(a, 1)), input(pack(b, 1))],
      apply: (x, y) => xnorMatmul(x, y, k),
      reference: () => rowsTimesRows(plusMinus(a), plusMinus(b)),
      tolerance: 0,
    };
  }),
];

const WEIGHTS: Readonly<Record<string, Input>> = {
  '[5, 9]': random([5, 9]),
  '[3, 64]': random([3, 64], -5, 0.5),
  'zeros in a row': values([0, 0, 0, 3, -3, 1.5], [2, 3]),
};

const int8Cases: OpCase[] = Object.entries(WEIGHTS).flatMap(([about, weight]): OpCase[] => [
  {
    op: 'quantizeInt8',
    about: `words of ${about}`,
    inputs: [weight],
    apply: (w) => quantizeInt8(w).words,
    reference: (w) => pack(int8Values(w), 8),
    wrt: [],
    tolerance: 0,
  },
  {
    op: 'quantizeInt8',
    about: `scale of ${about}`,
    inputs: [weight],
    apply: (w) => quantizeInt8(w).scale,
    reference: int8Scale,
    wrt: [],
    tolerance: 1e-6,
  },
]);

const int4Cases: OpCase[] = [32, 64, 128].flatMap((groupSize): OpCase[] => {
  const inputs = [random([3, 128], -1, 3)];
  const row = (part: 'words' | 'scale' | 'zero', reference: (w: ref.Values) => ref.Values): OpCase => ({
    op: 'quantizeInt4',
    about: `${part} of groups of ${groupSize}`,
    inputs,
    apply: (w) => quantizeInt4(w, { groupSize })[part],
    reference,
    wrt: [],
    tolerance: part === 'scale' ? 1e-6 : 0,
  });
  return [
    row('words', (w) => pack(int4(w, groupSize).q, 4)),
    row('scale', (w) => int4(w, groupSize).scale),
    row('zero', (w) => int4(w, groupSize).zero),
  ];
});

/** Whole numbers, so that every product and sum is exact. */
const int8Products: OpCase[] = (
  [
    [[6], 8, 67],
    [[1], 1, 1],
    [[2, 3], 70, 130],
  ] as const
).flatMap(([lead, out, k]): OpCase[] => {
  const q = integers([out, k], -127, 128, 'i32').named(`int8 q [${out}, ${k}]`);
  const scale = integers([out], 1, 5, 'f32').named(`int8 scale [${out}, ${k}]`);
  const dequantized = () => ref.build(q.shape, (at) => ref.get(q, at) * scale.data[at[0]]);
  return [
    {
      op: 'int8Matmul',
      about: `[${lead}, ${k}] × [${out}, ${k}]`,
      inputs: [integers([...lead, k], -8, 9, 'f32'), input(pack(q, 8)), scale],
      apply: (x, words, factor) => int8Matmul(x, { words, scale: factor }),
      reference: (x) => rowsTimesRows(x, dequantized()),
      wrt: [],
      tolerance: 0,
    },
    {
      op: 'dequantizeInt8',
      about: `[${out}, ${k}]`,
      inputs: [input(pack(q, 8)), scale],
      apply: (words, factor) => dequantizeInt8({ words, scale: factor }, k),
      reference: dequantized,
      wrt: [],
      tolerance: 0,
    },
  ];
});

const int4Products: OpCase[] = (
  [
    [[2], 4, 128, 64],
    [[1], 3, 32, 32],
    [[2, 3], 66, 256, 128],
  ] as const
).flatMap(([lead, out, k, group]): OpCase[] => {
  const q = integers([out, k], 0, 16).named(`int4 q [${out}, ${k}]`);
  const scale = integers([out, k / group], 1, 5, 'f32').named(`int4 scale [${out}, ${k}]`);
  const zero = integers([out, k / group], 0, 16, 'f32').named(`int4 zero [${out}, ${k}]`);
  const dequantized = () =>
    ref.build(q.shape, ([c, i]) => {
      const at = [c, Math.floor(i / group)];
      return (ref.get(q, [c, i]) - ref.get(zero, at)) * ref.get(scale, at);
    });
  return [
    {
      op: 'int4Matmul',
      about: `[${lead}, ${k}] × [${out}, ${k}], groups of ${group}`,
      inputs: [integers([...lead, k], -8, 9, 'f32'), input(pack(q, 4)), scale, zero],
      apply: (x, words, factor, shift) => int4Matmul(x, { words, scale: factor, zero: shift }).add(1),
      reference: (x) => ref.map(rowsTimesRows(x, dequantized()), (value) => value + 1),
      wrt: [],
      tolerance: 0,
    },
    {
      op: 'dequantizeInt4',
      about: `[${out}, ${k}], groups of ${group}`,
      inputs: [input(pack(q, 4)), scale, zero],
      apply: (words, factor, shift) => dequantizeInt4({ words, scale: factor, zero: shift }),
      reference: dequantized,
      wrt: [],
      tolerance: 0,
    },
  ];
});

export const quantizedCases: readonly OpCase[] = [...bitCases, ...int8Cases, ...int4Cases, ...int8Products, ...int4Products];

export const quantizedShaderCases: readonly ShaderCase[] = [
  ['xnorMatmul', (a, b) => xnorMatmul(a, b, 1000), [u32(9, 32), u32(70, 32)]],
  ['int8Matmul', (x, words, scale) => int8Matmul(x, { words, scale }).relu(), [f32(5, 100), u32(9, 25), f32(9)]],
  ['int4Matmul', (x, words, scale, zero) => int4Matmul(x, { words, scale, zero }), [f32(1, 128), u32(9, 16), f32(9, 2), f32(9, 2)]],
];
