// Cheap or expensive houses: logistic regression by gradient descent, held against float64 and against its optimum.
import {
  ArrayDataset,
  compile,
  DataLoader,
  losses,
  optim,
  option,
  project,
  sets,
  spread,
  type Tensor,
  TilegradError,
  tensor,
} from '../../../index.ts';
import { card } from './card.ts';
import { checkFigure, decisionFigure, gridOf, type Look, lossFigure, mark, type Placed, placed, planeFigure, planeOf } from './figures.ts';
import { featureNames, type Group, housesOf, labelOf, sharedOut, standardised } from './houses.ts';
import { LogisticRegression } from './model.ts';
import { descend, type Measured, measure, optimum, penalty, scoresOf, sigmoid } from './reference.ts';

/** Looks at the validation houses, and points of the curves, in one run. */
const LOOKS = 100;
/** The plane through which a house can be moved. */
const [AREA, QUALITY] = ['GrLivArea', 'OverallQual'];
const plane = { x: { label: labelOf(AREA), min: 500, max: 3500 }, y: { label: labelOf(QUALITY), min: 1, max: 10 } };

/** How one run ended. */
interface Result extends Readonly<Record<'training' | 'validation' | 'test', Measured>> {
  /** Training loss above the optimum, where there is one. */
  readonly gap: number | undefined;
  /** Largest differences from the same descent in float64. */
  readonly weightError: number;
  readonly lossError: number;
  /** The test houses in the plane, where the features are both of its axes. */
  readonly houses: readonly Placed[];
}

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
  parts: () => ({ run: 1 }),

  async run(run, { features: text, runs, epochs, lr, batchSize, weightDecay }) {
    const features = featureNames(text);
    const houses = housesOf((await run.data.ames()).houses, features);

    const each = Array.from({ length: runs }, (_, i) => i);
    const results = await run.each('run', each, async (run, index): Promise<Result> => {
      const { train, validation, test, between, statistics } = sharedOut(houses, run.random('split'));
      const model = run.model();
      model.standardise(statistics);
      // The bias says how many houses are expensive; pulling it towards 0 would mean nothing.
      const optimizer = new optim.SGD([{ params: [model.weight], weightDecay }, { params: [model.bias] }], { lr });
      const step = compile((x: Tensor, y: Tensor) => {
        const loss = losses.bceWithLogits(model.forward(x), y);
        optimizer.minimize(loss);
        return loss;
      });
      const forward = compile((x: Tensor) => model.forward(x));
      const scores = ({ x }: Pick<Group, 'x'>) => forward(tensor(x, [x.length / features.length, features.length])).data();
      const dataset = new ArrayDataset({ x: { data: train.x, shape: [features.length] }, y: { data: train.y, shape: [] } });
      const seed = run.random('batches').uint32();
      const batches = () => new DataLoader(dataset, { batchSize: batchSize || train.y.length, shuffle: true, seed });

      /** What is minimised, loss and penalty, in float64. */
      const sample = { x: standardised(train.x, statistics), y: train.y };
      const objective = (weights: ArrayLike<number>) => measure(scoresOf(sample, weights), sample.y).loss + penalty(weights, weightDecay);

      /** Loss and accuracy on training and validation houses, as they stand now. */
      const looks = run.cell<readonly Look[]>([]);
      const look = async (epoch: number) => {
        const [trained, validated, weights] = await Promise.all([scores(train), scores(validation), model.weights()]);
        const [training, validating] = [measure(trained, train.y), measure(validated, validation.y)];
        const found = { epoch, step: optimizer.steps, weights, training, validation: validating };
        looks.value = [...looks.value, { ...found, objective: training.loss + penalty(weights, weightDecay) }];
        run.log({ 'validation loss': validating.loss, 'training accuracy': training.accuracy, 'validation accuracy': validating.accuracy });
      };
      for await (const epoch of run.epochs('training', { over: batches(), epochs, keep: { model, optimizer, looks } })) {
        if (looks.value.length === 0) await look(0);
        for await (const { x, y } of epoch) run.log({ loss: step(x, y) });
        if (epoch.number % Math.ceil(epochs / LOOKS) === 0 || epoch.number === epochs) await look(epoch.number);
      }

      // The same descent in float64: from the same weights, over the same batches, looked at at the same places.
      const again = batches();
      const weights = run.cell(Float64Array.from(looks.value[0].weights));
      const float64 = run.cell<readonly number[]>([objective(weights.value)]);
      for await (const i of run.steps('float64', { count: looks.value.length - 1, keep: { again, weights, float64 }, unit: 'looks' })) {
        for (let { epoch } = looks.value[i]; epoch < looks.value[i + 1].epoch; epoch++) {
          for await (const { x, y } of again) descend({ x: standardised(x.data, statistics), y: y.data }, weights.value, lr, weightDecay);
        }
        float64.value = [...float64.value, objective(weights.value)];
      }

      const best = optimum(sample, features.length, weightDecay);
      const least = best && objective(best);
      const end = looks.value.at(-1)!;
      const [training, validated, tested, inBetween] = await Promise.all(
        [train, validation, test, between].map(async (group) => ({ ...group, scores: await scores(group) })),
      );
      if (index === runs - 1) {
        await run.figure(
          'decision',
          decisionFigure({ houses, statistics, weights: end.weights, training, validation: validated, test: tested, between: inBetween }),
        );
        if (features.length === 2) {
          const shown = placed(test, features, features);
          const axes = planeOf(shown, features);
          await run.figure(
            'plane',
            planeFigure('Where houses are expensive', axes, await scores({ x: Float32Array.from(gridOf(axes).flat()) }), shown),
          );
        }
        await run.figure('loss', lossFigure(looks.value, weightDecay === 0 ? least : undefined));
        if (least !== undefined) await run.figure('check', checkFigure(looks.value, float64.value, least));
        const shown = ({ mean, deviation }: typeof statistics, f: number) =>
          [mean[f], deviation[f]].map((value) => String(Number(value.toPrecision(5))));
        run.table('weights', {
          title: `Weights${runs > 1 ? ' of the last run' : ''}, for one standard deviation of the training houses`,
          columns: ['feature', 'mean', 'deviation', 'weight', 'optimum'],
          rows: [...features, 'bias'].map((name, f) => [
            name,
            ...(f < features.length ? shown(statistics, f) : ['', '']),
            end.weights[f].toFixed(4),
            best ? best[f].toFixed(4) : 'none',
          ]),
        });
      }
      return {
        training: end.training,
        validation: end.validation,
        test: measure(tested.scores, test.y),
        gap: least === undefined ? undefined : end.objective - least,
        weightError: largest(end.weights.map((weight, f) => weight - weights.value[f])),
        lossError: largest(looks.value.map(({ objective }, i) => objective - float64.value[i])),
        houses: features.includes(AREA) && features.includes(QUALITY) ? placed(test, features, [AREA, QUALITY]) : [],
      };
    });

    const shown = (values: readonly number[], digits: number, unit: string) => {
      const { mean, deviation } = spread(values);
      return `${mean.toFixed(digits)}${unit}${runs > 1 ? ` ± ${deviation.toFixed(digits)}` : ''}`;
    };
    run.table('accuracy', {
      title: runs === 1 ? 'Loss and accuracy of one run' : `Loss and accuracy, mean ± standard deviation of ${runs} runs`,
      columns: ['houses', 'loss', 'accuracy'],
      rows: (['training', 'validation', 'test'] as const).map((part) => [
        part,
        shown(
          results.map((result) => result[part].loss),
          4,
          '',
        ),
        shown(
          results.map((result) => 100 * result[part].accuracy),
          2,
          ' %',
        ),
      ]),
    });
    const weightError = largest(results.map((result) => result.weightError));
    const lossError = largest(results.map((result) => result.lossError));
    const gaps = results.flatMap(({ gap }) => gap ?? []);
    run.table('check', {
      title: 'Held against float64, the largest of all runs',
      columns: ['', ''],
      rows: [
        ['weights, from the same descent in float64', weightError.toExponential(1)],
        ['loss on the way, from the same', lossError.toExponential(1)],
        ['loss at the end, above the optimum', gaps.length === runs ? largest(gaps).toExponential(1) : 'no single optimum'],
      ],
    });
    const accuracy = spread(results.map(({ test }) => test.accuracy));
    run.summary({
      testAccuracy: accuracy.mean,
      ...(runs > 1 && { testAccuracyDeviation: accuracy.deviation }),
      testLoss: spread(results.map(({ test }) => test.loss)).mean,
      weightError,
      lossError,
    });
  },

  interaction: {
    title: 'Your house',
    help: 'Move a house through living area and quality: how likely is it to be expensive, and where does a little decide?',
    input: { kind: 'plane', ...plane },
    async open({ model, options, result }) {
      const features = featureNames(options.features);
      const axes = [features.indexOf(AREA), features.indexOf(QUALITY)];
      if (axes.every((axis) => axis < 0)) {
        throw new TilegradError(
          `features: expected ${AREA} or ${QUALITY} among them, for a house to move through, got ${features.join(', ')}`,
        );
      }
      const mean = await model.mean.data();
      const forward = compile((x: Tensor) => model.forward(x));
      const scoresAt = (points: readonly (readonly number[])[]) => {
        const rows = points.flatMap((point) => features.map((_, f) => point[axes.indexOf(f)] ?? mean[f]));
        return forward(tensor(rows, [points.length, features.length])).data();
      };
      const results = (await result('run')) as readonly Result[] | undefined;
      const houses = results?.at(-1)?.houses ?? [];
      const scores = await scoresAt(gridOf(plane));
      const note = features.some((_, f) => !axes.includes(f)) ? ' All else is as in the mean house.' : '';
      return async (point) => {
        const [score] = await scoresAt([[...point]]);
        const title = `Expensive with a probability ${shownShare(sigmoid(score))}`;
        return planeFigure(title, plane, scores, houses, [mark('your house', point)], note);
      };
    },
  },
});

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));

function shownShare(probability: number): string {
  if (probability > 0.999) return 'above 99.9 %';
  if (probability < 0.001) return 'below 0.1 %';
  return `of ${(100 * probability).toFixed(probability > 0.01 && probability < 0.99 ? 0 : 1)} %`;
}
