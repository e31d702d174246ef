// Cheap or expensive houses: logistic regression by gradient descent, held against float64 and against its optimum.
import {
  ArrayDataset,
  checkpointOf,
  compile,
  DataLoader,
  fit,
  losses,
  type OptionValues,
  optim,
  type Project,
  type ProjectContext,
  restoreTraining,
  spread,
  type Tensor,
  tensor,
} from '../../../index.ts';
import { card } from './card.ts';
import { checkFigure, decisionFigure, type Look, lossFigure } from './figures.ts';
import { featureNames, type Houses, loadHouses, type Part, type Split, splitHouses, standardised } from './houses.ts';
import { housesInPlane, yourHouse } from './interaction.ts';
import { LogisticRegression } from './model.ts';
import { axesOf, gridOf, housesAt, type PlaneHouse, planeFigure } from './plane.ts';
import { descend, type Measured, measure, optimum, penalty, type Sample, scoresOf } from './reference.ts';

const options = {
  features: {
    type: 'string',
    default: 'GrLivArea, OverallQual',
    help: 'columns of numbers to decide by, separated by commas',
  },
  runs: { type: 'number', default: 5, min: 1, integer: true, help: 'trainings, each on another random split of the houses' },
  epochs: { type: 'number', default: 500, min: 1, integer: true, help: 'passes through the training houses in each run' },
  lr: { type: 'number', default: 1, min: 0, help: 'learning rate of gradient descent' },
  batchSize: { type: 'number', default: 0, min: 0, integer: true, help: 'houses in one step (0: all of them)' },
  weightDecay: { type: 'number', default: 0, min: 0, help: 'pull of the weights towards 0' },
} as const;

type Options = OptionValues<typeof options>;

/** Looks at the validation houses, and points of the curves, in one run. */
const LOOKS = 100;

export const housePrices: Project<typeof options> = {
  ...card,
  options,
  presets: {
    quick: { runs: 1, epochs: 300 },
    full: { features: 'OverallQual', runs: 10, epochs: 2000 },
  },
  run: (context, values) => new HousePrices(context, values).run(),
  interaction: yourHouse,
};

/** How one run ended. */
interface RunResult {
  readonly training: Measured;
  readonly validation: Measured;
  readonly test: Measured;
  /** Training loss above the optimum, where there is one. */
  readonly gap?: number;
  /** Largest differences from the same descent in float64. */
  readonly weightError: number;
  readonly lossError: number;
}

/** The optimum and its objective, where there is one, and the objectives of the descent in float64 at each look. */
interface Check {
  readonly best: Float64Array | undefined;
  readonly least: number | undefined;
  readonly float64: readonly number[];
}

/** What a checkpoint keeps beside the training itself. */
interface Progress {
  /** Of the runs that are done. */
  readonly results: readonly RunResult[];
  /** Weights at the beginning of the run in hand, the bias last, and the looks since. */
  readonly start: readonly number[];
  readonly looks: readonly Look[];
  /** Where there is a plane to move a house through. */
  readonly houses: readonly PlaneHouse[];
}

type Trainee = ReturnType<HousePrices['trainee']>;

class HousePrices {
  private readonly features: readonly string[];
  private houses!: Houses;
  private results: RunResult[] = [];
  private start: readonly number[] = [];
  private looks: Look[] = [];

  constructor(
    private readonly context: ProjectContext,
    private readonly options: Options,
  ) {
    this.features = featureNames(options.features);
  }

  async run(): Promise<void> {
    const { context } = this;
    const { runs } = this.options;
    this.houses = await loadHouses(context.platform, this.features);
    context.data(this.houses.record);
    const before = context.resume?.state as unknown as Progress | undefined;
    this.results = [...(before?.results ?? [])];
    for (let run = this.results.length; run < runs; run++) {
      const trainee = this.trainee(run);
      const resumed = run === before?.results.length ? before : undefined;
      if (resumed && context.resume) restoreTraining(trainee, context.resume);
      this.start = resumed?.start ?? (await weightsOf(trainee.model));
      this.looks = [...(resumed?.looks ?? [])];
      if (!(await this.train(run, trainee))) return;
      if (!(await this.conclude(run, trainee))) return;
      // The last checkpoint of the training is enough to come back here from; only the end of the last run has to be kept as well.
      if (run === runs - 1) await context.checkpoint(await checkpointOf({ ...trainee, state: () => this.progress(trainee.split) }));
    }
    this.report();
  }

  /** Houses, model, optimiser and loader at the beginning of one run. */
  private trainee(run: number) {
    const { lr, weightDecay } = this.options;
    const split = splitHouses(this.houses, this.context.seed, run);
    const model = new LogisticRegression(split.statistics);
    // The bias says how many houses are expensive; pulling it towards 0 would mean nothing.
    const optimizer = new optim.SGD([{ params: [model.weight], weightDecay }, { params: [model.bias] }], { lr });
    return { split, model, optimizer, loader: this.loader(split, run) };
  }

