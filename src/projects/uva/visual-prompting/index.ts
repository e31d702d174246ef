// Visual prompting (Bahng et al., arXiv 2203.17274): pixels that are learned and put on every picture, so that a frozen CLIP names it better.
import {
  compile,
  figures,
  input,
  losses,
  metrics,
  numbersIn,
  optim,
  option,
  project,
  Random,
  sets,
  type Tensor,
  tensor,
  training,
} from '../../../index.ts';
import { clipData, clipOptions, clipPresets, colours, NONE, sideOf } from '../../shared/clip/model.ts';
import { pretrainedClip } from '../../shared/clip/pretraining.ts';
import type { PixelPrompt } from '../../shared/clip/prompts.ts';
import { textFeatures } from '../../shared/clip/texts.ts';
import { differing } from '../../shared/frozen.ts';
import { noisy } from '../../shared/noise.ts';
import type { Photographs, Photos } from '../../shared/photographs.ts';
import { offered, samplesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import { answerFigure, noiseFigure, PROBE, promptsFigure, shareOf, sizesFigure, trainingFigure, ZERO } from './figures.ts';
import { mainOf, Prompted, promptsIn } from './model.ts';
import { trainProbe } from './probe.ts';

const titles = { cifar10: 'CIFAR-10', cifar100: 'CIFAR-100' } as const;
/** Of the paper's code. */
const MOMENTUM = 0.9;

export const visualPrompting = project({
  ...card,
  data: { ...clipData, cifar10: sets.cifar10 },
  options: {
    ...clipOptions,
    target: option.choice('cifar10', ['cifar10', 'cifar100'], 'what the prompts are learned for'),
    prompts: option.text('all', 'what is put on the pictures: fixed patch, random patch, padding, or all'),
    sizes: option.text('1, 2, 4, 8', 'pixels of width of patches and frames, of 32 (published: 224)'),
    ...training({ epochs: 60, batchSize: 128, lr: 40 }),
    warmup: option.integer(40, 'steps in which the learning rate rises', { min: 0, time: 'same' }),
    noise: option.text('0.05, 0.1, 0.2', 'standard deviations of the noise on test pictures, of colours 0 … 1'),
    trainImages: option.integer(0, 'use only the first so many training images (0: all)', { min: 0, time: 'grows' }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: {
      ...clipPresets.quick,
      ...{ prompts: 'padding', sizes: '4', epochs: 4, batchSize: 25, lr: 8, warmup: 10, noise: '0.1' },
      ...{ trainImages: 1000, testImages: 1000 },
    },
    full: { ...clipPresets.full, sizes: '1, 10, 30, 60', epochs: 1000, batchSize: 256, warmup: 1000 },
    smallest: {
      ...clipPresets.smallest,
      ...{ prompts: 'random patch, padding', sizes: '4', epochs: 2, batchSize: 20, noise: '0.1', trainImages: 40, testImages: 20 },
    },
  },
  model: (options) => new Prompted(options),
  inputs: () => [[1, 3, 32, 32]],
  parts: ({ weights }) => ({
    ...(weights === NONE && { 'small CLIP': 10 }),
    samples: 0.1,
    texts: 0.1,
    'texts of the other set': 0.1,
    features: 0.2,
    'linear probe': 0.2,
    prompts: 10,
    test: 1,
  }),

  async run(run, options) {
    const { target, epochs, lr, warmup } = options;
    const other = target === 'cifar10' ? 'cifar100' : 'cifar10';
    const levels = [0, ...numbersIn('noise', options.noise, { min: 0 })];
    const prompts = promptsIn(options);
    const names = prompts.map(({ name }) => name);
    const pretrained = await pretrainedClip(run, options);
    const limit = { train: options.trainImages, test: options.testImages };
    const { train, test } = await run.data[target]({ limit });
    const { test: others } = await run.data[other]({ limit: { ...limit, train: 1 } });
    await run.stage('samples', () => samplesOf(test));
    const model = run.model();
    model.clip.loadStateDict(pretrained.weights);
    const before = await model.clip.stateDict();

    // What stands for the classes: of this set, and of both together.
    const of = ({ fields }: Photographs) => textFeatures(model.clip, pretrained.tokenizer, fields.label.names!);
    const own = await run.stage('texts', () => of(test));
    const more = await run.stage('texts of the other set', () => of(others));
    const embed = model.clip.textProjection.shape[1];
    const [texts, union] = [own, Float32Array.of(...own, ...more)].map((values) => tensor(values, [values.length / embed, embed]));
    const classes = own.length / embed;

    // Features as they are: a linear layer on them is what a prompt is held against.
    const features = await run.map('features', train, ({ image }: Photos) => model.features(image));
    const probe = await trainProbe(run, features, train.fields.label, classes);

    // All prompts on the same batches.
    const batchSize = Math.min(options.batchSize, train.count);
    const steps = epochs * Math.floor(train.count / batchSize);
    const schedule = optim.schedules.warmup(warmup, optim.schedules.cosine(lr, steps));
    const contenders = names.map((name) => {
      const prompt = model.prompts[name];
      return [name, { model: prompt, optimizer: new optim.SGD(prompt.parameters(), { lr: schedule, momentum: MOMENTUM }) }] as const;
    });
    const lossesOf = (contest: Readonly<Record<string, { readonly losses: readonly number[] }>>) =>
      Object.fromEntries(names.map((name) => [name, contest[name].losses]));
    const contest = await run.sideBySide('prompts', {
      ...{ contenders: Object.fromEntries(contenders), train, batchSize, steps, keep: { 'CLIP and all prompts': model }, looks: 10 },
      loss: (prompt: PixelPrompt, { image, label }: Photos) => losses.crossEntropy(model.logits(image, texts, prompt), label),
      look: (contest) => run.glimpse('training', () => trainingFigure(lossesOf(contest))),
    });
    const { values, changed } = differing(before, await model.clip.stateDict());

    // What they are worth.
    const label = ({ label }: Photos) => label;
    const tell = async (name: string, part: Photographs, texts: Tensor, probed = false) => {
      const logits = [ZERO, ...names].map((name) => [name, (image: Tensor) => model.logits(image, texts, model.prompts[name])] as const);
      const all = [...logits, ...(probed ? [[PROBE, (image: Tensor) => probe.forward(model.features(image))] as const] : [])];
      const measured = all.map(([name, of]) =>
        metrics.named(
          name,
          metrics.accuracy(({ image }: Photos) => of(image), label),
        ),
      );
      const found = Object.values(await run.evaluate(name, part, measured)) as number[];
      return Object.fromEntries(all.map(([name], i) => [name, found[i]]));
    };
    const byNoise: Readonly<Record<string, number>>[] = [];
    for (const level of levels) {
      const name = level === 0 ? 'test' : `noise ${level}`;
      byNoise.push(await tell(name, level === 0 ? test : noisy(test, level, run.random(name)), texts, true));
    }
    const [clean] = byNoise;
    const data = others.fields.label.data.map((label) => label + classes) as Uint8Array;
    const shifted = { ...others, fields: { ...others.fields, label: { ...others.fields.label, data } } };
    const [ownOfBoth, otherOfBoth] = [await tell('both sets’ names', test, union), await tell('the other set', shifted, union)];

    const mains = mainOf(prompts, sideOf(model.clip));
    const title = titles[target];
    await run.figure('accuracy', sizesFigure(prompts, clean, `${title}, named by a frozen CLIP`));
    await run.figure('prompts', await promptsFigure(model, prompts, sideOf(model.clip)));
    await run.figure('noise', noiseFigure(levels, byNoise, [ZERO, ...mains.map(({ name }) => name), PROBE]));
    await run.figure('training', trainingFigure(lossesOf(contest)));
    const rows = Object.fromEntries([ZERO, ...names, PROBE].map((name) => [name, name]));
    const counted = (name: string) => (name === PROBE ? probe : model.prompts[name])?.parameterCount ?? 0;
    const byLevel = levels.map((level, i) => {
      const column = level === 0 ? title : `noise ${level}`;
      return [column, (name: string) => shareOf(byNoise[i][name], test.count)] as const;
    });
    run.table(
      'accuracy',
      figures.table(`Share of ${test.count} test pictures named rightly, with its 95 % interval`, 'on the pictures', rows, {
        'learned values': counted,
        ...Object.fromEntries(byLevel),
      }),
    );
    const { [PROBE]: _, ...withoutProbe } = rows;
    run.table(
      'two sets',
      figures.table(`Prompts for ${title} among the names of both sets`, 'on the pictures', withoutProbe, {
        [`${title}, its ${classes} names`]: (name) => shareOf(clean[name], test.count),
        [`${title}, all ${union.shape[0]} names`]: (name) => shareOf(ownOfBoth[name], test.count),
        [`${titles[other]}, all ${union.shape[0]} names`]: (name) => shareOf(otherOfBoth[name], others.count),
      }),
    );

    const [{ name: main }] = mains;
    const most = byNoise.at(-1)!;
    run.summary({
      ...{ zeroShotAccuracy: clean[ZERO], promptedAccuracy: clean[main], probeAccuracy: clean[PROBE], gain: clean[main] - clean[ZERO] },
      ...Object.fromEntries(mains.slice(1).map(({ name }) => [`accuracy ${name}`, clean[name]])),
      ...{ noisyZeroShotAccuracy: most[ZERO], noisyPromptedAccuracy: most[main], noisyProbeAccuracy: most[PROBE] },
      ...{ zeroShotOfBoth: ownOfBoth[ZERO], promptedOfBoth: ownOfBoth[main] },
      ...{ otherZeroShot: otherOfBoth[ZERO], otherPrompted: otherOfBoth[main] },
      ...{ frozenWeights: values, frozenWeightsChanged: changed },
    });
    run.note(
      `${title}: ${figures.percent(clean[ZERO])} without a prompt, ${figures.percent(clean[main])} with ${main}, ${figures.percent(clean[PROBE])} by a linear probe. Of CLIP's ${values} weights ${changed} changed.`,
    );
  },

  interaction: {
    title: 'Put a prompt on a picture',
    help: 'Choose or drop a picture, a prompt, some noise: what does CLIP take it for, without the prompt and with it?',
    inputs: {
      picture: input.picture({ width: 32, height: 32, channels: 3 }),
      prompt: input.choice(),
      noise: input.number({ min: 0, max: 0.5, start: 0, step: 0.02 }),
    },
    async open({ model, options, result }) {
      const { names, samples } = offered(await result('samples'));
      const own = (await result('texts')) as Float32Array;
      const texts = tensor(own, [names.length, own.length / names.length]);
      const side = sideOf(model.clip);
      const prompts = promptsIn(options);
      const main = mainOf(prompts, side).map(({ name }) => name);
      const ask = (prompt?: PixelPrompt) =>
        compile((pictures: Tensor) => ({
          pixels: colours(model.pixels(pictures, prompt)),
          shares: model.logits(pictures, texts, prompt).softmax(),
        }));
      const asks = Object.fromEntries([ZERO, ...prompts.map(({ name }) => name)].map((name) => [name, ask(model.prompts[name])]));
      return {
        offers: { picture: { samples }, prompt: { choices: [...new Set([...main, ...prompts.map(({ name }) => name)])] } },
        async answer({ picture: { values }, prompt, noise }) {
          const random = new Random(1);
          const grains = values.map((value) => Math.min(1, Math.max(0, value + random.normal(0, noise))));
          const seen = [ZERO, prompt].map(async (name) => {
            const { pixels, shares } = asks[name](tensor(grains, [1, 3, 32, 32]));
            return [name, { picture: await pixels.data(), shares: Array.from(await shares.data()) }] as const;
          });
          return answerFigure(Object.fromEntries(await Promise.all(seen)), side, names);
        },
      };
    },
  },
});
