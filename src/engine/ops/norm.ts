// Normalisation by mean and variance.
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import type { State, Tensor } from '../graph/tensor.ts';
import { lowerBatchNormBackward, lowerChannelMoments } from './lower/batchNorm.ts';
import { lowerLayerNorm, lowerLayerNormBackward } from './lower/layerNorm.ts';
import { expand, reshape, slice } from './movement.ts';
import { type ElementwiseOp, type KernelOp, makeNode } from './op.ts';
import { mean, sum } from './reduce.ts';

/**
 * Both normalisations have y = (x − mean)·r over some axes, r = 1 / √(variance + eps), whose Jacobian J = r·(I − 1/n − y·yᵀ/n) is symmetric; the
 * backward kernels compute J·dy. This is the gradient of aᵀ·J·b with respect to x, where `jacobian(v)` gives J·v.
 */
function gradientThroughJacobian(
  x: Tensor,
  a: Tensor,
  b: Tensor,
  axes: readonly number[],
  eps: number,
  jacobian: (v: Tensor) => Tensor,
): Tensor {
  const n = axes.reduce((product, axis) => product * x.shape[axis], 1);
  const total = (values: Tensor) => sum(values, axes, { keepDims: true });
  const centred = x.sub(mean(x, axes, { keepDims: true }));
  const r = mean(centred.square(), axes, { keepDims: true }).add(eps).rsqrt();
  const y = centred.mul(r);
  const [ay, by] = [total(a.mul(y)), total(b.mul(y))];
  const q = total(a.sub(mean(a, axes, { keepDims: true })).mul(b)).sub(ay.mul(by).mul(1 / n));
  const dq = a
    .mul(by)
    .add(b.mul(ay))
    .mul(-1 / n);
  return jacobian(dq)
    .mul(r)
    .sub(
      y
        .mul(q)
        .mul(r.square())
        .mul(1 / n),
    );
}

const rowsOf = (node: Tensor) => ({ rows: node.shape[0], columns: node.shape[1], eps: node.attrs.eps as number });

/** x [rows, columns] → each row normalised. */
const layerNormOp: KernelOp = {
  name: 'layerNorm',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerLayerNorm(rowsOf(node), traits),
  derivative: (dy, node) => [makeNode(layerNormBackwardOp, [node.inputs[0], dy], node.attrs, node.shape, 'f32')],
};

const layerNormBackwardOp: KernelOp = {
  name: 'layerNormBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerLayerNormBackward(rowsOf(node), traits),
  derivative: (ddx, node, [wantX, wantDy]) => {
    const [x, dy] = node.inputs;
    const jacobian = (v: Tensor) => makeNode(layerNormBackwardOp, [x, v], node.attrs, node.shape, 'f32');
    return [
      wantX ? gradientThroughJacobian(x, ddx, dy, [1], node.attrs.eps as number, jacobian) : undefined,
      wantDy ? jacobian(ddx) : undefined,
    ];
  },
};

/** (x − mean) / √(var + eps) over the last dimensions, which must be those of `shape`. */
export function layerNorm(x: Tensor, shape: Shape, eps = 1e-5): Tensor {
  if (shape.length === 0 || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError(`layerNorm: expected [.., ${shape.join(', ')}], got ${showShape(x.shape)}`);
  }
  if (x.dtype !== 'f32') throw new DTypeError(`layerNorm: expected f32, got ${x.dtype}`);
  const columns = sizeOf(shape);
  const rows = columns === 0 ? 0 : x.size / columns;
  return reshape(makeNode(layerNormOp, [reshape(x, [rows, columns])], { eps }, [rows, columns], 'f32'), x.shape);
}

const channelsOf = ({ shape: [n, channels, space] }: Tensor) => ({ n, channels, space });

/** x [n, channels, space] → [2, channels]: mean and biased variance. Its users' derivatives account for it. */
const channelMomentsOp: KernelOp = {
  name: 'channelMoments',
  kind: 'kernel',
  epilogue: true,
  lower: ({ inputs: [x] }, traits) => lowerChannelMoments(channelsOf(x), traits),
};

const channelMoments = (x: Tensor): Tensor => makeNode(channelMomentsOp, [x], {}, [2, x.shape[1]], 'f32');

/** From x [n, channels, space] and its own mean and variance, spread to that shape. The derivative goes through the moments as well. */
const batchNormalizeOp: ElementwiseOp = {
  name: 'batchNormalize',
  kind: 'elementwise',
  cost: 6,
  expression: ([x, average, variance], node) => `(${x} - ${average}) * inverseSqrt(${variance} + f32(${node.attrs.eps}))`,
  derivative: (dy, node) => {
    const [x] = node.inputs;
    return [makeNode(batchNormBackwardOp, [x, channelMoments(x), dy], node.attrs, x.shape, 'f32'), undefined, undefined];
  },
};

const batchNormBackwardOp: KernelOp = {
  name: 'batchNormBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerBatchNormBackward({ ...channelsOf(node), eps: node.attrs.eps as number }, traits),
  derivative: (ddx, node, [wantX, , wantDy]) => {
    const [x, moments, dy] = node.inputs;
    const jacobian = (v: Tensor) => makeNode(batchNormBackwardOp, [x, moments, v], node.attrs, node.shape, 'f32');
    return [
      wantX ? gradientThroughJacobian(x, ddx, dy, [0, 2], node.attrs.eps as number, jacobian) : undefined,
      undefined,
      wantDy ? jacobian(ddx) : undefined,
    ];
  },
};

export interface BatchNormInputs {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: State;
  readonly runningVar: State;
  readonly eps: number;
  /** Share of the batch in the running statistics. */
  readonly momentum: number;
  readonly training: boolean;
}

/**
 * (x − mean) / √(var + eps)·weight + bias for each channel of [n, c, ..]. In training the statistics are the batch's own, and the running ones
 * (the variance with n − 1) move towards them, as torch.nn.BatchNorm's do.
 */
export function batchNorm(x: Tensor, inputs: BatchNormInputs): Tensor {
  const { weight, bias, runningMean, runningVar, eps, momentum, training } = inputs;
  if (x.dtype !== 'f32') throw new DTypeError(`batchNorm: expected f32, got ${x.dtype}`);
  if (x.rank < 2 || !sameShape(weight.shape, [x.shape[1]])) {
    throw new ShapeError(
      `batchNorm: expected x [n, channels, ..] and weight [channels], got ${showShape(x.shape)} and ${showShape(weight.shape)}`,
    );
  }
  const [n, channels] = x.shape;
  const space = sizeOf(x.shape.slice(2));
  const planes = reshape(x, [n, channels, space]);
  const spread = (values: Tensor) => expand(reshape(values, [1, channels, 1]), planes.shape);
  if (!training) {
    const scale = runningVar.add(eps).rsqrt().mul(weight);
    return reshape(planes.sub(spread(runningMean)).mul(spread(scale)).add(spread(bias)), x.shape);
  }
  const moments = channelMoments(planes);
  const [average, variance] = [0, 1].map((row) => reshape(slice(moments, [[row, row + 1]]), [channels]));
  const move = (state: State, towards: Tensor) => state.assign(state.mul(1 - momentum).add(towards.stopGradient().mul(momentum)));
  const count = n * space;
  move(runningMean, average);
  move(runningVar, variance.mul(count / Math.max(1, count - 1)));
  const normal = makeNode(batchNormalizeOp, [planes, spread(average), spread(variance)], { eps }, planes.shape, 'f32');
  return reshape(normal.mul(spread(weight)).add(spread(bias)), x.shape);
}
