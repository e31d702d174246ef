// A small network, trained once by each rule: from the same weights, on the same batches.
import { ArrayDataset, Curves, compile, DataLoader, losses, nn, type Part, type Run, type Tensor } from '../../../index.ts';
import type { Rule } from './rules.ts';

const PIXELS = 28 * 28;
/** Steps whose losses are read back together. */
export const STRIDE = 10;

/** Two hidden layers with ReLU: [n, 1, 28, 28], 0 … 1 → logits [n, 10] */
export function mlp(hidden: number): nn.Sequential {
  const { Linear, ReLU } = nn;
  return new nn.Sequential(
    new nn.Flatten(),
    new Linear(PIXELS, hidden),
    new ReLU(),
    new Linear(hidden, hidden),
    new ReLU(),
    new Linear(hidden, 10),
  );
}

/** A rule, the rate that it trains its network with, and how far that has come. */
export interface Trainee {
  readonly rule: Rule;
  readonly lr: number;
  readonly model: nn.Sequential;
  /** Of every step so far. */
  losses: readonly number[];
}

export const traineesOf = (runners: readonly Pick<Trainee, 'rule' | 'lr'>[], hidden: number, weights: nn.StateDict): Trainee[] =>
  runners.map((runner) => {
    const model = mlp(hidden);
    model.loadStateDict(weights);
    return { ...runner, model, losses: [] };
  });

/**
 * Trains all side by side, as the loop `network` of the run: a step of all of them is one submission.
 * @param look comes whenever a few more losses are known; without it none are logged
 */
export async function trainAll(
  run: Run<unknown>,
  trainees: readonly Trainee[],
  { train, batchSize, steps }: { readonly train: Part<'image' | 'label'>; readonly batchSize: number; readonly steps: number },
  look?: () => Promise<void>,
): Promise<void> {
  const nameOf = ({ rule }: Trainee) => `loss, ${rule.name}`;
  const optimizers = trainees.map(({ rule, lr, model }) => rule.make([{ params: model.parameters(), lr }]));
  const update = compile((image: Tensor, label: Tensor) => {
    const found = trainees.map((trainee, i) => {
      const loss = losses.crossEntropy(trainee.model.forward(image), label);
      optimizers[i].minimize(loss);
      return [nameOf(trainee), loss] as const;
    });
    return Object.fromEntries(found);
  });
  // By the seed alone: the search compares its rates on the same batches.
  const loader = new DataLoader(new ArrayDataset(train.fields), { batchSize, shuffle: true, dropLast: true, seed: run.seed });
  const curves = new Curves();
  const known = async () => {
    const read = await curves.state();
    for (const trainee of trainees) trainee.losses = Array.from(read[nameOf(trainee)] ?? []);
  };
  const parts = trainees.map(({ rule: { name }, model }, i) => ({ [name]: model, [`${name} optimiser`]: optimizers[i] }));
  const batches = endless(() => loader.tensors());
  for await (const step of run.steps('network', { count: steps, keep: { ...Object.assign({}, ...parts), loader, curves } })) {
    const { image, label } = (await batches.next()).value;
    const found = update(image, label);
    curves.add(look ? run.log(found) : numbersOf(found));
    if ((step + 1) % STRIDE > 0) continue;
    await known();
    await look?.();
  }
  await known();
}

async function* endless<T>(pass: () => AsyncIterable<T>): AsyncGenerator<T, never, undefined> {
  for (;;) yield* pass();
}

async function numbersOf(found: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  return Object.fromEntries(await Promise.all(Object.entries(found).map(async ([name, value]) => [name, await value.item()] as const)));
}