  private loader({ train }: Split, run: number): DataLoader<'x' | 'y'> {
    const dataset = new ArrayDataset({ x: { data: train.x, shape: [this.features.length] }, y: { data: train.y, shape: [] } });
    return new DataLoader(dataset, {
      batchSize: this.options.batchSize || train.y.length,
      shuffle: true,
      seed: this.context.seed * 1000 + run,
    });
  }

  private async train(run: number, trainee: Trainee): Promise<boolean> {
    const { runs, epochs } = this.options;
    const { split, model, optimizer, loader } = trainee;
    const steps = epochs * loader.length;
    const firstStep = run * steps;
    const every = Math.ceil(steps / LOOKS);
    const step = compile((x: Tensor, y: Tensor) => {
      const loss = losses.bceWithLogits(model.forward(x), y);
      optimizer.minimize(loss);
      return loss;
    });
    const look = this.looker(trainee);
    if (this.looks.length === 0) await look(0, firstStep);
    const perRun = epochs * split.train.y.length;
    const finished = await fit(this.context, {
      ...trainee,
      epochs,
      step: ({ x, y }) => step(x, y),
      phase: runs > 1 ? `run ${run + 1} of ${runs}` : 'training',
      checkpointEvery: 10 * every,
      state: () => this.progress(split),
      progress: { before: run * perRun, total: runs * perRun, unit: 'houses' },
      firstStep,
      evaluation: { every, run: (at) => look(at - firstStep, firstStep) },
    });
    if (finished && this.looks.at(-1)?.step !== steps) await look(steps, firstStep);
    return finished;
  }

  /** Loss and accuracy on training and validation houses, as they stand now: for the metrics and the curves. */
  private looker({ split, model }: Trainee) {
    const { train, validation } = split;
    const scores = this.scorer(model);
    return async (step: number, firstStep: number): Promise<void> => {
      const [trained, validated, weights] = await Promise.all([scores(train), scores(validation), weightsOf(model)]);
      const ofTraining = measure(trained, train.y);
      const look: Look = {
        step,
        training: ofTraining,
        validation: measure(validated, validation.y),
        objective: ofTraining.loss + penalty(weights, this.options.weightDecay),
      };
      this.looks.push(look);
      this.context.scalars(firstStep + step, {
        'validation loss': look.validation.loss,
        'training accuracy': look.training.accuracy,
        'validation accuracy': look.validation.accuracy,
      });
    };
  }

  /** Scores of houses by the model on the GPU. */
  private scorer(model: LogisticRegression) {
    const forward = compile((x: Tensor) => model.forward(x));
    const columns = this.features.length;
    return ({ x }: Pick<Part, 'x'>) => forward(tensor(x, [x.length / columns, columns])).data();
  }

  /** Tests a trained model and holds it against float64; after the last run it shows how it got there and how it decides. */
  private async conclude(run: number, trainee: Trainee): Promise<boolean> {
    const { split, model } = trainee;
    const { runs, weightDecay } = this.options;
    const sample: Sample = { x: standardised(split.train, split.statistics), y: split.train.y };
    const float64 = await this.repeat(run, split, sample);
    if (!float64) return false;
    const best = optimum(sample, this.features.length, weightDecay);
    const check: Check = { best, least: best && this.objective(sample, best), float64: float64.objectives };
    const weights = await weightsOf(model);
    const scores = await this.scorer(model)(split.test);
    const end = this.looks[this.looks.length - 1];
    this.results.push({
      training: end.training,
      validation: end.validation,
      test: measure(scores, split.test.y),
      ...(check.least !== undefined && { gap: end.objective - check.least }),
      weightError: largest(weights.map((weight, f) => weight - float64.weights[f])),
      lossError: largest(this.looks.map(({ objective }, i) => objective - float64.objectives[i])),
    });
    if (run === runs - 1) await this.show(trainee, weights, check);
    return true;
  }

