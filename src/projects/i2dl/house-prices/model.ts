import { nn, State, type Tensor } from '../../../index.ts';
import type { Statistics } from './houses.ts';

/**
 * Logistic regression: x [n, features] → score [n], the log-odds of a house being expensive; its sigmoid is the probability.
 * score = w·(x − mean) / deviation + b, with the mean and deviation of the training houses, which aren't trained.
 */
export class LogisticRegression extends nn.Module {
  readonly weight: nn.Parameter;
  readonly bias = new nn.Parameter('bias', [], 'f32');
  readonly mean: State;
  readonly deviation: State;

  constructor({ mean, deviation }: Statistics) {
    super();
    const shape = [mean.length];
    this.weight = new nn.Parameter('weight', shape, 'f32', nn.init.normal(0, 0.01)(shape));
    this.mean = new State('mean', shape, 'f32', Float32Array.from(mean));
    this.deviation = new State('deviation', shape, 'f32', Float32Array.from(deviation));
  }

  override forward(x: Tensor): Tensor {
    return x.sub(this.mean).div(this.deviation).matmul(this.weight).add(this.bias);
  }
}
