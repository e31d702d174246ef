// A small network, trained once by each rule: from the same weights, on the same batches.
import {
  ArrayDataset,
  type Checkpoint,
  compile,
  DataLoader,
  type DigitSet,
  type LoaderState,
  losses,
  type Mnist,
  manualSeed,
  nn,
  type optim,
  type Tensor,
  tensor,
} from '../../../index.ts';
import type { Rule } from './rules.ts';

const PIXELS = 28 * 28;
const EVALUATION_BATCH = 1000;
/** Steps whose losses are read back together. */
const STRIDE = 10;

/** Two hidden layers with ReLU. [n, 784], 0 … 1 → logits [n, 10] */
const mlp = (hidden: number): nn.Sequential =>
  new nn.Sequential(new nn.Linear(PIXELS, hidden), new nn.ReLU(), new nn.Linear(hidden, hidden), new nn.ReLU(), new nn.Linear(hidden, 10));

/** A rule and the rate that it trains its network with. */
export interface Runner {
  readonly rule: Rule;
  readonly lr: number;
}

export interface NetworkOptions {
  readonly hidden: number;
  readonly batchSize: number;
  readonly seed: number;
}

interface Trainee {
  readonly rule: Rule;
  readonly model: nn.Sequential;
  readonly optimizer: optim.Optimizer;
}

/** What a checkpoint keeps of the networks beside their tensors. */
interface Position {
  readonly loader: LoaderState;
  readonly optimizers: readonly Omit<optim.OptimizerState, 'values'>[];
}

/** One network a rule, trained side by side: a step of all of them is one submission. */
export class Networks {
  /** By rule, of every step so far. */
  readonly losses: readonly number[][];
  private readonly trainees: readonly Trainee[];
  private readonly loader: DataLoader<'image' | 'label'>;
  private readonly step;
  private readonly hits;

  constructor(
    private readonly data: Mnist,
    runners: readonly Runner[],
    { hidden, batchSize, seed }: NetworkOptions,
  ) {
    this.losses = runners.map(() => []);
    this.trainees = runners.map(({ rule, lr }) => {
      manualSeed(seed);
      const model = mlp(hidden);
      return { rule, model, optimizer: rule.make([{ params: model.parameters(), lr }]) };
    });
    this.loader = new DataLoader(dataset(data.train), { batchSize, shuffle: true, dropLast: true, seed });
    this.step = compile((image: Tensor, label: Tensor) =>
      this.trainees.map(({ model, optimizer }) => {
        const loss = losses.crossEntropy(model.forward(image), label);
        optimizer.minimize(loss);
        return loss;
      }),
    );
    this.hits = compile((image: Tensor, label: Tensor) =>
      this.trainees.map(({ model }) => model.forward(image).argMax(1).eq(label).cast('f32').sum()),
    );
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.losses[0].length;
  }

  /** Trains until there have been `steps` steps; gives their number whenever a few more are through and their losses known. */
  async *train(steps: number): AsyncGenerator<number, void, undefined> {
    let asked: Promise<readonly number[]>[] = [];
    while (this.steps < steps) {
      for await (const { image, label } of this.loader) {
        const found = this.step(tensor(image.data, image.shape), tensor(label.data, label.shape));
        asked.push(Promise.all(found.map((loss) => loss.item())));
        const taken = this.steps + asked.length;
        if (asked.length < STRIDE && taken < steps) continue;
        for (const values of await Promise.all(asked)) this.losses.forEach((list, i) => list.push(values[i]));
        asked = [];
        yield taken;
        if (taken === steps) return;
      }
    }
  }

  /** By rule: share of the test images that its network gets right. */
  async accuracies(): Promise<readonly number[]> {
    const { test } = this.data;
    const totals = this.trainees.map(() => 0);
    for await (const { image, label } of new DataLoader(dataset(test), { batchSize: EVALUATION_BATCH })) {
      const hits = await Promise.all(
        this.hits(tensor(image.data, image.shape), tensor(label.data, label.shape)).map((count) => count.item()),
      );
      totals.forEach((_, i) => (totals[i] += hits[i]));
    }
    return totals.map((total) => total / test.count);
  }

  /** Weights, what the optimisers keep, and the losses so far. */
  async checkpoint(): Promise<Checkpoint> {
    const states = await Promise.all(this.trainees.map(({ optimizer }) => optimizer.state()));
    const tensors: Record<string, Checkpoint['tensors'][string]> = {
      losses: { dtype: 'f32', shape: [this.losses.length, this.steps], data: Float32Array.from(this.losses.flat()) },
    };
    states.forEach(({ values }, i) => {
      const { name } = this.trainees[i].rule;
      for (const [part, data] of Object.entries(values)) tensors[`${name}.${part}`] = { dtype: 'f32', shape: [data.length], data };
    });
    const position: Position = { loader: this.loader.state(), optimizers: states.map(({ values, ...state }) => state) };
    return { tensors, state: { network: position } };
  }

  /** Goes to where a checkpoint left the networks; does nothing if it holds none. */
  restore({ tensors, state }: Checkpoint): void {
    const position = state.network as Position | undefined;
    if (!position) return;
    this.loader.restore(position.loader);
    this.trainees.forEach(({ rule, optimizer }, i) => {
      const parts = Object.entries(tensors).filter(([name]) => name.startsWith(`${rule.name}.`));
      const values = Object.fromEntries(parts.map(([name, { data }]) => [name.slice(rule.name.length + 1), data as Float32Array]));
      optimizer.restore({ ...position.optimizers[i], values });
    });
    const [, steps] = tensors.losses.shape;
    this.losses.forEach((list, i) => list.push(...tensors.losses.data.subarray(i * steps, (i + 1) * steps)));
  }
}

const dataset = ({ images, labels }: DigitSet) =>
  new ArrayDataset({
    image: { data: images, shape: [PIXELS], scale: 1 / 255 },
    label: { data: labels, shape: [], dtype: 'u32' },
  });
