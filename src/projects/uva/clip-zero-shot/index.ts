// Zero-shot classification (Radford et al., arXiv 2103.00020, section 3.1): pictures of a set that the network has not seen, named by their nearest text.
import { compile, figures, InputError, input, option, project, sets, type Tensor, tensor, text } from '../../../index.ts';
import { classesOfWord, prompts, typed } from '../../shared/clip/captions.ts';
import {
  clipData,
  clipOf,
  clipOptions,
  clipPixels,
  clipPresets,
  NONE,
  PUBLISHED,
  rowsOf,
  scaleOf,
  sizesOf,
  unit,
} from '../../shared/clip/model.ts';
import { pretrainedClip } from '../../shared/clip/pretraining.ts';
import { textFeatures } from '../../shared/clip/texts.ts';
import { offered, samplesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import { answerFigure, pretrainingFigure, similarityFigure } from './figures.ts';
import { accuracyOf, calibrated, confusionOf, cosines, kindAccuracyOf, meanOf, type Share } from './judging.ts';

/** What CIFAR-10's classes are kinds of. */
const kinds: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['airplane', 'automobile', 'ship', 'truck'].map((name) => [name, 'vehicle'])),
  ...Object.fromEntries(['bird', 'cat', 'deer', 'dog', 'frog', 'horse'].map((name) => [name, 'animal'])),
};
/** Names that a person may give at once. */
const MOST = 16;

