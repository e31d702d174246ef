// Normalisation by mean and variance: of each channel over the batch, or of groups of channels within each example.
import { ShapeError } from '../graph/errors.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import type { State, Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { cast } from './elementwise.ts';
import { lowerBatchNorm, lowerBatchNormBackward, lowerChannelStatistics, lowerChannelSums } from './lower/batchNorm.ts';
import { type GroupNormSpec, lowerGroupNorm, lowerGroupNormBackward, lowerGroupStatistics } from './lower/layerNorm.ts';
import { expand, reshape, slice } from './movement.ts';
import { type KernelOp, makeNode, type Node } from './op.ts';
import { mean, sum } from './reduce.ts';

// All normalisations have x̂ = (x − mean)·r, r = 1 / √(variance + eps), over some elements: those of a channel in the whole batch (groups 0), or
// of a group of channels in one example. The Jacobian J = r·(I − 1/n − x̂·x̂ᵀ/n) is symmetric, so the gradient is J·(dy·weight). Without centring
// the 1/n falls away. Statistics are nodes of their own, shared by the gradients; the derivatives of their users account for them.

interface NormAttrs extends GroupNormSpec {
  readonly weighted: boolean;
  readonly biased: boolean;
}

/** x as [n, channels, space]. */
const planes = (x: Tensor, { n, channels, space }: GroupNormSpec): Tensor => reshape(x, [n, channels, space]);
/** Values of channels, as large as x. */
const spread = (values: Tensor, like: Tensor, spec: GroupNormSpec): Tensor =>
  reshape(expand(reshape(values, [1, spec.channels, 1]), [spec.n, spec.channels, spec.space]), like.shape);

/** Where the inputs of a node begin to be weight and bias, and whether they are there. */
function affineAt({ attrs }: Node<NormAttrs>, first: number) {
  const weight = attrs.weighted ? first : undefined;
  const bias = attrs.biased ? first + (attrs.weighted ? 1 : 0) : undefined;
  return { weight, bias };
}

const attrsOf = (spec: GroupNormSpec, weight?: Tensor, bias?: Tensor): NormAttrs => ({
  n: spec.n,
  channels: spec.channels,
  space: spec.space,
  groups: spec.groups,
  eps: spec.eps,
  centred: spec.centred,
  weighted: weight !== undefined,
  biased: bias !== undefined,
});
const present = (...tensors: readonly (Tensor | undefined)[]): Tensor[] => tensors.filter((tensor) => tensor !== undefined);

/** [3, rows]: an element, the mean of the differences from it, variance. */
const statisticsOp: KernelOp<NormAttrs> = {
  name: 'statistics',
  kind: 'kernel',
  lower: (node, traits) =>
    node.attrs.groups === 0 ? lowerChannelStatistics(node.attrs, traits) : lowerGroupStatistics(node.attrs, traits),
};

function statistics(x: Tensor, spec: GroupNormSpec): Tensor {
  const rows = spec.groups === 0 ? spec.channels : spec.n * spec.groups;
  return makeNode(statisticsOp, [x], attrsOf(spec), [3, rows], 'f32');
}

/** x, weight, bias → x̂·weight + bias; for the batch's statistics (groups 0), these come after x. */
const normalizeOp: KernelOp<NormAttrs> = {
  name: 'normalize',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) =>
    node.attrs.groups === 0 ? lowerBatchNorm(node.attrs, affineAt(node, 2), traits) : lowerGroupNorm(node.attrs, affineAt(node, 1), traits),
  derivative: (dy, node, wanted) => {
    const spec = node.attrs;
    const [x] = node.inputs;
    const { weight, bias } = affineAt(node, spec.groups === 0 ? 2 : 1);
    const found = statistics(x, spec);
    const dx = wanted[0] ? backward(x, found, dy, spec, weight === undefined ? undefined : node.inputs[weight]) : undefined;
    const wantsSums = (weight !== undefined && wanted[weight]) || (bias !== undefined && wanted[bias]);
    const sums = wantsSums ? channelSums(x, found, dy, spec) : undefined;
    return node.inputs.map((input, i) => {
      if (i === 0) return dx;
      if (i !== weight && i !== bias) return undefined;
      const row = i === weight ? 0 : 1;
      return sums && cast(reshape(slice(sums, [[row, row + 1]]), input.shape), input.dtype);
    });
  },
};

