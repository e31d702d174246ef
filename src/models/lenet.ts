import type { Tensor } from '../engine/graph/tensor.ts';
import { maxPool2d } from '../engine/ops/pool.ts';
import { expectCall } from '../nn/check.ts';
import { Conv2d } from '../nn/conv.ts';
import { Linear } from '../nn/layers.ts';
import { Module } from '../nn/module.ts';
import { kinds } from './common.ts';

/**
 * Digits [n, 1, 28, 28] in [0, 1] → logits [n, classes]: LeNet (LeCun et al., 1998) in the form that Caffe made common, 20 and 50 channels, 500
 * hidden units, one ReLU.
 */
export class LeNet extends Module {
  readonly conv1 = new Conv2d(1, 20, 5);
  readonly conv2 = new Conv2d(20, 50, 5);
  readonly fc1 = new Linear(800, 500);
  readonly fc2: Linear;

  constructor(options: { readonly numClasses?: number } = {}) {
    super();
    expectCall('LeNet', [options], { options: { numClasses: kinds.numClasses } });
    this.fc2 = new Linear(500, options.numClasses ?? 10);
  }

  override forward(x: Tensor): Tensor {
    const first = maxPool2d(this.conv1.forward(x), 2);
    const second = maxPool2d(this.conv2.forward(first), 2);
    return this.fc2.forward(this.fc1.forward(second.reshape([x.shape[0], 800])).relu());
  }
}
