// Layers that normalise.
import { aBoolean, notNegative, positive, unitInterval } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import { State, type Tensor } from '../engine/graph/tensor.ts';
import { batchNorm, groupNorm, instanceNorm, layerNorm, rmsNorm } from '../engine/ops/norm.ts';
import { expectCall, lastShape } from './check.ts';
import { startOf } from './deferred.ts';
import * as init from './init.ts';
import { Module, Parameter } from './module.ts';

interface NormOptions {
  readonly eps?: number;
  /** Whether a weight and a bias are trained. */
  readonly affine?: boolean;
}

const AFFINE = { eps: notNegative, affine: aBoolean };
const OF_LAST = { eps: notNegative, elementwiseAffine: aBoolean };

const weightOf = (shape: readonly number[], wanted: boolean): Parameter | undefined =>
  wanted ? new Parameter('weight', shape, 'f32', startOf(init.ones, shape)) : undefined;
const biasOf = (shape: readonly number[], wanted: boolean): Parameter | undefined =>
  wanted ? new Parameter('bias', shape, 'f32') : undefined;

/** A layer's name, and how many dimensions may follow [n, channels]. */
interface Accepted {
  readonly layer: string;
  readonly extra: readonly number[];
}

function expectChannels(x: Tensor, channels: number, { layer, extra }: Accepted): void {
  if (x.rank < 2 || !extra.includes(x.rank - 2) || x.shape[1] !== channels) {
    const dims = extra.map((count) => `[n, ${channels}${', *'.repeat(count)}]`).join(' or ');
    throw new ShapeError(`${layer}: expected ${dims}, got ${showShape(x.shape)}`);
  }
}

export interface BatchNormOptions extends NormOptions {
  /** Share of the batch in the running statistics. Default .1. */
  readonly momentum?: number;
  /** Whether statistics are kept for evaluation; without them, evaluation normalises by its own batch. Default true. */
  readonly trackRunningStats?: boolean;
}

/** Normalises each channel by the batch in training, by running statistics otherwise (Ioffe & Szegedy, arXiv 1502.03167). */
abstract class BatchNorm extends Module {
  static override readonly statePaths = { runningMean: 'running_mean', runningVar: 'running_var' };

  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly runningMean: State | undefined;
  readonly runningVar: State | undefined;

  constructor(
    readonly channels: number,
    private readonly options: BatchNormOptions = {},
    ...more: never[]
  ) {
    super();
    const kinds = { eps: notNegative, affine: aBoolean, momentum: unitInterval, trackRunningStats: aBoolean };
    expectCall(this.constructor.name, [channels, options, ...more], { channels: positive, options: kinds });
    const { affine = true, trackRunningStats = true } = options;
    this.weight = weightOf([channels], affine);
    this.bias = biasOf([channels], affine);
    this.runningMean = trackRunningStats ? new State('runningMean', [channels], 'f32') : undefined;
    this.runningVar = trackRunningStats ? new State('runningVar', [channels], 'f32', init.ones([channels])) : undefined;
  }

  protected abstract readonly accepted: Accepted;

  override forward(x: Tensor): Tensor {
    expectChannels(x, this.channels, this.accepted);
    const { weight, bias, runningMean, runningVar, options } = this;
    const { eps = 1e-5, momentum = 0.1 } = options;
    const training = this.training || !runningMean;
    return batchNorm(x, { weight, bias, runningMean, runningVar, eps, momentum, training });
  }
}

/** Batch normalisation of [n, channels] or [n, channels, length], as torch.nn.BatchNorm1d. */
export class BatchNorm1d extends BatchNorm {
  protected readonly accepted = { layer: 'BatchNorm1d', extra: [0, 1] };
}

/** Batch normalisation of images [n, channels, h, w], as torch.nn.BatchNorm2d. */
export class BatchNorm2d extends BatchNorm {
  protected readonly accepted = { layer: 'BatchNorm2d', extra: [2] };
}

/** Batch normalisation of volumes [n, channels, d, h, w], as torch.nn.BatchNorm3d. */
export class BatchNorm3d extends BatchNorm {
  protected readonly accepted = { layer: 'BatchNorm3d', extra: [3] };
}

