// Residual networks (He et al., arXiv 1512.03385) with torchvision's names, and those for CIFAR of the paper's section 4.2.
import { aBoolean, anObject, expectOptions, oneOf, positive } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { maxPool2d } from '../engine/ops/pool.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import * as init from '../nn/init.ts';
import { Linear, Sequential } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { BatchNorm2d } from '../nn/norm.ts';
import { type ClassifierOptions, fanOutNormal, globalAverage, kinds } from './common.ts';

interface ConvShape {
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
}

const conv = (from: number, to: number, { kernel, stride = 1, groups = 1 }: ConvShape): Conv2d =>
  new Conv2d(from, to, kernel, { stride, groups, padding: (kernel - 1) / 2, bias: false, weight: fanOutNormal });

interface BlockShape {
  readonly from: number;
  readonly width: number;
  readonly stride: number;
  readonly groups: number;
  readonly widthPerGroup: number;
}

/** The shortcut's projection, where the shape changes. */
const projection = (from: number, to: number, stride: number): Sequential | undefined =>
  stride === 1 && from === to ? undefined : new Sequential(conv(from, to, { kernel: 1, stride }), new BatchNorm2d(to));

/** Two 3×3 convolutions. */
export class BasicBlock extends Module {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor({ from, width, stride }: BlockShape) {
    super();
    this.conv1 = conv(from, width, { kernel: 3, stride });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv(width, width, { kernel: 3 });
    this.bn2 = new BatchNorm2d(width);
    this.downsample = projection(from, width, stride);
  }

  override forward(x: Tensor): Tensor {
    const y = this.bn1.forward(this.conv1.forward(x)).relu();
    return this.bn2
      .forward(this.conv2.forward(y))
      .add(this.downsample?.forward(x) ?? x)
      .relu();
  }
}

/** 1×1, 3×3 and 1×1 convolutions; the stride is the 3×3 one's ("ResNet v1.5"). */
export class Bottleneck extends Module {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Sequential | undefined;

  constructor({ from, width, stride, groups, widthPerGroup }: BlockShape) {
    super();
    const inner = Math.floor((width * widthPerGroup) / 64) * groups;
    const to = width * Bottleneck.expansion;
    this.conv1 = conv(from, inner, { kernel: 1 });
    this.bn1 = new BatchNorm2d(inner);
    this.conv2 = conv(inner, inner, { kernel: 3, stride, groups });
    this.bn2 = new BatchNorm2d(inner);
    this.conv3 = conv(inner, to, { kernel: 1 });
    this.bn3 = new BatchNorm2d(to);
    this.downsample = projection(from, to, stride);
  }

  override forward(x: Tensor): Tensor {
    const y = this.bn1.forward(this.conv1.forward(x)).relu();
    const z = this.bn2.forward(this.conv2.forward(y)).relu();
    return this.bn3
      .forward(this.conv3.forward(z))
      .add(this.downsample?.forward(x) ?? x)
      .relu();
  }
}

/** The first convolution, and whether the largest of each 3×3 of its maps is taken at every second place. */
export interface StemOptions {
  /** Default 7. */
  readonly kernel?: number;
  /** Default 2. */
  readonly stride?: number;
  /** Default true. */
  readonly pool?: boolean;
}

export interface ResNetOptions extends ClassifierOptions {
  /** Default 3. */
  readonly inChannels?: number;
  /** Channels of the first stage; each later one has twice as many. Default 64. */
  readonly width?: number;
  /** Default: ImageNet's. Small pictures keep their size by `{ kernel: 3, stride: 1, pool: false }`. */
  readonly stem?: StemOptions;
  /** Groups of the 3×3 convolutions, and their channels in each at the first width: ResNeXt-50 32×4d has 32 and 4. Default 1 and 64. */
  readonly groups?: number;
  readonly widthPerGroup?: number;
}

type BlockClass = { readonly expansion: number; new (shape: BlockShape): BasicBlock | Bottleneck };

/** Images [n, 3, h, w] → logits [n, classes]. The names are those of torchvision.models.resnet. */
export class ResNet extends Module {
  private readonly pools: boolean;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear;

  constructor(name: string, Block: BlockClass, counts: readonly [number, number, number, number], options: ResNetOptions) {
    super();
    expectCall(name, [options], {
      options: {
        ...{ numClasses: kinds.numClasses, inChannels: kinds.inChannels, width: positive, stem: anObject },
        ...{ groups: positive, widthPerGroup: positive },
      },
    });
    const { numClasses = 1000, inChannels = 3, width: first = 64, stem = {}, groups = 1, widthPerGroup = 64 } = options;
    expectOptions(`${name}, stem`, stem, { kernel: positive, stride: positive, pool: aBoolean });
    let from = first;
    const stage = (width: number, count: number, stride: number): Sequential => {
      const blocks = Array.from({ length: count }, (_, i) => {
        const block = new Block({ from, width, stride: i === 0 ? stride : 1, groups, widthPerGroup });
        from = width * Block.expansion;
        return block;
      });
      return new Sequential(...blocks);
    };
    this.conv1 = conv(inChannels, first, { kernel: stem.kernel ?? 7, stride: stem.stride ?? 2 });
    this.bn1 = new BatchNorm2d(first);
    this.pools = stem.pool ?? true;
    this.layer1 = stage(first, counts[0], 1);
    this.layer2 = stage(2 * first, counts[1], 2);
    this.layer3 = stage(4 * first, counts[2], 2);
    this.layer4 = stage(8 * first, counts[3], 2);
    this.fc = new Linear(from, numClasses);
  }

