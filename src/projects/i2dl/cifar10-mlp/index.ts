// A network by hand: layers, loss and update rules written out, held against the engine's, compared, and trained on CIFAR-10.
import {
  Averages,
  Curves,
  compile,
  figures,
  metrics,
  optim,
  option,
  project,
  sets,
  type Tensor,
  taken,
  tensor,
  training,
  transforms,
} from '../../../index.ts';
import { lookAtPictures, mistakesFigure, mistakesIn, type Photos, PIXELS, weightsFigure } from '../../shared/photographs.ts';
import { samplesOf } from '../../shared/pictures.ts';
import { card } from './card.ts';
import { errorsOf } from './check.ts';
import { rulesFigure } from './figures.ts';
import { Network } from './network.ts';
import { keptOf, type Rule, type RuleName, rates, ruleNames, rules } from './rules.ts';

/** What an epoch of the training came to. */
type Numbers = Readonly<Record<'loss' | 'accuracy', number>>;
type Result = { readonly epoch: number; readonly training: Numbers; readonly validation: Numbers };

const PANELS = { Loss: 'loss', Accuracy: { metric: 'accuracy', y: 'accuracy (%)' } };
/** Pictures and steps of the checks. */
const [CHECKED, CHECK_STEPS] = [64, 20];

export const cifar10Mlp = project({
  ...card,
  data: { photos: sets.cifar10 },
  options: {
    hidden: option.integer(256, 'units of each hidden layer', { min: 1 }),
    layers: option.integer(2, 'hidden layers', { min: 1 }),
    activation: option.choice('relu', ['relu', 'sigmoid'], 'between the affine layers'),
    rule: option.choice<RuleName>('adam', ruleNames, 'the update rule that trains the network'),
    weightDecay: option.number(1e-4, 'pull of the weights towards 0, a part of their gradients', { min: 0, time: 'same' }),
    flips: option.flag(true, 'show half of the training pictures mirrored'),
    ...training({ epochs: 20, batchSize: 128, lr: 1e-3 }),
    compareEpochs: option.integer(5, 'passes of each update rule in their comparison', { min: 1 }),
    compareImages: option.integer(5000, 'training images of the comparison', { min: 1 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: { hidden: 128, epochs: 6, compareEpochs: 3, compareImages: 2000, trainImages: 5000, testImages: 1000 },
    full: { hidden: 512, epochs: 50, compareEpochs: 10, compareImages: 45_000 },
    smallest: { hidden: 8, layers: 1, epochs: 2, batchSize: 18, compareEpochs: 2, compareImages: 36, trainImages: 60, testImages: 20 },
  },
  model: (options) => new Network(options),
  inputs: () => [[1, 3, 32, 32]],
  parts: () => ({ samples: 0.01, check: 1, rules: 3, training: 10, test: 0.3, mistakes: 0.3 }),

  async run(run, options) {
    const { rule, weightDecay, flips, epochs, batchSize, lr, compareEpochs, compareImages, trainImages, testImages } = options;
    const { train, validation, test } = await run.data.photos({ limit: { train: trainImages, test: testImages }, validation: 0.1 });
    const { names } = await run.stage('samples', () => samplesOf(test));
    const [logits, label] = [
      (network: Network) =>
        ({ image }: Photos) =>
          network.forward(image),
      ({ label }: Photos) => label,
    ];
    /** Traced: a step of a network by a rule. */
    const learn = (network: Network, rule: Rule, { image, label }: Photos, lr: Tensor) => {
      const found = network.learn(image, label, weightDecay);
      rule.update(found.gradients, lr);
      return found;
    };

    // By hand and by the engine: the same gradients, the same way down.
    const errors = await run.stage('check', () => {
      const { image, label } = train.fields;
      const count = Math.min(CHECKED, train.count);
      const pixels = Float32Array.from(image.data.subarray(0, count * PIXELS), (value) => value / 255);
      return errorsOf(options, CHECK_STEPS, tensor(pixels, [count, 3, 32, 32]), tensor(Int32Array.from(label.data.subarray(0, count))));
    });
    const columns = { 'relative difference': (error: number) => error.toExponential(1) };
    run.table('check', figures.table('How far what is written out is from the engine', 'written out', errors, columns));

    // The rules, side by side: the same weights, the same batches.
    const compared = await run.stage('rules', async (run) => {
      const start = new Network(options);
      const contenders = ruleNames.map((name) => {
        const network = start.clone();
        return { name, network, rule: rules[name](network.parameters()) };
      });
      const update = compile((photos: Photos) => {
        const losses = contenders.map(({ name, network, rule }) => learn(network, rule, photos, tensor([rates[name]])).loss);
        return Object.fromEntries(ruleNames.map((name, i) => [`loss, ${name}`, losses[i]]));
      });
      const measured = contenders.map(({ name, network }) => metrics.named(name, metrics.accuracy(logits(network), label)));
      const [curves, looks] = [new Curves(), run.cell<readonly (readonly number[])[]>([])];
      const states = contenders.flatMap(({ name, network, rule }) => [[name, network] as const, ...keptOf(name, rule)]);
      const keep = { ...Object.fromEntries(states), curves, looks };
      const few = taken(train, Uint32Array.from(train.fields.label.data.keys()).subarray(0, compareImages));
      for await (const epoch of run.epochs('side by side', { over: few, batchSize, epochs: compareEpochs, keep })) {
        for await (const photos of epoch) curves.add(run.log(update(photos)));
        const accuracy = Object.values(await run.evaluate('validation', validation, measured)) as number[];
        run.log(Object.fromEntries(ruleNames.map((name, i) => [`validation accuracy, ${name}`, accuracy[i]])));
        looks.value = [...looks.value, accuracy];
      }
      const losses = await curves.state();
      const course = (name: RuleName, i: number) => ({ losses: losses[`loss, ${name}`], accuracies: looks.value.map((look) => look[i]) });
      await run.figure('rules', rulesFigure(Object.fromEntries(ruleNames.map((name, i) => [name, course(name, i)]))));
      return Object.fromEntries(ruleNames.map((name, i) => [`${name}Accuracy`, looks.value.at(-1)![i]]));
    });

    // One of them, for longer.
    const network = run.model();
    const working = rules[rule](network.parameters());
    const rate = optim.schedules.cosine(lr, epochs * Math.ceil(train.count / batchSize));
    const step = compile(({ image, label }: Photos, lr: Tensor) => {
      const seen = flips ? transforms.onBatch([transforms.flip()], { image }).image : image;
      const { loss, logits } = learn(network, working, { image: seen, label }, lr);
      return { loss, accuracy: logits.argMax(1).cast('i32').eq(label).cast('f32').mean() };
    });
    const measured = [metrics.nll(logits(network), label), metrics.accuracy(logits(network), label)] as const;
    const [results, averages, steps] = [run.cell<readonly Result[]>([]), new Averages(), run.cell(0)];
    const keep = { network, ...Object.fromEntries(keptOf(rule, working)), results, averages, steps };
    for await (const epoch of run.epochs('training', { over: train, batchSize, epochs, keep })) {
      for await (const photos of epoch) averages.add(run.log(step(photos, tensor([rate(steps.value++)]))), photos.label.shape[0]);
      const { nll, accuracy } = await run.evaluate('validation', validation, measured);
      run.log({ 'validation loss': nll, 'validation accuracy': accuracy });
      const now = { training: (await averages.take()) as Numbers, validation: { loss: nll, accuracy } };
      results.value = [...results.value, { epoch: epoch.number, ...now }];
      await run.figure('training', figures.history(results.value, PANELS, { title: 'The network in training', y: 'cross-entropy (nats)' }));
      await run.figure('weights', weightsFigure(await network.weights[0].data(), network.weights[0].shape[1]));
    }

    const tested = await run.evaluate('test', test, [...measured, metrics.confusion(logits(network), label)]);
    await run.figure('confusion', figures.confusion(tested.confusion, names, { title: 'What is taken for what' }));
    const probabilities = await run.map('mistakes', test, ({ image }) => network.forward(image).softmax());
    await run.figure('mistakes', mistakesFigure(mistakesIn(probabilities, test.fields.label.data), test, names));
    run.summary({
      testAccuracy: tested.accuracy,
      testLoss: tested.nll,
      ...compared,
      largestError: Math.max(...Object.values(errors)),
    });
  },

  interaction: { ...lookAtPictures, open: (trained) => lookAtPictures.open(trained) },
});
