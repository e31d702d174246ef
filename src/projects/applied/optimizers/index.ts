import { type Checkpoint, loadMnist, type Mnist, type OptionValues, type Project, type ProjectContext } from '../../../index.ts';
import { card } from './card.ts';
import { gridOf, networkFigure, surfaceFigure } from './figures.ts';
import { interaction } from './interaction.ts';
import { Networks } from './network.ts';
import { follow, heightsAt, Race, type Track } from './race.ts';
import { NETWORK, networkScore, rateOf, type Scores, startsOf, surfaceScore, tried } from './rates.ts';
import { chosenRules, type Rule, rules } from './rules.ts';
import { type Surface, surfaces } from './surfaces.ts';
import { networkTable, REACHED, stepsTo, surfaceTable } from './tables.ts';

export const options = {
  surface: {
    type: 'string',
    default: 'all',
    choices: ['all', ...surfaces.map(({ name }) => name), 'none'],
    help: 'test surface that the optimisers go down',
  },
  optimizers: {
    type: 'string',
    default: 'all',
    help: `all, or names with commas between them: ${rules.map(({ name }) => name).join(', ')}`,
  },
  steps: { type: 'number', default: 300, min: 1, max: 10_000, integer: true, help: 'steps on a surface' },
  lrFactor: { type: 'number', default: 1, min: 0, help: 'factor on every learning rate; 10 shows who diverges' },
  search: {
    type: 'boolean',
    default: false,
    help: 'find the learning rates anew, on a grid, instead of taking those of an earlier search',
  },
  networkSteps: { type: 'number', default: 400, min: 0, integer: true, help: 'training steps of the network (0: no network)' },
  hidden: { type: 'number', default: 32, min: 1, integer: true, help: "units in each of the network's two hidden layers" },
  batchSize: { type: 'number', default: 32, min: 1, integer: true, help: 'images in one training step' },
  trainImages: { type: 'number', default: 0, min: 0, integer: true, help: 'use only the first so many training images (0: all)' },
  testImages: { type: 'number', default: 0, min: 0, integer: true, help: 'use only the first so many test images (0: all)' },
  checkpointEvery: { type: 'number', default: 100, min: 1, integer: true, help: 'training steps of the network between checkpoints' },
} as const;

export type Options = OptionValues<typeof options>;

export const optimizers: Project<typeof options> = {
  ...card,
  options,
  presets: {
    quick: { networkSteps: 200, trainImages: 6400, testImages: 2000 },
    full: { steps: 1000, networkSteps: 4000, hidden: 256, batchSize: 128 },
  },
  run: (context, values) => new Optimizers(context, values).run(),
  interaction,
};

/** What a checkpoint keeps beside the networks. */
export interface Progress {
  readonly scores: Scores;
  readonly surfacesDone: boolean;
}

/** How often a figure is drawn anew while its lines grow. */
const UPDATES = 4;

class Optimizers {
  private readonly rules: readonly Rule[];
  private readonly surfaces: readonly Surface[];
  private progress: Progress;
  private data: Mnist | undefined;

  constructor(
    private readonly context: ProjectContext,
    private readonly options: Options,
  ) {
    this.rules = chosenRules(options.optimizers);
    this.surfaces = surfaces.filter(({ name }) => options.surface === 'all' || options.surface === name);
    const { scores = {}, surfacesDone = false } = (context.resume?.state ?? {}) as Partial<Progress>;
    this.progress = { scores, surfacesDone };
  }

  async run(): Promise<void> {
    const { context, options } = this;
    const { networkSteps, trainImages, testImages } = options;
    if (networkSteps > 0) {
      this.data = await loadMnist(context.platform, {
        ...(trainImages > 0 ? { trainCount: trainImages } : {}),
        ...(testImages > 0 ? { testCount: testImages } : {}),
      });
      context.data(this.data.record);
    }
    // A stop before the first part is through goes on from here.
    if (!context.resume) await this.save();
    if (options.search && !(await this.search())) return;
    if (!this.progress.surfacesDone) {
      if (!(await this.descend())) return;
      this.progress = { ...this.progress, surfacesDone: true };
      await this.save();
    }
    if (this.data) await this.train(this.data);
  }

  private save({ tensors, state }: Checkpoint = { tensors: {}, state: {} }): Promise<void> {
    return this.context.checkpoint({ tensors, state: { ...state, ...this.progress } });
  }

  /** Whether to go on, once the user doesn't want a pause. */
  private async goOn(): Promise<boolean> {
    await this.context.ready();
    return !this.context.stopping;
  }

  /** One lane on every chosen surface for each rule that can go down one. */
  private lanes(lr: (place: string, rule: Rule) => number) {
    const able = this.rules.filter(({ matrices }) => !matrices);
    return this.surfaces.flatMap((surface) => able.map((rule) => ({ rule, surface, start: surface.start, lr: lr(surface.name, rule) })));
  }

  private networks(data: Mnist, lr: (rule: Rule) => number): Networks {
    const { hidden, batchSize } = this.options;
    return new Networks(
      data,
      this.rules.map((rule) => ({ rule, lr: lr(rule) })),
      { hidden, batchSize, seed: this.context.seed },
    );
  }

  private rate(place: string, rule: Rule): number {
    return Number((rateOf(place, rule.name, this.options.search ? this.progress.scores : {}) * this.options.lrFactor).toPrecision(6));
  }

