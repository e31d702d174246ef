// MIMO: M pictures in, M answers out, one network between. Shown one picture M times, it is an ensemble in one pass.
import { figures, input, optim, option, project, sets, spread, type Tensor, taken, training, transforms } from '../../../index.ts';
import { answerFigure, decisionOf } from '../../shared/answer-figure.ts';
import type { Photos } from '../../shared/photographs.ts';
import { offered, samplesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import { dealt, memberLoss, places } from './dealing.ts';
import { calibrationFigure, disagreementFigure, member, membersFigure, named, spoiledFigure } from './figures.ts';
import { aloneOf, besideDiagonal, memberMeasures, type Quality } from './members.ts';
import { Mimo } from './model.ts';
import { askSpoiled, bySeverity, type Corruption, corruptions, type Spoiled, severityFigure, spoiledQuality } from './spoiled.ts';

/** Pictures that the page offers. */
const OFFERED = 8;

export const mimo = project({
  ...card,
  data: { photos: sets.cifar10 },
  options: {
    members: option.integer(3, 'M: pictures in and answers out of the network that is looked at closely', { min: 2, max: 8 }),
    sweep: option.integer(4, 'networks of 1, 2 … so many members are compared', { min: 2, max: 8 }),
    depth: option.integer(16, 'layers of the wide residual network: 6n + 4', { min: 10 }),
    width: option.integer(2, 'factor on its 16, 32 and 64 channels', { min: 1 }),
    stride: option.integer(1, 'of the first convolution: 2 makes it four times quicker', { min: 1, max: 4 }),
    batchRepetition: option.integer(2, 'how often a picture of a batch is among the inputs of each member', { min: 1 }),
    inputRepetition: option.number(0, 'share of the rows in which all members get the same picture', { min: 0, max: 1, time: 'same' }),
    augment: option.flag(true, 'show training pictures mirrored and moved by up to 4 pixels'),
    weightDecay: option.number(3e-4, 'pull of the weights towards 0', { min: 0, time: 'same' }),
    ...training({ epochs: 20, batchSize: 64, lr: 0.1 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all)', { min: 0, time: 'grows' }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
    spoiledImages: option.integer(0, 'spoil only the first so many of these (0: all)', { min: 0 }),
  },
  presets: {
    quick: {
      ...{ members: 2, sweep: 2, depth: 10, width: 1, stride: 4, augment: false },
      ...{ epochs: 6, batchSize: 32, trainImages: 512, testImages: 500, spoiledImages: 100 },
    },
    full: { depth: 28, width: 10, batchRepetition: 4, epochs: 250 },
    smallest: {
      ...{ members: 2, sweep: 2, depth: 10, width: 1, stride: 4 },
      ...{ epochs: 1, batchSize: 10, trainImages: 40, testImages: 20, spoiledImages: 20 },
    },
  },
  model: (options) => new Mimo(options),
  inputs: ({ members }) => [[1, 3 * members, 32, 32]],
  parts: () => ({ samples: 0.01, networks: 1 }),

  async run(run, options) {
    const { members, batchRepetition, inputRepetition, augment, weightDecay, epochs, batchSize, lr } = options;
    const { train, test } = await run.data.photos({ limit: { train: options.trainImages, test: options.testImages } });
    await run.stage('samples', () => samplesOf(test, OFFERED));
    const few = taken(test, Uint32Array.from(test.fields.label.data.keys()).subarray(0, options.spoiledImages || test.count));
    const sizes = Array.from({ length: Math.max(members, options.sweep) }, (_, i) => i + 1);

    const networks = await run.each('networks', sizes, async (run, size) => {
      const model = size === members ? run.model() : new Mimo({ ...options, members: size });
      // One picture has no company to be dealt to: in place of copies the single network gets as many pictures more, that much more often.
      const [repeats, times] = size === 1 ? [1, batchRepetition] : [batchRepetition, 1];
      const loop = { train, batchSize: batchSize * times, epochs: epochs * times };
      const schedule = optim.schedules.cosine(lr, loop.epochs * Math.ceil(train.count / loop.batchSize));
      const dealing = { members: size, batchRepetition: repeats, inputRepetition };
      const answers = (pictures: Tensor) => model.answers(pictures);
      const began = performance.now();
      await run.fit('training', {
        ...{ ...loop, model },
        optimizer: new optim.SGD(model.parameters(), { lr: schedule, momentum: 0.9, nesterov: true, weightDecay }),
        loss({ image, label }) {
          const moved = [transforms.flip(), transforms.crop({ size: 32, padding: 4 })];
          const seen = augment ? transforms.onBatch(moved, { image }).image : image;
          const of = places(label.shape[0], dealing);
          const loss = memberLoss(model.forward(dealt(seen, of)), label, of);
          // The mean member's, to be seen beside those of the other networks.
          return { loss, [`loss, M = ${size}`]: loss.mul(1 / size) };
        },
      });
      const trained = performance.now();
      const found = await run.evaluate(
        'test',
        test,
        memberMeasures(({ image }: Photos) => answers(image), size),
      );
      const [training, testing] = [trained - began, performance.now() - trained].map((ms) => figures.fixed(ms / 1000, 1));
      run.note(`${size} in one: trained in ${training} s, tested in ${testing} s.`);
      const close = size === 1 || size === members;
      if (size === members) await run.figure('severity', await severityFigure(answers, test));
      const spoiled = close ? await spoiledQuality(run, few, answers) : null;
      return { ...found, members: size, alone: aloneOf(found, size), spoiled, parameters: model.parameterCount };
    });
    const [one, several] = [networks[0], networks[members - 1]];
    const both = { [named(one)]: one, [named(several)]: several };
    await run.figure('members', membersFigure(networks));
    await run.figure('calibration', calibrationFigure(both));
    await run.figure('disagreement', disagreementFigure(several.differ));
    type Network = typeof one;
    const more = ({ parameters }: Network) => parameters / one.parameters - 1;
    const columns = {
      parameters: (each: Network) => `${each.parameters.toLocaleString('en')} (+${figures.percent(more(each), 2)})`,
      accuracy: ({ accuracy }: Network) => figures.percent(accuracy, 2),
      NLL: ({ nll }: Network) => figures.fixed(nll, 3),
      ECE: ({ ece }: Network) => figures.percent(ece, 2),
      'member: accuracy': (each: Network) => figures.percent(member('accuracy', each), 2),
      'member: NLL': (each: Network) => figures.fixed(member('nll', each), 3),
      'member: ECE': (each: Network) => figures.percent(member('ece', each), 2),
      disagreement: ({ differ }: Network) => figures.percent(besideDiagonal(differ)),
      'divergence (nats)': ({ divergence }: Network) => figures.fixed(besideDiagonal(divergence), 3),
    };
    const rows = Object.fromEntries(networks.map((each) => [String(each.members), each]));
    run.table('members', figures.table(`By the number of members M, ${test.count} test pictures`, 'M', rows, columns));

    const spoiled = { [named(one)]: one.spoiled!, [named(several)]: several.spoiled! };
    await run.figure('spoiled', spoiledFigure(spoiled));
    const [singleSpoiled, severalSpoiled] = Object.values(spoiled);
    const worse = (found: Spoiled, of: keyof Quality) => spread(bySeverity(found, of).slice(1)).mean;
    const { accuracy, nll, ece } = several;
    run.summary({
      ...{ members, accuracy, nll, ece, singleAccuracy: one.accuracy, singleNll: one.nll, singleEce: one.ece },
      ...{ memberAccuracy: member('accuracy', several), memberNll: member('nll', several), memberEce: member('ece', several) },
      ...{ disagreement: besideDiagonal(several.differ), divergence: besideDiagonal(several.divergence), moreParameters: more(several) },
      ...{ spoiledAccuracy: worse(severalSpoiled, 'accuracy'), singleSpoiledAccuracy: worse(singleSpoiled, 'accuracy') },
      ...{ spoiledNll: worse(severalSpoiled, 'nll'), singleSpoiledNll: worse(singleSpoiled, 'nll') },
      ...{ spoiledEce: worse(severalSpoiled, 'ece'), singleSpoiledEce: worse(singleSpoiled, 'ece') },
    });
  },

  interaction: {
    title: 'Spoil a picture',
    help: 'All members look at the same picture. Spoil it more and more: do they begin to disagree, and are they less sure together?',
    inputs: {
      picture: input.picture({ width: 32, height: 32, channels: 3 }),
      corruption: input.choice({ choices: corruptions }),
      severity: input.number({ min: 0, max: 5, start: 0, step: 0.25 }),
    },
    async open({ model, result }) {
      model.eval();
      const { names, samples } = offered(await result('samples'));
      const ask = askSpoiled((pictures) => model.answers(pictures));
      return {
        offers: { picture: { samples } },
        async answer({ picture: { values }, corruption, severity }) {
          const answer = await ask(corruption as Corruption, values, severity);
          const words = { title: decisionOf(answer, names).words, mean: 'all together', one: 'one member', all: 'members' };
          return answerFigure(answer, names, { width: 32, height: 32, channels: 3 }, words);
        },
      };
    },
  },
});
