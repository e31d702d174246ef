// Optimisers on the same problems: their paths down test surfaces, and one small network trained by each of them.
import { metrics, mnist, option, project, type Tensor } from '../../../index.ts';
import { card } from './card.ts';
import { gridOf, networkFigure, networkTable, REACHED, stepsTo, surfaceFigure, surfaceTable } from './figures.ts';
import { mlp, STRIDE, trainAll, traineesOf } from './network.ts';
import { descend, heightsAt, pathsFrom, Race, strideOf, type Track } from './race.ts';
import { NETWORK, networkScore, rateOf, type Scores, startsOf, surfaceScore, tried } from './rates.ts';
import { chosenRules, type Rule, rules } from './rules.ts';
import { himmelblau, type Point, type Surface, surfaces } from './surfaces.ts';

/** Steps for one start in the page: enough to arrive in a minimum, few enough to answer at once on a software adapter. */
const ANSWER = 120;

export const optimizers = project({
  ...card,
  data: { digits: mnist },
  options: {
    surface: option.choice('all', ['all', ...surfaces.map(({ name }) => name), 'none'], 'test surface that the optimisers go down'),
    optimizers: option.text('all', `all, or names with commas between them: ${rules.map(({ name }) => name).join(', ')}`),
    steps: option.integer(300, 'steps on a surface', { min: 1, max: 10_000 }),
    lrFactor: option.number(1, 'factor on every learning rate; 10 shows who diverges', { min: 0, time: 'same' }),
    search: option.flag(false, 'find the learning rates anew, on a grid, instead of taking those of an earlier search'),
    networkSteps: option.integer(400, 'training steps of the network (0: no network)', { min: 0 }),
    hidden: option.integer(32, "units in each of the network's two hidden layers", { min: 1 }),
    batchSize: option.integer(32, 'images in one training step', { min: 1 }),
    trainImages: option.integer(0, 'use only the first so many training images (0: all)', { min: 0 }),
    testImages: option.integer(0, 'use only the first so many test images (0: all)', { min: 0 }),
  },
  presets: {
    quick: { networkSteps: 200, trainImages: 6400, testImages: 2000 },
    full: { steps: 1000, networkSteps: 4000, hidden: 256, batchSize: 128 },
    smallest: {
      surface: 'valley',
      optimizers: 'sgd, adam, muon',
      steps: 3,

      networkSteps: 2,
      hidden: 4,
      trainImages: 64,
      testImages: 10,
    },
  },
  parts({ search, steps, networkSteps, testImages }) {
    const each = steps + 2 * networkSteps;
    return {
      search: search ? tried.length * each : 0,
      surfaces: steps,
      network: 2 * networkSteps,
      test: networkSteps && (testImages || 10_000) / 500,
    };
  },

  async run(run, { surface, optimizers, steps, lrFactor, search, networkSteps, hidden, batchSize, trainImages, testImages }) {
    const chosen = chosenRules(optimizers);
    const places = surfaces.filter(({ name }) => surface === 'all' || surface === name);
    const digits = networkSteps > 0 ? await run.data.digits({ limit: { train: trainImages, test: testImages } }) : undefined;
    const weights = await mlp(hidden).stateDict();

    /** One lane on every surface for each rule that can go down one. */
    const lanesAt = (lr: (place: string, rule: Rule) => number) => {
      const able = chosen.filter(({ matrices }) => !matrices);
      return places.flatMap((surface) => able.map((rule) => ({ rule, surface, start: surface.start, lr: lr(surface.name, rule) })));
    };
    const trainees = (lr: (rule: Rule) => number) =>
      traineesOf(
        chosen.map((rule) => ({ rule, lr: lr(rule) })),
        hidden,
        weights,
      );

    const searched = await run.each('search', search ? tried : [], async (run, lr) => {
      const scores: Record<string, Record<string, number | null>> = {};
      const score = (place: string, rule: Rule, value: number | null) => {
        scores[place] = { ...scores[place], [rule.name]: value };
      };
      const lanes = lanesAt(() => lr);
      const tracks = await descend(
        run,
        lanes.flatMap((lane) => startsOf(lane.surface).map((start) => ({ ...lane, start }))),
        steps,
      );
      for (const { surface, rule } of lanes) {
        score(
          surface.name,
          rule,
          surfaceScore(
            surface,
            tracks.filter((track) => track.surface === surface && track.rule === rule),
          ),
        );
      }
      if (digits) {
        const trained = trainees(() => lr);
        await trainAll(run, trained, { train: digits.train, batchSize, steps: networkSteps });
        for (const { rule, losses } of trained) score(NETWORK, rule, networkScore(losses));
      }
      return scores as Scores;
    });
    const rate = (place: string, rule: Rule) => Number((rateOf(place, rule.name, searched) * lrFactor).toPrecision(6));

    const contours = new Map<Surface, ArrayLike<number>>();
    for (const surface of places) contours.set(surface, await heightsAt(surface, gridOf(surface)));
    const draw = async (tracks: readonly Track[]) => {
      for (const surface of places) {
        const own = tracks.filter((track) => track.surface === surface);
        if (own.length > 0) await run.figure(surface.name, surfaceFigure(surface, own, contours.get(surface)!));
      }
    };
    const tracks = await descend(run, lanesAt(rate), steps, async (step, tracks) => {
      const heights = tracks.map(({ surface, rule, heights }) => [`${surface.name}, ${rule.name}`, heights[step]] as const);
      run.log(Object.fromEntries(heights.filter(([, height]) => Number.isFinite(height))));
      if (step % (5 * strideOf(steps)) === 0 && step < steps) await draw(tracks);
    });
    await draw(tracks);
    for (const surface of places) {
      const own = tracks.filter((track) => track.surface === surface);
      if (own.length === 0) continue;
      run.table(surface.name, surfaceTable(surface, own));
      const reached = own.filter(({ heights }) => stepsTo(REACHED, heights) !== undefined);
      run.summary({ [`${surface.name}: below ${REACHED}`]: reached.map(({ rule }) => rule.title).join(', ') });
    }

    if (!digits) return;
    const trained = trainees((rule) => rate(NETWORK, rule));
    const quarter = Math.ceil(networkSteps / 4);
    await trainAll(run, trained, { train: digits.train, batchSize, steps: networkSteps }, async () => {
      if (trained[0].losses.length % quarter < STRIDE) await run.figure(NETWORK, networkFigure(trained));
    });
    const hits = trained.map(({ rule, model }) => {
      const accuracy = metrics.accuracy(
        ({ image }: { image: Tensor; label: Tensor }) => model.forward(image),
        ({ label }) => label,
      );
      return metrics.named(rule.name, accuracy);
    });
    const found = await run.evaluate('test', digits.test, hits, { batchSize: 1000 });
    const accuracies = chosen.map(({ name }) => found[`${name} accuracy`] as number);
    run.log(Object.fromEntries(chosen.map(({ name }, i) => [`test accuracy, ${name}`, accuracies[i]])));
    await run.figure(NETWORK, networkFigure(trained, accuracies));
    run.table(NETWORK, networkTable(trained, accuracies));
    const best = accuracies.indexOf(Math.max(...accuracies));
    run.summary({ bestAccuracy: accuracies[best], bestOptimizer: chosen[best].title });
  },

  interaction: {
    title: 'Start where you like',
    help: `Put the start anywhere on Himmelblau's function, which has four minima: who ends in which? Each answer is ${ANSWER} steps of every optimiser.`,
    input: {
      kind: 'plane',
      x: { label: 'x', min: himmelblau.x[0], max: himmelblau.x[1] },
      y: { label: 'y', min: himmelblau.y[0], max: himmelblau.y[1] },
    },
    async open({ options: { optimizers, lrFactor }, result }) {
      const searched = (await result('search')) as readonly Scores[] | undefined;
      const able = chosenRules(optimizers).filter(({ matrices }) => !matrices);
      const lanesFrom = (start: Point) =>
        able.map((rule) => ({ rule, surface: himmelblau, start, lr: lrFactor * rateOf(himmelblau.name, rule.name, searched) }));
      const race = new Race(lanesFrom(himmelblau.start));
      const optims = Object.values(race.optimizers);
      const contours = await heightsAt(himmelblau, gridOf(himmelblau));
      const answer = async (start: Point, steps: number) => {
        for (const point of race.points) point.set(Float32Array.from(start));
        for (const optimizer of optims) optimizer.reset();
        const lanes = lanesFrom(start);
        const paths = pathsFrom(lanes);
        await race.go(steps, paths);
        return surfaceFigure(
          himmelblau,
          lanes.map((lane, i) => ({ ...lane, ...paths[i] })),
          contours,
        );
      };
      // So that the first answer needn't wait for kernels to be compiled.
      await answer(himmelblau.start, 1);
      return ([x, y]) => answer([x, y], ANSWER);
    },
  },
});
