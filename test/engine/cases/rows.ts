import { batchNorm, layerNorm, logSoftmax, State, softmax, softmin, type Tensor } from '../../../src/index.ts';
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

const softmaxOf = (axis: number) => (x: ref.Values) => ref.alongAxis(x, axis, (line, i) => Math.exp(line[i] - ref.logSumExp(line)));
const logSoftmaxOf = (axis: number) => (x: ref.Values) => ref.alongAxis(x, axis, (line, i) => line[i] - ref.logSumExp(line));

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
  { op, about: 'masked with −∞', inputs: [values([1, -inf, 2, 0], [2, 2])], apply: (x) => apply(x), reference: along(1), wrt: [] },
]);

const softmaxExtremes: OpCase = {
  op: 'softmax',
  about: 'nothing but −∞, a NaN, very large values',
  inputs: [values([-inf, -inf, -inf, -inf, 1, NaN, 2, 0, 1e4, -1e4, 0, 1e4, 3, -inf, 3, 3], [4, 4])],
  apply: (x) => softmax(x),
  reference: softmaxOf(1),
  wrt: [],
};

const normCases: OpCase[] = [
  {
    op: 'layerNorm',
    inputs: [random([5, 13])],
    apply: (x) => layerNorm(x, [13]),
    reference: (x) => ref.standardize(x, [1], 1e-5),
    second: true,
    tolerance: 1e-4,
  },
  {
    op: 'layerNorm',
    about: 'two axes',
    inputs: [random([3, 5, 7])],
    apply: (x) => layerNorm(x, [5, 7], 1e-3),
    reference: (x) => ref.standardize(x, [1, 2], 1e-3),
    tolerance: 1e-4,
  },
  ...[
    [6, 3],
    [4, 3, 5, 2],
  ].map(
    (shape): OpCase => ({
      op: 'batchNorm',
      about: `[${shape}] in training`,
      inputs: [random(shape), random([3], 0.5, 1.5), random([3])],
      apply: (x, weight, bias) => batchNorm(x, { ...statistics(), weight, bias, training: true }),
      reference: (x, weight, bias) => {
        const channel = (v: ref.Values) => ref.reshape(v, [3, ...shape.slice(2).map(() => 1)]);
        const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
        return ref.zip((v, w, b) => v * w + b, ref.standardize(x, axes, 1e-5), channel(weight), channel(bias));
      },
      tolerance: 1e-4,
    }),
  ),
  {
    op: 'batchNorm',
    about: 'in evaluation',
    inputs: [random([4, 3, 2, 2]), random([3]), random([3])],
    apply: (x, weight, bias) => batchNorm(x, { ...statistics(), weight, bias, training: false }),
    reference: (x, weight, bias) =>
      ref.build(
        x.shape,
        ([n, c, i, j]) => ((ref.get(x, [n, c, i, j]) - 0.25 * c) / Math.sqrt(1 + c + 1e-5)) * weight.data[c] + bias.data[c],
      ),
  },
];

function statistics() {
  const runningMean = new State('mean', [3], 'f32', Float32Array.of(0, 0.25, 0.5));
  const runningVar = new State('variance', [3], 'f32', Float32Array.of(1, 2, 3));
  return { runningMean, runningVar, eps: 1e-5, momentum: 0.1 };
}

export const rowCases: readonly OpCase[] = [...softmaxCases, softmaxExtremes, ...normCases];
