// Training on the whole graph at once: few papers have a field that is known, and all of them pass on what they hold.
import { ArrayDataset, DataLoader, indexSelect, losses, metrics, optim, type Run, type TensorBatch } from '../../../index.ts';
import type { GraphNetwork } from './model.ts';
import type { Papers } from './papers.ts';

/** Epochs between looks at the validation papers. */
const EVERY = 5;

/** Ends with the weights that were best on the validation papers; gives what they are worth on the test papers: cross-entropy in nats, share that is right. */
export async function train(
  run: Run<unknown>,
  model: GraphNetwork,
  { features, edgeIndex, split }: Papers,
  { epochs, patience, lr, weightDecay }: Readonly<Record<'epochs' | 'patience' | 'lr' | 'weightDecay', number>>,
) {
  type Asked = TensorBatch<'paper' | 'label'>;
  const [logits, label] = [({ paper }: Asked) => indexSelect(model.forward(features, edgeIndex), 0, paper), ({ label }: Asked) => label];
  const measured = [metrics.nll(logits, label), metrics.accuracy(logits, label)] as const;
  await run.fit('training', {
    ...{ model, optimizer: new optim.Adam(model.parameters(), { lr, weightDecay }), validation: split.validation, metrics: measured },
    // One step an epoch, on all of the known papers.
    train: new DataLoader(new ArrayDataset(split.train.fields), { batchSize: split.train.count }),
    loss: (batch) => losses.crossEntropy(logits(batch), batch.label),
    ...{ epochs, every: EVERY, patience: patience / EVERY, best: { metric: 'accuracy', mode: 'max', tie: 'nll' } },
  });
  return run.evaluate('test', split.test, measured, { batchSize: split.test.count });
}
