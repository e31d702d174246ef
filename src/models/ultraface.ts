// The "ultra light fast generic face detector" (github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB): a single-shot detector after
// SSD (Liu et al., arXiv 1512.02325), under its own names.
import { oneOf } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { tensor } from '../engine/ops/create.ts';
import { concat } from '../engine/ops/movement.ts';
import { ReLU } from '../nn/activations.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import { Sequential } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { BatchNorm2d } from '../nn/norm.ts';
import { through } from './common.ts';

const convNorm = (from: number, to: number, stride: number): Sequential =>
  new Sequential(new Conv2d(from, to, 3, { stride, padding: 1, bias: false }), new BatchNorm2d(to), new ReLU());

const depthwise = (from: number, to: number, stride: number): Sequential =>
  new Sequential(
    new Conv2d(from, from, 3, { stride, padding: 1, groups: from, bias: false }),
    new BatchNorm2d(from),
    new ReLU(),
    new Conv2d(from, to, 1, { bias: false }),
    new BatchNorm2d(to),
    new ReLU(),
  );

/** A 3×3 convolution of each channel by itself, and one of all at each place. */
const separable = (from: number, to: number, stride = 1): Sequential =>
  new Sequential(new Conv2d(from, from, 3, { stride, padding: 1, groups: from }), new ReLU(), new Conv2d(from, to, 1));

export class BasicConv extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  constructor(
    from: number,
    to: number,
    kernel: number,
    private readonly relu: boolean,
    dilation = 1,
  ) {
    super();
    this.conv = new Conv2d(from, to, kernel, { padding: kernel === 1 ? 0 : dilation, dilation, bias: false });
    this.bn = new BatchNorm2d(to, { momentum: 0.01 });
  }

  override forward(x: Tensor): Tensor {
    const y = this.bn.forward(this.conv.forward(x));
    return this.relu ? y.relu() : y;
  }
}

/** Three branches that see 5, 7 and 11 pixels around, beside a shortcut (Liu et al., arXiv 1711.07767). */
export class ReceptiveField extends Module {
  static override readonly statePaths = { convLinear: 'ConvLinear' };
  readonly branch0: Sequential;
  readonly branch1: Sequential;
  readonly branch2: Sequential;
  readonly convLinear: BasicConv;
  readonly shortcut: BasicConv;

  constructor(channels: number) {
    super();
    const few = channels / 8;
    const branch = (dilation: number, ...between: BasicConv[]) =>
      new Sequential(new BasicConv(channels, few, 1, false), ...between, new BasicConv(2 * few, 2 * few, 3, false, dilation));
    this.branch0 = branch(2, new BasicConv(few, 2 * few, 3, true));
    this.branch1 = branch(3, new BasicConv(few, 2 * few, 3, true));
    this.branch2 = branch(5, new BasicConv(few, 1.5 * few, 3, true), new BasicConv(1.5 * few, 2 * few, 3, true));
    this.convLinear = new BasicConv(6 * few, channels, 1, false);
    this.shortcut = new BasicConv(channels, channels, 1, false);
  }

  override forward(x: Tensor): Tensor {
    const seen = concat([this.branch0.forward(x), this.branch1.forward(x), this.branch2.forward(x)], 1);
    return this.convLinear.forward(seen).add(this.shortcut.forward(x)).relu();
  }
}

const STRIDES = [8, 16, 32, 64];
/** Sides of the boxes at each place, in pixels. */
const MIN_BOXES = [
  [10, 16, 24],
  [32, 48],
  [64, 96],
  [128, 192, 256],
];
const CHANNELS = [64, 128, 256, 256];
/** Up to which layers of the base each map comes from. */
const SOURCES = [8, 11, 13];

/**
 * Images [n, 3, h, w], (rgb − 127) / 128, in the published files 240×320 → scores [n, priors] (the probability of a face) and boxes [n, priors, 4],
 * left, top, right and bottom as shares of the image. `nms` keeps one box a face.
 */
