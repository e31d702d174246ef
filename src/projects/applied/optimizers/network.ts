// A small network, trained once by each rule: from the same weights, on the same batches.
import { losses, metrics, nn, type TensorBatch } from '../../../index.ts';
import type { Rule, Runner } from './rules.ts';

type Digits = TensorBatch<'image' | 'label'>;

/** Two hidden layers with ReLU: [n, 1, 28, 28], 0 … 1 → logits [n, 10] */
export function mlp(hidden: number): nn.Sequential {
  const { Linear, ReLU } = nn;
  const first = [new nn.Flatten(), new Linear(28 * 28, hidden), new ReLU()];
  return new nn.Sequential(...first, new Linear(hidden, hidden), new ReLU(), new Linear(hidden, 10));
}

export const loss = (model: nn.Sequential, { image, label }: Digits) => losses.crossEntropy(model.forward(image), label);

const labelOf = ({ label }: Digits) => label;
export const accuracy = (model: nn.Sequential) => metrics.accuracy((batch) => model.forward(batch.image), labelOf);

/** A copy of the network with the optimiser that is to train it. */
export function trainee(network: nn.Sequential, rule: Rule, lr: number) {
  const model = network.clone();
  return { rule, lr, model, optimizer: rule.make([{ params: model.parameters(), lr }]) };
}

/** The losses of its steps so far, and how it does on the test images. */
export type Trained = Runner & { readonly losses: readonly number[]; readonly accuracy?: number };
