// An adversarial autoencoder of digits: a second network makes its codes look like draws of a prior, so that draws decode to digits.
import {
  Averages,
  compile,
  figures,
  losses,
  metrics,
  mnist,
  type nn,
  optim,
  option,
  project,
  sets,
  type Tensor,
  type TensorBatch,
  tensor,
  training,
} from '../../../index.ts';
import { explorer, planeInput } from '../../shared/latent-plane.ts';
import { card } from './card.ts';
import { type Course, interpolationFigure, latentFigure, lossFigure, samplesFigure } from './figures.ts';
import { AdversarialAutoencoder } from './model.ts';
import { likelihood, parzen } from './parzen.ts';
import { drawn, priorNames } from './priors.ts';
import { testFigure, testTable, twoSampleTest } from './two-sample.ts';

type Pictures = TensorBatch<'image' | 'label'>;

/** Codes and draws that are held against each other; codes in the scatter; samples of a row; pairs of images; images that choose a width. */
const [TESTED, SCATTERED, SAMPLES, PAIRS, CHOOSING] = [500, 2000, 10, 4, 1000];
/** How much faster the discriminator learns: it is to know where the codes are by now. */
const FASTER = 2.5;

export const aae = project({
  ...card,
  data: { digits: mnist, clothes: sets.fashionMnist },
  options: {
    pictures: option.choice('digits', ['digits', 'clothes'], 'what it learns: digits (MNIST) or clothes (Fashion-MNIST)'),
    prior: option.choice('gaussian', priorNames, 'what the codes are to be distributed like: a Gaussian, a mixture of ten, a Swiss roll'),
    latentSize: option.integer(2, 'dimensions of the codes; from the third on the prior is N(0, 1)', { min: 2, time: 'same' }),
    hidden: option.integer(512, 'width of the two hidden layers of each network', { min: 1 }),
    lambda: option.number(0.98, 'share of reconstruction in the autoencoder’s loss', { min: 0, max: 1, time: 'same' }),
    ...training({ epochs: 20, batchSize: 100, lr: 2e-3 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all); a tenth validates', { min: 0, time: 'grows' }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
    samples: option.integer(10_000, 'samples by which the likelihood of the test images is estimated', { min: 1 }),
  },
  presets: {
    quick: { hidden: 52, epochs: 14, trainImages: 10_000, testImages: 1000, samples: 1000 },
    full: { hidden: 1000, epochs: 100 },
    smallest: { hidden: 8, epochs: 2, batchSize: 20, trainImages: 50, testImages: 20, samples: 30 },
  },
  model: (options) => new AdversarialAutoencoder(options),
  inputs: () => [[1, 1, 28, 28]],
  parts: ({ epochs }) => ({ before: 0.5, training: 10 * epochs, after: 0.5, likelihood: 5 }),

  async run(run, { pictures, prior, latentSize, lambda, epochs, batchSize, lr, trainImages, testImages, samples }) {
    const { train, validation, test } = await run.data[pictures]({ limit: { train: trainImages, test: testImages }, validation: 0.1 });
    const model = run.model();
    const codes = ({ image }: Pictures) => model.encode(image);
    const decode = compile((z: Tensor) => model.expected(z));
    const images = async (z: Float32Array) => decode(tensor(z, [z.length / latentSize, latentSize])).data();
    const { surface: everywhere } = await explorer(model, latentSize, () => undefined);
    const count = Math.max(samples, SCATTERED);
    const draws = await run.stage('draws', async () => (await drawn(prior, count, latentSize).data()) as Float32Array);

    /** Whether codes can be told from the prior. */
    const told = (z: Float32Array) => twoSampleTest(z, draws.subarray(0, z.length), latentSize, run.random('permutations'));
    const before = await run.stage('before', async (run) => told(await run.map('codes', validation, codes, { count: TESTED })));

    // Reconstruction and generator share an optimiser: λ weighs them.
    const steps = epochs * Math.ceil(train.count / batchSize);
    const adam = (lr: number, ...networks: readonly nn.Module[]) =>
      new optim.Adam(
        networks.flatMap((network) => network.parameters()),
        { lr: optim.schedules.cosine(lr, steps), betas: [0.5, 0.999] },
      );
    const autoencoder = adam(lr, model.encoder, model.decoder);
    const discriminator = adam(FASTER * lr, model.discriminator);
    const update = compile(({ image }: Pictures) => {
      const losses = model.losses(image, drawn(prior, image.shape[0], latentSize));
      autoencoder.minimize(losses.reconstruction.mul(lambda).add(losses.generator.mul(1 - lambda)));
      discriminator.minimize(losses.discriminator);
      return losses;
    });
    const averages = new Averages();
    const course = run.cell<Course>([]);
    const keep = { model, autoencoder, discriminator, averages, course };
    for await (const epoch of run.epochs('training', { over: train, batchSize, epochs, keep })) {
      for await (const batch of epoch) {
        averages.add(run.log(update(batch)), batch.image.shape[0]);
      }
      const z = await run.map('latent', validation, codes, { count: SCATTERED });
      const test = told(z.subarray(0, TESTED * latentSize));
      const sheet = await images(draws.slice(0, SAMPLES * latentSize));
      const losses = await averages.take();
      course.value = [...course.value, { epoch: epoch.number, losses, test, sheet }];
      run.log({ 'validation MMD²': test.distance });
      run.note(`epoch ${epoch.number}: reconstruction ${figures.fixed(losses.reconstruction, 4)}, p = ${figures.fixed(test.p, 3)}`);
      await run.figure('latent', latentFigure(z, draws, latentSize, validation.fields.label));
      await run.figure('samples', samplesFigure(course.value));
      await run.figure('losses', lossFigure(course.value));
      const tests = [before, ...course.value.map(({ test }) => test)];
      const caption = 'Kernel two-sample test of validation images’ codes and draws.';
      await run.figure('test', testFigure(tests, { title: 'Can codes be told from the prior?', caption }));
      await run.figure('manifold', { ...(await everywhere()), title: 'The plane of codes, decoded', caption: 'From −3 to 3 both ways.' });
    }

    const { test: after } = course.value[epochs - 1];
    const unseen = told(await run.map('after', test, codes, { count: TESTED }));
    const ends = await run.map('ends', test, codes, { count: 2 * PAIRS });
    await run.figure('interpolation', await interpolationFigure(test.fields.image.data, ends, latentSize, images));
    const error = ({ image }: Pictures) => ({ reconstructionError: losses.mse(model.expected(model.encode(image)), image.squeeze(1)) });
    const reconstructed = await run.evaluate('reconstruction', test, [metrics.mean(error)]);
    const found = await run.stage('likelihood', async (run) => {
      const part = { fields: { z: { data: draws, shape: [latentSize] } }, count: samples };
      const around = tensor(await run.map('samples', part, ({ z }) => model.expected(z)), [samples, 28 * 28]);
      const density = ({ image }: Pictures) => parzen(image.reshape([-1, 28 * 28]), around);
      return likelihood(await run.map('validation', validation, density, { count: CHOOSING }), await run.map('test', test, density));
    });
    run.table('test', testTable('Codes against the prior', { 'before training': before, 'after training': after, 'test images': unseen }));
    run.summary({
      ...{ logLikelihood: found.mean, logLikelihoodError: found.error, windowWidth: found.width, ...reconstructed },
      ...{ distanceBefore: before.distance, pBefore: before.p, toldApartBefore: before.toldApart },
      ...{ distanceAfter: after.distance, pAfter: after.p, toldApartAfter: after.toldApart },
      ...{ distanceOnTest: unseen.distance, pOnTest: unseen.p },
    });
  },

  interaction: {
    title: 'Move through the plane of codes',
    help: 'Every point decodes to an image. Where the prior has no mass, between petals or arms, nobody has taught it what to draw.',
    inputs: { point: planeInput() },
    open: ({ model, options }) => explorer(model, options.latentSize, () => undefined),
  },
});
