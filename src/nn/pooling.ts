// Pooling, and what else images go through without weights. The classes are those of torch.nn; their functions say what they compute.
import { aBoolean, above0, aTensor, either, expectKind, finite, listOf, oneOf, positive } from '../engine/graph/arguments.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { type LocalResponseNormOptions, localResponseNorm } from '../engine/ops/localResponseNorm.ts';
import * as ops from '../engine/ops/pool.ts';
import { interpolate, type ResizeOptions } from '../engine/ops/resize.ts';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../engine/ops/shuffle.ts';
import type { Pair, Triple } from '../engine/ops/sizes.ts';
import { maxUnpool2d, type UnpoolOptions } from '../engine/ops/unpool.ts';
import { countsOf, expectCall, sizesOf } from './check.ts';
import { Module } from './module.ts';

const MAX = (axes: number) => ({ stride: sizesOf(axes), padding: countsOf(axes), ceilMode: aBoolean, dilation: sizesOf(axes) });
const LP = { stride: sizesOf(2), ceilMode: aBoolean };
const scale = either(above0, listOf(above0, 2));
const RESIZE = {
  size: sizesOf(2),
  scaleFactor: scale,
  mode: oneOf('nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'area'),
  alignCorners: aBoolean,
};
const AVERAGE = (axes: number) => ({ stride: sizesOf(axes), padding: countsOf(axes), ceilMode: aBoolean, countIncludePad: aBoolean });

export class MaxPool1d extends Module {
  constructor(
    private readonly window: number,
    private readonly options: ops.MaxPoolOptions<number> = {},
    ...more: never[]
  ) {
    super();
    expectCall('MaxPool1d', [window, options, ...more], { window: sizesOf(1), options: MAX(1) });
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
    ...more: never[]
  ) {
    super();
    expectCall('MaxPool2d', [window, options, ...more], { window: sizesOf(2), options: MAX(2) });
  }

  override forward(x: Tensor): Tensor {
    return ops.maxPool2d(x, this.window, this.options);
  }
}

export class MaxPool3d extends Module {
  constructor(
    private readonly window: Triple,
    private readonly options: ops.MaxPoolOptions<Triple> = {},
    ...more: never[]
  ) {
    super();
    expectCall('MaxPool3d', [window, options, ...more], { window: sizesOf(3), options: MAX(3) });
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
    ...more: never[]
  ) {
    super();
    expectCall('MaxUnpool2d', [window, options, ...more], {
      window: sizesOf(2),
      options: { stride: sizesOf(2), padding: countsOf(2), outputSize: sizesOf(2) },
    });
  }

  override forward(x: Tensor, indices: Tensor): Tensor {
    expectKind('MaxUnpool2d', 'indices', indices, aTensor);
    return maxUnpool2d(x, indices, this.window, this.options);
  }
}

export class AvgPool1d extends Module {
  constructor(
    private readonly window: number,
    private readonly options: ops.AvgPoolOptions<number> = {},
    ...more: never[]
  ) {
    super();
    expectCall('AvgPool1d', [window, options, ...more], { window: sizesOf(1), options: AVERAGE(1) });
  }

  override forward(x: Tensor): Tensor {
    return ops.avgPool1d(x, this.window, this.options);
  }
}

export class AvgPool2d extends Module {
  constructor(
    private readonly window: Pair,
    private readonly options: ops.AvgPoolOptions<Pair> = {},
    ...more: never[]
  ) {
    super();
    expectCall('AvgPool2d', [window, options, ...more], { window: sizesOf(2), options: AVERAGE(2) });
  }

  override forward(x: Tensor): Tensor {
    return ops.avgPool2d(x, this.window, this.options);
  }
}

export class AvgPool3d extends Module {
  constructor(
    private readonly window: Triple,
    private readonly options: ops.AvgPoolOptions<Triple> = {},
    ...more: never[]
  ) {
    super();
    expectCall('AvgPool3d', [window, options, ...more], { window: sizesOf(3), options: AVERAGE(3) });
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
    ...more: never[]
  ) {
    super();
    expectCall('LPPool2d', [p, window, options, ...more], { p: above0, window: sizesOf(2), options: LP });
  }

  override forward(x: Tensor): Tensor {
    return ops.lpPool2d(x, this.p, this.window, this.options);
  }
}

export class AdaptiveAvgPool1d extends Module {
  constructor(
    private readonly outputSize: number,
    ...more: never[]
  ) {
    super();
    expectCall('AdaptiveAvgPool1d', [outputSize, ...more], { outputSize: sizesOf(1) });
  }

  override forward(x: Tensor): Tensor {
    return ops.adaptiveAvgPool1d(x, this.outputSize);
  }
}

export class AdaptiveAvgPool2d extends Module {
  constructor(
    private readonly outputSize: Pair,
    ...more: never[]
  ) {
    super();
    expectCall('AdaptiveAvgPool2d', [outputSize, ...more], { outputSize: sizesOf(2) });
  }

  override forward(x: Tensor): Tensor {
    return ops.adaptiveAvgPool2d(x, this.outputSize);
  }
}

export class AdaptiveMaxPool2d extends Module {
  constructor(
    private readonly outputSize: Pair,
    ...more: never[]
  ) {
    super();
    expectCall('AdaptiveMaxPool2d', [outputSize, ...more], { outputSize: sizesOf(2) });
  }

  override forward(x: Tensor): Tensor {
    return ops.adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** `interpolate` as a layer: nearest unless told, by `scaleFactor` or to `size`. */
export class Upsample extends Module {
  constructor(
    private readonly options: ResizeOptions,
    ...more: never[]
  ) {
    super();
    expectCall('Upsample', [options, ...more], { options: RESIZE });
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}

export class PixelShuffle extends Module {
  constructor(
    private readonly factor: number,
    ...more: never[]
  ) {
    super();
    expectCall('PixelShuffle', [factor, ...more], { factor: positive });
  }

  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.factor);
  }
}

export class PixelUnshuffle extends Module {
  constructor(
    private readonly factor: number,
    ...more: never[]
  ) {
    super();
    expectCall('PixelUnshuffle', [factor, ...more], { factor: positive });
  }

  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.factor);
  }
}

export class ChannelShuffle extends Module {
  constructor(
    private readonly groups: number,
    ...more: never[]
  ) {
    super();
    expectCall('ChannelShuffle', [groups, ...more], { groups: positive });
  }

  override forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
}

export class LocalResponseNorm extends Module {
  constructor(
    private readonly size: number,
    private readonly options: LocalResponseNormOptions = {},
    ...more: never[]
  ) {
    super();
    expectCall('LocalResponseNorm', [size, options, ...more], { size: positive, options: { alpha: finite, beta: finite, k: finite } });
  }

  override forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this.options);
  }
}
