// Monte Carlo dropout on digits: dropout stays on at inference, and several passes are averaged.
import {
  ArrayDataset,
  checkpointOf,
  compile,
  DataLoader,
  fit,
  type Interaction,
  loadMnist,
  losses,
  type Mnist,
  type OptionValues,
  optim,
  type Project,
  type ProjectContext,
  restoreModel,
  restoreTraining,
  spread,
  type Tensor,
  tensor,
} from '../../../index.ts';
import { card } from './card.ts';
import { likeMnist } from './drawing.ts';
import { accuracyFigure, drawingFigure, type RotationView, type RunResult, rotationFigure, uncertaintyFigure } from './figures.ts';
import { DropoutCnn } from './model.ts';
import { accuracy, decisions, meanOf, mutualInformation, predictiveEntropy, rotated } from './uncertainty.ts';

const CLASSES = 10;
const PIXELS = 28 * 28;
const EVALUATION_BATCH = 250;

const options = {
  runs: { type: 'number', default: 3, min: 1, integer: true, help: 'trainings from different starting weights' },
  epochs: { type: 'number', default: 3, min: 1, integer: true, help: 'passes through the training images in each run' },
  passes: { type: 'number', default: 5, min: 1, max: 100, integer: true, help: 'stochastic passes in the largest ensemble' },
  width: { type: 'number', default: 2, min: 1, integer: true, help: "factor on the document's 4, 8, 16, 32 channels" },
  firstDropout: { type: 'number', default: 0.02, min: 0, max: 0.95, help: 'probability of dropping a value after the first block' },
  dropout: { type: 'number', default: 0.05, min: 0, max: 0.95, help: 'the same after the other blocks' },
  batchSize: { type: 'number', default: 32, min: 1, integer: true, help: 'images in one training step' },
  lr: { type: 'number', default: 4e-3, min: 0, help: "Adam's learning rate at the beginning; it falls to 0 along half a cosine" },
  trainImages: { type: 'number', default: 0, min: 0, integer: true, help: 'use only the first so many training images (0: all)' },
  testImages: { type: 'number', default: 0, min: 0, integer: true, help: 'use only the first so many test images (0: all)' },
  checkpointEvery: { type: 'number', default: 200, min: 1, integer: true, help: 'training steps between checkpoints' },
} as const;

type Options = OptionValues<typeof options>;

/** The drawing comes finer than the network's pixels, so that it can be scaled without steps. */
const DRAWING = 56;
const DRAWING_PASSES = 50;

const interaction: Interaction<typeof options> = {
  title: 'Draw a digit',
  help: `${DRAWING_PASSES} stochastic passes look at it. A clear digit has them agree; draw something between two digits, or no digit at all, and they part.`,
  input: { kind: 'draw', size: DRAWING },
  async open(checkpoint, { width, firstDropout, dropout }) {
    const model = new DropoutCnn({ width, firstDropout, dropout });
    restoreModel(model, checkpoint);
    model.train();
    const predict = compile((digit: Tensor) => model.forward(digit.expand([DRAWING_PASSES, 1, 28, 28])).softmax());
    return async (drawing) => {
      const digit = likeMnist(drawing, DRAWING);
      const drawn = await predict(tensor(digit, [1, 1, 28, 28])).data();
      const passes = Array.from({ length: DRAWING_PASSES }, (_, t) => drawn.subarray(t * CLASSES, (t + 1) * CLASSES));
      return drawingFigure(digit, passes, predictiveEntropy(passes, CLASSES)[0], mutualInformation(passes, CLASSES)[0]);
    };
  },
};

export const mcDropout: Project<typeof options> = {
  ...card,
  options,
  presets: {
    quick: { runs: 1, epochs: 4, width: 1, firstDropout: 0, batchSize: 16, lr: 6e-3, trainImages: 10_000 },
    full: { runs: 10, epochs: 10, passes: 20 },
  },
  run: (context, values) => new McDropout(context, values).run(),
  interaction,
};

/** What a checkpoint keeps of the runs that are done. */
interface Progress {
  readonly results: RunResult[];
}

class McDropout {
  private data!: Mnist;
  private results: RunResult[] = [];

