// Photographs of cotton on a plane: a network that names what it sees and, by triplets, lays like beside like.
import {
  compile,
  concat,
  figures,
  InputError,
  input,
  losses,
  metrics,
  optim,
  option,
  type Part,
  project,
  sets,
  type Tensor,
  type TensorBatch,
  TilegradError,
  taken,
  tensor,
  training,
} from '../../../index.ts';
import { card } from './card.ts';
import { type Course, courseFigure, type Known, placesFigure, tripletFigure, waysFigure } from './figures.ts';
import { distance, type Layout, layoutOf } from './measures.ts';
import { tripletLoss, type Way, ways } from './mining.ts';
import { classes, Plants } from './model.ts';

type Images = Part<'image' | 'label'>;
type Seen = TensorBatch<'image' | 'label'>;
type ByWay<T> = Readonly<Record<Way, T>>;

const SIDE = 96;
/** Pictures whose features are made at once; those in the figure; those that the page offers. */
const [AT_ONCE, MARKS, OFFERED] = [16, 48, 24];

const byWay = <T>(of: (way: Way, i: number) => T) => Object.fromEntries(ways.map((way, i) => [way, of(way, i)])) as ByWay<T>;
/** Points in the planes of all ways, [n, 2 · ways], as those of each, [n, 2]. */
const planesOf = (rows: Float32Array) => byWay((_, own) => rows.filter((_, k) => Math.floor((k % (2 * ways.length)) / 2) === own));
const joined = (model: Plants, x: Tensor) => concat(model.forward(x).slice(1), 1);

/** What the page shows to choose from: bytes [n, 3, 96, 96], and what a body that is kept as it is makes of them. */
interface Samples extends Known {
  readonly pictures: Uint8Array;
  readonly features?: Float32Array;
}

const picturesOf = (bytes: Uint8Array, captions: readonly string[] = []) =>
  figures.pictures(bytes, { width: SIDE, height: SIDE, channels: 3, range: [0, 255], captions });