  /** What each of the four stages gives: with ImageNet's stem, maps at 1/4, 1/8, 1/16 and 1/32 of the image's size. */
  features(x: Tensor): readonly [Tensor, Tensor, Tensor, Tensor] {
    const stem = this.bn1.forward(this.conv1.forward(x)).relu();
    const first = this.layer1.forward(this.pools ? maxPool2d(stem, 3, { stride: 2, padding: 1 }) : stem);
    const second = this.layer2.forward(first);
    const third = this.layer3.forward(second);
    return [first, second, third, this.layer4.forward(third)];
  }

  override forward(x: Tensor): Tensor {
    return this.fc.forward(globalAverage(this.features(x)[3]));
  }
}

export const resnet18 = (options: ResNetOptions = {}): ResNet => new ResNet('resnet18', BasicBlock, [2, 2, 2, 2], options);
export const resnet34 = (options: ResNetOptions = {}): ResNet => new ResNet('resnet34', BasicBlock, [3, 4, 6, 3], options);
export const resnet50 = (options: ResNetOptions = {}): ResNet => new ResNet('resnet50', Bottleneck, [3, 4, 6, 3], options);

export interface CifarResNetOptions {
  /** Default 10. */
  readonly numClasses?: number;
  /** How a shortcut gets to more channels: by zeros (A, the paper's on CIFAR), or by a 1×1 convolution (B). Default A. */
  readonly shortcut?: 'A' | 'B';
}

export class CifarBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly shortcut: Sequential | undefined;

  constructor(from: number, to: number, stride: number, kind: 'A' | 'B') {
    super();
    const weight = init.kaimingNormal();
    this.conv1 = new Conv2d(from, to, 3, { stride, padding: 1, bias: false, weight });
    this.bn1 = new BatchNorm2d(to);
    this.conv2 = new Conv2d(to, to, 3, { padding: 1, bias: false, weight });
    this.bn2 = new BatchNorm2d(to);
    const projected = kind === 'B' && (stride !== 1 || from !== to);
    this.shortcut = projected ? new Sequential(new Conv2d(from, to, 1, { stride, bias: false, weight }), new BatchNorm2d(to)) : undefined;
  }

  private around(x: Tensor, channels: number): Tensor {
    if (this.shortcut) return this.shortcut.forward(x);
    const more = channels - x.shape[1];
    if (more === 0) return x;
    // Every second pixel, between as many channels of zeros on both sides.
    const before = Math.floor(more / 2);
    return maxPool2d(x, 1, { stride: 2 }).pad([
      [0, 0],
      [before, more - before],
      [0, 0],
      [0, 0],
    ]);
  }

  override forward(x: Tensor): Tensor {
    const y = this.bn1.forward(this.conv1.forward(x)).relu();
    const z = this.bn2.forward(this.conv2.forward(y));
    return z.add(this.around(x, z.shape[1])).relu();
  }
}

/**
 * The paper's residual networks for 32×32 images: 6n + 2 layers in three stages of 16, 32 and 64 channels. The names are those of
 * github.com/akamaster/pytorch_resnet_cifar10, whose files hold them behind `module.`: `loadStateDict(dict, { prefix: 'module.' })`.
 */
export class CifarResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1 = new BatchNorm2d(16);
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly linear: Linear;

  constructor(depth: number, options: CifarResNetOptions = {}) {
    super();
    expectCall('CifarResNet', [depth, options], { depth: positive, options: { numClasses: kinds.numClasses, shortcut: oneOf('A', 'B') } });
    if (depth % 6 !== 2 || depth < 8) throw new TilegradError(`CifarResNet: expected a depth of 6n + 2 (20, 32, 44, 56 …), got ${depth}`);
    const { numClasses = 10, shortcut = 'A' } = options;
    const stage = (from: number, to: number, stride: number): Sequential => {
      const count = (depth - 2) / 6;
      return new Sequential(
        ...Array.from({ length: count }, (_, i) => new CifarBlock(i === 0 ? from : to, to, i === 0 ? stride : 1, shortcut)),
      );
    };
    this.conv1 = new Conv2d(3, 16, 3, { padding: 1, bias: false, weight: init.kaimingNormal() });
    this.layer1 = stage(16, 16, 1);
    this.layer2 = stage(16, 32, 2);
    this.layer3 = stage(32, 64, 2);
    this.linear = new Linear(64, numClasses);
  }

  /** [n, 3, 32, 32] → [n, 64, 8, 8]. */
  features(x: Tensor): Tensor {
    const stem = this.bn1.forward(this.conv1.forward(x)).relu();
    return this.layer3.forward(this.layer2.forward(this.layer1.forward(stem)));
  }

  override forward(x: Tensor): Tensor {
    return this.linear.forward(globalAverage(this.features(x)));
  }
}

export const cifarResnet20 = (options: CifarResNetOptions = {}): CifarResNet => new CifarResNet(20, options);
export const cifarResnet32 = (options: CifarResNetOptions = {}): CifarResNet => new CifarResNet(32, options);
export const cifarResnet44 = (options: CifarResNetOptions = {}): CifarResNet => new CifarResNet(44, options);
export const cifarResnet56 = (options: CifarResNetOptions = {}): CifarResNet => new CifarResNet(56, options);
