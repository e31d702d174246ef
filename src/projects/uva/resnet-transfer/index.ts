// What a network has learned to see on one set of pictures is worth on another: its last layer trained alone, all of it fine-tuned, all of it from scratch.
import {
  ArrayDataset,
  compile,
  DataLoader,
  figures,
  input,
  losses,
  metrics,
  namesIn,
  optim,
  option,
  project,
  Random,
  sets,
  spread,
  type Tensor,
  TilegradError,
  taken,
  tensor,
  training,
  transforms,
} from '../../../index.ts';
import { noisy } from '../../shared/noise.ts';
import { likeliestFigure, type Photos } from '../../shared/photographs.ts';
import { offered, samplesOf } from '../../shared/pictures.ts';
import { pointsMore } from '../../shared/points.ts';
import { card } from './card.ts';
import { accuracyFigure, augmentationsFigure, trainingFigure } from './figures.ts';
import { contenders, type Sets, trainHeads } from './heads.ts';
import { Classifier, changedIn, NONE, pretrainedIn, SMALL, sizesOf, Transfer, ways } from './model.ts';
import { augmentations, changed } from './pictures.ts';
import { shown, trainWhole } from './tuning.ts';

/** Sets that it is moved to. */
const targets = { cifar100: { title: 'CIFAR-100', classes: 100 }, cifar10: { title: 'CIFAR-10', classes: 10 } } as const;
const targetsIn = (text: string) => namesIn('targets', text, Object.keys(targets)) as readonly (keyof typeof targets)[];
/** What is trained, in the table's order. */
const NAMES = [
  ...contenders.map((name, i) => (i === 0 ? 'last layer' : `last layer, ${name}`)),
  ...ways.map((way) => `all layers, ${way}`),
];
/** Pictures in the figure of augmentations. */
const FEW = Uint32Array.from({ length: 8 }, (_, i) => i);
const classesOf = (text: string) => targets[targetsIn(text)[0]].classes;

