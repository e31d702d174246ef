// What a few learned tokens before one block of a frozen CLIP are worth: by block, by number, with noise, against a frame on the pixels.
import {
  compile,
  figures,
  input,
  losses,
  numbersIn,
  optim,
  option,
  project,
  Random,
  sets,
  stack,
  type Tensor,
  tensor,
  training,
} from '../../../index.ts';
import { clipData, clipOptions, clipPresets } from '../../shared/clip/model.ts';
import { pretrainedClip } from '../../shared/clip/pretraining.ts';
import { textFeatures } from '../../shared/clip/texts.ts';
import { differing } from '../../shared/frozen.ts';
import { noisy } from '../../shared/noise.ts';
import { CLASSES, likeliestFigure, type Photos } from '../../shared/photographs.ts';
import { offered, samplesOf } from '../../shared/pictures.ts';
import { pointsMore } from '../../shared/points.ts';
import { card } from './card.ts';
import { accuracyFigure, noiseFigure, trainingFigure } from './figures.ts';
import { columns, gainOf, lossesOf, mean } from './measures.ts';
import { DeepPrompt, type Prompt, PromptedClip } from './model.ts';

const countName = (count: number) => (count === 1 ? '1 token' : `${count} tokens`);
const nameOf = (prompt?: Prompt) =>
  prompt instanceof DeepPrompt ? `${countName(prompt.count)} before block ${prompt.block}` : prompt ? 'padding' : 'zero-shot';
/** Shares of the largest noise that pictures are tested with. */
const LEVELS = [0, 0.25, 0.5, 0.75, 1];

