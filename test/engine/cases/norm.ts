// Normalisations, each against means and variances in float64.
import { batchNorm, gradients, groupNorm, instanceNorm, layerNorm, rmsNorm, State, type Tensor } from '../../../src/index.ts';
import type { ShaderCase } from '../all-cases.ts';
import { type Input, type OpCase, random } from '../check.ts';
import { f32 } from '../plan-of.ts';
import * as ref from '../reference.ts';

/** Values [channels] beside [n, channels, ..]. */
const perChannel = (values: ref.Values, rank: number) => ref.reshape(values, [values.shape[0], ...new Array<number>(rank - 2).fill(1)]);
const affine = (x: ref.Values, weight?: ref.Values, bias?: ref.Values) =>
  ref.zip((v, w, b) => v * w + b, x, weight ?? { shape: [], data: Float64Array.of(1) }, bias ?? { shape: [], data: Float64Array.of(0) });

const layerOf = (count: number, eps: number) => (x: ref.Values, weight?: ref.Values, bias?: ref.Values) => {
  const axes = Array.from({ length: count }, (_, i) => x.shape.length - count + i);
  return affine(ref.standardize(x, axes, eps), weight, bias);
};

const groupOf = (groups: number, eps: number) => (x: ref.Values, weight?: ref.Values, bias?: ref.Values) => {
  const [n, channels, ...rest] = x.shape;
  const split = ref.reshape(x, [n, groups, (channels / groups) * ref.size(rest)]);
  const rank = x.shape.length;
  const normal = ref.reshape(ref.standardize(split, [2], eps), x.shape);
  return affine(normal, weight && perChannel(weight, rank), bias && perChannel(bias, rank));
};

/** Values around a mean that is large beside their spread. */
const far = (shape: readonly number[]): Input => random(shape, 1e4 - 0.17, 1e4 + 0.17);

const rmsOf = (count: number, eps: number) => (x: ref.Values, weight: ref.Values) => {
  const axes = Array.from({ length: count }, (_, i) => x.shape.length - count + i);
  const squares = ref.fold(x, axes, (line) => ref.average(line.map((v) => v * v)));
  return ref.zip((v, s, w) => (v / Math.sqrt(s + eps)) * w, x, squares, weight);
};

/** Weights of several axes, among them some that are 1 long. */
const severalAxes = [
  [2, 3],
  [5, 1],
  [1, 4],
  [3, 2, 2],
].flatMap((shape): OpCase[] => [
  {
    op: 'layerNorm',
    about: `over [${shape}]`,
    inputs: [random([3, ...shape]), random(shape, 0.5, 1.5), random(shape)],
    apply: (x, weight, bias) => layerNorm(x, shape, { weight, bias, eps: 0.1 }),
    reference: layerOf(shape.length, 0.1),
    second: true,
    tolerance: 1e-4,
  },
  {
    op: 'rmsNorm',
    about: `over [${shape}]`,
    inputs: [random([3, ...shape]), random(shape, 0.5, 1.5)],
    apply: (x, weight) => rmsNorm(x, shape, { weight, eps: 0.01 }),
    reference: rmsOf(shape.length, 0.01),
    second: true,
    tolerance: 1e-4,
  },
]);

const layerCases: OpCase[] = [
  ...[
    [5, 13],
    [3, 12],
    [1, 1],
    [2, 3, 67],
    [70, 8],
    [2, 1031],
  ].map((shape): OpCase => {
    const width = shape[shape.length - 1];
    return {
      op: 'layerNorm',
      about: `[${shape}]`,
      inputs: [random(shape), random([width], 0.5, 1.5), random([width])],
      apply: (x, weight, bias) => layerNorm(x, [width], { weight, bias, eps: 0.1 }),
      reference: layerOf(1, 0.1),
      second: shape[0] === 3,
      tolerance: 1e-4,
      f16: shape[0] === 3,
    };
  }),
  {
    op: 'layerNorm',
    about: 'two axes, weight alone',
    inputs: [random([3, 5, 7]), random([5, 7])],
    apply: (x, weight) => layerNorm(x, [5, 7], { weight }),
    reference: layerOf(2, 1e-5),
    tolerance: 1e-4,
  },
  {
    op: 'layerNorm',
    about: 'a mean of 10⁴ with a variance of 10⁻²',
    inputs: [far([4, 64])],
    apply: (x) => layerNorm(x, [64]),
    reference: layerOf(1, 1e-5),
    tolerance: 2e-5,
    wrt: [],
  },
  { op: 'layerNorm', about: 'empty', inputs: [random([0, 5])], apply: (x) => layerNorm(x, [5]), reference: (x) => x, wrt: [] },
  ...[
    [5, 13],
    [3, 12],
    [2, 300],
  ].map(
    (shape): OpCase => ({
      op: 'rmsNorm',
      about: `[${shape}]`,
      inputs: [random(shape), random([shape[1]], 0.5, 1.5)],
      apply: (x, weight) => rmsNorm(x, [shape[1]], { weight, eps: 0.01 }),
      reference: rmsOf(1, 0.01),
      second: shape[1] < 100,
      tolerance: 1e-4,
      f16: shape[1] === 12,
    }),
  ),
  ...severalAxes,
];