/** Normalises each channel of each example (Ulyanov et al., arXiv 1607.08022). */
abstract class InstanceNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;

  constructor(
    readonly channels: number,
    private readonly options: NormOptions = {},
    ...more: never[]
  ) {
    super();
    expectCall(this.constructor.name, [channels, options, ...more], { channels: positive, options: AFFINE });
    const { affine = false } = options;
    this.weight = weightOf([channels], affine);
    this.bias = biasOf([channels], affine);
  }

  protected abstract readonly accepted: Accepted;

  override forward(x: Tensor): Tensor {
    expectChannels(x, this.channels, this.accepted);
    return instanceNorm(x, { weight: this.weight, bias: this.bias, eps: this.options.eps ?? 1e-5 });
  }
}

/** Instance normalisation of [n, channels, length], as torch.nn.InstanceNorm1d. */
export class InstanceNorm1d extends InstanceNorm {
  protected readonly accepted = { layer: 'InstanceNorm1d', extra: [1] };
}

/** Instance normalisation of images [n, channels, h, w], as torch.nn.InstanceNorm2d. */
export class InstanceNorm2d extends InstanceNorm {
  protected readonly accepted = { layer: 'InstanceNorm2d', extra: [2] };
}

/** Normalises groups of channels of each example (Wu & He, arXiv 1803.08494), as torch.nn.GroupNorm. */
export class GroupNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;

  constructor(
    readonly groups: number,
    readonly channels: number,
    private readonly options: NormOptions = {},
    ...more: never[]
  ) {
    super();
    expectCall('GroupNorm', [groups, channels, options, ...more], { groups: positive, channels: positive, options: AFFINE });
    if (channels % groups !== 0) throw new ShapeError(`GroupNorm: expected groups that divide ${channels} channels, got ${groups}`);
    const { affine = true } = options;
    this.weight = weightOf([channels], affine);
    this.bias = biasOf([channels], affine);
  }

  override forward(x: Tensor): Tensor {
    return groupNorm(x, this.groups, { weight: this.weight, bias: this.bias, eps: this.options.eps ?? 1e-5 });
  }
}

interface LastDimensionsOptions {
  readonly eps?: number;
  readonly elementwiseAffine?: boolean;
}

/** Normalises over the last dimensions, those of `shape` (Ba et al., arXiv 1607.06450), as torch.nn.LayerNorm. */
export class LayerNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  private readonly shape: readonly number[];

  constructor(
    shape: number | readonly number[],
    private readonly options: LastDimensionsOptions & { readonly bias?: boolean } = {},
    ...more: never[]
  ) {
    super();
    expectCall('LayerNorm', [shape, options, ...more], { shape: lastShape, options: { ...OF_LAST, bias: aBoolean } });
    const { elementwiseAffine = true, bias = true } = options;
    this.shape = typeof shape === 'number' ? [shape] : shape;
    this.weight = weightOf(this.shape, elementwiseAffine);
    this.bias = biasOf(this.shape, elementwiseAffine && bias);
  }

  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.shape, { weight: this.weight, bias: this.bias, eps: this.options.eps ?? 1e-5 });
  }
}

/** Divides by the root of the mean square over the last dimensions (Zhang & Sennrich, arXiv 1910.07467), as torch.nn.RMSNorm. */
export class RMSNorm extends Module {
  readonly weight: Parameter | undefined;
  private readonly shape: readonly number[];

  constructor(
    shape: number | readonly number[],
    private readonly options: LastDimensionsOptions = {},
    ...more: never[]
  ) {
    super();
    expectCall('RMSNorm', [shape, options, ...more], { shape: lastShape, options: OF_LAST });
    this.shape = typeof shape === 'number' ? [shape] : shape;
    this.weight = weightOf(this.shape, options.elementwiseAffine ?? true);
  }

  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.shape, { weight: this.weight, ...(this.options.eps === undefined ? {} : { eps: this.options.eps }) });
  }
}