export const deepPrompts = project({
  ...card,
  data: { pictures: sets.cifar10, ...clipData },
  options: {
    tokens: option.integer(4, 'tokens before a block', { min: 1 }),
    counts: option.text('1, 2, 8', 'other numbers of tokens, before the block that does best'),
    frame: option.integer(4, 'pixels of the frame that the tokens are held against', { min: 1, time: 'same' }),
    ...training({ epochs: 10, batchSize: 64, lr: 10 }),
    frameLr: option.number(40, 'learning rate of the frame', { min: 0, time: 'same' }),
    noise: option.number(0.2, 'largest standard deviation of the noise on test pictures, of colours 0 … 1', { min: 0, time: 'same' }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all); a tenth of them is for validation', {
      ...{ min: 0, time: 'grows' },
    }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
    ...clipOptions,
  },
  presets: {
    quick: { ...clipPresets.quick, counts: '1', epochs: 3, batchSize: 50, trainImages: 500, testImages: 250 },
    full: { ...clipPresets.full, frame: 30 },
    smallest: { ...clipPresets.smallest, tokens: 1, counts: '2', epochs: 2, batchSize: 10, trainImages: 22, testImages: 10 },
  },
  model: (options) => new PromptedClip(options, CLASSES),
  inputs: () => [[1, 3, 32, 32]],
  parts: () => ({ samples: 0.01, 'small CLIP': 5, texts: 0.1, blocks: 5, validation: 0.3, counts: 3, test: 1, noise: 1 }),

  async run(run, options) {
    const { tokens, epochs, lr, frameLr } = options;
    const limit = { train: options.trainImages, test: options.testImages };
    const { train, validation, test } = await run.data.pictures({ limit, validation: 0.1 });
    const { names } = await run.stage('samples', () => samplesOf(test));

    // The frozen network, and what it makes of the classes' names.
    const model = run.model();
    const { weights, tokenizer } = await pretrainedClip(run, options);
    model.clip.loadStateDict(weights);
    const texts = await run.stage('texts', () => textFeatures(model.clip, tokenizer, names));
    model.texts.set(texts);
    const before = await model.clip.stateDict();

    const batchSize = Math.min(options.batchSize, train.count);
    const steps = epochs * Math.floor(train.count / batchSize);
    // Three quarters of .2 are .15 to a person.
    const levels = LEVELS.map((level) => Number((level * options.noise).toPrecision(6)));
    const found: Record<string, readonly number[]> = {};
    /** Trains prompts on the same batches. */
    const contest = async (name: string, all: Readonly<Record<string, Prompt>>) => {
      const contenders = Object.entries(all).map(([name, prompt]) => {
        const rate = optim.schedules.cosine(prompt instanceof DeepPrompt ? lr : frameLr, steps);
        return [name, { model: prompt, optimizer: new optim.SGD(prompt.parameters(), { lr: rate, momentum: 0.9 }) }] as const;
      });
      const trained = await run.sideBySide(name, {
        ...{ contenders: Object.fromEntries(contenders), train, batchSize, steps, keep: { 'all prompts': model }, looks: 10 },
        loss: (prompt: Prompt, { image, label }: Photos) => losses.crossEntropy(model.logits(image, prompt), label),
        look: (contest) => run.glimpse('training', () => trainingFigure({ ...found, ...lossesOf(contest) })),
      });
      Object.assign(found, lossesOf(trained));
    };
    /** Whether pictures are named rightly: [pictures, prompts], 1 where they are. */
    const rightBy = (all: readonly (Prompt | undefined)[]) => (photos: Photos) => {
      const right = (prompt?: Prompt) => model.logits(photos.image, prompt).argMax(1).cast('i32').eq(photos.label).cast('f32');
      return stack(all.map(right), 1);
    };

    // Before each block, and the frame; then other numbers before the block that did best.
    const { deep, padding } = model;
    await contest('blocks', { padding, ...Object.fromEntries(deep.map((prompt) => [`block ${prompt.block}`, prompt])) });
    const validated = await run.stage('validation', async (run) => {
      return columns(await run.map('blocks', validation, rightBy(deep)), deep.length).map(mean);
    });
    const best = validated.indexOf(Math.max(...validated));
    const others = numbersIn('counts', options.counts, { min: 1, integer: true })
      .filter((count) => count !== tokens)
      .map((count) => new DeepPrompt(best, count, model.clip));
    if (others.length > 0) await contest('counts', Object.fromEntries(others.map((prompt) => [countName(prompt.count), prompt])));
    await run.figure('training', trainingFigure(found));

    const all = [undefined, padding, ...deep, ...others];
    const right = await run.stage('test', async (run) => columns(await run.map('test', test, rightBy(all)), all.length));
    const spoiled = await run.stage('noise', async (run) => {
      const rights = rightBy([undefined, padding, deep[best]]);
      const found: number[][] = [];
      for (const level of levels) {
        const part = noisy(test, level, run.random('noise'));
        found.push(columns(await run.map(`noise ${level}`, part, rights), 3).map(mean));
      }
      return found;
    });

    const accuracies = right.map(mean);
    await run.figure('accuracy', accuracyFigure(all, accuracies, deep[best]));
    const kinds = ['zero-shot', 'padding', nameOf(deep[best])];
    const byKind = kinds.map((kind, i) => [kind, spoiled.map((level) => level[i])] as const);
    await run.figure('noise', noiseFigure(levels, Object.fromEntries(byKind)));
    const rows = Object.fromEntries(all.map((prompt, i) => [nameOf(prompt), { prompt, accuracy: accuracies[i] }]));
    run.table(
      'accuracy',
      figures.table(`Of ${test.count} test pictures`, 'prompt', rows, {
        'values that are trained': ({ prompt }) => prompt?.parameterCount ?? 0,
        'test accuracy': ({ accuracy }) => figures.percent(accuracy),
      }),
    );
    const [zeroShotAccuracy, paddingAccuracy, bestAccuracy] = [0, 1, 2 + best].map((i) => accuracies[i]);
    const { gain, interval } = gainOf(right[2 + best], right[1]);
    const { changed } = differing(before, await model.clip.stateDict());
    run.summary({ zeroShotAccuracy, paddingAccuracy, bestAccuracy, bestBlock: best, gain, interval, clipWeightsChanged: changed });
    const words = [zeroShotAccuracy, paddingAccuracy, bestAccuracy].map((accuracy) => figures.percent(accuracy));
    run.note(`Zero-shot ${words[0]}; padding ${words[1]}; ${kinds[2]} ${words[2]}, ${pointsMore(gain, interval)} than padding.`);
  },

  interaction: {
    title: 'Show it a picture',
    help: 'The same frozen network, as it is and with tokens before one of its blocks. Choose a picture or drop one, and add noise.',
    inputs: {
      picture: input.picture({ width: 32, height: 32, channels: 3 }),
      noise: input.number({ min: 0, max: 0.5, start: 0, step: 0.02 }),
    },
    async open({ model, found, result }) {
      const { names, samples } = offered(await result('samples'));
      const ask = compile((picture: Tensor) => model.forward(picture).map((logits) => logits.softmax()));
      return {
        offers: { picture: { samples } },
        async answer({ picture: { values }, noise }) {
          const random = new Random(1);
          const seen = values.map((value) => Math.min(1, Math.max(0, value + random.normal(0, noise))));
          const shares = ask(tensor(seen, [1, 3, 32, 32]));
          // Before it is known which block does best, the first.
          const block = Number(found.bestBlock ?? 0);
          const [zeroShot, deep] = await Promise.all([shares[0], shares[2 + block]].map(async (own) => Array.from(await own.data())));
          return likeliestFigure(seen, { 'Zero-shot': zeroShot, [`Tokens before block ${block}`]: deep }, names);
        },
      };
    },
  },
});
