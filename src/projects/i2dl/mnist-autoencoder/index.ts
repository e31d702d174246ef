// Digits without labels first, then a hundred with: an autoencoder's encoder becomes the beginning of a classifier.
import {
  avgPool2d,
  compile,
  figures,
  input,
  likeMnist,
  losses,
  metrics,
  mnist,
  optim,
  option,
  project,
  sets,
  spread,
  type Tensor,
  type TensorBatch,
  tensor,
  training,
} from '../../../index.ts';
import { balanced } from '../../shared/balanced.ts';
import { pointsMore } from '../../shared/points.ts';
import { beginnings, spaceOf, trainAll } from './beginnings.ts';
import { card } from './card.ts';
import { accuracyFigure, drawingFigure, latentFigure, reconstructionFigure, type Seen } from './figures.ts';
import { disturbed, Transfer } from './model.ts';

type Pictures = TensorBatch<'image' | 'label'>;

const SIDE = 28;
/** A drawing comes finer than the network's pixels, so that it can be scaled without steps. */
const DRAWING = 56;
/** Pictures in the figures. */
const [RECONSTRUCTIONS, SCATTERED] = [10, 2000];

export const mnistAutoencoder = project({
  ...card,
  data: { digits: mnist, clothes: sets.fashionMnist },
  options: {
    pictures: option.choice('digits', ['digits', 'clothes'], 'what it learns: digits (MNIST) or clothes (Fashion-MNIST)'),
    labels: option.integer(100, 'labelled images, of each class as many', { min: 10 }),
    runs: option.integer(5, 'draws of the labelled images, each with new starting weights', { min: 1 }),
    hidden: option.integer(256, 'width of the first layer; the second is a quarter of it', { min: 4 }),
    latentSize: option.integer(16, 'dimensions of the latent space', { min: 1 }),
    noise: option.number(0.3, 'share of the pixels that the autoencoder does not get to see in training', {
      min: 0,
      max: 0.95,
      time: 'same',
    }),
    distortion: option.number(1, 'how far it sees pictures turned, sheared, moved and scaled in training (0: as they are)', {
      min: 0,
      max: 3,
      time: 'same',
    }),
    ...training({ epochs: 10, batchSize: 128, lr: 2e-3 }),
    labelledSteps: option.integer(200, 'steps of the classifier on the labelled images', { min: 1 }),
    labelledLr: option.number(0.01, 'learning rate of these; the pretrained encoder itself learns at .03 of it', { min: 0, time: 'same' }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: { runs: 3, hidden: 128, epochs: 5, batchSize: 32, lr: 3e-3, labelledSteps: 150, trainImages: 10_000, testImages: 2000 },
    full: { epochs: 50, hidden: 1024 },
    smallest: {
      labels: 20,
      runs: 2,
      hidden: 8,
      latentSize: 3,
      epochs: 2,
      batchSize: 54,
      labelledSteps: 5,
      trainImages: 300,
      testImages: 40,
    },
  },
  model: (options) => new Transfer(options),
  inputs: () => [[1, 1, SIDE, SIDE]],
  parts: () => ({ classes: 0.01, autoencoder: 10, 'latent plane': 0.2, run: 5 }),

  async run(run, options) {
    const { pictures, labels, runs, latentSize, epochs, batchSize, lr, labelledSteps, labelledLr, trainImages, testImages } = options;
    const { train, validation, test } = await run.data[pictures]({ limit: { train: trainImages, test: testImages }, validation: 0.1 });
    const names = await run.stage('classes', async () => train.fields.label.names ?? Array.from('0123456789'));
    const draws = Array.from({ length: runs }, (_, i) => balanced(train, labels, run.random(`labels ${i + 1}`)));

    // First without labels: pictures that are bent and have holes are to come out as they were.
    const model = run.model();
    const { autoencoder } = model;
    const reconstruct = compile((image: Tensor) => autoencoder.reconstruct(image));
    const originals = validation.fields.image.data.subarray(0, RECONSTRUCTIONS * SIDE ** 2);
    const pixels = Float32Array.from(originals, (value) => value / 255);
    const few = tensor(pixels, [pixels.length / SIDE ** 2, 1, SIDE, SIDE]);
    const seen = run.cell<readonly Seen[]>([]);
    const steps = epochs * Math.ceil(train.count / batchSize);
    const learned = await run.fit('autoencoder', {
      ...{ model: autoencoder, train, validation, batchSize, epochs, keep: { 'both networks': model, seen } },
      optimizer: new optim.Adam(autoencoder.parameters(), { lr: optim.schedules.cosine(lr, steps) }),
      loss: ({ image }) => losses.bceWithLogits(autoencoder.forward(disturbed(image, options)), image),
      metrics: [metrics.mean(({ image }: Pictures) => ({ error: losses.mse(autoencoder.reconstruct(image), image) }))],
      async afterEpoch(results) {
        const { epoch, validation: found } = results.at(-1)!;
        const now = { epoch, pixels: await reconstruct(few).data() };
        await run.figure('reconstructions', reconstructionFigure(originals, [...seen.value, now]));
        // What came out after epochs 1, 2, 4 … stays.
        if (Number.isInteger(Math.log2(epoch))) seen.value = [...seen.value.slice(-4), now];
        run.note(`epoch ${epoch}: mean squared error ${figures.fixed(found.error, 4)} on the validation images`);
      },
    });
    const latent = await run.map('latent plane', validation, ({ image }) => autoencoder.encoder.forward(image), { count: SCATTERED });

    // Then the few labels.
    const space = await spaceOf(run, 'latent space', autoencoder, train);
    const results = await run.each('run', draws, async (run, few, index) => {
      const both = run.model();
      both.autoencoder.loadStateDict(await autoencoder.stateDict());
      const found = await trainAll(run, both, space, options, { few, train, validation, test, steps: labelledSteps, lr: labelledLr });
      if (index < runs - 1) return found;
      const tuned = await run.map('tuned latent plane', validation, ({ image }) => both.classifier.encoder.forward(image), {
        count: SCATTERED,
      });
      const planes = { 'Before any label': latent, [`After ${labels} labels`]: tuned };
      const shown = validation.fields.label.data.subarray(0, latent.length / latentSize);
      await run.figure('latent', latentFigure(planes, latentSize, shown, names));
      return found;
    });

    const ways = beginnings.map(({ name }) => name);
    const looks = results.map(({ looks }) => looks);
    await run.figure('accuracy', accuracyFigure(ways, looks, labels));
    const tested = ways.map((_, i) => results.map(({ tested }) => tested[i]));
    const gained = tested[0].map((accuracy, i) => accuracy - tested[2][i]);
    const shares = (values: readonly number[]) => figures.plusMinus(values, { shares: true });
    const rows = { ...Object.fromEntries(ways.map((name, i) => [name, tested[i]])), 'gained by pretraining': gained };
    const title = `Test accuracy with ${labels} labels${runs === 1 ? '' : `, mean ± standard deviation of ${runs} draws`}`;
    run.table('accuracy', figures.table(title, 'the classifier begins with', rows, { 'test accuracy': shares }));
    const [pretrainedAccuracy, frozenAccuracy, randomAccuracy, frozenRandomAccuracy] = tested.map((values) => spread(values).mean);
    const reconstructionError = learned.at(-1)!.validation.error;
    run.summary({
      ...{ pretrainedAccuracy, frozenAccuracy, randomAccuracy, frozenRandomAccuracy },
      ...{ gained: spread(gained).mean, reconstructionError },
    });
    run.note(
      `With ${labels} labels: ${figures.percent(pretrainedAccuracy)} from the pretrained encoder, ${figures.percent(randomAccuracy)} from a random one, ${pointsMore(spread(gained).mean)}. Encoders kept as they are: ${figures.percent(frozenAccuracy)} and ${figures.percent(frozenRandomAccuracy)}.`,
    );
  },

  interaction: {
    title: 'Draw a digit',
    help: 'See what passes through the latent space: the drawing as it comes out again, and what the classifier takes it for. Draw what is no digit, and it comes out as one.',
    inputs: { drawing: input.draw({ size: DRAWING }) },
    async open({ model, options: { pictures }, found, result }) {
      const ask = compile((image: Tensor) => [model.autoencoder.reconstruct(image), model.classifier.forward(image).softmax()]);
      const names = (await result('classes')) as readonly string[];
      const halved = (drawing: Float32Array) => avgPool2d(tensor(drawing, [1, 1, DRAWING, DRAWING]), DRAWING / SIDE).data();
      return {
        async answer({ drawing }) {
          const picture = pictures === 'digits' ? likeMnist(drawing, DRAWING) : await halved(drawing);
          const [pixels, probabilities] = await Promise.all(ask(tensor(picture, [1, 1, SIDE, SIDE])).map((tensor) => tensor.data()));
          return drawingFigure(picture, pixels, found.pretrainedAccuracy === undefined ? undefined : { probabilities, names });
        },
      };
    },
  },
});
