// What each pixel of a photograph belongs to, told by an encoder with published weights, or one that is trained here, and a decoder.
import {
  compile,
  figures,
  input,
  metrics,
  optim,
  option,
  project,
  sets,
  type Tensor,
  TilegradError,
  tensor,
  training,
} from '../../../index.ts';
import { picturesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import {
  accuracyOf,
  byClass,
  everyFourth,
  labels,
  named,
  type OfClass,
  pixelLoss,
  type Scenes,
  sharesOf,
  VOID,
  varied,
} from './classes.ts';
import { classesFigure, confusionFigure, overlayFigure } from './figures.ts';
import { CLASSES, Segmenter, SIDE } from './model.ts';

/** The course's, pixels of the test pictures that are called what they are. */
const BAR = 0.64;
/** Pictures that an encoder, or a measure of all pixels, gets at once; those in the figure; drawn ones that the page offers. */
const [AT_ONCE, SHOWN, OFFERED] = [8, 6, 6];

export const semanticSegmentation = project({
  ...card,
  data: { scenes: sets.msrc },
  options: {
    encoder: option.choice(
      'pretrained',
      ['pretrained', 'mobilenet', 'small'],
      'MobileNetV2 with published weights that are kept, the same trained here from random ones, or five convolutions trained here',
    ),
    width: option.integer(16, 'channels that a small encoder begins with', { min: 1 }),
    decoder: option.integer(64, 'channels of the decoder', { min: 1 }),
    dropout: option.number(0.2, 'share of these that is dropped before the last layer', { min: 0, max: 0.95, time: 'same' }),
    variation: option.number(
      0.5,
      'how far pictures are enlarged, moved and lit in training, half of them mirrored (0: as they are); of a kept encoder’s maps the mirror alone',
      {
        min: 0,
        max: 2,
        time: 'same',
      },
    ),
    ...training({ epochs: 15, batchSize: 16, lr: 3e-3 }),
    trainImages: option.integer(0, 'use only the first so many training pictures (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testImages: option.integer(0, 'use only the first so many test pictures (0: all)', { min: 0 }),
  },
  presets: {
    quick: { encoder: 'small', width: 8, decoder: 16, epochs: 4, batchSize: 4, lr: 6e-3, trainImages: 100, testImages: 40 },
    full: { decoder: 128, epochs: 60 },
    smallest: { encoder: 'small', width: 1, decoder: 2, epochs: 2, batchSize: 2, trainImages: 5, testImages: 1 },
  },
  model: (options) => new Segmenter(options),
  inputs: () => [[1, 3, SIDE, SIDE]],
  parts: ({ encoder }) => ({ ...(encoder === 'pretrained' && { maps: 5 }), training: 10, test: 0.5, overlays: 0.1 }),

  async run(run, { encoder, variation, epochs, batchSize, lr, trainImages, testImages }) {
    const limit = { train: trainImages, test: testImages };
    const pictures = await run.data.scenes({ limit, validation: 0.1 });
    const { names: all = [] } = pictures.train.fields.mask;
    const names = all.slice(1);
    if (names.length > CLASSES)
      throw new TilegradError(
        `semantic-segmentation: expected void and at most ${CLASSES} classes, got ${names.length}: ${names.join(', ')}`,
      );
    await run.stage('names', async () => names);
    const model = run.model();

    // What an encoder that nobody trains makes of the pictures is asked once, and stands in their place.
    const weights = encoder === 'pretrained' ? await run.weights('mobilenetv2-imagenet-features') : undefined;
    let parts = pictures;
    if (weights) {
      const withoutLast = (name: string) => (name.startsWith('18.') ? undefined : name);
      model.encoder.loadStateDict(weights, { prefix: 'features.', rename: withoutLast });
      model.encoder.requiresGrad(false);
      model.eval();
      const of = ({ image }: Scenes) => model.encode(image);
      const { train, validation, test } = pictures;
      const maps = await run.stage('maps', async (run) => ({
        train: await run.map('training pictures', train, of, { batchSize: AT_ONCE }),
        validation: await run.map('validation pictures', validation, of, { batchSize: AT_ONCE }),
        test: await run.map('test pictures', test, of, { batchSize: AT_ONCE }),
      }));
      const instead = ({ fields, count }: typeof train, data: Float32Array) => ({
        fields: { ...fields, image: { data, shape: [data.length / count] } },
        count,
      });
      parts = { train: instead(train, maps.train), validation: instead(validation, maps.validation), test: instead(test, maps.test) };
    } else run.note('The encoder is trained here, from random weights.');

    const { train, validation, test } = parts;
    const logits = ({ image }: Scenes) => named(model.forward(image), names);
    const label = ({ mask }: Scenes) => labels(mask);
    const ignoreIndex = VOID;
    const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    await run.fit('training', {
      ...{ model, train, validation, batchSize, epochs },
      optimizer: new optim.AdamW(trained, { lr: optim.schedules.cosine(lr, epochs * Math.ceil(train.count / batchSize)) }),
      loss(scenes) {
        const { image, mask, mirror } = { mirror: undefined, ...varied(scenes, variation) };
        return pixelLoss(model.forward(image, mirror), mask);
      },
      // As they are, none of them varied.
      metrics: [
        metrics.mean(({ image, mask }: Scenes) => ({ loss: pixelLoss(model.forward(image), mask) })),
        metrics.accuracy(
          ({ image }: Scenes) => everyFourth.logits(model.forward(image)),
          ({ mask }: Scenes) => everyFourth.labels(mask),
          { ignoreIndex },
        ),
      ],
      best: { metric: 'accuracy', mode: 'max' },
      async afterEpoch(results) {
        const course = {
          Loss: { metric: 'loss', y: { label: 'mean cross-entropy of the pixels', min: 0 } },
          'Pixel accuracy': {
            metric: 'accuracy',
            y: { label: 'validation pixels (%)', min: 0, max: 1 },
            lines: { 'the course’s bar': figures.dashed([0, BAR], [results.length - 1, BAR]) },
          },
        };
        await run.figure('training', figures.history(results, course, { title: 'The network in training' }));
      },
    });

    const counted = [metrics.accuracy(logits, label, { ignoreIndex }), metrics.confusion(logits, label, { ignoreIndex })] as const;
    const { accuracy, confusion } = await run.evaluate('test', test, counted, { batchSize: AT_ONCE });
    const classes = byClass(confusion);
    const there = classes.filter(({ pixels }) => pixels > 0);
    const mean = (of: (one: OfClass) => number) => there.reduce((sum, one) => sum + of(one), 0) / there.length;
    const [meanIou, meanRecognised] = [mean(({ iou }) => iou), mean(({ recognised }) => recognised)];
    const commonest = Math.max(...classes.map(({ pixels }) => pixels));

    const said = await run.map('overlays', test, (scenes) => logits(scenes).argMax(1).cast('f32'), { batchSize: AT_ONCE });
    const { image, mask } = pictures.test.fields;
    const of = (values: ArrayLike<number>, n: number) => Array.from({ length: SIDE ** 2 }, (_, p) => values[n * SIDE ** 2 + p]);
    const right = Array.from({ length: test.count }, (_, n) => accuracyOf(of(said, n), of(mask.data, n)));
    const order = [...right.keys()].sort((a, b) => right[b] - right[a]);
    const count = Math.min(SHOWN, order.length);
    const chosen = Array.from({ length: count }, (_, i) => order[Math.round((i * (order.length - 1)) / Math.max(1, count - 1))]);
    const joined = (one: (n: number) => number[]) => chosen.flatMap(one);
    await run.figure(
      'overlays',
      overlayFigure(
        picturesOf(
          image,
          chosen,
          chosen.map((n) => `${figures.percent(right[n])} right`),
        ),
        { truth: joined((n) => of(mask.data, n)).map((value) => value - 1), prediction: joined((n) => of(said, n)) },
        names,
        {
          title: 'From the best picture to the worst',
          caption: 'Test pictures, evenly by their share of pixels called right. Void shows the picture as it is.',
        },
      ),
    );
    await run.figure('classes', classesFigure(classes, names));
    await run.figure('confusion', confusionFigure(confusion, classes, names));
    const rows = Object.fromEntries(names.map((name, c) => [name, classes[c]]));
    run.table(
      'classes',
      figures.table(`Pixels of ${test.count} test pictures, void apart`, 'class', rows, {
        'share of pixels': ({ pixels }) => figures.percent(pixels),
        recognised: ({ recognised }) => figures.percent(recognised),
        'intersection over union': ({ iou }) => figures.percent(iou),
        'taken most often for': ({ mistaken }) => (mistaken === undefined ? '' : names[mistaken]),
      }),
    );
    run.summary({
      ...{ pixelAccuracy: accuracy, meanIou, meanClassAccuracy: meanRecognised, commonestClass: commonest },
      ...{
        classesThere: there.length,
        parameters: model.parameterCount,
        trainedParameters: trained.reduce((sum, { size }) => sum + size, 0),
      },
    });
    run.note(
      `${figures.percent(accuracy)} of the test pixels are called right (the course asks for ${figures.percent(BAR)}; all called by the commonest class: ${figures.percent(commonest)}), mean IoU ${figures.percent(meanIou)}.`,
    );
  },

  interaction: {
    title: 'Show it a picture',
    help: 'Drop a photograph: grass, sky, cows, cars, faces, books … Drawn scenes are there to try; a network that has seen photographs alone has no names for what is in them.',
    inputs: { picture: input.picture({ width: SIDE, height: SIDE, channels: 3 }) },
    async open({ model, result }) {
      const names = (await result('names')) as readonly string[];
      model.eval();
      const ask = compile((picture: Tensor) => named(model.forward(picture), names).argMax(1).cast('f32'));
      const drawn = await (await sets.msrc()).synthetic.make(2, { train: 1, test: OFFERED });
      const samples = picturesOf(
        drawn.test.fields.image,
        [...Array(OFFERED).keys()],
        Array.from({ length: OFFERED }, (_, i) => `drawn, ${i + 1}`),
      );
      return {
        offers: { picture: { samples } },
        async answer({ picture: { values } }) {
          const said = await ask(tensor(values, [1, 3, SIDE, SIDE])).data();
          const shown = figures.pictures(values, { width: SIDE, height: SIDE, channels: 3 });
          return overlayFigure(shown, { 'what it sees': said }, names, {
            title: 'What each pixel belongs to',
            caption: sharesOf(said, names),
          });
        },
      };
    },
  },
});