  constructor(
    private readonly context: ProjectContext,
    private readonly options: Options,
  ) {}

  async run(): Promise<void> {
    const { context } = this;
    const { runs, trainImages, testImages } = this.options;
    this.data = await loadMnist(context.platform, {
      ...(trainImages > 0 ? { trainCount: trainImages } : {}),
      ...(testImages > 0 ? { testCount: testImages } : {}),
    });
    context.data(this.data.record);
    this.results = [...((context.resume?.state as Progress | undefined)?.results ?? [])];
    const done = this.results.length;
    let trainee = this.trainee(done);
    if (context.resume && done < runs) restoreTraining(trainee, context.resume);
    for (let run = done; run < runs; run++) {
      if (!(await this.train(run, trainee))) return;
      const passes = await this.evaluate(run, trainee);
      // Asked to stop: the checkpoint at the end of the training stands, and testing begins anew from there.
      if (!passes) return;
      if (run < runs - 1) {
        trainee = this.trainee(run + 1);
      } else {
        await this.showUncertainty(passes);
        await this.showRotation(trainee);
      }
      // What this run found, and fresh weights for the next one; after the last, its weights.
      await context.checkpoint(await checkpointOf({ ...trainee, state: () => ({ results: this.results }) }));
    }
    await this.report();
  }

  /** Model, optimiser and loader at the beginning of one run. */
  private trainee(run: number) {
    const { batchSize, width, firstDropout, dropout, epochs, lr } = this.options;
    const { images, labels, count } = this.data.train;
    const model = new DropoutCnn({ width, firstDropout, dropout });
    const steps = epochs * Math.ceil(count / batchSize);
    const optimizer = new optim.Adam(model.parameters(), { lr: optim.schedules.cosine(lr, steps) });
    const dataset = new ArrayDataset({
      image: { data: images, shape: [1, 28, 28], scale: 1 / 255 },
      label: { data: labels, shape: [], dtype: 'u32' },
    });
    const loader = new DataLoader(dataset, { batchSize, shuffle: true, seed: this.context.seed * 1000 + run });
    return { model, optimizer, loader };
  }

  private train(run: number, trainee: ReturnType<McDropout['trainee']>): Promise<boolean> {
    const { runs, epochs, checkpointEvery } = this.options;
    const { model, optimizer, loader } = trainee;
    const perRun = epochs * this.data.train.count;
    const step = compile((image: Tensor, label: Tensor) => {
      const loss = losses.crossEntropy(model.forward(image), label);
      optimizer.minimize(loss);
      return loss;
    });
    model.train();
    return fit(this.context, {
      ...trainee,
      epochs,
      step: ({ image, label }) => step(image, label),
      phase: runs > 1 ? `run ${run + 1} of ${runs}` : 'training',
      checkpointEvery,
      state: () => ({ results: this.results }),
      progress: { before: run * perRun, total: runs * perRun, unit: 'images' },
      firstStep: run * epochs * loader.length,
    });
  }

  /** Class probabilities of many images, with dropout (`train` mode) or without. */
  private predictor({ model }: ReturnType<McDropout['trainee']>, stochastic: boolean) {
    const predict = compile((image: Tensor) => model.forward(image).softmax());
    return async (images: Float32Array): Promise<Float32Array> => {
      model.train(stochastic);
      const result = new Float32Array((images.length / PIXELS) * CLASSES);
      for (let start = 0; start < images.length; start += EVALUATION_BATCH * PIXELS) {
        const batch = images.subarray(start, start + EVALUATION_BATCH * PIXELS);
        result.set(await predict(tensor(batch, [batch.length / PIXELS, 1, 28, 28])).data(), (start / PIXELS) * CLASSES);
      }
      return result;
    };
  }

