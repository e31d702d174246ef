// A tour of the data sets: what is in them, how a loader hands it out, and what its order and its normalisation are worth.
import {
  compile,
  figures,
  fitImage,
  input,
  namesIn,
  option,
  type Parts,
  type Picture,
  project,
  sets,
  type Tensor,
  tensor,
  training,
  transforms,
  type Use,
} from '../../../index.ts';
import { card } from './card.ts';
import { COLUMNS, changes, classCounts, countsFigure, described, picturesIn, sheetFigure, statisticsIn, textsIn } from './look.ts';
import { imagesPerSecond, trained, ways } from './measures.ts';

/** Numbers of threads that prepare batches, to compare. */
const THREADS = [0, 1, 2];
/** Pictures of a contact sheet, texts that are shown, samples of each set in the page, how wide and high those are, and pictures of an answer. */
const [SHEET, TEXTS, OFFERED, SIDE, DRAWN] = [24, 5, 6, 64, 8];
const names = Object.keys(sets) as (keyof typeof sets)[];
const size = { width: SIDE, height: SIDE, channels: 3 } as const;

/** What a set leaves the page to choose from: bytes [n, 3, SIDE, SIDE], and what they are called. */
type Samples = { readonly pixels: Uint8Array; readonly captions: readonly string[] };

/** Bytes [3, SIDE, SIDE] of a picture of any size. */
const fitted = ({ pixels, width, height, channels }: Picture) =>
  fitImage({ width, height, channels, data: Uint8Array.from(pixels, (value) => Math.round(255 * value)) }, size);

export const datasetTour = project({
  ...card,
  data: sets,
  options: {
    sets: option.text('mnist, fashionMnist, cifar10', 'which sets, as tilegrad data list knows them; or all'),
    samples: option.integer(2000, 'look at the first so many samples of each part only (0: all)', { min: 0 }),
    timed: option.integer(4000, 'pictures that a loader is timed on', { min: 1 }),
    ...training({ epochs: 4, batchSize: 50, lr: 0.03 }),
    trainImages: option.integer(6000, 'digits that the small training has (0: all)', { min: 0, time: 'grows' }),
  },
  presets: {
    quick: { timed: 2000 },
    full: { sets: 'all', samples: 0, trainImages: 0 },
    smallest: { sets: 'fashionMnist, imdb', samples: 30, timed: 20, epochs: 2, batchSize: 10, trainImages: 40 },
  },
  parts: () => ({ set: 3, speed: 2, training: 5 }),

  async run(run, { sets: wanted, samples, timed, epochs, batchSize, lr, trainImages }) {
    const chosen = namesIn('sets', wanted, names) as typeof names;
    const limit = Object.fromEntries(['train', 'validation', 'test', 'nodes', 'edges', 'houses', 'words'].map((part) => [part, samples]));

    // Set by set: what is in it.
    const stops = await run.each('set', chosen, async (run, name) => {
      const parts = Object.entries(await (run.data[name] as (use: Use) => Promise<Parts>)({ limit }));
      const [[, first]] = parts;
      const [pictures, counts] = [picturesIn(first, SHEET), classCounts(first)];
      if (pictures.length > 0) await run.figure(`sheet-${name}`, sheetFigure(name, pictures));
      if (counts) await run.figure(`classes-${name}`, countsFigure(`Classes of ${name}, ${parts[0][0]}`, counts));
      const texts = Object.fromEntries(textsIn(first, TEXTS).map((text, i) => [String(i + 1), text]));
      if (first.fields.text) run.table(`texts-${name}`, figures.table(name, 'text', texts, { 'begins with': (text) => text }));
      const few = pictures.slice(0, OFFERED);
      return {
        rows: Object.fromEntries(parts.map(([part, samples]) => [`${name}, ${part}`, described(samples)])),
        pixels: Uint8Array.from(few.flatMap((one) => [...fitted(one)])),
        captions: few.map(({ caption }, i) => `${name}: ${caption ?? i + 1}`),
      };
    });
    const rows = Object.assign({}, ...stops.map(({ rows }) => rows)) as Record<string, readonly string[]>;
    const columns = Object.fromEntries(COLUMNS.map((name, i) => [name, (row: readonly string[]) => row[i]]));
    run.table('sets', figures.table('What is in the sets', 'set and part', rows, columns));

    // How fast a loader is: by the clock, so that no two runs find the same. It stands in a figure and a file, not among the results.
    const { train, test } = await run.data.mnist({ limit: { train: trainImages, test: trainImages } });
    await run.stage('speed', async (run) => {
      const speeds: number[] = [];
      for (const count of THREADS) speeds.push(await imagesPerSecond(train, count, timed));
      const axes = { x: 'threads beside the caller’s', y: { label: 'digits a second, by the clock', min: 0 } };
      await run.figure('speed', figures.bars(THREADS.map(String), { digits: speeds }, { ...axes, title: 'How fast batches come' }));
      await run.file('speed.json', new TextEncoder().encode(JSON.stringify({ threads: THREADS, picturesPerSecond: speeds })));
      run.note(THREADS.map((count, i) => `${count} workers: ${Math.round(speeds[i])} digits a second`).join('; '));
    });

    // What order and normalisation are worth.
    const lesson = { train, test, statistics: statisticsIn(train.fields.image), epochs, batchSize, lr };
    const accuracies = await run.each('training', ways, (run, way) => trained(run, way, lesson));
    const lines = Object.fromEntries(ways.map(({ name }, i) => [name, accuracies[i]]));
    const words = { title: 'The same training, four times', caption: 'One hidden layer, plain gradient descent.' };
    await run.figure('order', figures.curves(lines, { ...words, x: 'epoch', y: 'test accuracy (%)', from: 0 }));
    run.table('order', figures.table('Test accuracy', 'samples come', lines, { accuracy: (values) => figures.percent(values[epochs]) }));
    const [accuracy, accuracyRaw, accuracyByClass, accuracyByClassRaw] = accuracies.map((values) => values[epochs]);
    run.summary({ accuracy, accuracyRaw, accuracyByClass, accuracyByClassRaw, mean: lesson.statistics.mean[0] });
  },

  interaction: {
    title: 'See transforms live',
    help: 'Take a sample of a set, or a picture of your own, and see what a transform makes of it, eight times by chance.',
    inputs: {
      picture: input.picture(size),
      transform: input.choice({ choices: Object.keys(changes) as (keyof typeof changes)[] }),
      strength: input.number({ min: 0, max: 1, start: 0.5, step: 0.05 }),
    },
    async open({ result }) {
      const found = ((await result('set')) ?? []) as readonly Samples[];
      const samples = found.flatMap(({ pixels, captions }) => figures.pictures(pixels, { ...size, range: [0, 255], captions }));
      return {
        ...(samples.length > 0 && { offers: { picture: { samples } } }),
        async answer({ picture, transform, strength }) {
          const change = compile((image: Tensor) => transforms.onBatch([changes[transform](strength, SIDE)], { image }).image);
          const copies = Float32Array.from({ length: DRAWN * 3 * SIDE ** 2 }, (_, i) => picture.values[i % picture.values.length]);
          const values = await change(tensor(copies, [DRAWN, 3, SIDE, SIDE])).data();
          const [given, changed] = [picture.values, values].map((all) => figures.pictures(all, size));
          return figures.images({ 'As it is': given, [`After ${transform}`]: changed }, { columns: DRAWN });
        },
      };
    },
  },
});