export class UltraFace extends Module {
  static override readonly statePaths = {
    baseNet: 'base_net',
    classificationHeaders: 'classification_headers',
    regressionHeaders: 'regression_headers',
  };
  readonly baseNet: Sequential;
  readonly extras: readonly Sequential[];
  readonly classificationHeaders: readonly Module[];
  readonly regressionHeaders: readonly Module[];

  constructor(variant: 'RFB' | 'slim' = 'RFB') {
    super();
    expectCall('UltraFace', [variant], { variant: oneOf('RFB', 'slim') });
    this.baseNet = new Sequential(
      convNorm(3, 16, 2),
      depthwise(16, 32, 1),
      depthwise(32, 32, 2),
      depthwise(32, 32, 1),
      depthwise(32, 64, 2),
      depthwise(64, 64, 1),
      depthwise(64, 64, 1),
      variant === 'RFB' ? new ReceptiveField(64) : depthwise(64, 64, 1),
      depthwise(64, 128, 2),
      depthwise(128, 128, 1),
      depthwise(128, 128, 1),
      depthwise(128, 256, 2),
      depthwise(256, 256, 1),
    );
    this.extras = [new Sequential(new Conv2d(256, 64, 1), new ReLU(), separable(64, 256, 2), new ReLU())];
    const headers = (each: number) =>
      CHANNELS.map((from, i) => {
        const to = MIN_BOXES[i].length * each;
        return i < 3 ? separable(from, to) : new Conv2d(from, to, 3, { padding: 1 });
      });
    this.classificationHeaders = headers(2);
    this.regressionHeaders = headers(4);
  }

  override forward(x: Tensor): readonly [Tensor, Tensor] {
    if (x.rank !== 4) throw new ShapeError(`UltraFace: expected [n, 3, h, w], got ${showShape(x.shape)}`);
    const [n, , height, width] = x.shape;
    const maps: Tensor[] = [];
    let y = x;
    SOURCES.forEach((to, i) => {
      y = through(this.baseNet, y, SOURCES[i - 1] ?? 0, to);
      maps.push(y);
    });
    maps.push(this.extras[0].forward(y));
    const rows = (headers: readonly Module[], each: number) =>
      concat(
        maps.map((map, i) => (headers[i].forward(map) as Tensor).permute([0, 2, 3, 1]).reshape([n, -1, each])),
        1,
      );
    const scores = rows(this.classificationHeaders, 2)
      .softmax(-1)
      .slice([null, null, [1, 2]]);
    const priors = priorsOf(
      maps.map(({ shape }) => [shape[2], shape[3]]),
      height,
      width,
    );
    return [scores.reshape([n, priors.shape[0]]), boxesOf(rows(this.regressionHeaders, 4), priors)];
  }
}

/** [priors, 4]: centre and size of each, as shares of the image. */
function priorsOf(sizes: readonly (readonly number[])[], height: number, width: number): Tensor {
  const values: number[] = [];
  sizes.forEach(([rows, columns], i) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (const side of MIN_BOXES[i]) {
          const centre = [((column + 0.5) * STRIDES[i]) / width, ((row + 0.5) * STRIDES[i]) / height];
          values.push(...[...centre, side / width, side / height].map((share) => Math.min(1, share)));
        }
      }
    }
  });
  return tensor(Float32Array.from(values), [values.length / 4, 4]);
}

/** Centres move by a tenth of their prior's size, sizes grow by e^(a fifth). */
function boxesOf(offsets: Tensor, priors: Tensor): Tensor {
  const half = (x: Tensor, from: number) => x.slice([...new Array<null>(x.rank - 1).fill(null), [from, from + 2]]);
  const [place, size] = [half(priors, 0), half(priors, 2)];
  const centre = half(offsets, 0).mul(0.1).mul(size).add(place);
  const reach = half(offsets, 2).mul(0.2).exp().mul(size).mul(0.5);
  return concat([centre.sub(reach), centre.add(reach)], -1);
}