export const cottonTriplet = project({
  ...card,
  data: { leaves: sets.cottonLeaf, diseases: sets.cottonDisease },
  options: {
    plants: option.choice('leaves', ['leaves', 'diseases'], 'fresh and diseased leaves and plants (4 classes), or diseases (6)'),
    network: option.choice('mobilenetv2', ['mobilenetv2', 'resnet18', 'small'], 'the body: published and kept, or trained here'),
    width: option.integer(16, 'channels that a ResNet-18 or a small network begins with', { min: 1 }),
    hidden: option.integer(64, 'width of the heads into the plane; the other head is four times as wide', { min: 1 }),
    margin: option.number(1, 'α: by how much a negative is to be farther than a positive', { min: 0, time: 'same' }),
    group: option.integer(8, 'pictures of a batch among which a triplet is looked for', { min: 3, time: 'same' }),
    ...training({ epochs: 30, batchSize: 128, lr: 1e-3 }),
    trainImages: option.integer(0, 'use only the first so many training pictures (0: all)', { min: 0, time: 'grows' }),
    testImages: option.integer(0, 'use only the first so many test pictures (0: all)', { min: 0 }),
  },
  presets: {
    quick: { network: 'small', trainImages: 800, testImages: 200, epochs: 10, batchSize: 32, lr: 3e-3 },
    full: { network: 'resnet18', width: 64, epochs: 60 },
    smallest: { network: 'small', width: 2, hidden: 4, trainImages: 36, testImages: 18, epochs: 2, batchSize: 18 },
  },
  model: (options) => new Plants(options),
  inputs: () => [[1, 3, SIDE, SIDE]],
  parts: ({ network }) => ({ ...(network === 'mobilenetv2' && { features: 20 }), before: 0.1, training: 5, after: 0.1, classes: 0.1 }),

  async run(run, { plants, network, margin, group, epochs, batchSize, lr, trainImages, testImages }) {
    const { train, test } = await run.data[plants]({ limit: { train: trainImages, test: testImages } });
    const { names: folders = [], data: labels } = test.fields.label;
    const names = folders.map((name) => name.replaceAll('_', ' '));
    const count = classes[plants];
    if (names.length !== count)
      throw new TilegradError(`cotton-triplet: expected ${count} classes, a folder each, got ${names.length}: ${names.join(', ')}`);
    const model = run.model();
    model.eval();

    // What a body makes of the pictures that nobody trains is asked once, and stands in their place.
    const published = network === 'mobilenetv2' ? await run.weights('mobilenetv2-imagenet-features') : undefined;
    let [learned, tested]: readonly Images[] = [train, test];
    if (published) {
      model.body.loadStateDict(published, { prefix: 'features.' });
      model.body.requiresGrad(false);
      const of = ({ image }: Seen) => model.features(image);
      const features = await run.stage('features', async (run) => [
        await run.map('training pictures', train, of, { batchSize: AT_ONCE }),
        await run.map('test pictures', test, of, { batchSize: AT_ONCE }),
      ]);
      [learned, tested] = [train, test].map(({ fields, count }, i) => {
        return { fields: { ...fields, image: { data: features[i], shape: [features[i].length / count] } }, count };
      });
    } else run.note('The body is trained here, from random weights.');
    await run.stage('samples', async (): Promise<Samples> => {
      const few = taken(
        test,
        Uint32Array.from({ length: Math.min(OFFERED, test.count) }, (_, i) => i),
      );
      const [pictures, own] = [few.fields.image.data as Uint8Array, Array.from(few.fields.label.data)];
      const features = tested.fields.image.data.slice(0, own.length * tested.fields.image.shape[0]) as Float32Array;
      return { pictures, labels: own, names, ...(published && { features }) };
    });

    const points = ({ image }: Seen) => joined(model, image);
    const layouts = (rows: Float32Array) => {
      const planes = planesOf(rows);
      return byWay((way) => layoutOf(planes[way], labels, margin));
    };
    const before = layouts(await run.stage('before', (run) => run.map('test pictures', tested, points))).hard;

    // A body that is trained learns from the classes and from the triplets of all heads.
    const course = run.cell<Course>([]);
    const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    await run.fit('training', {
      ...{ model, train: learned, batchSize, epochs, keep: { course } },
      optimizer: new optim.AdamW(trained, { lr: optim.schedules.cosine(lr, epochs * Math.ceil(train.count / batchSize)) }),
      loss({ image, label }) {
        const [logits, ...points] = model.forward(image);
        const each = ways.map((way, i) => tripletLoss(points[i], label, way, { margin, group }));
        const loss = each.reduce((sum, one) => sum.add(one), losses.crossEntropy(logits, label));
        return { loss, ...Object.fromEntries(ways.map((way, i) => [`triplet loss, ${way}`, each[i]])) };
      },
      async afterEpoch(results) {
        const { epoch, training } = results.at(-1)!;
        const lost: Readonly<Record<string, number>> = training;
        model.eval();
        const now = layouts(await run.map('test pictures', tested, points));
        const fresh = ways.filter((way) => now[way].collapsed && !course.value.at(-1)?.[way].collapsed);
        for (const way of fresh) run.note(`epoch ${epoch}: by ${way} triplets all points lie in one`);
        const { silhouette, violated } = now.hard;
        run.note(`epoch ${epoch}: silhouette ${figures.fixed(silhouette)}, ${figures.percent(violated)} of the triplets violated`);
        const measured = byWay((way) => {
          const { points: _, ...measures } = now[way];
          return { ...measures, loss: lost[`triplet loss, ${way}`] };
        });
        course.value = [...course.value, measured];
        run.log(Object.fromEntries(ways.map((way) => [`silhouette, ${way}`, now[way].silhouette])));
        run.log(Object.fromEntries(ways.map((way) => [`violated triplets, ${way}`, now[way].violated])));
        await run.glimpse('ways', () => waysFigure(now, { labels, names }));
      },
    });

    const after = layouts(await run.map('after', tested, points));
    const [logits, label] = [({ image }: Seen) => model.forward(image)[0], ({ label }: Seen) => label];
    const both = [metrics.accuracy(logits, label), metrics.confusion(logits, label)] as const;
    const { accuracy, confusion } = await run.evaluate('classes', tested, both);
    const pictures = picturesOf(test.fields.image.data.subarray(0, MARKS * 3 * SIDE ** 2) as Uint8Array);
    const planes = { 'Before training': before, 'After, by hard triplets': after.hard };
    await run.figure('places', placesFigure(planes, pictures, { labels, names }));
    await run.figure('ways', waysFigure(after, { labels, names }));
    await run.figure('course', courseFigure(course.value, margin));
    const said = `The other head names ${figures.percent(accuracy)} of the test pictures right`;
    await run.figure('confusion', figures.confusion(confusion, names, { title: said }));
    const columns = {
      silhouette: ({ silhouette }: Layout) => figures.fixed(silhouette),
      'violated triplets': ({ violated }: Layout) => figures.percent(violated),
      spread: ({ spread }: Layout) => figures.significant(spread),
      collapsed: ({ collapsed }: Layout) => (collapsed ? 'yes' : 'no'),
    };
    run.table(
      'ways',
      figures.table(`${test.count} test pictures on the plane`, 'triplets', { 'before training': before, ...after }, columns),
    );
    run.summary({
      ...{ accuracy, silhouette: after.hard.silhouette, silhouetteBefore: before.silhouette },
      ...{ silhouetteSemiHard: after['semi-hard'].silhouette, silhouetteRandom: after.random.silhouette },
      ...{ violated: after.hard.violated, violatedRandom: after.random.violated, violatedBefore: before.violated },
      collapsed: ways.filter((way) => after[way].collapsed).join('; ') || 'none',
    });
  },

  interaction: {
    title: 'Make a triplet',
    help: 'Choose an anchor, another picture of its class, and one of another class: do they lie on the plane as they should?',
    inputs: { triplet: input.pictures({ names: ['anchor', 'positive', 'negative'] }) },
    async open({ model, options: { margin }, result }) {
      const { pictures: bytes, features, labels, names } = (await result('samples')) as Samples;
      model.eval();
      const given = features ?? Float32Array.from(bytes, (value) => value / 255);
      const x = tensor(given, features ? [labels.length, features.length / labels.length] : [labels.length, 3, SIDE, SIDE]);
      const ask = compile(() => joined(model, x));
      const captions = Array.from(labels, (label, i) => `${names[label]} ${i + 1}`);
      return {
        offers: { triplet: { samples: picturesOf(bytes, captions) } },
        async answer({ triplet: { anchor, positive, negative } }) {
          const [a, p, n] = [anchor, positive, negative].map(({ sample = 0 }) => sample);
          const own = names[labels[a]];
          if (labels[p] !== labels[a] || p === a) throw new InputError('triplet', `The positive is to be another picture of ${own}.`);
          if (labels[n] === labels[a]) throw new InputError('triplet', `The negative is to be a picture of something else than ${own}.`);
          const planes = planesOf((await ask().data()) as Float32Array);
          const apart = byWay((way) => [distance(planes[way], a, p), distance(planes[way], a, n)] as const);
          const table = figures.table(`Is d(a, n) > d(a, p) + ${margin}?`, 'triplets in training', apart, {
            'd(a, p)': ([near]) => figures.fixed(near),
            'd(a, n)': ([, far]) => figures.fixed(far),
            loss: ([near, far]) => figures.fixed(Math.max(near - far + margin, 0)),
          });
          return [table, tripletFigure(planes.hard, picturesOf(bytes), { labels, names }, [a, p, n])];
        },
      };
    },
  },
});
