// A variational autoencoder of digits: what it costs to describe them, what it dreams up, and the plane it lays them out on.
import { compile, figures, metrics, mnist, optim, option, project, type Tensor, tensor, training } from '../../../index.ts';
import { explorer, inPlane, planeInput, shape } from '../../shared/latent-plane.ts';
import { card } from './card.ts';
import { busiestPlane, quantised, Vae } from './model.ts';

const PIXELS = 28 * 28;
/** Images in the figures. */
const [SAMPLES, MANIFOLD, RECONSTRUCTIONS, SCATTERED] = [36, 20, 10, 2000];

export const vae = project({
  ...card,
  data: { digits: mnist },
  options: {
    latentSize: option.integer(2, 'dimensions of the latent space', { min: 2, time: 'same' }),
    filters: option.integer(32, 'channels of the outer convolutions; the inner ones have twice as many', { min: 1 }),
    bits: option.integer(4, 'bits of a pixel: 4 make 16 grey levels, 1 makes black and white', { min: 1, max: 8, time: 'same' }),
    ...training({ epochs: 10, batchSize: 128, lr: 1e-3 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: { filters: 8, epochs: 5, batchSize: 16, lr: 4e-3, trainImages: 5000, testImages: 1000 },
    full: { latentSize: 20, epochs: 80 },
    smallest: { filters: 2, epochs: 2, batchSize: 20, trainImages: 50, testImages: 20 },
  },
  model: (options) => new Vae(options),
  inputs: () => [tensor(new Uint32Array(PIXELS), [1, 28, 28])],
  parts: ({ epochs }) => ({ training: 10 * epochs, test: 1 }),

  async run(run, { latentSize, bits, epochs, batchSize, lr, trainImages, testImages }) {
    const limit = { train: trainImages, test: testImages };
    const { train, validation, test } = await run.data.digits({ limit, validation: 0.1, map: { image: quantised(bits) } });
    const model = run.model();

    /** −ELBO of a batch in bits per dimension, and its two parts. */
    const bound = (levels: Tensor) => {
      const [nats, divergence] = model.forward(levels);
      const inBits = (x: Tensor) => x.mean().mul(1 / (PIXELS * Math.LN2));
      const [reconstruction, kl] = [inBits(nats), inBits(divergence.sum(1))];
      return { loss: reconstruction.add(kl), reconstruction, kl };
    };
    type Images = { readonly image: Tensor };
    const measured = [
      metrics.mean(({ image }: Images) => bound(image)),
      metrics.means(({ image }: Images) => ({ dimensions: model.divergence(image).mean(0) })),
    ];

    const expected = compile((z: Tensor) => model.expected(z));
    const drawn = compile((z: Tensor) => model.drawn(z));
    const sheet = async (images: Tensor, gap = 2) => figures.tiles(await images.data(), { ...shape, gap });
    const at = (z: Float32Array) => tensor(z, [z.length / latentSize, latentSize]);
    const random = run.random();
    const prior = at(Float32Array.from({ length: SAMPLES * latentSize }, () => random.normal()));

    const results = await run.fit('training', {
      ...{ model, train, validation, batchSize, epochs, metrics: measured },
      optimizer: new optim.Adam(model.parameters(), { lr }),
      loss: ({ image }) => bound(image),
      async afterEpoch(results) {
        const { epoch, validation: found } = results.at(-1)!;
        const plane = busiestPlane(found.dimensions);
        const [x, y] = plane.map((dimension) => `z${dimension + 1}`);
        const after = `after ${epoch} epoch${epoch === 1 ? '' : 's'}`;
        const panels = { '−ELBO': 'loss', Reconstruction: 'reconstruction', 'KL divergence': 'kl' };
        const curve = figures.history(results, panels, {
          ...{ title: 'The bound on the negative log-likelihood', y: 'bits per dimension' },
          caption: `Before training: ${results[0].validation.loss.toFixed(2)} bits per dimension. Training: mean of the steps of an epoch; validation: after it.`,
        });
        await run.figure('curve', curve);

        const samples = { 'Expected intensity': await sheet(expected(prior)), Drawn: await sheet(drawn(prior)) };
        const ofSamples = 'z ~ N(0, I), the same points after every epoch; right: each pixel drawn from its distribution.';
        await run.figure('samples', figures.images(samples, { title: `Samples ${after}`, caption: ofSamples }));

        const cells = at(inPlane(figures.normalGrid(MANIFOLD), plane, latentSize));
        const others = latentSize > 2 ? ` All other ${latentSize - 2} dimensions are 0; these two have the largest KL divergence.` : '';
        const ofCells = `Expected intensity at ${MANIFOLD}×${MANIFOLD} points, the middles of cells of equal probability under N(0, I): ${x} grows to the right, ${y} upwards.${others}`;
        await run.figure('manifold', figures.images(await sheet(expected(cells), 0), { title: `The manifold ${after}`, caption: ofCells }));

        const means = await run.map('latent plane', validation, ({ image }) => model.encode(image).mean, { count: SCATTERED });
        const points = Array.from({ length: means.length / latentSize }, (_, i) => plane.map((d) => means[i * latentSize + d]));
        const latent = figures.scatter(points.flat(), validation.fields.label.data.subarray(0, points.length), {
          ...{ title: `Where the digits lie ${after}`, axes: [`mean of ${x}`, `mean of ${y}`] },
          caption: `Means of q(z | x) for ${points.length} validation images. The digits' labels were not used in training.`,
        });
        await run.figure('latent', latent);

        const originals = validation.fields.image.data.subarray(0, RECONSTRUCTIONS * PIXELS);
        const rebuilt = await expected(at(means.slice(0, RECONSTRUCTIONS * latentSize))).data();
        const rows = {
          'Validation images': figures.pictures(originals, { ...shape, range: [0, 2 ** bits - 1] }),
          'Expected intensity, from the mean of q(z | x)': figures.pictures(rebuilt, shape),
        };
        await run.figure('reconstruction', figures.images(rows, { title: `Reconstructions ${after}`, columns: RECONSTRUCTIONS }));
        run.summary({ plane: plane.join() });
        run.note(`epoch ${epoch}: ${found.loss.toFixed(4)} bits per dimension on the validation images`);
      },
    });

    const last = results.at(-1)!;
    const tested = await run.evaluate('test', test, measured);
    const rows = { 'training, mean of the last epoch': last.training, validation: last.validation, test: tested };
    const shown = (name: keyof typeof last.training) => (found: typeof last.training) => figures.fixed(found[name], 4);
    const columns = { '−ELBO': shown('loss'), reconstruction: shown('reconstruction'), KL: shown('kl') };
    run.table('bits', figures.table('Bits per dimension', 'images', rows, columns));
    run.summary({
      testBits: tested.loss,
      testReconstruction: tested.reconstruction,
      testKl: tested.kl,
      validationBits: last.validation.loss,
      bitsAtStart: results[0].validation.loss,
    });
  },

  interaction: {
    title: 'Move through the latent plane',
    help: 'Every point decodes to an image; the plane shows some of them. Move slowly, and watch one digit turn into another.',
    inputs: { point: planeInput() },
    open: (trained) => explorer(trained.model, trained.options.latentSize, () => trained.found.plane),
  },
});