export const resnetTransfer = project({
  ...card,
  data: { cifar100: sets.cifar100, cifar10: sets.cifar10, source: sets.tinyImageNet },
  options: {
    weights: option.text(
      NONE,
      'what it begins with in place of pretraining: small, what comes with the project (a width of 8, a stride of 2, a side of 32); resnet18-imagenet (47 MB), or a file of that layout in the data folder, with a width of 64',
    ),
    targets: option.text('all', 'what it is moved to: cifar100, cifar10, or all'),
    width: option.integer(32, 'channels of the first stage; the published network has 64', { min: 1 }),
    stride: option.integer(1, 'of the first convolution: 2 makes it four times quicker', { min: 1, max: 4 }),
    side: option.integer(32, 'pixels of height and width that pictures are scaled to', { min: 4 }),
    pretrainEpochs: option.integer(30, 'passes through Tiny ImageNet', { min: 1, time: 'grows' }),
    pretrainLr: option.number(2e-3, 'learning rate of these', { min: 0, time: 'same' }),
    views: option.integer(3, 'times that each training picture is augmented for the last layer', { min: 1 }),
    headEpochs: option.integer(20, 'passes through the features that the last layer learns from', { min: 1 }),
    headLr: option.number(3e-3, 'learning rate of these', { min: 0, time: 'same' }),
    ...training({ epochs: 10, batchSize: 64, lr: 2e-3 }),
    runs: option.integer(3, 'trainings of each kind, with new starting weights', { min: 1, time: 'grows' }),
    noise: option.number(0.1, 'standard deviation of the noise on test pictures, of colours 0 … 1', { min: 0, time: 'same' }),
    sourceImages: option.integer(0, 'use only the first so many pictures of Tiny ImageNet (0: all)', { min: 0, time: 'grows' }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all)', { min: 0, time: 'grows' }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: {
      ...{ weights: SMALL, targets: 'cifar10', views: 1, epochs: 3, batchSize: 32, runs: 1, trainImages: 500, testImages: 500 },
      // For those who have drawn pictures alone.
      ...{ pretrainEpochs: 3, sourceImages: 500 },
    },
    full: { weights: 'resnet18-imagenet', width: 64, side: 224 },
    smallest: {
      ...{ targets: 'cifar10', width: 1, stride: 4, pretrainEpochs: 1, views: 1, headEpochs: 1, epochs: 2, batchSize: 20, runs: 1 },
      ...{ sourceImages: 40, trainImages: 20, testImages: 20 },
    },
  },
  model: (options) => new Transfer(options, classesOf(options.targets)),
  inputs: () => [[1, 3, 32, 32]],
  parts: ({ weights }) => ({ samples: 0.01, ...(weights === NONE && { pretraining: 3 }), data: 10 }),

  async run(run, options) {
    const { weights, noise, runs, pretrainEpochs, pretrainLr, batchSize } = options;
    const limit = { train: options.trainImages, test: options.testImages };
    const names = targetsIn(options.targets);
    const data: (Sets & { readonly title: string; readonly classes: number })[] = [];
    for (const name of names) {
      const { train, test } = await run.data[name]({ limit });
      data.push({ ...targets[name], train, test, noisy: noisy(test, noise, run.random(`noise ${name}`)) });
    }
    await run.stage('samples', () => samplesOf(data[0].test));

    // What it knows before.
    const model = run.model();
    const drawn = data[0].test.synthetic;
    const small = weights === SMALL && !drawn ? await run.starter('resnet-transfer') : undefined;
    if (small) {
      const { width, stride, side } = sizesOf(options);
      run.note(`It begins with the network that comes with the project: a width of ${width}, a stride of ${stride}, a side of ${side}.`);
      await model.frozen.takeBody(pretrainedIn(small.weights));
    } else if (weights === NONE || weights === SMALL) {
      if (weights === SMALL && drawn)
        run.note('The weights that come with the project know photographs alone: a network is pretrained here.');
      const source = await run.data.source({ limit: { ...limit, train: options.sourceImages } });
      const [train, validation] = await Promise.all(
        [source.train, source.test].map((part) => changed(part, [transforms.resize({ size: 32 })])),
      );
      const whole = new Classifier(options, train.fields.label.names?.length ?? 100);
      const batches = { batchSize: Math.min(batchSize, train.count), shuffle: true, seed: run.seed, dropLast: true };
      const loader = new DataLoader(new ArrayDataset(train.fields), batches);
      const steps = pretrainEpochs * loader.length;
      const logits = ({ image }: Photos) => whole.forward(image);
      const results = await run.fit('pretraining', {
        ...{ model: whole, train: loader, validation, epochs: pretrainEpochs, every: 2 },
        optimizer: new optim.AdamW(whole.parameters(), { lr: optim.schedules.cosine(pretrainLr, steps), weightDecay: 0.01 }),
        loss: (photos) => losses.crossEntropy(whole.forward(shown(photos)), photos.label),
        metrics: [metrics.nll(logits, ({ label }: Photos) => label), metrics.accuracy(logits, ({ label }: Photos) => label)],
      });
      await model.frozen.takeBody(await whole.stateDict());
      run.note(`Pretrained: ${figures.percent(results.at(-1)!.validation.accuracy)} of Tiny ImageNet's other pictures.`);
    } else {
      const published = await run.weights(weights);
      if (!published) throw new TilegradError(`weights: expected resnet18-imagenet or a file in the data folder, found no ${weights}`);
      await model.frozen.takeBody(published);
    }
    const pretrained = await model.frozen.stateDict();

    const found = await run.each('data', data, async (run, target, index) => {
      const { train, classes } = target;
      if (index === 0) {
        const parts = Object.entries(augmentations).map(async ([name, list]) => [name, await changed(taken(train, FEW), list)] as const);
        await run.figure('augmentations', augmentationsFigure(Object.fromEntries(await Promise.all(parts))));
      }
      // The last layer alone.
      const network = new Classifier(options, classes);
      await network.takeBody(pretrained);
      const { last, ...frozen } = await run.stage('last layer', (run) => trainHeads(run, network, target, classes, options));
      // All of them.
      const whole = await run.each('all layers', Array.from({ length: runs }), async (run, _, i) => {
        const both = index === 0 && i === 0 ? run.model() : new Transfer(options, classes);
        both.frozen.loadStateDict({ ...pretrained, ...last });
        await both.tuned.takeBody(pretrained);
        const networks = { 'fine-tuned': both.tuned, 'from scratch': new Classifier(options, classes) };
        const found = await trainWhole(run, networks, target, options, { 'both networks': both });
        return { ...found, changed: changedIn(pretrained, await both.tuned.stateDict()) };
      });
      const all = frozen.found.map((own, i) => ({ test: [...own.test, ...whole[i].test], noisy: [...own.noisy, ...whole[i].noisy] }));
      const rows = NAMES.map(
        (name, row) => [name, { test: all.map(({ test }) => test[row]), noisy: all.map(({ noisy }) => noisy[row]) }] as const,
      );
      return {
        rows: Object.fromEntries(rows),
        losses: whole.map(({ losses }) => losses),
        changed: { frozen: frozen.changed, tuned: whole[0].changed },
      };
    });

    const byTitle = <T>(of: (each: (typeof found)[number]) => T) => Object.fromEntries(data.map(({ title }, i) => [title, of(found[i])]));
    await run.figure(
      'accuracy',
      accuracyFigure(
        byTitle(({ rows }) => rows),
        noise,
      ),
    );
    await run.figure('training', trainingFigure(byTitle(({ losses }) => losses)));
    const columns = data.flatMap(({ title }, i) => {
      const shares = (own: 'test' | 'noisy') => (name: string) => figures.plusMinus(found[i].rows[name][own], { shares: true });
      return [[title, shares('test')] as const, [`${title} with noise`, shares('noisy')] as const];
    });
    const title = `Test accuracy${runs > 1 ? `, mean ± standard deviation of ${runs} runs` : ''}`;
    const rows = Object.fromEntries(NAMES.map((name) => [name, name]));
    run.table('accuracy', figures.table(title, 'what is trained', rows, Object.fromEntries(columns)));

    for (const [i, { rows, changed }] of found.entries()) {
      const [frozen, random, tuned, scratch] = [NAMES[0], NAMES[contenders.length - 1], ...NAMES.slice(-2)].map(
        (name) => spread(rows[name].test).mean,
      );
      const values = { frozenAccuracy: frozen, randomAccuracy: random, tunedAccuracy: tuned, scratchAccuracy: scratch };
      const suffix = i === 0 ? '' : ` ${data[i].title}`;
      run.summary(Object.fromEntries(Object.entries(values).map(([name, value]) => [name + suffix, value])));
      if (i === 0) run.summary({ frozenWeightsChanged: changed.frozen, tunedWeightsChanged: changed.tuned });
      run.note(
        `${data[i].title}: the last layer alone ${figures.percent(frozen)}, ${pointsMore(frozen - random)} than on random features; fine-tuned ${figures.percent(tuned)}, ${pointsMore(tuned - scratch)} than from scratch.`,
      );
    }
  },

  interaction: {
    title: 'Show them a picture',
    help: 'One network has learned its last layer alone, the other has been fine-tuned as a whole. Choose a picture or drop one, and add noise.',
    inputs: {
      picture: input.picture({ width: 32, height: 32, channels: 3 }),
      noise: input.number({ min: 0, max: 0.5, start: 0, step: 0.02 }),
    },
    async open({ model, result }) {
      model.eval();
      const { names, samples } = offered(await result('samples'));
      const ask = compile((pictures: Tensor) => model.forward(pictures).map((logits) => logits.softmax()));
      return {
        offers: { picture: { samples } },
        async answer({ picture: { values }, noise }) {
          const random = new Random(1);
          const seen = values.map((value) => Math.min(1, Math.max(0, value + random.normal(0, noise))));
          const [frozen, tuned] = await Promise.all(
            ask(tensor(seen, [1, 3, 32, 32])).map(async (shares) => Array.from(await shares.data())),
          );
          return likeliestFigure(seen, { 'The last layer': frozen, 'All layers': tuned }, names);
        },
      };
    },
  },
});
