// Monte Carlo dropout on digits: dropout stays on at inference, and several passes are averaged.
import { compile, likeMnist, losses, mnist, optim, option, project, spread, type Tensor, tensor, training } from '../../../index.ts';
import { card } from './card.ts';
import { accuracyFigure, drawingFigure, rotationFigure, uncertaintyFigure } from './figures.ts';
import { DropoutCnn, turned } from './model.ts';
import { hits, meanOf, type Passes } from './uncertainty.ts';

const times = (count: number) => Array.from({ length: count }, (_, i) => i);

const [SIDE, CLASSES] = [28, 10];
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
  parts: () => ({ run: 1 }),

  async run(run, { runs, passes, epochs, batchSize, lr, trainImages, testImages }) {
    const { train, test } = await run.data.digits({ limit: { train: trainImages, test: testImages } });
    const { image: images, label: labels } = test.fields;

    const results = await run.each(
      'run',
      times(runs),
      async (run, index) => {
        const model = run.model();
        const steps = epochs * Math.ceil(train.count / batchSize);
        const optimizer = new optim.Adam(model.parameters(), { lr: optim.schedules.cosine(lr, steps) });
        const loss = ({ image, label }: Readonly<Record<'image' | 'label', Tensor>>) => losses.crossEntropy(model.forward(image), label);
        await run.fit('training', { model, optimizer, train, batchSize, epochs, loss });

        const probabilities = ({ image }: { readonly image: Tensor }) => model.forward(image).softmax();
        const accuracy = (predicted: ArrayLike<number>) => hits(predicted, labels.data, CLASSES).filter((hit) => hit).length / test.count;
        const plain = accuracy(await run.map('plain', test, probabilities));
        model.train();
        const drawn: Float32Array[] = [];
        for (const t of times(passes)) drawn.push(await run.map(`pass ${t + 1}`, test, probabilities));
        const ensembles = drawn.map((_, t) => accuracy(meanOf(drawn, t + 1)));
        run.log({
          'test accuracy, plain': plain,
          'test accuracy, one pass': ensembles[0],
          'test accuracy, ensemble': ensembles[passes - 1],
        });
        if (index === runs - 1) await show(drawn, compile(probabilities));
        return { plain, ensembles };
      },
      { training: 9, plain: 0.1, ...Object.fromEntries(times(passes).map((t) => [`pass ${t + 1}`, 0.1])) },
    );

    /** How unsure the ensemble is where it is right and where it is wrong; and the paper's figure 4: a digit 1, turned step by step. */
    async function show(drawn: Passes, predict: (batch: { image: Tensor }) => Tensor) {
      await run.figure('uncertainty', uncertaintyFigure(drawn, hits(meanOf(drawn), labels.data, CLASSES)));
      const digit = labels.data.indexOf(1);
      if (digit < 0) return;
      const upright = Float32Array.from(images.data.subarray(digit * SIDE ** 2, (digit + 1) * SIDE ** 2), (value) => value / 255);
      const image = turned(tensor(upright, [1, 1, SIDE, SIDE]), ANGLES);
      const views: Float32Array[] = [];
      for (const _ of times(DRAWS)) views.push((await predict({ image }).data()) as Float32Array);
      await run.figure('rotation', rotationFigure(ANGLES, await image.data(), views));
    }

    const percent = (values: readonly number[]) => {
      const { mean, deviation } = spread(values);
      return `${(100 * mean).toFixed(2)} %${values.length > 1 ? ` ± ${(100 * deviation).toFixed(2)}` : ''}`;
    };
    const plain = results.map((result) => result.plain);
    const bySize = times(passes).map((t) => results.map(({ ensembles }) => ensembles[t]));
    run.table('accuracy', {
      title: `Test accuracy, ${runs === 1 ? 'one run' : `mean ± standard deviation of ${runs} runs`}`,
      columns: ['prediction', 'accuracy'],
      rows: [
        ['dropout off (plain network)', percent(plain)],
        ...bySize.map((values, t) => [t === 0 ? 'one stochastic pass' : `ensemble of ${t + 1} passes`, percent(values)]),
      ],
    });
    await run.figure('accuracy', accuracyFigure(results));
    const means = [plain, bySize[0], bySize[passes - 1]].map((values) => spread(values).mean);
    run.summary({ runs, plainAccuracy: means[0], onePassAccuracy: means[1], ensembleAccuracy: means[2] });
  },

  interaction: {
    title: 'Draw a digit',
    help: `${DRAWS} stochastic passes look at it. A clear digit has them agree; draw something between two digits, or no digit at all, and they part.`,
    input: { kind: 'draw', size: DRAWING },
    async open({ model }) {
      model.train();
      const predict = compile((digit: Tensor) => model.forward(digit.expand([DRAWS, 1, SIDE, SIDE])).softmax());
      return async (drawing) => {
        const digit = likeMnist(drawing, DRAWING);
        const drawn = await predict(tensor(digit, [1, 1, SIDE, SIDE])).data();
        const passes = times(DRAWS).map((t) => drawn.subarray(t * CLASSES, (t + 1) * CLASSES));
        return drawingFigure(digit, passes);
      };
    },
  },
});
