// A multilayer perceptron twice: in plain arrays with its gradients written out, and with the engine.
import {
  Curves,
  compile,
  figures,
  losses,
  metrics,
  optim,
  option,
  project,
  sets,
  type Tensor,
  TilegradError,
  training,
} from '../../../index.ts';
import { largestDifference, relativeError } from '../../shared/by-hand/error.ts';
import { lookAtPictures, mistakesFigure, mistakesIn, type Photos, standardised, weightsFigure } from '../../shared/photographs.ts';
import { samplesOf } from '../../shared/pictures.ts';
import { PlainMlp } from './arrays.ts';
import { card } from './card.ts';
import { curvesFigure, scoresFigure } from './figures.ts';
import { Mlp } from './model.ts';

const PANELS = { Loss: 'loss', Accuracy: { metric: 'accuracy', y: 'accuracy (%)' } };
/** Weights of recall beside precision. */
const BETAS = [0.1, 1, 10] as const;

/** @throws TilegradError for what is no width */
function widthsIn(text: string): number[] {
  const widths = text.split(',').map(Number);
  if (widths.every((width) => Number.isInteger(width) && width > 0)) return widths;
  throw new TilegradError(`hidden: expected whole numbers of units, separated by commas, got ${text}`);
}

export const mlp = project({
  ...card,
  data: { photos: sets.cifar10 },
  options: {
    hidden: option.text('128', 'units of the hidden layers, from the first on'),
    ...training({ epochs: 10, batchSize: 128, lr: 0.1 }),
    handSteps: option.integer(200, 'steps that both networks take side by side (0: as many as the training has)', { min: 0 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: { hidden: '64', batchSize: 64, epochs: 8, trainImages: 5000, testImages: 1000 },
    full: { handSteps: 0 },
    smallest: { hidden: '6, 5', epochs: 2, batchSize: 18, handSteps: 5, trainImages: 60, testImages: 20 },
  },
  model: ({ hidden }) => new Mlp(widthsIn(hidden)),
  inputs: () => [[1, 3, 32, 32]],
  parts: () => ({ samples: 0.01, 'by hand': 3, training: 10, test: 0.3, mistakes: 0.3 }),

  async run(run, { hidden, epochs, batchSize, lr, handSteps, trainImages, testImages }) {
    const { train, validation, test } = await run.data.photos({ limit: { train: trainImages, test: testImages }, validation: 0.1 });
    const { names } = await run.stage('samples', () => samplesOf(test));
    const steps = handSteps || epochs * Math.ceil(train.count / batchSize);

    // Both side by side: the same weights, the same batches.
    const compared = await run.stage('by hand', async (run) => {
      const network = new Mlp(widthsIn(hidden));
      const byHand = await PlainMlp.of(network);
      const optimizer = new optim.SGD(network.parameters(), { lr });
      const update = compile(({ image, label }: Photos) => {
        const loss = losses.crossEntropy(network.forward(image), label);
        optimizer.minimize(loss);
        return loss;
      });
      const prepared = compile((image: Tensor) => standardised(image));
      const curves = new Curves();
      for await (const photos of run.batches('steps', { over: train, batchSize, steps, keep: { network, optimizer, byHand, curves } })) {
        const [pixels, labels] = await Promise.all([prepared(photos.image).data(), photos.label.data()]);
        curves.add(run.log({ 'loss, the engine': update(photos), 'loss, plain arrays': byHand.step(pixels, labels, lr) }));
      }
      const { 'loss, plain arrays': ours, 'loss, the engine': theirs } = await curves.state();
      await run.figure('curves', curvesFigure([...ours], [...theirs]));
      const engine = await PlainMlp.of(network);
      return {
        largestDifference: largestDifference(ours, theirs),
        weightError: Math.max(...engine.state().map((values, i) => relativeError(byHand.state()[i], values))),
      };
    });

    // The engine's alone, to the end: the weights that are best on the validation pictures.
    const model = run.model();
    const [logits, label] = [({ image }: Photos) => model.forward(image), ({ label }: Photos) => label];
    const measured = [metrics.nll(logits, label), metrics.accuracy(logits, label)] as const;
    await run.fit('training', {
      ...{ model, optimizer: new optim.SGD(model.parameters(), { lr }), train, validation, batchSize, epochs },
      loss(photos) {
        const scores = logits(photos);
        return {
          loss: losses.crossEntropy(scores, photos.label),
          accuracy: scores.argMax(1).cast('i32').eq(photos.label).cast('f32').mean(),
        };
      },
      best: { metric: 'accuracy', mode: 'max' },
      async afterEpoch(results) {
        await run.figure('training', figures.history(results, PANELS, { title: 'The network in training', y: 'cross-entropy (nats)' }));
        await run.figure('weights', weightsFigure(await model.linear[0].weight.transpose().data(), model.linear[0].outFeatures));
      },
    });

    const classes = [metrics.confusion(logits, label), metrics.fScore(logits, label, { beta: BETAS, average: 'none' })] as const;
    const tested = await run.evaluate('test', test, [...measured, ...classes]);
    await run.figure('confusion', figures.confusion(tested.confusion, names, { title: 'What is taken for what' }));
    await run.figure('scores', scoresFigure(names, tested));
    const columns = { precision: tested.precision, recall: tested.recall, 'F₀.₁': tested['f0.1'], 'F₁': tested.f1, 'F₁₀': tested.f10 };
    const shown = Object.entries(columns).map(([name, values]) => [name, (c: number) => figures.percent(values[c])]);
    const rows = Object.fromEntries(names.map((name, c) => [name, c]));
    run.table('scores', figures.table('By class, on the test pictures', 'class', rows, Object.fromEntries(shown)));
    const probabilities = await run.map('mistakes', test, ({ image }) => model.forward(image).softmax());
    await run.figure('mistakes', mistakesFigure(mistakesIn(probabilities, test.fields.label.data), test, names));
    run.summary({ testAccuracy: tested.accuracy, testLoss: tested.nll, ...compared });
    run.note(
      `Test accuracy ${figures.percent(tested.accuracy)}. Over ${steps} steps the two losses are at most ${compared.largestDifference.toExponential(1)} nats apart.`,
    );
  },

  interaction: { ...lookAtPictures, open: (trained) => lookAtPictures.open(trained) },
});
