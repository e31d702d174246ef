// A small network, trained once by each rule: from the same weights, on the same batches.
import { losses, nn, type Part, type Run } from '../../../index.ts';
import type { Rule } from './rules.ts';

/** Two hidden layers with ReLU: [n, 1, 28, 28], 0 … 1 → logits [n, 10] */
export function mlp(hidden: number): nn.Sequential {
  const { Linear, ReLU } = nn;
  const first = [new nn.Flatten(), new Linear(28 * 28, hidden), new ReLU()];
  return new nn.Sequential(...first, new Linear(hidden, hidden), new ReLU(), new Linear(hidden, 10));
}

/** A rule, the rate that it trains its network with, and the losses of its steps so far. */
export interface Trained {
  readonly rule: Rule;
  readonly lr: number;
  readonly model: nn.Sequential;
  readonly losses: readonly number[];
}

/** What all train on, for so many steps, and what they begin with. */
export interface Course {
  readonly train: Part<'image' | 'label'>;
  readonly batchSize: number;
  readonly steps: number;
  readonly hidden: number;
  readonly weights: nn.StateDict;
}

/** Trains a network by each of the rules, as the loop `network` of the run. `look` is told now and then how they stand. */
export async function trainAll(
  run: Run<unknown>,
  runners: readonly { readonly rule: Rule; readonly lr: number }[],
  { hidden, weights, ...course }: Course,
  look?: (trained: readonly Trained[]) => Promise<void>,
): Promise<readonly Trained[]> {
  const trainees = runners.map(({ rule, lr }) => {
    const model = mlp(hidden);
    model.loadStateDict(weights);
    return { rule, lr, model, optimizer: rule.make([{ params: model.parameters(), lr }]) };
  });
  const withLosses = (found: Readonly<Record<string, readonly number[]>>) =>
    trainees.map((trainee) => ({ ...trainee, losses: found[trainee.rule.name] }));
  const found = await run.sideBySide('network', {
    ...{ ...course, contenders: Object.fromEntries(trainees.map((trainee) => [trainee.rule.name, trainee])) },
    loss: (model, { image, label }) => losses.crossEntropy(model.forward(image), label),
    ...(look && { look: (found) => look(withLosses(found)) }),
  });
  return withLosses(found);
}