export const clipZeroShot = project({
  ...card,
  data: { ...clipData, cifar10: sets.cifar10 },
  options: {
    ...clipOptions,
    testImages: option.integer(0, 'use only the first so many pictures of CIFAR-10 (0: all)', { min: 0 }),
  },
  presets: {
    quick: { ...clipPresets.quick, testImages: 1000 },
    full: clipPresets.full,
    smallest: { ...clipPresets.smallest, testImages: 20 },
  },
  model: (options) => clipOf(options),
  inputs: ({ weights, ...table }) => {
    const [side, end] = weights === PUBLISHED ? [224, 49407] : [32, rowsOf(sizesOf({ weights, ...table })) - 1];
    return [[1, 3, side, side], tensor(Int32Array.of(end - 1, 320, 321, end), [1, 4])];
  },
  parts: ({ weights }) => ({ tokenizer: 0.2, ...(weights === NONE && { 'small CLIP': 20 }), samples: 0.01, pictures: 1 }),

  async run(run, options) {
    const { weights, tokenizer, classes, others, course } = await pretrainedClip(run, options);
    const { test } = await run.data.cifar10({ limit: { train: 1, test: options.testImages } });
    const { names } = await run.stage('samples', () => samplesOf(test));
    const clip = run.model();
    clip.loadStateDict(weights);
    clip.eval();
    if (course.length > 0) await run.figure('pretraining', pretrainingFigure(course));

    // What its captions have said of these classes already: of pictures of other classes.
    const seen = names.map((name) => classesOfWord(classes, name));
    const read = [...names.keys()].filter((i) => seen[i]!.length > 0);

    const embed = clip.visual.proj.shape[1]!;
    const encode = ({ image }: { readonly image: Tensor }) => unit(clip.encodeImage(clipPixels(clip, image)));
    const middle = await run.stage('middle', async (run) => meanOf(await run.map('others', others, encode), embed));
    const pictures = await run.map('pictures', test, encode);
    const { data: labels } = test.fields.label;
    const nearness = async (names: readonly string[], templates = prompts) =>
      cosines(pictures, await textFeatures(clip, tokenizer, names, templates), embed);
    const all = await nearness(names);
    const usual = cosines(middle, await textFeatures(clip, tokenizer, names), embed);
    const found = Object.entries({
      'one prompt': await nearness(names, prompts.slice(0, 1)),
      '18 prompts': all,
      '18 prompts, with kinds': await nearness(names.map((name) => (kinds[name] ? typed(name, kinds[name]) : name))),
      '18 prompts, calibrated': calibrated(all, usual),
    }).map(([name, near]) => [name, { near, counts: confusionOf(near, labels) }] as const);

    const percent = ({ share }: Share) => figures.percent(share);
    const between = ({ interval }: Share) => interval.map((share) => figures.percent(share)).join(' … ');
    const ofKind = names.flatMap((name) => kinds[name] ?? []);
    const amongRead = (near: Float32Array) => accuracyOf(confusionOf(near, labels, read));
    run.table(
      'zero-shot',
      figures.table(
        `Accuracy on ${test.count} pictures of CIFAR-10, by chance ${figures.percent(1 / names.length)}`,
        'texts',
        Object.fromEntries(found),
        {
          'among its ten classes': ({ counts }) => percent(accuracyOf(counts)),
          '95 % interval': ({ counts }) => between(accuracyOf(counts)),
          ...(read.length > 1 && { [`among the ${read.length} whose word it has read`]: ({ near }) => percent(amongRead(near)) }),
          ...(ofKind.length === names.length && { 'animal or vehicle': ({ counts }) => percent(kindAccuracyOf(counts, ofKind)) }),
        },
      ),
    );
    const [one, ensembled, typedOnes, level] = found.map(([, { counts }]) => counts) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    run.table(
      'classes',
      figures.table('Its classes', 'class', Object.fromEntries(names.map((name, i) => [name, i])), {
        '18 prompts': (i) => percent(accuracyOf(ensembled, i)),
        calibrated: (i) => percent(accuracyOf(level, i)),
        'learned from, by this word': (i) => seen[i]!.join(', ') || 'none',
      }),
    );
    const confusions = { '18 prompts': ensembled, Calibrated: level };
    const panels = Object.entries(confusions).map(([title, counts]) => figures.confusion(counts, names, { title }));
    await run.figure('confusion', figures.join(panels, { title: 'What CIFAR-10 is taken for' }));
    const firsts = [...names.keys()].map((own) => labels.indexOf(own)).filter((i) => i >= 0);
    if (firsts.length === names.length) {
      const rows = (from: ArrayLike<number>, size: number) =>
        firsts.flatMap((i) => Array.from({ length: size }, (_, k) => from[i * size + k]!));
      await run.figure('similarity', similarityFigure(rows(test.fields.image.data, 3072), rows(all, names.length), names));
    }

    const [single, accuracy, kind, even] = [one, ensembled, typedOnes, level].map((counts) => accuracyOf(counts)) as [
      Share,
      Share,
      Share,
      Share,
    ];
    const temperature = 1 / (await scaleOf(clip).item());
    run.summary({
      ...{
        accuracy: accuracy.share,
        low: accuracy.interval[0],
        high: accuracy.interval[1],
        onePrompt: single.share,
        withKinds: kind.share,
      },
      ...{ calibrated: even.share, calibratedLow: even.interval[0], calibratedHigh: even.interval[1], temperature },
      ...(read.length > 1 && { amongRead: amongRead(all).share, classesRead: read.length }),
      ...(ofKind.length === names.length && { kindAccuracy: kindAccuracyOf(ensembled, ofKind).share }),
      ...(course.length > 0 && { seenAccuracy: course.at(-1)!.accuracy }),
    });
    run.note(
      `Zero-shot on CIFAR-10: ${percent(accuracy)} right (95 %: ${between(accuracy)}; by chance ${figures.percent(1 / names.length)}); with one prompt ${percent(single)}, calibrated ${percent(even)} (${between(even)}). Temperature ${figures.significant(temperature)}.`,
    );
  },

  interaction: {
    title: 'Name it in your own words',
    help: 'Choose a picture or drop one, and write what it may be, with commas between. Which of these names is the nearest?',
    inputs: {
      picture: input.picture({ width: 32, height: 32, channels: 3 }),
      names: input.text({ most: 300 }),
    },
    async open({ model, result }) {
      const { names, samples } = offered(await result('samples'));
      const tokenizer = await text.readTokenizer((await result('tokenizer')) as Parameters<typeof text.readTokenizer>[0]);
      const middle = tensor((await result('middle')) as Float32Array);
      const classes = (await result('classes')) as readonly string[];
      model.eval();
      // Calibrated.
      const ask = compile((picture: Tensor, texts: Tensor) => {
        const own = unit(model.encodeImage(clipPixels(model, picture))).sub(middle);
        return own.matmul(texts.transpose()).mul(scaleOf(model)).softmax();
      });
      const examples = [names.join(', '), ...(names.includes('cat') ? ['animal, vehicle, plant, building, person', 'cat, dog'] : [])];
      return {
        offers: { picture: { samples }, names: { examples } },
        async answer({ picture: { values }, names: written }) {
          const given = written.split(',').flatMap((name) => name.trim() || []);
          if (given.length < 2) throw new InputError('names', 'Write at least two names, with a comma between.');
          if (given.length > MOST) throw new InputError('names', `At most ${MOST} names can be compared.`);
          // Always as many, so that there is one shape to compile for; those that fill up are left out of the shares.
          const filled = Array.from({ length: MOST }, (_, i) => given[i] ?? given[0]!);
          const features = await textFeatures(model, tokenizer, filled);
          const shares = await ask(tensor(values, [1, 3, 32, 32]), tensor(features, [MOST, features.length / MOST])).data();
          const own = Array.from(shares.subarray(0, given.length));
          const sum = own.reduce((a, b) => a + b);
          const figure = answerFigure(
            values,
            given,
            own.map((share) => share / sum),
          );
          const unread =
            classes.length > 0 ? given.filter((name) => name.split(' ').every((word) => classesOfWord(classes, word).length === 0)) : [];
          return unread.length > 0 ? [figure, `No caption that it learned from was of: ${unread.join(', ')}.`] : figure;
        },
      };
    },
  },
});
