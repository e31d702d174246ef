// Optimisers on the same problems: their paths down test surfaces, and one small network trained by each of them.
import { input, metrics, mnist, option, project } from '../../../index.ts';
import { card } from './card.ts';
import { bareSurface, networkFigure, networkTable, REACHED, stepsTo, surfaceFigure, surfaceTable } from './figures.ts';
import { accuracy, loss, mlp, trainee } from './network.ts';
import { descend, race, type Track } from './race.ts';
import { NETWORK, networkScore, rateOf, ratesIn, type Searched, startsOf, surfaceScore } from './rates.ts';
import { chosenRules, type Rule, ruleNames } from './rules.ts';
import { heightsOn, himmelblau, type Surface, surfaces } from './surfaces.ts';

/** Steps for one start in the page: enough to arrive in a minimum, few enough to answer at once on a software adapter. */
const ANSWER = 120;

const axis = (label: string, [min, max]: readonly [number, number]) => ({ label, min, max });

export const optimizers = project({
  ...card,
  data: { digits: mnist },
  options: {
    surface: option.choice('all', ['all', ...surfaces.map(({ name }) => name), 'none'], 'test surface that the optimisers go down'),
    optimizers: option.text('all', `all, or names with commas between them: ${ruleNames.join(', ')}`),
    steps: option.integer(300, 'steps on a surface', { min: 1, max: 10_000 }),
    lrFactor: option.number(1, 'factor on every learning rate; 10 shows who diverges', { min: 0, time: 'same' }),
    search: option.text('none', 'learning rates to try anew, all or some of a grid; none: those of an earlier search'),
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
      ...{ surface: 'valley', optimizers: 'sgd, adam, muon', steps: 3, search: '0.01, 0.1' },
      ...{ networkSteps: 2, hidden: 4, trainImages: 64, testImages: 10 },
    },
  },
  parts: ({ search, steps, networkSteps, testImages }) => ({
    search: ratesIn(search).length * (3 * steps + 2 * networkSteps),
    surfaces: steps,
    network: 2 * networkSteps,
    test: networkSteps && (testImages || 10_000) / 500,
  }),

  async run(run, { surface, optimizers, steps, lrFactor, search, networkSteps, hidden, batchSize, trainImages, testImages }) {
    const chosen = chosenRules(optimizers);
    const able = chosen.filter(({ matrices }) => !matrices);
    const places = surfaces.filter(({ name }) => able.length > 0 && (surface === 'all' || surface === name));
    const digits = networkSteps > 0 ? await run.data.digits({ limit: { train: trainImages, test: testImages } }) : undefined;
    const course = digits && { train: digits.train, batchSize, steps: networkSteps, loss };
    const network = mlp(hidden);

    type Rate = (place: string, rule: Rule) => number;
    const contenders = (lr: Rate) => Object.fromEntries(chosen.map((rule) => [rule.name, trainee(network, rule, lr(NETWORK, rule))]));
    const lanes = (lr: Rate, starts = ({ start }: Surface) => [start]) =>
      places.flatMap((surface) =>
        able.flatMap((rule) => starts(surface).map((start) => ({ rule, surface, start, lr: lr(surface.name, rule) }))),
      );
    const on = (surface: Surface, tracks: readonly Track[], rule?: Rule) =>
      tracks.filter((track) => track.surface === surface && (!rule || track.rule === rule));

    const searched = await run.each('search', ratesIn(search), async (run, lr): Promise<Searched> => {
      const same = () => lr;
      const tracks = await descend(run, lanes(same, startsOf), steps);
      const trained = course ? await run.sideBySide(NETWORK, { ...course, contenders: contenders(same) }) : {};
      const scores = places.flatMap((surface) =>
        able.map((rule) => [`${surface.name}, ${rule.name}`, surfaceScore(surface, on(surface, tracks, rule))] as const),
      );
      const ofNetwork = Object.entries(trained).map(([name, { losses }]) => [`${NETWORK}, ${name}`, networkScore(losses)] as const);
      return { lr, scores: Object.fromEntries([...scores, ...ofNetwork]) };
    });
    const rate: Rate = (place, rule) => Number((rateOf(place, rule.name, searched) * lrFactor).toPrecision(6));

    const contours = await Promise.all(places.map(heightsOn));
    const drawn = (tracks: readonly Track[], i: number) => surfaceFigure(places[i], on(places[i], tracks), contours[i]);
    const draw = async (tracks: readonly Track[]) => {
      for (const [i, { name }] of places.entries()) await run.figure(name, drawn(tracks, i));
    };
    const tracks = await descend(run, lanes(rate), steps, async (step, tracks) => {
      const heights = tracks().map(({ surface, rule, heights }) => [`${surface.name}, ${rule.name}`, heights[step]] as const);
      run.log(Object.fromEntries(heights.filter(([, height]) => Number.isFinite(height))));
      if (step % Math.ceil(steps / 4) === 0 && step < steps) await draw(tracks());
      else for (const [i, { name }] of places.entries()) await run.glimpse(name, () => drawn(tracks(), i));
    });
    await draw(tracks);
    for (const surface of places) {
      run.table(surface.name, surfaceTable(surface, on(surface, tracks)));
      const reached = on(surface, tracks).filter(({ heights }) => stepsTo(REACHED, heights) !== undefined);
      run.summary({ [`${surface.name}: below ${REACHED}`]: reached.map(({ rule }) => rule.title).join(', ') });
    }

    if (!course) return;
    const trained = await run.sideBySide(NETWORK, {
      ...{ ...course, contenders: contenders(rate) },
      look: (trained) => run.figure(NETWORK, networkFigure(Object.values(trained))),
    });
    const hits = Object.entries(trained).map(([name, { model }]) => metrics.named(name, accuracy(model)));
    const found = await run.evaluate('test', digits.test, hits, { batchSize: 1000 });
    const tested = Object.values(trained).map((each) => ({ ...each, accuracy: found[`${each.rule.name} accuracy`] }));
    run.log(Object.fromEntries(tested.map(({ rule, accuracy }) => [`test accuracy, ${rule.name}`, accuracy])));
    await run.figure(NETWORK, networkFigure(tested));
    run.table(NETWORK, networkTable(tested));
    const best = tested.reduce((best, other) => (other.accuracy > best.accuracy ? other : best));
    run.summary({ bestAccuracy: best.accuracy, bestOptimizer: best.rule.title });
  },

  interaction: {
    title: 'Start where you like',
    help: `Put the start anywhere on Himmelblau's function, which has four minima: who ends in which? Each answer is ${ANSWER} steps of every optimiser.`,
    inputs: { start: input.plane({ x: axis('x', himmelblau.grid.x), y: axis('y', himmelblau.grid.y) }) },
    async open({ options: { optimizers, lrFactor }, result }) {
      const searched = (await result('search')) as readonly Searched[] | undefined;
      const able = chosenRules(optimizers).filter(({ matrices }) => !matrices);
      const lr = (rule: Rule) => lrFactor * rateOf(himmelblau.name, rule.name, searched);
      const all = race(able.map((rule) => ({ rule, surface: himmelblau, start: himmelblau.start, lr: lr(rule) })));
      const contours = await heightsOn(himmelblau);
      const answer = async (start: ArrayLike<number>, steps: number) => {
        for (const point of all.points) point.set(Float32Array.from(start));
        for (const optimizer of Object.values(all.optimizers)) optimizer.reset();
        const places = [all.now(), ...Array.from({ length: steps }, all.step)];
        return surfaceFigure(himmelblau, all.tracks(await Promise.all(places)), contours);
      };
      // So that the first answer needn't wait for kernels to be compiled.
      await answer(himmelblau.start, 1);
      return { answer: ({ start }) => answer(start, ANSWER), surface: async () => bareSurface(himmelblau, contours) };
    },
  },
});