  /** The passes' class probabilities; undefined when the user asked to stop. */
  private async evaluate(run: number, trainee: ReturnType<McDropout['trainee']>): Promise<Float32Array[] | undefined> {
    const { passes, runs } = this.options;
    const { images, labels } = this.data.test;
    const pixels = Float32Array.from(images, (value) => value / 255);
    const phase = runs > 1 ? `testing run ${run + 1}` : 'testing';
    const progress = (done: number) => this.context.progress({ phase, done, total: passes + 1, unit: 'passes' });
    progress(0);
    const plain = accuracy(await this.predictor(trainee, false)(pixels), labels, CLASSES);
    progress(1);
    const stochastic = this.predictor(trainee, true);
    const drawn: Float32Array[] = [];
    for (let t = 0; t < passes; t++) {
      await this.context.ready();
      if (this.context.stopping) return undefined;
      drawn.push(await stochastic(pixels));
      progress(t + 2);
    }
    const ensembles = drawn.map((_, t) => accuracy(meanOf(drawn, t + 1), labels, CLASSES));
    this.results.push({ plain, ensembles });
    this.context.scalars((run + 1) * this.options.epochs * trainee.loader.length, {
      'test accuracy, plain': plain,
      'test accuracy, one pass': ensembles[0],
      'test accuracy, ensemble': ensembles[passes - 1],
    });
    return drawn;
  }

  /** How uncertain the ensemble is where it is right and where it is wrong. */
  private async showUncertainty(passes: readonly Float32Array[]): Promise<void> {
    const { labels } = this.data.test;
    const chosen = decisions(meanOf(passes), CLASSES);
    const right = Array.from(chosen, (digit, i) => digit === labels[i]);
    const figure = uncertaintyFigure({
      entropy: predictiveEntropy(passes, CLASSES),
      information: mutualInformation(passes, CLASSES),
      right,
      passes: passes.length,
    });
    await this.context.figure('uncertainty', figure);
  }

  /** The paper's figure 4: a digit 1, turned step by step, and what the passes make of it. */
  private async showRotation(trainee: ReturnType<McDropout['trainee']>): Promise<void> {
    const draws = 50;
    const angles = Array.from({ length: 13 }, (_, i) => 15 * i);
    const { images, labels } = this.data.test;
    const digit = Array.from(labels).indexOf(1);
    if (digit < 0) return;
    const upright = Float32Array.from(images.subarray(digit * PIXELS, (digit + 1) * PIXELS), (value) => value / 255);
    const pictures = angles.map((angle) => rotated(upright, 28, angle));
    const batch = new Float32Array(angles.length * PIXELS);
    pictures.forEach((picture, i) => batch.set(picture, i * PIXELS));
    const predict = this.predictor(trainee, true);
    const passes: Float32Array[] = [];
    for (let t = 0; t < draws; t++) passes.push(await predict(batch));
    const mean = meanOf(passes);
    const views: RotationView[] = angles.map((angle, i) => ({
      angle,
      picture: pictures[i],
      mean: Array.from(mean.subarray(i * CLASSES, (i + 1) * CLASSES)),
      passes: passes.map((pass) => Array.from(pass.subarray(i * CLASSES, (i + 1) * CLASSES))),
    }));
    await this.context.figure('rotation', rotationFigure(views, predictiveEntropy(passes, CLASSES), mutualInformation(passes, CLASSES)));
  }

  private async report(): Promise<void> {
    const { passes, runs } = this.options;
    const percent = (values: readonly number[]) => {
      const { mean, deviation } = spread(values);
      return `${(100 * mean).toFixed(2)} %${values.length > 1 ? ` ± ${(100 * deviation).toFixed(2)}` : ''}`;
    };
    const bySize = Array.from({ length: passes }, (_, t) => this.results.map(({ ensembles }) => ensembles[t]));
    const plain = this.results.map((result) => result.plain);
    this.context.table('accuracy', {
      title: `Test accuracy, ${runs === 1 ? 'one run' : `mean ± standard deviation of ${runs} runs`}`,
      columns: ['prediction', 'accuracy'],
      rows: [
        ['dropout off (plain network)', percent(plain)],
        ...bySize.map((values, t): [string, string] => [t === 0 ? 'one stochastic pass' : `ensemble of ${t + 1} passes`, percent(values)]),
      ],
    });
    await this.context.figure('accuracy', accuracyFigure(this.results));
    this.context.summary({
      runs,
      plainAccuracy: spread(plain).mean,
      onePassAccuracy: spread(bySize[0]).mean,
      ensembleAccuracy: spread(bySize[passes - 1]).mean,
    });
  }
}
