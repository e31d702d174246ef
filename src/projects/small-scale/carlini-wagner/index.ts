// Carlini & Wagner's attack: what it takes to have a network see a flamingo in a goldfish.
import {
  figures,
  InputError,
  input,
  losses,
  metrics,
  numbersIn,
  optim,
  option,
  project,
  sets,
  type Tensor,
  type TensorBatch,
  TilegradError,
  training,
} from '../../../index.ts';
import { CarliniWagner } from '../../shared/attacks/carlini-wagner.ts';
import { carryOut, changedFigure, rounded, type Tally, tally, winners } from '../../shared/attacks/outcome.ts';
import { ProjectedGradient } from '../../shared/attacks/projected-gradient.ts';
import { offered, samplesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import { confidenceFigure, distanceFigure } from './figures.ts';
import { Victim } from './model.ts';
import { attackPhotographs } from './photographs.ts';
import { asking, chosen, firstOf, victimsOf } from './pictures.ts';

type Pictures = TensorBatch<'image' | 'label'>;

const SIDE = 32;
/** Pictures in a figure, and those that the page offers. */
const [SHOWN, OFFERED] = [6, 8];
/** Where the searches for c and, in PGD, for the radius begin. */
const [FIRST_C, PGD_STEPS] = [1, 10];
const USUAL = 'PGD with one radius';
/** In the page an answer is to come at once. */
const QUICK = { searches: 3, steps: 30, lr: 0.01, initial: 1 };

export const carliniWagnerAttack = project({
  ...card,
  data: { pictures: sets.cifar10, photographs: sets.imagenetSamples },
  options: {
    network: option.choice('resnet20', ['resnet20', 'resnet32', 'small'], 'the network under attack: published ones, or a small one'),
    images: option.integer(40, 'pictures that it names right; each is to become another class', { min: 1, time: 'grows' }),
    photographs: option.integer(9, 'photographs attacked through SqueezeNet, the goldfish first (0: none)', { min: 0 }),
    searches: option.integer(4, 'rounds of the search for c, or for the radius', { min: 1, time: 'grows' }),
    steps: option.integer(60, 'steps of a round', { min: 1, time: 'grows' }),
    attackLr: option.number(0.005, "the attack's learning rate", { min: 1e-6, time: 'same' }),
    confidences: option.text('0, 5, 10, 20', 'κ: leads of the target to be asked for'),
    confidenceImages: option.integer(6, 'pictures of which each of them is asked', { min: 1 }),
    ...training({ epochs: 10, batchSize: 64, lr: 2e-3 }),
    trainImages: option.integer(0, 'pictures to train a network on that is not published (0: all)', { min: 0 }),
    testImages: option.integer(1000, 'pictures to test it with, of which some are attacked (0: all)', { min: 0 }),
  },
  presets: {
    quick: {
      ...{ network: 'small', images: 6, photographs: 0, searches: 3, steps: 20, attackLr: 0.01, confidences: '0, 0.5' },
      ...{ epochs: 4, batchSize: 32, trainImages: 1000, testImages: 100 },
    },
    full: {
      images: 1000,
      photographs: 43,
      searches: 9,
      steps: 1000,
      attackLr: 0.01,
      confidences: '0, 5, 10, 20, 40',
      confidenceImages: 100,
      testImages: 0,
    },
    smallest: {
      ...{ network: 'small', images: 2, photographs: 0, searches: 2, steps: 4, confidences: '0, 1', confidenceImages: 2 },
      ...{ epochs: 1, batchSize: 20, trainImages: 60, testImages: 60 },
    },
  },
  model: (options) => new Victim(options),
  inputs: () => [[1, 3, SIDE, SIDE]],
  parts: ({ network, confidences, photographs, images, searches, steps, ...own }) => ({
    samples: 0.01,
    // A picture in a training step costs half as much as one in a step of the attack.
    ...(network === 'small' && { pretraining: (5 * own.epochs * (own.trainImages || 50_000)) / (images * searches * steps) }),
    ...{ accuracy: 1, predictions: 1, 'C&W by logits': 10, 'C&W by softmax': 10, 'PGD in L2': 4, 'PGD in L∞': 4, FGSM: 0.2, [USUAL]: 1 },
    ...Object.fromEntries(numbersIn('confidences', confidences, { min: 0 }).map((confidence) => [`κ = ${confidence}`, 2])),
    ...(photographs > 0 && { 'photographs seen': 2, photographs: 2 * photographs }),
  }),

  async run(run, options) {
    const { network, images, photographs, searches, steps, attackLr: lr, confidenceImages, epochs, batchSize } = options;
    const confidences = numbersIn('confidences', options.confidences, { min: 0 });
    const victim = run.model();
    const forward = (pictures: Tensor) => victim.forward(pictures);
    const published = network === 'small' ? undefined : await run.weights(`${network}-cifar10`);
    // A published network needs nothing to train on.
    const { train, test } = await run.data.pictures({ limit: { train: published ? 1 : options.trainImages, test: options.testImages } });
    const logits = ({ image }: Pictures) => forward(image);
    const { names } = await run.stage('samples', () => samplesOf(test, OFFERED));
    if (published) victim.network.loadStateDict(published);
    else {
      run.note(`The network is trained here, on ${train.count} pictures.`);
      const lr = optim.schedules.cosine(options.lr, epochs * Math.ceil(train.count / batchSize));
      await run.fit('pretraining', {
        ...{ model: victim, optimizer: new optim.Adam(victim.parameters(), { lr }), train, batchSize, epochs },
        loss: (batch) => losses.crossEntropy(logits(batch), batch.label),
      });
    }
    victim.eval();
    const { accuracy } = await run.evaluate('accuracy', test, [metrics.accuracy(logits, ({ label }: Pictures) => label)]);
    const { image, label } = test.fields;
    const guesses = winners(await run.map('predictions', test, logits), names.length);
    const found = await run.stage('pictures', async (run) =>
      chosen(image.data, label.data, guesses, { most: images, classes: names.length, random: run.random('targets') }),
    );
    if (found.labels.length === 0)
      throw new TilegradError(`carlini-wagner: expected pictures that the network names right, got none among ${test.count}`);
    const victims = victimsOf(found, SIDE);
    const { pictures: before, targets } = victims;
    const ask = asking(forward, SIDE, names);

    // The paper's attack, the document's, and what they are measured against.
    const wagner = { searches, steps, lr, initial: FIRST_C };
    const gradient = { searches: searches + 1, steps: Math.min(steps, PGD_STEPS) };
    let radii: readonly number[] = [];
    const makers = {
      'C&W by logits': () => new CarliniWagner(forward, victims, wagner),
      'C&W by softmax': () => new CarliniWagner(forward, victims, { ...wagner, criterion: 'softmax' }),
      'PGD in L2': () => new ProjectedGradient(forward, victims, gradient),
      'PGD in L∞': () => new ProjectedGradient(forward, victims, { ...gradient, norm: 'linf' }),
      FGSM: () => new ProjectedGradient(forward, victims, { ...gradient, norm: 'linf', steps: 1 }),
      // What is usual: one radius for all pictures, the least with which all of them succeed.
      [USUAL]: () => new ProjectedGradient(forward, victims, { ...gradient, searches: 1, initial: Math.max(1e-3, ...radii) }),
    };
    const tallies: Record<string, Tally> = {};
    for (const [name, make] of Object.entries(makers)) {
      const attacked = await carryOut(run, name, make, { victim });
      if (name === 'PGD in L2') radii = attacked.strengths.filter(Number.isFinite);
      tallies[name] = tally(victims, attacked, (await ask(rounded(attacked.pictures))).guesses);
      if (name !== 'C&W by logits') continue;
      const [was, is] = [(await ask(before)).words.slice(0, SHOWN), (await ask(attacked.pictures)).words];
      const caption = 'What the network takes each for, and how sure it is. Grey stands for no difference.';
      await run.figure(
        'adversarial',
        changedFigure(victims, attacked.pictures, { title: 'Pictures that became something else', caption, was, is }),
      );
    }
    const columns = {
      success: ({ success }: Tally) => figures.percent(success),
      'mean L2': ({ distance }: Tally) => figures.fixed(distance, 3),
      'mean L∞': ({ largest }: Tally) => figures.fixed(largest, 3),
      'as an 8-bit file': ({ asFile }: Tally) => figures.percent(asFile),
    };
    run.table('attacks', figures.table(`${targets.length} pictures, each to become a class drawn by chance`, 'attack', tallies, columns));
    await run.figure('distances', distanceFigure(tallies));

    // A lead of κ, for the first few of them.
    const few = firstOf(victims, confidenceImages);
    const sweep: Record<string, Tally> = {};
    for (const confidence of confidences) {
      const name = `κ = ${confidence}`;
      const attacked = await carryOut(run, name, () => new CarliniWagner(forward, few, { ...wagner, confidence }), { victim });
      sweep[name] = tally(few, attacked, (await ask(rounded(attacked.pictures))).guesses);
    }
    await run.figure('confidence', confidenceFigure(confidences, Object.values(sweep)));
    run.table('confidence', figures.table(`${few.targets.length} pictures, by the lead that is asked for`, 'lead', sweep, columns));

    const { 'C&W by logits': paper, 'C&W by softmax': document, 'PGD in L2': pgd, [USUAL]: usual, FGSM: fgsm } = tallies;
    run.summary({
      ...{ accuracy, success: paper.success, meanDistance: paper.distance },
      ...{ softmaxSuccess: document.success, softmaxDistance: document.distance },
      ...{ pgdSuccess: pgd.success, pgdDistance: pgd.distance, usualSuccess: usual.success, usualDistance: usual.distance },
      ...{ fgsmSuccess: fgsm.success, toPgd: paper.distance / pgd.distance, toUsual: paper.distance / usual.distance },
    });
    if (photographs > 0) await attackPhotographs(run, { open: run.data.photographs, most: photographs, wagner, victim });
  },

  interaction: {
    title: 'Have a picture taken for something else',
    help: 'Choose or drop a picture and a class: the attack looks for the least change that turns the network’s mind. It takes what it sees for one of ten classes, whatever that is.',
    inputs: { picture: input.picture({ width: SIDE, height: SIDE, channels: 3 }), target: input.choice() },
    async open({ model, result }) {
      model.eval();
      const { names, samples } = offered(await result('samples'));
      const forward = (pictures: Tensor) => model.forward(pictures);
      const ask = asking(forward, SIDE, names);
      const shape = [1, 3, SIDE, SIDE];
      const attack = new CarliniWagner(forward, { pictures: new Float32Array(3 * SIDE ** 2), shape, targets: [0] }, QUICK);
      return {
        offers: { picture: { samples }, target: { choices: names } },
        async answer({ picture: { values }, target }) {
          const { guesses, words: was } = await ask(values);
          if (names[guesses[0]] === target)
            throw new InputError('target', `The network takes it for ${target} already: choose another class.`);
          const own = { pictures: values, shape, targets: [names.indexOf(target)] };
          attack.aim(own.pictures, own.targets);
          while (await attack.advance());
          const found = await attack.result();
          if (!Number.isFinite(found.distances[0])) return `${QUICK.searches * QUICK.steps} steps found no way to ${target}.`;
          const { words: is } = await ask(found.pictures);
          const caption = 'Grey stands for no difference.';
          return changedFigure(own, found.pictures, { title: `Taken for ${target}`, caption, was, is });
        },
      };
    },
  },
});
