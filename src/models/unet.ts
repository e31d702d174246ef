import { aBoolean, positive } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import { showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { concat } from '../engine/ops/movement.ts';
import { ReLU } from '../nn/activations.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d, ConvTranspose2d } from '../nn/conv.ts';
import { Sequential } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { BatchNorm2d } from '../nn/norm.ts';
import { MaxPool2d, Upsample } from '../nn/pooling.ts';

export class DoubleConv extends Module {
  static override readonly statePaths = { doubleConv: 'double_conv' };
  readonly doubleConv: Sequential;

  constructor(from: number, to: number, between = to) {
    super();
    const conv = (a: number, b: number) => [new Conv2d(a, b, 3, { padding: 1, bias: false }), new BatchNorm2d(b), new ReLU()];
    this.doubleConv = new Sequential(...conv(from, between), ...conv(between, to));
  }

  override forward(x: Tensor): Tensor {
    return this.doubleConv.forward(x);
  }
}

export class Down extends Module {
  static override readonly statePaths = { maxpoolConv: 'maxpool_conv' };
  readonly maxpoolConv: Sequential;

  constructor(from: number, to: number) {
    super();
    this.maxpoolConv = new Sequential(new MaxPool2d(2), new DoubleConv(from, to));
  }

  override forward(x: Tensor): Tensor {
    return this.maxpoolConv.forward(x);
  }
}

export class Up extends Module {
  readonly up: Module;
  readonly conv: DoubleConv;

  constructor(from: number, to: number, bilinear: boolean) {
    super();
    this.up = bilinear
      ? new Upsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: true })
      : new ConvTranspose2d(from, from / 2, 2, { stride: 2 });
    this.conv = bilinear ? new DoubleConv(from, to, from / 2) : new DoubleConv(from, to);
  }

  override forward(x: Tensor, skip: Tensor): Tensor {
    const y = this.up.forward(x) as Tensor;
    const [dh, dw] = [skip.shape[2] - y.shape[2], skip.shape[3] - y.shape[3]];
    const half = (more: number) => [Math.floor(more / 2), more - Math.floor(more / 2)] as const;
    const fitted = dh || dw ? y.pad([[0, 0], [0, 0], half(dh), half(dw)]) : y;
    return this.conv.forward(concat([skip, fitted], 1));
  }
}

export class OutConv extends Module {
  readonly conv: Conv2d;

  constructor(from: number, to: number) {
    super();
    this.conv = new Conv2d(from, to, 1);
  }

  override forward(x: Tensor): Tensor {
    return this.conv.forward(x);
  }
}

export interface UNetOptions {
  /** Channels of the first stage; each halving of the resolution doubles them. Default 64. */
  readonly width?: number;
  /** Upsampling instead of transposed convolutions, with half the channels at the bottom. Default false. */
  readonly bilinear?: boolean;
}

/**
 * Images [n, channels, h, w] → logits [n, classes, h, w] (Ronneberger et al., arXiv 1505.04597), padded so that the size stays, with batch
 * normalisation. The names are those of github.com/milesial/Pytorch-UNet (`torch.hub.load('milesial/Pytorch-UNet', …)`).
 */
export class UNet extends Module {
  readonly inc: DoubleConv;
  readonly down1: Down;
  readonly down2: Down;
  readonly down3: Down;
  readonly down4: Down;
  readonly up1: Up;
  readonly up2: Up;
  readonly up3: Up;
  readonly up4: Up;
  readonly outc: OutConv;

  constructor(inChannels: number, numClasses: number, options: UNetOptions = {}) {
    super();
    const takes = { inChannels: positive, numClasses: positive, options: { width: positive, bilinear: aBoolean } };
    expectCall('UNet', [inChannels, numClasses, options], takes);
    const { width = 64, bilinear = false } = options;
    const factor = bilinear ? 2 : 1;
    this.inc = new DoubleConv(inChannels, width);
    this.down1 = new Down(width, 2 * width);
    this.down2 = new Down(2 * width, 4 * width);
    this.down3 = new Down(4 * width, 8 * width);
    this.down4 = new Down(8 * width, (16 * width) / factor);
    this.up1 = new Up(16 * width, (8 * width) / factor, bilinear);
    this.up2 = new Up(8 * width, (4 * width) / factor, bilinear);
    this.up3 = new Up(4 * width, (2 * width) / factor, bilinear);
    this.up4 = new Up(2 * width, width, bilinear);
    this.outc = new OutConv(width, numClasses);
  }

  /** What the encoder gives at full, 1/2, 1/4, 1/8 and 1/16 of the size. @throws ShapeError for images under 16×16. */
  encode(x: Tensor): readonly [Tensor, Tensor, Tensor, Tensor, Tensor] {
    if (x.rank !== 4 || x.shape[2] < 16 || x.shape[3] < 16) {
      throw new ShapeError(`UNet: expected [n, channels, h ≥ 16, w ≥ 16], got ${showShape(x.shape)}`);
    }
    const x1 = this.inc.forward(x);
    const x2 = this.down1.forward(x1);
    const x3 = this.down2.forward(x2);
    const x4 = this.down3.forward(x3);
    return [x1, x2, x3, x4, this.down4.forward(x4)];
  }

  override forward(x: Tensor): Tensor {
    const [x1, x2, x3, x4, x5] = this.encode(x);
    const up = this.up3.forward(this.up2.forward(this.up1.forward(x5, x4), x3), x2);
    return this.outc.forward(this.up4.forward(up, x1));
  }
}
