import type { Tensor } from '../engine/graph/tensor.ts';
import { concat } from '../engine/ops/movement.ts';
import { ReLU } from '../nn/activations.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import * as init from '../nn/init.ts';
import { Dropout, Sequential } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { MaxPool2d } from '../nn/pooling.ts';
import { type ClassifierOptions, globalAverage, kinds } from './common.ts';

const weight = init.kaimingUniform();

/** 1×1 convolutions to few channels, then 1×1 and 3×3 ones to many, side by side. */
export class Fire extends Module {
  readonly squeeze: Conv2d;
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;

  constructor(from: number, squeezed: number, expanded: number) {
    super();
    this.squeeze = new Conv2d(from, squeezed, 1, { weight });
    this.expand1x1 = new Conv2d(squeezed, expanded, 1, { weight });
    this.expand3x3 = new Conv2d(squeezed, expanded, 3, { padding: 1, weight });
  }

  override forward(x: Tensor): Tensor {
    const few = this.squeeze.forward(x).relu();
    return concat([this.expand1x1.forward(few).relu(), this.expand3x3.forward(few).relu()], 1);
  }
}

export interface SqueezeNetOptions extends ClassifierOptions {
  /** Before the last convolution. Default 0.5. */
  readonly dropout?: number;
}

const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });

const FEATURES = {
  '1.0': () => [
    new Conv2d(3, 96, 7, { stride: 2, weight }),
    new ReLU(),
    pool(),
    new Fire(96, 16, 64),
    new Fire(128, 16, 64),
    new Fire(128, 32, 128),
    pool(),
    new Fire(256, 32, 128),
    new Fire(256, 48, 192),
    new Fire(384, 48, 192),
    new Fire(384, 64, 256),
    pool(),
    new Fire(512, 64, 256),
  ],
  '1.1': () => [
    new Conv2d(3, 64, 3, { stride: 2, weight }),
    new ReLU(),
    pool(),
    new Fire(64, 16, 64),
    new Fire(128, 16, 64),
    pool(),
    new Fire(128, 32, 128),
    new Fire(256, 32, 128),
    pool(),
    new Fire(256, 48, 192),
    new Fire(384, 48, 192),
    new Fire(384, 64, 256),
    new Fire(512, 64, 256),
  ],
};

/**
 * Images [n, 3, h, w] → logits [n, classes] (Iandola et al., arXiv 1602.07360); 1.1 has 2.4 times fewer multiply-adds than 1.0 for the same accuracy.
 * The names are those of torchvision.models.squeezenet.
 */
export class SqueezeNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(version: keyof typeof FEATURES, options: SqueezeNetOptions = {}) {
    super();
    expectCall(`squeezenet${version}`, [options], { options: { numClasses: kinds.numClasses, dropout: kinds.dropout } });
    const { numClasses = 1000, dropout = 0.5 } = options;
    this.features = new Sequential(...FEATURES[version]());
    this.classifier = new Sequential(new Dropout(dropout), new Conv2d(512, numClasses, 1, { weight: init.normal(0, 0.01) }), new ReLU());
  }

  override forward(x: Tensor): Tensor {
    return globalAverage(this.classifier.forward(this.features.forward(x)));
  }
}

export const squeezenet1_0 = (options: SqueezeNetOptions = {}): SqueezeNet => new SqueezeNet('1.0', options);
export const squeezenet1_1 = (options: SqueezeNetOptions = {}): SqueezeNet => new SqueezeNet('1.1', options);
