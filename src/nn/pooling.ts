// Pooling, and what else images go through without weights. The classes are those of torch.nn; their functions say what they compute.
import type { Tensor } from '../engine/graph/tensor.ts';
import { type LocalResponseNormOptions, localResponseNorm } from '../engine/ops/localResponseNorm.ts';
import * as ops from '../engine/ops/pool.ts';
import { interpolate, type ResizeOptions } from '../engine/ops/resize.ts';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../engine/ops/shuffle.ts';
import type { Pair, Triple } from '../engine/ops/sizes.ts';
import { maxUnpool2d, type UnpoolOptions } from '../engine/ops/unpool.ts';
import { Module } from './module.ts';

export class MaxPool1d extends Module {
  constructor(
    private readonly window: number,
    private readonly options: ops.MaxPoolOptions<number> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.maxPool1d(x, this.window, this.options);
  }
}

/** For switches that {@link MaxUnpool2d} needs, call `maxPool2dWithIndices`. */
export class MaxPool2d extends Module {
  constructor(
    private readonly window: Pair,
    private readonly options: ops.MaxPoolOptions<Pair> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.maxPool2d(x, this.window, this.options);
  }
}

export class MaxPool3d extends Module {
  constructor(
    private readonly window: Triple,
    private readonly options: ops.MaxPoolOptions<Triple> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.maxPool3d(x, this.window, this.options);
  }
}

/** Puts values back to where pooling found them. */
export class MaxUnpool2d extends Module {
  constructor(
    private readonly window: Pair,
    private readonly options: UnpoolOptions = {},
  ) {
    super();
  }

  override forward(x: Tensor, indices: Tensor): Tensor {
    return maxUnpool2d(x, indices, this.window, this.options);
  }
}

export class AvgPool1d extends Module {
  constructor(
    private readonly window: number,
    private readonly options: ops.AvgPoolOptions<number> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.avgPool1d(x, this.window, this.options);
  }
}

export class AvgPool2d extends Module {
  constructor(
    private readonly window: Pair,
    private readonly options: ops.AvgPoolOptions<Pair> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.avgPool2d(x, this.window, this.options);
  }
}

export class AvgPool3d extends Module {
  constructor(
    private readonly window: Triple,
    private readonly options: ops.AvgPoolOptions<Triple> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.avgPool3d(x, this.window, this.options);
  }
}

export class LPPool2d extends Module {
  constructor(
    private readonly p: number,
    private readonly window: Pair,
    private readonly options: ops.LpPoolOptions<Pair> = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.lpPool2d(x, this.p, this.window, this.options);
  }
}

export class AdaptiveAvgPool1d extends Module {
  constructor(private readonly outputSize: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.adaptiveAvgPool1d(x, this.outputSize);
  }
}

export class AdaptiveAvgPool2d extends Module {
  constructor(private readonly outputSize: Pair) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.adaptiveAvgPool2d(x, this.outputSize);
  }
}

export class AdaptiveMaxPool2d extends Module {
  constructor(private readonly outputSize: Pair) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return ops.adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** `interpolate` as a layer: nearest unless told, by `scaleFactor` or to `size`. */
export class Upsample extends Module {
  constructor(private readonly options: ResizeOptions) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}

export class PixelShuffle extends Module {
  constructor(private readonly factor: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }
}

export class PixelUnshuffle extends Module {
  constructor(private readonly factor: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }
}

export class ChannelShuffle extends Module {
  constructor(private readonly groups: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
}

export class LocalResponseNorm extends Module {
  constructor(
    private readonly size: number,
    private readonly options: LocalResponseNormOptions = {},
  ) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}
