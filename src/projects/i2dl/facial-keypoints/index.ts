// Fifteen points of a face, told from its pixels by a convolutional network.
import { compile, figures, input, metrics, optim, option, project, sets, type Tensor, tensor, training } from '../../../index.ts';
import { card } from './card.ts';
import { errorsFigure, facesFigure, marksOf } from './figures.ts';
import { KeypointNet, SIDE } from './model.ts';
import { errorsOf, type Faces, mean, meanFace, names, scoreOf, squaredError, varied } from './points.ts';

/** Drawn faces that the page offers. */
const OFFERED = 6;
/** The course's. */
const BAR = 100;

export const facialKeypoints = project({
  ...card,
  data: { faces: sets.facialKeypoints },
  options: {
    width: option.integer(16, 'channels of the first convolution; each of the next three has twice as many', { min: 1 }),
    hidden: option.integer(128, 'units between the convolutions and the points', { min: 1 }),
    dropout: option.number(0.1, 'share of these that is dropped in training', { min: 0, max: 0.95, time: 'same' }),
    variation: option.number(0.5, 'how far faces are turned, moved, scaled and lit in training, half of them mirrored (0: as they are)', {
      min: 0,
      max: 3,
      time: 'same',
    }),
    ...training({ epochs: 20, batchSize: 32, lr: 3e-3 }),
    trainFaces: option.integer(0, 'use only the first so many training faces (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testFaces: option.integer(0, 'use only the first so many test faces (0: all)', { min: 0 }),
  },
  presets: {
    quick: { width: 8, hidden: 32, epochs: 3, batchSize: 36, trainFaces: 800, testFaces: 200 },
    full: { width: 32, hidden: 256, variation: 1, epochs: 200, batchSize: 64 },
    smallest: { width: 1, hidden: 4, variation: 0, epochs: 2, batchSize: 4, trainFaces: 9, testFaces: 3 },
  },
  model: (options) => new KeypointNet(options),
  inputs: () => [[1, 1, SIDE, SIDE]],
  parts: () => ({ training: 10, test: 0.1 }),

  async run(run, { variation, epochs, batchSize, lr, trainFaces, testFaces }) {
    const { train, validation, test } = await run.data.faces({ limit: { train: trainFaces, test: testFaces }, validation: 0.1 });
    const model = run.model();
    const face = meanFace(train.fields.points.data, train.fields.known.data);
    model.startFrom(face);
    const predict = ({ image }: Pick<Faces, 'image'>) => model.forward(image);
    const steps = epochs * Math.ceil(train.count / batchSize);
    await run.fit('training', {
      ...{ model, train, validation, batchSize, epochs },
      optimizer: new optim.AdamW(model.parameters(), { lr: optim.schedules.cosine(lr, steps) }),
      loss(faces) {
        const seen = varied(faces, variation);
        return squaredError(predict(seen), seen);
      },
      // As they are, none of them varied.
      metrics: [metrics.mean((faces: Faces) => ({ loss: squaredError(predict(faces), faces) }))],
      best: { metric: 'loss' },
      async afterEpoch(results) {
        const bar = figures.dashed([1, 1 / (2 * BAR)], [results.length - 1, 1 / (2 * BAR)]);
        const panel = { metric: 'loss', y: { label: 'mean squared error', log: true }, lines: { [`a score of ${BAR}`]: bar } };
        const caption = 'Training faces are varied and units dropped; those for validation are as they are.';
        await run.figure('training', figures.history(results, { Loss: panel }, { title: 'The network in training', caption }));
      },
    });

    const predicted = await run.map('test', test, predict);
    const { image, points, known } = test.fields;
    const errors = errorsOf(predicted, points.data, known.data);
    const unseen = Array.from(predicted, (_, i) => face[i % face.length]);
    const blind = errorsOf(unseen, points.data, known.data);
    await run.figure('faces', facesFigure(image.data, points.data, predicted, known.data, errors));
    await run.figure('errors', errorsFigure(errors, blind));
    const column = (values: readonly number[]) => (point: number) => figures.fixed(values[point]);
    const rows = Object.fromEntries(names.map((name, point) => [name, point]));
    const columns = { 'the network': column(errors.byPoint), 'the mean face': column(blind.byPoint) };
    run.table('points', figures.table('Mean distance on the test faces, in pixels', 'point', rows, columns));
    const [score, meanFaceScore] = [errors, blind].map(({ squared }) => scoreOf(squared));
    const [meanSquaredError, meanPixels] = [mean(errors.squared), mean(errors.byFace)];
    run.summary({ score, meanFaceScore, meanSquaredError, meanPixels, parameters: model.parameterCount });
    const bar = `the course asks for ${BAR}; the mean face has ${figures.fixed(meanFaceScore, 1)}`;
    run.note(`Score ${figures.fixed(score, 1)} (${bar}): points are ${figures.fixed(meanPixels, 1)} of ${SIDE} pixels off on average.`);
  },

  interaction: {
    title: 'Show it a face',
    help: 'Drop or photograph one: the head large in the picture, brows to chin. Drawn ones are there to try; a network that has seen photographs alone is some pixels off on them.',
    inputs: { face: input.picture({ width: SIDE, height: SIDE, channels: 1 }) },
    async open({ model }) {
      const ask = compile((face: Tensor) => model.forward(face));
      const drawn = await (await sets.facialKeypoints()).synthetic.make(2, { train: 1, test: OFFERED });
      const shape = { width: SIDE, height: SIDE };
      const captions = Array.from({ length: OFFERED }, (_, i) => `drawn, ${i + 1}`);
      return {
        offers: { face: { samples: figures.pictures(drawn.test.fields.image.data, { ...shape, range: [0, 255], captions }) } },
        async answer({ face: { values } }) {
          const points = await ask(tensor(values, [1, 1, SIDE, SIDE])).data();
          return figures.points(figures.pictures(values, shape), { 'what it sees': marksOf(points) }, { title: 'Fifteen points' });
        },
      };
    },
  },
});
