import { logSoftmax, softmax, softmin, type Tensor } from '../../../src/index.ts';
import { type OpCase, random, values } from '../check.ts';
import * as ref from '../reference.ts';

const { POSITIVE_INFINITY: inf } = Number;

/** Row lengths: one, odd, past a subgroup, past a workgroup. */
const ROWS: readonly (readonly number[])[] = [
  [1, 1],
  [3, 7],
  [5, 1],
  [1, 300],
  [2, 3, 67],
  [70, 10],
  [3, 1031],
];

const logSoftmaxOf = (axis: number) => (x: ref.Values) => ref.zip((value, total) => value - total, x, ref.fold(x, [axis], ref.logSumExp));
const softmaxOf = (axis: number) => (x: ref.Values) => ref.map(logSoftmaxOf(axis)(x), Math.exp);

const softmaxCases: OpCase[] = [
  { op: 'softmax', apply: softmax, along: softmaxOf },
  { op: 'logSoftmax', apply: logSoftmax, along: logSoftmaxOf },
  { op: 'softmin', apply: softmin, along: (axis: number) => (x: ref.Values) => softmaxOf(axis)(ref.map(x, (value) => -value)) },
].flatMap(({ op, apply, along }): OpCase[] => [
  ...ROWS.map((shape) => ({
    op,
    about: `[${shape}]`,
    inputs: [random(shape)],
    apply: (x: Tensor) => apply(x),
    reference: along(shape.length - 1),
    second: ref.size(shape) < 100,
    f16: shape.length === 3,
  })),
  { op, about: 'another axis', inputs: [random([3, 5, 4])], apply: (x) => apply(x, 1), reference: along(1), second: true },
  { op, about: 'the first axis, long', inputs: [random([301, 7])], apply: (x) => apply(x, 0), reference: along(0) },
  { op, about: 'empty', inputs: [random([0, 3])], apply: (x) => apply(x), reference: (x) => x, wrt: [] },
  { op, about: 'large values', inputs: [values([1000, 1001, -1000, -1000], [2, 2])], apply: (x) => apply(x), reference: along(1) },
  {
    op,
    about: 'masked with infinity',
    inputs: [values(op === 'softmin' ? [1, inf, 2, 0] : [1, -inf, 2, 0], [2, 2])],
    apply: (x) => apply(x),
    reference: along(1),
    wrt: [],
  },
]);

const softmaxExtremes: OpCase = {
  op: 'softmax',
  about: 'nothing but −∞, a NaN, very large values',
  inputs: [values([-inf, -inf, -inf, -inf, 1, NaN, 2, 0, 1e4, -1e4, 0, 1e4, 3, -inf, 3, 3], [4, 4])],
  apply: (x) => softmax(x),
  reference: softmaxOf(1),
  wrt: [],
};

export const rowCases: readonly OpCase[] = [...softmaxCases, softmaxExtremes];
