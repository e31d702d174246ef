import { above0, oneOf } from '../engine/graph/arguments.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { ReLU, ReLU6 } from '../nn/activations.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import * as init from '../nn/init.ts';
import { Dropout, Linear, Sequential } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { BatchNorm2d } from '../nn/norm.ts';
import { type ClassifierOptions, fanOutNormal, globalAverage, kinds } from './common.ts';

export interface MobileNetV2Options extends ClassifierOptions {
  /** Factor on all channels. Default 1. */
  readonly widthMult?: number;
  /** Before the classifier. Default 0.2. */
  readonly dropout?: number;
  /**
   * Whose network: torchvision's has ReLU6, and no expansion in the first bottleneck; Gluon's (of the ONNX zoo) a plain ReLU and an expansion there
   * too. Default torchvision.
   */
  readonly variant?: 'torchvision' | 'gluon';
}

/** The paper's table 2: expansion, channels, blocks, first stride. */
const SETTINGS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** The multiple of 8 that is nearest, and no more than a tenth less. */
function channels(width: number): number {
  const nearest = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return nearest < 0.9 * width ? nearest + 8 : nearest;
}

type Activation = () => Module;

function convNorm(
  from: number,
  to: number,
  kernel: number,
  options: { stride?: number; groups?: number },
  activation?: Activation,
): Module[] {
  const padding = (kernel - 1) / 2;
  return [
    new Conv2d(from, to, kernel, { ...options, padding, bias: false, weight: fanOutNormal }),
    new BatchNorm2d(to),
    ...(activation ? [activation()] : []),
  ];
}

/** Up to many channels, a convolution of each by itself, and down to few without an activation. */
export class InvertedResidual extends Module {
  readonly conv: Sequential;
  private readonly residual: boolean;

  constructor(from: number, to: number, stride: number, expanded: number, expands: boolean, activation: Activation) {
    super();
    this.residual = stride === 1 && from === to;
    this.conv = new Sequential(
      ...(expands ? [new Sequential(...convNorm(from, expanded, 1, {}, activation))] : []),
      new Sequential(...convNorm(expanded, expanded, 3, { stride, groups: expanded }, activation)),
      ...convNorm(expanded, to, 1, {}),
    );
  }

  override forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    return this.residual ? x.add(y) : y;
  }
}

/** Images [n, 3, h, w] → logits [n, classes] (Sandler et al., arXiv 1801.04381). The names are those of torchvision.models.mobilenetv2. */
export class MobileNetV2 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: MobileNetV2Options = {}) {
    super();
    const { numClasses: classes, dropout: share } = kinds;
    expectCall('mobilenetV2', [options], {
      options: { numClasses: classes, dropout: share, widthMult: above0, variant: oneOf('torchvision', 'gluon') },
    });
    const { numClasses = 1000, widthMult = 1, dropout = 0.2, variant = 'torchvision' } = options;
    const gluon = variant === 'gluon';
    const activation: Activation = () => (gluon ? new ReLU() : new ReLU6());
    let from = channels(32 * widthMult);
    const layers: Module[] = [new Sequential(...convNorm(3, from, 3, { stride: 2 }, activation))];
    for (const [expansion, width, count, stride] of SETTINGS) {
      const to = channels(width * widthMult);
      for (let i = 0; i < count; i++) {
        const expands = expansion !== 1 || gluon;
        layers.push(new InvertedResidual(from, to, i === 0 ? stride : 1, from * expansion, expands, activation));
        from = to;
      }
    }
    const last = channels(1280 * Math.max(1, widthMult));
    layers.push(new Sequential(...convNorm(from, last, 1, {}, activation)));
    this.features = new Sequential(...layers);
    this.classifier = new Sequential(new Dropout(dropout), new Linear(last, numClasses, { weight: init.normal(0, 0.01) }));
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(globalAverage(this.features.forward(x)));
  }
}

export const mobilenetV2 = (options: MobileNetV2Options = {}): MobileNetV2 => new MobileNetV2(options);