function normalize(x: Tensor, spec: GroupNormSpec, weight?: Tensor, bias?: Tensor): Tensor {
  const own = spec.groups === 0 ? [statistics(x, spec)] : [];
  return makeNode(normalizeOp, [x, ...own, ...present(weight, bias)], attrsOf(spec, weight, bias), x.shape, x.dtype);
}

/** Σ dy·x̂ and Σ dy of each channel: [2, channels], from x, its statistics and dy. */
const channelSumsOp: KernelOp<NormAttrs> = {
  name: 'channelSums',
  kind: 'kernel',
  lower: (node, traits) => lowerChannelSums(node.attrs, traits),
  derivative: (dd, node, [wantX, , wantDy]) => {
    const [x, found, dy] = node.inputs;
    const spec = node.attrs;
    const [weight, bias] = [0, 1].map((row) => cast(reshape(slice(dd, [[row, row + 1]]), [spec.channels]), x.dtype));
    return [wantX ? backward(x, found, dy, spec, weight) : undefined, undefined, wantDy ? normalize(x, spec, weight, bias) : undefined];
  },
};

const channelSums = (x: Tensor, found: Tensor, dy: Tensor, spec: GroupNormSpec): Tensor =>
  makeNode(channelSumsOp, [x, found, dy], attrsOf(spec), [2, spec.channels], 'f32');

/** J·(dy·weight), from x, its statistics, dy (and the channel sums of these, for the batch's statistics) and weight. */
const normalizeBackwardOp: KernelOp<NormAttrs> = {
  name: 'normalizeBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) =>
    node.attrs.groups === 0
      ? lowerBatchNormBackward(node.attrs, affineAt(node, 4), traits)
      : lowerGroupNormBackward(node.attrs, affineAt(node, 3), traits),
  derivative: (ddx, node, wanted) => {
    const spec = node.attrs;
    const [x, found, dy] = node.inputs;
    const at = affineAt(node, spec.groups === 0 ? 4 : 3).weight;
    const weighted = (v: Tensor) => (at === undefined ? v : v.mul(spread(node.inputs[at], v, spec)));
    const turned = backward(x, found, ddx, spec);
    return node.inputs.map((input, i) => {
      if (!wanted[i]) return undefined;
      if (i === 0) return throughJacobian(x, found, ddx, weighted(dy), spec);
      if (i === 2) return weighted(turned);
      return i === at ? reshape(sum(planes(dy.mul(turned), spec), [0, 2]), input.shape) : undefined;
    });
  },
};

function backward(x: Tensor, found: Tensor, dy: Tensor, spec: GroupNormSpec, weight?: Tensor): Tensor {
  const sums = spec.groups === 0 ? [channelSums(x, found, dy, spec)] : [];
  return makeNode(normalizeBackwardOp, [x, found, dy, ...sums, ...present(weight)], attrsOf(spec, weight), x.shape, x.dtype);
}

