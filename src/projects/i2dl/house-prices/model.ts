import { State, type Tensor } from '../../../engine/graph/tensor.ts';
import { Linear } from '../../../nn/layers.ts';
import { Module } from '../../../nn/module.ts';
import type { Statistics } from './houses.ts';

/**
 * Logistic regression: x [n, features] → the log-odds [n] of a house being expensive, s = w·(x − mean)/deviation + b. Its sigmoid is the
 * probability. Mean and deviation are those of the training houses; they aren't trained, and a checkpoint has them.
 */
export class LogisticRegression extends Module {
  readonly mean: State;
  readonly deviation: State;
  readonly linear: Linear;

  constructor({ mean, deviation }: Statistics) {
    super();
    this.mean = new State('mean', [mean.length], 'f32', Float32Array.from(mean));
    this.deviation = new State('deviation', [deviation.length], 'f32', Float32Array.from(deviation));
    this.linear = new Linear(mean.length, 1);
  }

  override forward(x: Tensor): Tensor {
    return this.linear.forward(x.sub(this.mean).div(this.deviation)).reshape([x.shape[0]]);
  }
}
