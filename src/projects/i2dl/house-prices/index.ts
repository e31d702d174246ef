// Cheap or expensive houses: logistic regression by gradient descent, held against float64 and against its optimum.
import {
  ArrayDataset,
  compile,
  DataLoader,
  figures,
  input,
  losses,
  optim,
  option,
  project,
  sets,
  spread,
  type Tensor,
  type TensorBatch,
  TilegradError,
  tensor,
} from '../../../index.ts';
import { card } from './card.ts';
import { COARSE, checkFigure, decisionFigure, type Look, lossFigure, type Placed, placed, planeFigure } from './figures.ts';
import { featureNames, type Group, housesOf, labelOf, sampleOf, sharedOut } from './houses.ts';
import { LogisticRegression } from './model.ts';
import { descend, measure, objective, optimum, penalty, sigmoid } from './reference.ts';

/** Looks at the validation houses, and points of the curves, in one run. */
const LOOKS = 100;
/** The plane through which a house can be moved. */
const AXES = ['GrLivArea', 'OverallQual'];
const plane = { x: { label: labelOf(AXES[0]), min: 500, max: 3500 }, y: { label: labelOf(AXES[1]), min: 1, max: 10 } };

type Houses = TensorBatch<'x' | 'y'>;

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
      const { train, validation, test, between, statistics } = sharedOut(houses, run.random('split'));
      const model = run.model();
      model.standardise(statistics);
      const optimizer = new optim.SGD([{ params: [model.weight], weightDecay }, { params: [model.bias] }], { lr });
      const step = compile(({ x, y }: Houses) => {
        const loss = losses.bceWithLogits(model.forward(x), y);
        optimizer.minimize(loss);
        return loss;
      });
      const score = ({ x }: Houses) => model.forward(x);
      const scored = async (group: Group) => ({ ...group, scores: await run.map('scores', group, score, { batchSize: group.count }) });
      const measured = async (group: Group) => measure((await scored(group)).scores, group.fields.y.data);
      const seed = run.random('batches').uint32();
      const batches = () => new DataLoader(new ArrayDataset(train.fields), { batchSize: batchSize || train.count, shuffle: true, seed });

      /** Loss and accuracy on training and validation houses, as they stand now. */
      const looks = run.cell<readonly Look[]>([]);
      const look = async (epoch: number) => {
        const [training, found, weights] = [await measured(train), await measured(validation), await model.weights()];
        const value = training.loss + penalty(weights, decay);
        looks.value = [...looks.value, { epoch, weights, training, validation: found, objective: value }];
        run.log({ 'validation loss': found.loss, 'training accuracy': training.accuracy, 'validation accuracy': found.accuracy });
      };
      for await (const epoch of run.epochs('training', { over: batches(), epochs, keep: { model, optimizer, looks } })) {
        if (looks.value.length === 0) await look(0);
        for await (const houses of epoch) run.log({ loss: step(houses) });
        if (epoch.number % Math.ceil(epochs / LOOKS) === 0 || epoch.number === epochs) await look(epoch.number);
      }

      // The same descent in float64: from the same weights, over the same batches, looked at at the same places.
      const sample = sampleOf(train.fields, statistics);
      const again = batches();
      const weights = run.cell(Float64Array.from(looks.value[0].weights));
      const float64 = run.cell<readonly number[]>([objective(sample, weights.value, decay)]);
      for await (const i of run.steps('float64', { count: looks.value.length - 1, keep: { again, weights, float64 }, unit: 'looks' })) {
        for (let { epoch } = looks.value[i]; epoch < looks.value[i + 1].epoch; epoch++) {
          for await (const batch of again) descend(sampleOf(batch, statistics), weights.value, lr, decay);
        }
        float64.value = [...float64.value, objective(sample, weights.value, decay)];
      }

      const best = optimum(sample, decay);
      const least = best && objective(sample, best, decay);
      const end = looks.value.at(-1)!;
      const tested = await scored(test);
      const result = {
        ...{ training: end.training, validation: end.validation, test: measure(tested.scores, test.fields.y.data) },
        /** Training loss above the optimum, where there is one. */
        gap: least === undefined ? undefined : end.objective - least,
        /** Largest differences from the same descent in float64. */
        weightError: largest(end.weights.map((weight, f) => weight - weights.value[f])),
        lossError: largest(looks.value.map(({ objective }, i) => objective - float64.value[i])),
        /** The test houses in the plane, where the features are both of its axes. */
        houses: placed(test, features, AXES),
      };
      if (index < runs - 1) return result;

      const groups = { training: await scored(train), validation: await scored(validation), test: tested, between: await scored(between) };
      await run.figure('decision', decisionFigure(houses, groups));
      if (features.length === 2) {
        const shown = placed(test, features, features);
        const grid = figures.gridAround(shown.points, COARSE);
        const scores = await model.forward(tensor(grid.points, [grid.points.length / 2, 2])).data();
        await run.figure('plane', planeFigure('Where houses are expensive', features, [grid, scores], shown));
      }
      await run.figure('loss', lossFigure(looks.value, weightDecay === 0 ? least : undefined));
      if (least !== undefined) await run.figure('check', checkFigure(looks.value, float64.value, least));
      const title = `Weights${runs > 1 ? ' of the last run' : ''}, for one standard deviation of the training houses`;
      const rounded = (value: number | undefined) => (value === undefined ? '' : String(Number(value.toPrecision(5))));
      const columns = {
        mean: (f: number) => rounded(statistics.mean[f]),
        deviation: (f: number) => rounded(statistics.deviation[f]),
        weight: (f: number) => end.weights[f].toFixed(4),
        optimum: (f: number) => best?.[f].toFixed(4) ?? 'none',
      };
      const rows = Object.fromEntries([...features, 'bias'].map((name, f) => [name, f]));
      run.table('weights', figures.table(title, 'feature', rows, columns));
      return result;
    });

    const of = (part: 'training' | 'validation' | 'test') => ({
      loss: results.map((result) => result[part].loss),
      accuracy: results.map((result) => result[part].accuracy),
    });
    const parts = { training: of('training'), validation: of('validation'), test: of('test') };
    const title = runs === 1 ? 'Loss and accuracy of one run' : `Loss and accuracy, mean ± standard deviation of ${runs} runs`;
    const columns = {
      loss: ({ loss }: typeof parts.test) => figures.plusMinus(loss, { digits: 4 }),
      accuracy: ({ accuracy }: typeof parts.test) => figures.plusMinus(accuracy, { shares: true }),
    };
    run.table('accuracy', figures.table(title, 'houses', parts, columns));
    const checks = {
      'weights, at the end': ({ weightError }: (typeof results)[number]) => weightError.toExponential(1),
      'loss, on the way': ({ lossError }: (typeof results)[number]) => lossError.toExponential(1),
      'training loss above its optimum': ({ gap }: (typeof results)[number]) => gap?.toExponential(1) ?? 'no single optimum',
    };
    const byRun = Object.fromEntries(results.map((result, i) => [`run ${i + 1}`, result]));
    run.table('check', figures.table('Differences from the same descent in float64', '', byRun, checks));
    const [weightError, lossError] = [results.map((result) => result.weightError), results.map((result) => result.lossError)].map(largest);
    const { mean: testAccuracy, deviation } = spread(parts.test.accuracy);
    const testLoss = spread(parts.test.loss).mean;
    run.summary({ testAccuracy, ...(runs > 1 && { testAccuracyDeviation: deviation }), testLoss, weightError, lossError });
  },

  interaction: {
    title: 'Your house',
    help: 'Move a house through living area and quality: how likely is it to be expensive, and where does a little decide?',
    inputs: { house: input.plane(plane) },
    async open({ model, options, result }) {
      const features = featureNames(options.features);
      const axes = AXES.map((axis) => features.indexOf(axis));
      if (axes.every((axis) => axis < 0)) {
        throw new TilegradError(
          `features: expected ${AXES.join(' or ')} among them, for a house to move through, got ${features.join(', ')}`,
        );
      }
      const mean = await model.mean.data();
      const forward = compile((x: Tensor) => model.forward(x));
      const scoresAt = (points: ArrayLike<number>) => {
        const rows = Array.from({ length: points.length / 2 }, (_, i) =>
          features.map((_, f) => points[2 * i + axes.indexOf(f)] ?? mean[f]),
        );
        return forward(tensor(rows.flat(), [rows.length, features.length])).data();
      };
      const runs = (await result('run')) as readonly { readonly houses: Placed }[] | undefined;
      const houses = runs?.at(-1)?.houses ?? { points: [], labels: [] };
      const grid = figures.grid([plane.x.min, plane.x.max], [plane.y.min, plane.y.max], COARSE);
      const field = [grid, await scoresAt(grid.points)] as const;
      const note = features.some((_, f) => !axes.includes(f)) ? ' All else is as in the mean house.' : '';
      return {
        async answer({ house }) {
          const [score] = await scoresAt(house);
          const title = `Expensive with a probability of ${figures.probability(sigmoid(score))}`;
          return planeFigure(title, AXES, field, houses, { own: house, note });
        },
      };
    },
  },
});

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
