// The network in plain arrays: no tensors, no GPU, no derivative but those written out.
import type { Durable } from '../../../index.ts';
import { type Layers, learn } from '../../shared/by-hand/layers.ts';
import { Matrix } from '../../shared/by-hand/numbers.ts';
import { CLASSES } from '../../shared/photographs.ts';
import type { Mlp } from './model.ts';

/** Weights [in, out] and biases [1, out] of each layer, in float64. */
export class PlainMlp implements Layers<Matrix>, Durable {
  readonly activation = 'elu';

  constructor(
    public weights: readonly Matrix[],
    public biases: readonly Matrix[],
  ) {}

  /** A copy of the engine's network. */
  static async of({ linear }: Mlp): Promise<PlainMlp> {
    const read = async (x: Tensorlike, rows: number, columns: number) => new Matrix(rows, columns, Float64Array.from(await x.data()));
    const weights = linear.map(async ({ weight, inFeatures, outFeatures }) => (await read(weight, outFeatures, inFeatures)).transpose());
    const biases = linear.map(({ bias, outFeatures }) => read(bias as Tensorlike, 1, outFeatures));
    return new PlainMlp(await Promise.all(weights), await Promise.all(biases));
  }

  /** A step of gradient descent on pixels [n, 3072] and their labels: w ← w − lr · dw. Gives the loss before it. */
  step(pixels: ArrayLike<number>, labels: ArrayLike<number>, lr: number): number {
    const n = labels.length;
    const truth = new Matrix(n, CLASSES);
    for (let i = 0; i < n; i++) truth.values[i * CLASSES + labels[i]] = 1;
    const { loss, dws, dbs } = learn(new Matrix(n, pixels.length / n, Float64Array.from(pixels)), truth, n, this);
    this.weights = this.weights.map((w, i) => w.sub(dws[i].mul(lr)));
    this.biases = this.biases.map((b, i) => b.sub(dbs[i].mul(lr)));
    return loss.values[0];
  }

  state() {
    return [...this.weights, ...this.biases].map(({ values }) => values);
  }

  restore(state: readonly Float64Array<ArrayBuffer>[]): void {
    const all = [...this.weights, ...this.biases].map(({ rows, columns }, i) => new Matrix(rows, columns, state[i]));
    this.weights = all.slice(0, this.weights.length);
    this.biases = all.slice(this.weights.length);
  }
}

type Tensorlike = { data(): Promise<ArrayLike<number>> };
