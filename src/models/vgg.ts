import { aBoolean } from '../engine/graph/arguments.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { ReLU } from '../nn/activations.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import * as init from '../nn/init.ts';
import { Dropout, Linear, Sequential } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { BatchNorm2d } from '../nn/norm.ts';
import { AdaptiveAvgPool2d, MaxPool2d } from '../nn/pooling.ts';
import { type ClassifierOptions, fanOutNormal, kinds } from './common.ts';

export interface VggOptions extends ClassifierOptions {
  /** Batch normalisation after each convolution. Default false. */
  readonly batchNorm?: boolean;
  /** Of the classifier. Default 0.5. */
  readonly dropout?: number;
}

/** Convolutions in each of the five stages. */
const STAGES = { 11: [1, 1, 2, 2, 2], 13: [2, 2, 2, 2, 2], 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const;
const WIDTHS = [64, 128, 256, 512, 512];

/** Images [n, 3, h, w] → logits [n, classes] (Simonyan & Zisserman, arXiv 1409.1556). The names are those of torchvision.models.vgg. */
export class VGG extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;
  private readonly pool = new AdaptiveAvgPool2d(7);

  constructor(depth: keyof typeof STAGES, options: VggOptions = {}) {
    super();
    expectCall(`vgg${depth}`, [options], { options: { numClasses: kinds.numClasses, batchNorm: aBoolean, dropout: kinds.dropout } });
    const { numClasses = 1000, batchNorm = false, dropout = 0.5 } = options;
    const conv = (from: number, to: number): Module[] => [
      new Conv2d(from, to, 3, { padding: 1, weight: fanOutNormal }),
      ...(batchNorm ? [new BatchNorm2d(to)] : []),
      new ReLU(),
    ];
    const stages = STAGES[depth].flatMap((count, stage) => [
      ...Array.from({ length: count }, (_, i) => conv(i > 0 ? WIDTHS[stage] : (WIDTHS[stage - 1] ?? 3), WIDTHS[stage])).flat(),
      new MaxPool2d(2, { stride: 2 }),
    ]);
    const linear = (from: number, to: number) => new Linear(from, to, { weight: init.normal(0, 0.01) });
    this.features = new Sequential(...stages);
    this.classifier = new Sequential(
      linear(512 * 7 * 7, 4096),
      new ReLU(),
      new Dropout(dropout),
      linear(4096, 4096),
      new ReLU(),
      new Dropout(dropout),
      linear(4096, numClasses),
    );
  }

  override forward(x: Tensor): Tensor {
    const y = this.pool.forward(this.features.forward(x));
    return this.classifier.forward(y.reshape([y.shape[0], 512 * 7 * 7]));
  }
}

export const vgg11 = (options: VggOptions = {}): VGG => new VGG(11, options);
export const vgg13 = (options: VggOptions = {}): VGG => new VGG(13, options);
export const vgg16 = (options: VggOptions = {}): VGG => new VGG(16, options);
export const vgg19 = (options: VggOptions = {}): VGG => new VGG(19, options);