/** The gradient of aᵀ·J·b with respect to x. */
function throughJacobian(x: Tensor, found: Tensor, a: Tensor, b: Tensor, spec: GroupNormSpec): Tensor {
  const rows = spec.groups === 0 ? [spec.n, spec.channels, spec.space] : [spec.n * spec.groups, (spec.channels / spec.groups) * spec.space];
  const axes = spec.groups === 0 ? [0, 2] : [1];
  const n = axes.reduce((product, axis) => product * rows[axis], 1);
  const [rowsX, rowsA, rowsB] = [x, a, b].map((value) => reshape(value, rows));
  const total = (values: Tensor) => sum(values, axes, { keepDims: true });
  const centred = (values: Tensor) => (spec.centred ? values.sub(mean(values, axes, { keepDims: true })) : values);
  const apart = centred(rowsX);
  const r = mean(apart.square(), axes, { keepDims: true }).add(spec.eps).rsqrt();
  const y = apart.mul(r);
  const [ay, by] = [total(rowsA.mul(y)), total(rowsB.mul(y))];
  const q = total(centred(rowsA).mul(rowsB)).sub(ay.mul(by).mul(1 / n));
  const dq = rowsA
    .mul(by)
    .add(rowsB.mul(ay))
    .mul(-1 / n);
  const turned = reshape(backward(x, found, reshape(dq, x.shape), spec), rows);
  const fromScale = y
    .mul(q)
    .mul(r.square())
    .mul(1 / n);
  return reshape(turned.mul(r).sub(fromScale), x.shape);
}

/** What scales and shifts the normalised values; none unless given. */
export interface AffineOptions {
  readonly weight?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
  readonly eps?: number;
}

function expectAffine(name: string, x: Tensor, shape: Shape, { weight, bias }: AffineOptions): void {
  const given = present(weight, bias);
  expectFloat(name, x, ...given);
  for (const tensor of given) {
    if (!sameShape(tensor.shape, shape)) {
      throw new ShapeError(
        `${name}: expected weight and bias ${showShape(shape)}, got ${showShape(tensor.shape)} for ${showShape(x.shape)}`,
      );
    }
  }
}

function overLast(name: string, x: Tensor, shape: Shape, options: AffineOptions, eps: number, centred: boolean): Tensor {
  if (shape.length === 0 || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError(`${name}: expected [.., ${shape.join(', ')}], got ${showShape(x.shape)}`);
  }
  expectAffine(name, x, shape, options);
  const channels = sizeOf(shape);
  const spec = { n: channels === 0 ? 0 : x.size / channels, channels, space: 1, groups: 1, eps, centred };
  return normalize(x, spec, options.weight, options.bias);
}

/**
 * Normalises over the last dimensions, which must be those of `shape` (Ba et al., arXiv 1607.06450).
 *
 * @formula y = (x − mean) / √(variance + eps)·weight + bias
 * @shapes x [.., shape], weight and bias shape → [.., shape]
 * @dtypes f32, f16
 * @torch torch.nn.functional.layer_norm
 * @throws ShapeError when x doesn't end in `shape`, or weight and bias have another
 */
export function layerNorm(x: Tensor, shape: Shape, options: AffineOptions = {}): Tensor {
  return overLast('layerNorm', x, shape, options, options.eps ?? 1e-5, true);
}

/**
 * Divides by the root of the mean square over the last dimensions, which must be those of `shape` (Zhang & Sennrich, arXiv 1910.07467).
 *
 * @formula y = x / √(mean(x²) + eps)·weight
 * @shapes x [.., shape], weight shape → [.., shape]
 * @dtypes f32, f16
 * @torch torch.nn.functional.rms_norm
 * @throws ShapeError when x doesn't end in `shape`, or the weight has another
 */
export function rmsNorm(x: Tensor, shape: Shape, options: Omit<AffineOptions, 'bias'> = {}): Tensor {
  return overLast('rmsNorm', x, shape, options, options.eps ?? 2 ** -23, false);
}

function channelSpec(name: string, x: Tensor, groups: number, options: AffineOptions): GroupNormSpec {
  const [n, channels, ...rest] = x.shape;
  if (x.rank < 2) throw new ShapeError(`${name}: expected [n, channels, ..], got ${showShape(x.shape)}`);
  expectAffine(name, x, [channels], options);
  return { n, channels, space: sizeOf(rest), groups, eps: options.eps ?? 1e-5, centred: true };
}

/**
 * Normalises groups of channels within each example (Wu & He, arXiv 1803.08494).
 *
 * @formula y = (x − mean) / √(variance + eps)·weight + bias, over channels/groups channels of one example
 * @shapes x [n, channels, ..], weight and bias [channels] → [n, channels, ..]
 * @dtypes f32, f16
 * @torch torch.nn.functional.group_norm
 * @throws ShapeError when the groups don't divide the channels, or weight and bias don't fit
 */
