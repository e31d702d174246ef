import { nn, State, type Statistics, type Tensor, type TensorBatch, tensor } from '../../../index.ts';

export type Batch = TensorBatch<'x' | 'y'>;

/**
 * Logistic regression: x [n, features] → score [n], the log-odds of a house being expensive; its sigmoid is the probability.
 * score = w·(x − mean) / deviation + b, with the mean and deviation of the training houses, which aren't trained.
 */
export class LogisticRegression extends nn.Module {
  readonly weight: nn.Parameter;
  readonly bias = new nn.Parameter('bias', [], 'f32');
  readonly mean: State;
  readonly deviation: State;

  constructor(features: number) {
    super();
    this.weight = new nn.Parameter('weight', [features], 'f32', nn.init.normal(0, 0.01)([features]));
    this.mean = new State('mean', [features], 'f32');
    this.deviation = new State('deviation', [features], 'f32', new Float32Array(features).fill(1));
  }

  standardise({ mean, deviation }: Statistics): void {
    this.mean.set(Float32Array.from(mean));
    this.deviation.set(Float32Array.from(deviation));
  }

  override forward(x: Tensor): Tensor {
    return x.sub(this.mean).div(this.deviation).matmul(this.weight).add(this.bias);
  }

  /** Of standardised features, the bias last. */
  async weights(): Promise<number[]> {
    return (await Promise.all([this.weight.data(), this.bias.data()])).flatMap((values) => Array.from(values));
  }

  /** What each feature adds to the score, above the mean house: [n, features]. */
  added(x: Tensor): Tensor {
    return x.sub(this.mean).div(this.deviation).mul(this.weight);
  }

  /** What gives scores by two of the features alone, [n, 2] → [n]: all else is as in this house. */
  scoresBy(chosen: readonly number[], house: readonly number[]): (points: Tensor) => Tensor {
    const places = tensor(chosen.map((place) => house.map((_, f) => Number(f === place))));
    const rest = tensor(house.map((value, f) => (chosen.includes(f) ? 0 : value)));
    return (points) => this.forward(points.matmul(places).add(rest));
  }
}