  /** Tries every rate on everything. @returns whether it went to the end */
  private async search(): Promise<boolean> {
    const { steps, networkSteps } = this.options;
    const done = Object.values(this.progress.scores)[0]?.[this.rules[0].name].length ?? 0;
    const total = tried.length * (steps + networkSteps);
    for (const [i, lr] of [...tried.entries()].slice(done)) {
      const report = (taken: number) =>
        this.context.progress({ phase: 'search for rates', done: i * (steps + networkSteps) + taken, total, unit: 'steps' });
      report(0);
      const lanes = this.lanes(() => lr).flatMap((lane) => startsOf(lane.surface).map((start) => ({ ...lane, start })));
      let tracks: readonly Track[] = [];
      if (lanes.length > 0) {
        for await (tracks of follow(new Race(lanes), steps, 50)) {
          report(tracks[0].points.length - 1);
          if (!(await this.goOn())) return false;
        }
      }
      const networks = this.data && this.networks(this.data, () => lr);
      if (networks) {
        for await (const taken of networks.train(networkSteps)) {
          report(steps + taken);
          if (!(await this.goOn())) return false;
        }
      }
      const scores: Record<string, Record<string, (number | null)[]>> = structuredClone(this.progress.scores) as never;
      const note = (place: string, { name }: Rule, score: number | null) => {
        scores[place] ??= {};
        scores[place][name] = [...(scores[place][name] ?? []), score];
      };
      for (const { surface, rule } of this.lanes(() => lr)) {
        const own = tracks.filter((track) => track.surface === surface && track.rule === rule);
        note(surface.name, rule, surfaceScore(surface, own));
      }
      networks?.losses.forEach((losses, k) => note(NETWORK, this.rules[k], networkScore(losses)));
      this.progress = { ...this.progress, scores };
      await this.save();
    }
    return true;
  }

  /** All chosen optimisers go down all chosen surfaces at once. @returns whether they went to the end */
  private async descend(): Promise<boolean> {
    const { context } = this;
    const { steps } = this.options;
    const lanes = this.lanes((place, rule) => this.rate(place, rule));
    if (lanes.length === 0) return true;
    const contours = new Map(
      await Promise.all(this.surfaces.map(async (surface) => [surface, await heightsAt(surface, gridOf(surface))] as const)),
    );
    const stride = Math.max(1, Math.ceil(steps / 20));
    let [reported, drawn] = [0, 0];
    for await (const tracks of follow(new Race(lanes), steps, stride)) {
      const taken = tracks[0].points.length - 1;
      for (let step = reported + 1; step <= taken; step++) {
        const heights = tracks.map(({ surface, rule, heights }) => [`${surface.name}, ${rule.name}`, heights[step]] as const);
        context.scalars(step, Object.fromEntries(heights.filter(([, height]) => Number.isFinite(height))));
      }
      reported = taken;
      context.progress({ phase: 'surfaces', done: taken, total: steps, unit: 'steps' });
      if (taken === steps || taken >= ((drawn + 1) * steps) / UPDATES) {
        drawn++;
        for (const surface of this.surfaces) {
          const own = tracks.filter((track) => track.surface === surface);
          await context.figure(surface.name, surfaceFigure(surface, own, contours.get(surface) as ArrayLike<number>));
          if (taken === steps) this.conclude(surface, own);
        }
      }
      if (!(await this.goOn())) return false;
    }
    return true;
  }

  private conclude(surface: Surface, tracks: readonly Track[]): void {
    this.context.table(surface.name, surfaceTable(surface, tracks));
    const reached = tracks.filter(({ heights }) => stepsTo(REACHED, heights) !== undefined);
    this.context.summary({ [`${surface.name}: below ${REACHED}`]: reached.map(({ rule }) => rule.title).join(', ') });
  }

  private async train(data: Mnist): Promise<void> {
    const { context } = this;
    const { networkSteps, checkpointEvery, batchSize } = this.options;
    const lrs = this.rules.map((rule) => this.rate(NETWORK, rule));
    const networks = this.networks(data, (rule) => lrs[this.rules.indexOf(rule)]);
    if (context.resume) networks.restore(context.resume);
    const results = (accuracies: readonly number[] = []) =>
      this.rules.map((rule, i) => ({ rule, lr: lrs[i], losses: networks.losses[i], accuracy: accuracies[i] }));
    const began = performance.now();
    let [saved, reported] = [networks.steps, networks.steps];
    const first = reported;
    for await (const taken of networks.train(networkSteps)) {
      for (let step = reported; step < taken; step++) {
        const losses = this.rules.map(({ name }, i) => [`loss, ${name}`, networks.losses[i][step]] as const);
        context.scalars(step + 1, Object.fromEntries(losses.filter(([, loss]) => Number.isFinite(loss))));
      }
      const images = this.rules.length * batchSize * (taken - first);
      context.progress({
        phase: 'network',
        done: taken,
        total: networkSteps,
        rate: (1000 * images) / (performance.now() - began),
        unit: 'images',
      });
      const quarter = Math.ceil(networkSteps / UPDATES);
      if (Math.floor(taken / quarter) > Math.floor(reported / quarter)) await context.figure(NETWORK, networkFigure(results()));
      reported = taken;
      const go = await this.goOn();
      if (!go || taken === networkSteps || taken - saved >= checkpointEvery) {
        await this.save(await networks.checkpoint());
        saved = taken;
      }
      if (!go) return;
    }
    const accuracies = await networks.accuracies();
    context.scalars(networkSteps, Object.fromEntries(accuracies.map((accuracy, i) => [`test accuracy, ${this.rules[i].name}`, accuracy])));
    await context.figure(NETWORK, networkFigure(results(accuracies)));
    context.table(NETWORK, networkTable(results(accuracies)));
    const best = accuracies.indexOf(Math.max(...accuracies));
    context.summary({ bestAccuracy: accuracies[best], bestOptimizer: this.rules[best].title });
  }
}
