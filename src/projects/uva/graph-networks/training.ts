// Training on the whole graph at once: few papers have a field that is known, and all of them pass on what they hold.
import { compile, indexSelect, losses, type nn, optim, type Run, tensor } from '../../../index.ts';
import type { GraphNetwork } from './model.ts';
import type { Papers } from './papers.ts';

export interface TrainingOptions {
  readonly epochs: number;
  readonly patience: number;
  readonly lr: number;
  readonly weightDecay: number;
}

export interface Judged {
  /** Cross-entropy in nats. */
  readonly loss: number;
  readonly accuracy: number;
}

interface Best extends Judged {
  readonly epoch: number;
  readonly weights: nn.StateDict;
}

/** Epochs between looks at the validation papers. */
const EVERY = 5;

/** What log-probabilities [papers, classes] are worth on some of the papers. */
export function judged(scores: ArrayLike<number>, labels: ArrayLike<number>, papers: Uint32Array): Judged {
  const classes = scores.length / labels.length;
  let [loss, right] = [0, 0];
  for (const paper of papers) {
    const own = Array.from({ length: classes }, (_, k) => scores[paper * classes + k]);
    loss -= own[labels[paper]] / papers.length;
    if (own.indexOf(Math.max(...own)) === labels[paper]) right++;
  }
  return { loss, accuracy: right / papers.length };
}

/** Ends with the weights that were best on the validation papers; gives what they are worth on the test papers, and log-probabilities [papers, classes]. */
export async function train(
  run: Pick<Run, 'steps' | 'log' | 'cell'>,
  model: GraphNetwork,
  { features, edgeIndex, labels, split }: Papers,
  { epochs, patience, lr, weightDecay }: TrainingOptions,
): Promise<Judged & { readonly scores: Float32Array }> {
  const known = tensor(split.train);
  const fields = tensor(Int32Array.from(split.train, (paper) => labels[paper]));
  const optimizer = new optim.Adam(model.parameters(), { lr, weightDecay });
  const step = compile(() => {
    const loss = losses.crossEntropy(indexSelect(model.forward(features, edgeIndex), 0, known), fields);
    optimizer.minimize(loss);
    return loss;
  });
  const logProbabilities = compile(() => model.forward(features, edgeIndex).logSoftmax(1));
  const best = run.cell<Best | undefined>(undefined);

  for await (const before of run.steps('training', { count: epochs, keep: { model, optimizer, best }, unit: 'epochs' })) {
    const epoch = before + 1;
    const last = epoch === epochs;
    model.train();
    run.log({ loss: step() });
    if (epoch % EVERY !== 0 && !last) continue;
    model.eval();
    const now = judged((await logProbabilities().data()) as Float32Array, labels, split.validation);
    run.log({ 'validation loss': now.loss, 'validation accuracy': now.accuracy });
    const held = best.value;
    const better = !held || now.accuracy > held.accuracy || (now.accuracy === held.accuracy && now.loss < held.loss);
    if (better) best.value = { ...now, epoch, weights: await model.stateDict() };
    const stale = epoch - (best.value as Best).epoch >= patience;
    if (stale || last) model.loadStateDict((best.value as Best).weights);
    if (stale) break;
  }
  model.eval();
  const scores = (await logProbabilities().data()) as Float32Array;
  return { ...judged(scores, labels, split.test), scores };
}
