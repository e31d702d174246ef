import {
  cooToCsr,
  degree,
  gradients,
  sampledMatmul,
  segmentMax,
  segmentMean,
  segmentMin,
  segmentSoftmax,
  segmentSum,
  sparseMatmul,
  type Tensor,
} from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { distinct, integers, type OpCase, random, values } from '../check.ts';
import { f32, u32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

/** Elements of x [n, ..] with id s, at one place behind the first dimension. */
const members = (x: ref.Values, ids: ref.Values, segment: number, rest: readonly number[]) =>
  [...ids.data.keys()].filter((i) => ids.data[i] === segment).map((i) => ref.get(x, [i, ...rest]));

const folded = (segments: number, f: (list: number[]) => number) => (x: ref.Values, ids: ref.Values) =>
  ref.build([segments, ...x.shape.slice(1)], ([segment, ...rest]) => f(members(x, ids, segment, rest)));

const SEGMENTS: readonly (readonly [about: string, shape: readonly number[], segments: number])[] = [
  ['[7, 3] in 4', [7, 3], 4],
  ['[31] in 5', [31], 5],
  ['[4, 2, 3] in 9, most of them empty', [4, 2, 3], 9],
  ['no elements', [0, 3], 2],
];

const segmentCases: OpCase[] = SEGMENTS.flatMap(([about, shape, segments]): OpCase[] => {
  // One of them is in no segment.
  const ids = integers([shape[0]], 0, segments + 1);
  const second = shape[0] > 0;
  const ops = [
    ['segmentSum', segmentSum, ref.total],
    ['segmentMean', segmentMean, (list: number[]) => (list.length ? ref.average(list) : 0)],
    ['segmentMax', segmentMax, (list: number[]) => (list.length ? Math.max(...list) : 0)],
    ['segmentMin', segmentMin, (list: number[]) => (list.length ? Math.min(...list) : 0)],
  ] as const;
  return [
    ...ops.map(
      ([op, apply, f]): OpCase => ({
        op,
        about,
        inputs: [distinct(shape), ids],
        apply: (x, i) => apply(x, i, segments),
        reference: folded(segments, f),
        second,
        f16: true,
      }),
    ),
    {
      op: 'segmentSoftmax',
      about,
      inputs: [random(shape), ids],
      apply: (x, i) => segmentSoftmax(x, i, segments),
      reference: (x, i) =>
        ref.build(shape, (at) =>
          i.data[at[0]] === segments ? 0 : Math.exp(ref.get(x, at) - ref.logSumExp(members(x, i, i.data[at[0]], at.slice(1)))),
        ),
      second,
    },
    {
      op: 'degree',
      about,
      inputs: [ids],
      apply: (i) => degree(i, segments),
      reference: (i) => ref.build([segments], ([segment]) => i.data.filter((id) => id === segment).length),
    },
  ];
});

const special: OpCase[] = [
  {
    op: 'segmentMax',
    about: 'NaN and infinities',
    inputs: [values([1, Number.NaN, 2, -Infinity, Infinity, -3]), values([0, 0, 0, 1, 2, 2], [6], 'u32')],
    apply: (x, i) => segmentMax(x, i, 3),
    reference: folded(3, (list) => Math.max(...list)),
    wrt: [],
  },
  {
    op: 'segmentSoftmax',
    about: 'large values',
    inputs: [values([1000, 1001, -1000, -1000]), values([1, 1, 0, 0], [4], 'u32')],
    apply: (x, i) => segmentSoftmax(x, i, 2),
    reference: () => ref.build([4], ([i]) => [1 / (1 + Math.E), Math.E / (1 + Math.E), 0.5, 0.5][i]),
    wrt: [],
  },
];

/** A sparse matrix as a dense one; elements at one place add up, those outside don't count. */
function dense(rows: ref.Values, columns: ref.Values, elements: ref.Values, shape: readonly [number, number]): ref.Values {
  const y = ref.build(shape, () => 0);
  elements.data.forEach((value, e) => {
    if (rows.data[e] < shape[0] && columns.data[e] < shape[1]) y.data[ref.place(shape, [rows.data[e], columns.data[e]])] += value;
  });
  return y;
}

const MATRICES: readonly (readonly [m: number, k: number, n: number, count: number])[] = [
  [5, 3, 2, 7],
  [1, 1, 1, 1],
  [67, 9, 5, 31],
  [4, 3, 2, 0],
];

const productCases: OpCase[] = MATRICES.flatMap(([m, k, n, count]): OpCase[] => {
  const about = `[${m}, ${k}] · [${k}, ${n}], ${count} elements`;
  // Some of the elements lie outside.
  const places = [integers([count], 0, m + 1), integers([count], 0, k + 1)] as const;
  const second = count > 0;
  const tolerance = 1e-4;
  return [
    {
      op: 'sparseMatmul',
      about,
      inputs: [...places, random([count]), random([k, n])],
      apply: (rowIndices, colIndices, v, x) => sparseMatmul({ shape: [m, k], rowIndices, colIndices, values: v }, x),
      reference: (rows, columns, v, x) => ref.matmul(dense(rows, columns, v, [m, k]), x),
      second,
      tolerance,
      f16: true,
    },
    {
      op: 'sparseMatmul',
      about: `${about}, from the right`,
      inputs: [...places, random([count]), random([n, m])],
      apply: (rowIndices, colIndices, v, x) => sparseMatmul(x, { shape: [m, k], rowIndices, colIndices, values: v }),
      reference: (rows, columns, v, x) => ref.matmul(x, dense(rows, columns, v, [m, k])),
      second,
      tolerance,
    },
    {
      op: 'cooToCsr',
      about,
      inputs: [integers([count], 0, m), places[1], random([count]), random([k, n])],
      apply: (rowIndices, colIndices, v, x) => sparseMatmul(cooToCsr({ shape: [m, k], rowIndices, colIndices, values: v }), x),
      reference: (rows, columns, v, x) => ref.matmul(dense(rows, columns, v, [m, k]), x),
      second,
      tolerance,
    },
    {
      op: 'sampledMatmul',
      about,
      inputs: [random([m, n]), random([n, k]), ...places],
      apply: (a, b, rows, columns) => sampledMatmul(a, b, rows, columns),
      reference: (a, b, rows, columns) => {
        const product = ref.matmul(a, b);
        return ref.build([count], ([e]) =>
          rows.data[e] < m && columns.data[e] < k ? ref.get(product, [rows.data[e], columns.data[e]]) : 0,
        );
      },
      second,
      tolerance,
      f16: true,
    },
  ];
});

export const sparseCases: readonly OpCase[] = [...segmentCases, ...special, ...productCases];

const edges = (x: Tensor, values: Tensor, rowIndices: Tensor, colIndices: Tensor): Tensor[] => {
  const y = sparseMatmul({ shape: [9, 9], rowIndices, colIndices, values }, x);
  return [y, ...gradients(y.square().sum(), [x, values])];
};

export const sparseShaderCases: readonly ShaderCase[] = [
  ['sparse product', edges, [f32(9, 4), f32(20), u32(20), u32(20)]],
  ['segment extremum', (x, ids) => [segmentMax(x, ids, 5), segmentMin(x, ids, 5)], [f32(9, 4), u32(9)]],
];