export function groupNorm(x: Tensor, groups: number, options: AffineOptions = {}): Tensor {
  const spec = channelSpec('groupNorm', x, groups, options);
  if (!(Number.isInteger(groups) && groups > 0 && spec.channels % groups === 0)) {
    throw new ShapeError(`groupNorm: expected groups that divide ${spec.channels} channels, got ${groups} for ${showShape(x.shape)}`);
  }
  return normalize(x, spec, options.weight, options.bias);
}

/**
 * Normalises each channel of each example (Ulyanov et al., arXiv 1607.08022).
 *
 * @formula y = (x − mean) / √(variance + eps)·weight + bias, over the places of one channel
 * @shapes x [n, channels, ..], weight and bias [channels] → [n, channels, ..]
 * @dtypes f32, f16
 * @torch torch.nn.functional.instance_norm
 * @throws ShapeError when x has no dimension after the channels, or weight and bias don't fit
 */
export function instanceNorm(x: Tensor, options: AffineOptions = {}): Tensor {
  if (x.rank < 3) throw new ShapeError(`instanceNorm: expected [n, channels, ..] with places to normalise over, got ${showShape(x.shape)}`);
  return normalize(x, channelSpec('instanceNorm', x, x.shape[1], options), options.weight, options.bias);
}

export interface BatchNormOptions extends AffineOptions {
  /** Moved in training, and used outside of it. */
  readonly runningMean?: State | undefined;
  readonly runningVar?: State | undefined;
  /** Share of the batch in the running statistics. Default .1. */
  readonly momentum?: number;
  /** Whether the statistics are the batch's own. Default true where none are running. */
  readonly training?: boolean;
}

/**
 * Normalises each channel over the batch (Ioffe & Szegedy, arXiv 1502.03167). In training the statistics are the batch's own, and the running ones
 * (the variance with n − 1) move towards them by `momentum`; else the running ones serve.
 *
 * @formula y = (x − mean) / √(variance + eps)·weight + bias
 * @shapes x [n, channels, ..], weight, bias, runningMean and runningVar [channels] → [n, channels, ..]
 * @dtypes f32, f16
 * @torch torch.nn.functional.batch_norm
 * @throws ShapeError when the shapes don't fit, there are no running statistics outside of training, or one value a channel in it
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, momentum = 0.1 } = options;
  const spec = channelSpec('batchNorm', x, 0, options);
  for (const state of present(runningMean, runningVar)) {
    if (!sameShape(state.shape, [spec.channels])) {
      throw new ShapeError(
        `batchNorm: expected running statistics [${spec.channels}], got ${showShape(state.shape)} for ${showShape(x.shape)}`,
      );
    }
  }
  if (!(options.training ?? !runningMean)) {
    if (!runningMean || !runningVar) throw new ShapeError('batchNorm: expected running statistics outside of training, got none');
    const inverse = runningVar.add(spec.eps).rsqrt();
    const scale = weight ? inverse.mul(cast(weight, 'f32')) : inverse;
    const fit = (values: Tensor) => spread(cast(values, x.dtype), x, spec);
    const scaled = x.sub(fit(runningMean)).mul(fit(scale));
    return bias ? scaled.add(fit(bias)) : scaled;
  }
  const count = spec.n * spec.space;
  if (count === 1) {
    throw new ShapeError(
      `batchNorm: expected more than one value a channel in training, got ${showShape(x.shape)}; it would become the bias`,
    );
  }
  const found = statistics(x, spec);
  const row = (i: number) => reshape(slice(found, [[i, i + 1]]), [spec.channels]).stopGradient();
  const move = (state: State | undefined, towards: Tensor) => state?.assign(state.mul(1 - momentum).add(towards.mul(momentum)));
  move(runningMean, row(0).add(row(1)));
  move(runningVar, row(2).mul(count / Math.max(1, count - 1)));
  return normalize(x, spec, weight, bias);
}