  private async show({ split, model }: Trainee, weights: readonly number[], { best, least, float64 }: Check): Promise<void> {
    const { context, looks, houses, features } = this;
    const scores = this.scorer(model);
    const scored = async (part: Part) => ({ part, scores: await scores(part) });
    const parts = [split.train, split.validation, split.test, split.between];
    const [training, validation, test, between] = await Promise.all(parts.map(scored));
    await context.figure('decision', decisionFigure({ houses, split, training, validation, test, between, weights }));
    if (features.length === 2) {
      const both = [features[0], features[1]] as const;
      const shown = housesAt(split.test, features, both);
      const axes = axesOf(shown, both);
      const grid = await scores({ x: Float32Array.from(gridOf(axes).flat()) });
      await context.figure('plane', planeFigure({ title: 'Where houses are expensive', axes, scores: grid, houses: shown }));
    }
    await context.figure('loss', lossFigure(looks, this.options.weightDecay === 0 ? least : undefined));
    if (least !== undefined) await context.figure('check', checkFigure(looks, float64, least));
    const { mean, deviation } = split.statistics;
    context.table('weights', {
      title: `Weights${this.options.runs > 1 ? ' of the last run' : ''}, for one standard deviation of the training houses`,
      columns: ['feature', 'mean', 'deviation', 'weight', 'optimum'],
      rows: [...features, 'bias'].map((name, f) => [
        name,
        ...(f < features.length ? [mean[f], deviation[f]].map((value) => String(Number(value.toPrecision(5)))) : ['', '']),
        weights[f].toFixed(4),
        best ? best[f].toFixed(4) : 'none',
      ]),
    });
  }

  /** What is minimised: loss and penalty, in float64. */
  private objective(sample: Sample, weights: ArrayLike<number>): number {
    return measure(scoresOf(sample, weights), sample.y).loss + penalty(weights, this.options.weightDecay);
  }

  /**
   * The same descent in float64: from the same weights, over the same batches. Its objective is taken where this run was looked at.
   * `undefined` when the user asked to stop; the checkpoint at the end of the training stands.
   */
  private async repeat(run: number, split: Split, sample: Sample) {
    const { epochs, lr, weightDecay } = this.options;
    const weights = Float64Array.from(this.start);
    const objectives = [this.objective(sample, weights)];
    const loader = this.loader(split, run);
    let step = 0;
    const began = performance.now();
    let rested = began;
    const report = (done: number) => {
      // What is over in a second needs no bar of its own.
      if (rested > began + 1000) this.context.progress({ phase: 'the same in float64', done, total: epochs, unit: 'epochs' });
    };
    for (let epoch = 0; epoch < epochs; epoch++) {
      for await (const { x, y } of loader) {
        descend({ x: standardised({ x: x.data as Float32Array }, split.statistics), y: y.data }, weights, lr, weightDecay);
        if (++step === this.looks[objectives.length]?.step) objectives.push(this.objective(sample, weights));
      }
      if (performance.now() - rested < 100) continue;
      report(epoch + 1);
      // Nothing here waits for a GPU: without a rest nobody could stop it.
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      await this.context.ready();
      if (this.context.stopping) return undefined;
      rested = performance.now();
    }
    report(epochs);
    return { weights, objectives };
  }

  private progress(split: Split): Readonly<Record<string, unknown>> {
    const { results, start, looks, features } = this;
    return { results, start, looks, houses: housesInPlane(features, split) } satisfies Progress;
  }

  private report(): void {
    const { results, context } = this;
    const { runs } = this.options;
    const text = (values: readonly number[], digits: number, unit: string) => {
      const { mean, deviation } = spread(values);
      return `${mean.toFixed(digits)}${unit}${runs > 1 ? ` ± ${deviation.toFixed(digits)}` : ''}`;
    };
    const rows = (['training', 'validation', 'test'] as const).map((part) => {
      const measured = results.map((result) => result[part]);
      const [loss, accuracy] = [measured.map(({ loss }) => loss), measured.map(({ accuracy }) => 100 * accuracy)];
      return [part, text(loss, 4, ''), text(accuracy, 2, ' %')];
    });
    context.table('accuracy', {
      title: runs === 1 ? 'Loss and accuracy of one run' : `Loss and accuracy, mean ± standard deviation of ${runs} runs`,
      columns: ['houses', 'loss', 'accuracy'],
      rows,
    });
    const gaps = results.flatMap(({ gap }) => gap ?? []);
    context.table('check', {
      title: 'Held against float64, the largest of all runs',
      columns: ['', ''],
      rows: [
        ['weights, from the same descent in float64', largest(results.map(({ weightError }) => weightError)).toExponential(1)],
        ['loss on the way, from the same', largest(results.map(({ lossError }) => lossError)).toExponential(1)],
        ['loss at the end, above the optimum', gaps.length === results.length ? largest(gaps).toExponential(1) : 'no single optimum'],
      ],
    });
    const accuracy = spread(results.map(({ test }) => test.accuracy));
    context.summary({
      testAccuracy: accuracy.mean,
      ...(runs > 1 && { testAccuracyDeviation: accuracy.deviation }),
      testLoss: spread(results.map(({ test }) => test.loss)).mean,
      weightError: largest(results.map(({ weightError }) => weightError)),
      lossError: largest(results.map(({ lossError }) => lossError)),
    });
  }
}

/** Standardised weights, the bias last. */
async function weightsOf({ weight, bias }: LogisticRegression): Promise<number[]> {
  const [weights, last] = await Promise.all([weight.data(), bias.item()]);
  return [...weights, last];
}

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
