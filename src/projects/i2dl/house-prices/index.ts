// Cheap or expensive houses: logistic regression by gradient descent, held against float64 and against its optimum.
import { ArrayDataset, DataLoader, figures, input, losses, metrics, optim, option, project, sets, spread, tensor } from '../../../index.ts';
import { card } from './card.ts';
import { checkFigure, contributionsFigure, decisionFigure, type Look, lossFigure, type Placed, placed, planeFigure } from './figures.ts';
import { featureNames, fieldOf, type Group, housesOf, sharedOut } from './houses.ts';
import { type Batch, LogisticRegression } from './model.ts';
import { descend, objective, optimum, sampleOf } from './reference.ts';

/** Looks at the validation houses, and points of the curves, in one run. */
const LOOKS = 100;
/** The plane in which houses are shown, where the features are both of its axes. */
const AXES = ['GrLivArea', 'OverallQual'];

export const housePrices = project({
  ...card,
  data: { ames: sets.ames },
  options: {
    features: option.text('GrLivArea, OverallQual', 'columns of numbers to decide by, separated by commas'),
    runs: option.integer(5, 'trainings, each on another random split of the houses', { min: 1, time: 'grows' }),
    epochs: option.integer(500, 'passes through the training houses in each run', { min: 1, time: 'grows' }),
    lr: option.number(1, 'learning rate of gradient descent', { min: 0, time: 'same' }),
    batchSize: option.integer(0, 'houses in one step (0: all of them)', { min: 0 }),
    weightDecay: option.number(0, 'pull of the weights towards 0', { min: 0, time: 'same' }),
  },
  presets: {
    quick: { runs: 1, epochs: 300 },
    full: { features: 'OverallQual', runs: 10, epochs: 2000 },
    smallest: { runs: 2, epochs: 3, batchSize: 300 },
  },
  model: ({ features }) => new LogisticRegression(featureNames(features).length),
  inputs: ({ features }) => [[1, featureNames(features).length]],
  parts: () => ({ run: 1 }),

  async run(run, { features: text, runs, epochs, lr, batchSize, weightDecay }) {
    const features = featureNames(text);
    const houses = housesOf((await run.data.ames()).houses, features);
    // The bias says how many houses are expensive; pulling it towards 0 would mean nothing.
    const decay = [...features.map(() => weightDecay), 0];

    const results = await run.each('run', Array.from({ length: runs }), async (run, _, index) => {
      const split = sharedOut(houses, run.random('split'));
      const { train, validation, test, statistics } = split;
      const model = run.model();
      model.standardise(statistics);
      const optimizer = new optim.SGD([{ params: [model.weight], weightDecay }, { params: [model.bias] }], { lr });
      const judge = ({ x, y }: Batch) => {
        const score = model.forward(x);
        return { loss: losses.bceWithLogits(score, y), accuracy: score.gt(0).eq(y.gt(0.5)).cast('f32').mean() };
      };
      const seed = run.random('batches').uint32();
      const batches = () => new DataLoader(new ArrayDataset(train.fields), { batchSize: batchSize || train.count, shuffle: true, seed });
      // The same descent in float64: from the same weights, over the same batches.
      const [again, twin] = [batches(), run.cell(Float64Array.from(await model.weights()))];
      const sample = sampleOf(train.fields, statistics);
      const cost = (weights: ArrayLike<number>) => objective(sample, weights, decay);
      const looks = run.cell<readonly Look[]>([{ epoch: 0, float32: cost(twin.value), float64: cost(twin.value) }]);
      const every = Math.ceil(epochs / LOOKS);
      const looked = (epoch: number) => epoch % every === 0 || epoch === epochs;
      const plane = () => planeFigure('Where houses are expensive', features, (x) => model.forward(x), placed(test, features, features));
      const history = await run.fit('training', {
        ...{ model, optimizer, train: batches(), epochs, loss: judge, validation, every, keep: { again, twin, looks } },
        async afterEpoch(results) {
          for await (const batch of again) descend(sampleOf(batch, statistics), twin.value, lr, decay);
          const { epoch } = results.at(-1)!;
          const look = looked(epoch) && { epoch, float32: cost(await model.weights()), float64: cost(twin.value) };
          if (look) looks.value = [...looks.value, look];
          if (features.length === 2) await run.glimpse('plane', plane);
        },
      });

      const measured = (part: Group) => run.evaluate('scores', part, [metrics.mean(judge)]);
      const end = await model.weights();
      const best = optimum(sample, decay);
      const least = best && cost(best);
      const result = {
        ...{ training: await measured(train), validation: await measured(validation), test: await measured(test) },
        /** Training loss above the optimum, where there is one. */
        gap: least === undefined ? undefined : looks.value.at(-1)!.float32 - least,
        /** Largest differences from the same descent in float64. */
        weightError: largest(end.map((weight, f) => weight - twin.value[f])),
        lossError: largest(looks.value.map(({ float32, float64 }) => float32 - float64)),
        /** The test houses in the plane, where the features are both of its axes. */
        houses: placed(test, features, AXES),
      };
      if (index < runs - 1) return result;

      await run.figure('decision', decisionFigure(houses, split, end));
      if (features.length === 2) await run.figure('plane', await plane());
      const lookedAt = history.filter(({ epoch }) => looked(epoch));
      await run.figure('loss', lossFigure(lookedAt, weightDecay === 0 ? least : undefined));
      if (least !== undefined) await run.figure('check', checkFigure(looks.value, least));
      const title = `Weights${runs > 1 ? ' of the last run' : ''}, for one standard deviation of the training houses`;
      const rows = Object.fromEntries([...features, 'bias'].map((name, f) => [name, f]));
      const own = (values: Float64Array) => (f: number) => figures.significant(values[f] ?? Number.NaN);
      const table = figures.table(title, 'feature', rows, {
        ...{ mean: own(statistics.mean), deviation: own(statistics.deviation) },
        weight: (f) => end[f].toFixed(4),
        optimum: (f) => best?.[f].toFixed(4) ?? 'none',
      });
      run.table('weights', table);
      return result;
    });

    const of = (part: keyof typeof parts, metric: 'loss' | 'accuracy') => results.map((result) => result[part][metric]);
    const title = runs === 1 ? 'Loss and accuracy of one run' : `Loss and accuracy, mean ± standard deviation of ${runs} runs`;
    const found = figures.table(title, 'houses', parts, {
      loss: (part) => figures.plusMinus(of(part, 'loss'), { digits: 4 }),
      accuracy: (part) => figures.plusMinus(of(part, 'accuracy'), { shares: true }),
    });
    run.table('accuracy', found);
    const byRun = Object.fromEntries(results.map((result, i) => [`run ${i + 1}`, result]));
    const checks = figures.table('Differences from the same descent in float64', '', byRun, {
      'weights, at the end': ({ weightError }) => weightError.toExponential(1),
      'loss, on the way': ({ lossError }) => lossError.toExponential(1),
      'training loss above its optimum': ({ gap }) => gap?.toExponential(1) ?? 'no single optimum',
    });
    run.table('check', checks);
    const [{ mean: testAccuracy, deviation }, { mean: testLoss }] = [spread(of('test', 'accuracy')), spread(of('test', 'loss'))];
    const worst = (error: 'weightError' | 'lossError') => largest(results.map((result) => result[error]));
    const errors = { weightError: worst('weightError'), lossError: worst('lossError') };
    run.summary({ testAccuracy, ...(runs > 1 && { testAccuracyDeviation: deviation }), testLoss, ...errors });
  },

  interaction: {
    title: 'Your house',
    help: 'Change its features: how likely is it to be expensive, and what does each feature add to that?',
    inputs: { house: input.numbers() },
    async open({ model, options, result }) {
      const features = featureNames(options.features);
      const [mean, deviation] = await Promise.all([model.mean.data(), model.deviation.data()]);
      const fields = features.map((name, f) => [name, fieldOf(name, mean[f], deviation[f])] as const);
      const runs = (await result('run')) as readonly { readonly houses: Placed }[] | undefined;
      const others = runs?.at(-1)?.houses ?? { points: [], labels: [] };
      const axes = AXES.map((axis) => features.indexOf(axis));
      return {
        offers: { house: { fields: Object.fromEntries(fields) } },
        async answer({ house }) {
          const own = features.map((name) => house[name]);
          const added = contributionsFigure(features, await model.bias.item(), await model.added(tensor([own])).data());
          if (axes.includes(-1)) return added;
          const at = [own[axes[0]], own[axes[1]]] as const;
          const note = features.length > 2 ? ' All else is as in your house.' : '';
          return [added, await planeFigure('Where it stands', AXES, model.scoresBy(axes, own), others, { own: at, note })];
        },
      };
    },
  },
});

const parts = { training: 'training', validation: 'validation', test: 'test' } as const;
const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
