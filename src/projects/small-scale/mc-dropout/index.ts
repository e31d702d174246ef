// Monte Carlo dropout on digits: dropout stays on at inference, and several passes are averaged.
import {
  figures,
  input,
  likeMnist,
  losses,
  metrics,
  mnist,
  optim,
  option,
  project,
  spread,
  type TensorBatch,
  tensor,
  training,
} from '../../../index.ts';
import { card } from './card.ts';
import { accuracyFigure, drawingFigure, outcome, rotationFigure, uncertaintyFigure } from './figures.ts';
import { asking, DropoutCnn, turned } from './model.ts';

const times = (count: number) => Array.from({ length: count }, (_, i) => i);

const SIDE = 28;
/** Angles of the paper's figure 4, and passes for each. */
const [ANGLES, DRAWS] = [times(13).map((i) => 15 * i), 50];
/** A drawing comes finer than the network's pixels, so that it can be scaled without steps. */
const DRAWING = 56;

export const mcDropout = project({
  ...card,
  data: { digits: mnist },
  options: {
    runs: option.integer(3, 'trainings from different starting weights', { min: 1, time: 'grows' }),
    passes: option.integer(5, 'stochastic passes in the largest ensemble', { min: 1, max: 100 }),
    width: option.integer(2, "factor on the document's 4, 8, 16, 32 channels", { min: 1 }),
    firstDropout: option.number(0.02, 'probability of dropping a value after the first block', { min: 0, max: 0.95, time: 'same' }),
    dropout: option.number(0.05, 'the same after the other blocks', { min: 0, max: 0.95, time: 'same' }),
    ...training({ epochs: 3, batchSize: 32, lr: 4e-3 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all)', { min: 0, time: 'grows' }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: { runs: 1, epochs: 4, width: 1, firstDropout: 0, batchSize: 16, lr: 6e-3, trainImages: 10_000 },
    full: { runs: 10, epochs: 10, passes: 20 },
    smallest: { runs: 2, epochs: 1, passes: 2, width: 1, batchSize: 20, trainImages: 60, testImages: 40 },
  },
  model: (options) => new DropoutCnn(options),
  inputs: () => [[1, 1, SIDE, SIDE]],
  parts: () => ({ run: 1 }),

  async run(run, { runs, passes, epochs, batchSize, lr, trainImages, testImages }) {
    const { train, test } = await run.data.digits({ limit: { train: trainImages, test: testImages } });

    const results = await run.each(
      'run',
      times(runs),
      async (run, index) => {
        const model = run.model();
        const steps = epochs * Math.ceil(train.count / batchSize);
        const optimizer = new optim.Adam(model.parameters(), { lr: optim.schedules.cosine(lr, steps) });
        const logits = ({ image }: TensorBatch<'image' | 'label'>) => model.forward(image);
        const label = ({ label }: TensorBatch<'image' | 'label'>) => label;
        const loss = (batch: TensorBatch<'image' | 'label'>) => losses.crossEntropy(logits(batch), batch.label);
        await run.fit('training', { model, optimizer, train, batchSize, epochs, loss });

        const { accuracy } = await run.evaluate('plain', test, [metrics.accuracy(logits, label)]);
        model.train();
        const drawn = [metrics.ensemble(({ image }) => model.passes(image, passes), label)];
        const found = await run.evaluate('passes', test, drawn, { batchSize: Math.ceil(1000 / passes) });
        const [plain, ensembles] = [accuracy, found.accuracyBySize];
        run.log({
          'test accuracy, plain': plain,
          'test accuracy, one pass': ensembles[0],
          'test accuracy, ensemble': ensembles[passes - 1],
        });
        if (index < runs - 1) return { plain, ensembles };
        await run.figure('uncertainty', uncertaintyFigure(found, passes));
        // The paper's figure 4: a digit 1, turned step by step.
        const { image, label: labels } = test.fields;
        const one = labels.data.indexOf(1);
        if (one >= 0) {
          const upright = Float32Array.from(image.data.subarray(one * SIDE ** 2, (one + 1) * SIDE ** 2), (value) => value / 255);
          const views = turned(tensor(upright, [1, 1, SIDE, SIDE]), ANGLES);
          await run.figure('rotation', rotationFigure(ANGLES, await views.data(), await asking(model, DRAWS)(views)));
        }
        return { plain, ensembles };
      },
      { training: 9, plain: 0.1, passes: 0.1 * passes },
    );

    await run.figure('accuracy', accuracyFigure(results));
    const plain = results.map((result) => result.plain);
    const bySize = times(passes).map((t) => results.map(({ ensembles }) => ensembles[t]));
    const sizes = bySize.map((values, t) => [t === 0 ? 'one stochastic pass' : `ensemble of ${t + 1} passes`, values] as const);
    const title = `Test accuracy, ${runs === 1 ? 'one run' : `mean ± standard deviation of ${runs} runs`}`;
    const rows = { 'dropout off (plain network)': plain, ...Object.fromEntries(sizes) };
    const accuracy = (values: readonly number[]) => figures.plusMinus(values, { shares: true });
    run.table('accuracy', figures.table(title, 'prediction', rows, { accuracy }));
    const means = [plain, bySize[0], bySize[passes - 1]].map((values) => spread(values).mean);
    const found = { plainAccuracy: means[0], onePassAccuracy: means[1], ensembleAccuracy: means[2] };
    run.summary({ runs, ...found, outcome: outcome(means[0], means[2], test.count, runs) });
  },

  interaction: {
    title: 'Draw a digit',
    help: `${DRAWS} stochastic passes look at it. A clear digit has them agree; draw something between two digits, or no digit at all, and they part.`,
    inputs: { drawing: input.draw({ size: DRAWING }) },
    async open({ model }) {
      model.train();
      const ask = asking(model, DRAWS);
      return {
        async answer({ drawing }) {
          const digit = likeMnist(drawing, DRAWING);
          return drawingFigure(digit, await ask(tensor(digit, [1, 1, SIDE, SIDE])));
        },
      };
    },
  },
});