const groupCases: OpCase[] = [
  ...(
    [
      [[2, 6, 5], 3],
      [[3, 4, 2, 2], 2],
      [[2, 8], 2],
      [[2, 3, 701], 1],
    ] as const
  ).map(
    ([shape, groups]): OpCase => ({
      op: 'groupNorm',
      about: `[${shape}], ${groups} groups`,
      inputs: [random(shape), random([shape[1]], 0.5, 1.5), random([shape[1]])],
      apply: (x, weight, bias) => groupNorm(x, groups, { weight, bias, eps: 0.1 }),
      reference: groupOf(groups, 0.1),
      second: ref.size(shape) < 100,
      tolerance: 1e-4,
      f16: groups === 3,
    }),
  ),
  {
    op: 'instanceNorm',
    inputs: [random([2, 3, 4, 3]), random([3], 0.5, 1.5), random([3])],
    apply: (x, weight, bias) => instanceNorm(x, { weight, bias, eps: 0.1 }),
    reference: groupOf(3, 0.1),
    tolerance: 1e-4,
    second: true,
    f16: true,
  },
  {
    op: 'instanceNorm',
    about: 'a mean of 10⁴ with a variance of 10⁻², without weight and bias',
    inputs: [far([2, 3, 64])],
    apply: (x) => instanceNorm(x),
    reference: groupOf(3, 1e-5),
    tolerance: 2e-5,
    wrt: [],
  },
];

function statistics() {
  const runningMean = new State('mean', [3], 'f32', Float32Array.of(0, 0.25, 0.5));
  const runningVar = new State('variance', [3], 'f32', Float32Array.of(1, 2, 3));
  return { runningMean, runningVar };
}

const standardized = (x: ref.Values, eps: number) =>
  ref.standardize(
    x,
    x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
    eps,
  );

const batchCases: OpCase[] = [
  ...[
    [6, 3],
    [9, 8],
    [4, 3, 5, 2],
    [3, 4, 8],
    [70, 5, 9],
  ].map(
    (shape): OpCase => ({
      op: 'batchNorm',
      about: `[${shape}] in training`,
      inputs: [random(shape), random([shape[1]], 0.5, 1.5), random([shape[1]])],
      apply: (x, weight, bias) => batchNorm(x, { weight, bias, eps: 0.1 }),
      reference: (x, weight, bias) => affine(standardized(x, 0.1), perChannel(weight, shape.length), perChannel(bias, shape.length)),
      second: shape[0] === 6,
      tolerance: 1e-4,
      f16: shape[1] === 4,
    }),
  ),
  {
    op: 'batchNorm',
    about: 'a mean of 10⁴ with a variance of 10⁻², without weight and bias',
    inputs: [far([40, 3, 5])],
    apply: (x) => batchNorm(x),
    reference: (x) => standardized(x, 1e-5),
    tolerance: 2e-5,
    wrt: [],
  },
  {
    op: 'batchNorm',
    about: 'in evaluation',
    inputs: [random([4, 3, 2, 2]), random([3]), random([3])],
    apply: (x, weight, bias) => batchNorm(x, { ...statistics(), weight, bias }),
    reference: (x, weight, bias) =>
      ref.build(
        x.shape,
        ([n, c, i, j]) => ((ref.get(x, [n, c, i, j]) - 0.25 * c) / Math.sqrt(1 + c + 1e-5)) * weight.data[c] + bias.data[c],
      ),
    second: true,
  },
];

export const normCases: readonly OpCase[] = [...layerCases, ...groupCases, ...batchCases];

const backward =
  (fn: (x: Tensor, weight: Tensor, bias: Tensor) => Tensor) =>
  (x: Tensor, weight: Tensor, bias: Tensor): Tensor[] => {
    const y = fn(x, weight, bias);
    return [y, ...gradients(y.square().sum(), [x, weight, bias])];
  };
const layer = (width: number) => backward((x, weight, bias) => layerNorm(x, [width], { weight, bias }));
const batch = backward((x, weight, bias) => batchNorm(x, { weight, bias }));

export const normShaderCases: readonly ShaderCase[] = [
  ['layerNorm', layer(20), [f32(9, 20), f32(20), f32(20)]],
  ['layerNorm, long rows', layer(4096), [f32(9, 4096), f32(4096), f32(4096)]],
  ['groupNorm, odd', backward((x, weight, bias) => groupNorm(x, 2, { weight, bias })), [f32(9, 4, 15), f32(4), f32(4)]],
  ['batchNorm', batch, [f32(8, 3, 5, 5), f32(3), f32(3)]],
  ['batchNorm, large', batch, [f32(64, 16, 20, 20), f32(16), f32(16)]],
  ['batchNorm, no places', batch, [f32(64, 16), f32(16), f32(16)]],
];
