// Softmax regression of digits: one linear layer, and what it looks for. The smallest whole project.
import { figures, losses, metrics, mnist, nn, optim, option, project, type TensorBatch, training } from '../../../src/index.ts';
import { card } from './card.ts';

export const softmaxRegression = project({
  ...card,
  data: { digits: mnist },
  options: {
    weightDecay: option.number(1e-4, 'pull of the weights towards 0', { min: 0 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all)', { min: 0 }),
    ...training({ epochs: 5, batchSize: 100, lr: 1e-3 }),
  },
  presets: { quick: { trainImages: 10_000 }, full: { epochs: 20 }, smallest: { trainImages: 100, epochs: 2, batchSize: 20 } },
  model: () => new nn.Sequential(new nn.Flatten(), new nn.Linear(28 * 28, 10)),
  parts: () => ({ training: 9, test: 1 }),

  async run(run, { weightDecay, trainImages, epochs, batchSize, lr }) {
    const { train, validation, test } = await run.data.digits({ limit: { train: trainImages }, validation: 0.1 });
    const model = run.model();
    const logits = ({ image }: TensorBatch<'image' | 'label'>) => model.forward(image);
    const label = ({ label }: TensorBatch<'image' | 'label'>) => label;
    const measured = [metrics.nll(logits, label), metrics.accuracy(logits, label)];

    const results = await run.fit('training', {
      ...{ model, train, validation, batchSize, epochs, metrics: measured },
      optimizer: new optim.AdamW(model.parameters(), { lr, weightDecay }),
      loss: (batch) => losses.crossEntropy(logits(batch), batch.label),
    });
    const tested = await run.evaluate('test', test, measured);

    const accuracy = results.map(({ validation }) => validation.accuracy);
    await run.figure('accuracy', figures.curves({ validation: accuracy }, { title: 'Accuracy', x: 'epoch', y: 'accuracy (%)' }));
    run.summary({ accuracy: tested.accuracy, nll: tested.nll });
  },
});
