// Optimisers on the same problems: their paths down test surfaces, and one small network trained by each of them.
import { input, metrics, mnist, type nn, option, project, type TensorBatch } from '../../../index.ts';
import { card } from './card.ts';
import { gridOf, networkFigure, networkTable, REACHED, stepsTo, surfaceFigure, surfaceTable } from './figures.ts';
import { mlp, trainAll } from './network.ts';
import { descend, heightsAt, Race, type Track } from './race.ts';
import { NETWORK, networkScore, rateOf, ratesIn, type Searched, startsOf, surfaceScore } from './rates.ts';
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
    const places = surfaces.filter(({ name }) => surface === 'all' || surface === name);
    const digits = networkSteps > 0 ? await run.data.digits({ limit: { train: trainImages, test: testImages } }) : undefined;
    const course = digits && { ...{ train: digits.train, batchSize, steps: networkSteps, hidden }, weights: await mlp(hidden).stateDict() };

    /** For each of these rules what `value` gives. */
    const byRule = <T>(rules: readonly Rule[], value: (rule: Rule) => T) => Object.fromEntries(rules.map((one) => [one.name, value(one)]));
    const runners = (lr: (rule: Rule) => number) => chosen.map((rule) => ({ rule, lr: lr(rule) }));
    const searched = await run.each('search', ratesIn(search), async (run, lr): Promise<Searched> => {
      const lanes = places.flatMap((surface) => able.flatMap((rule) => startsOf(surface).map((start) => ({ rule, surface, start, lr }))));
      const tracks = await descend(run, lanes, steps);
      const of = (surface: Surface) => (rule: Rule) => tracks.filter((track) => track.surface === surface && track.rule === rule);
      const scores = places.map((surface) => [surface.name, byRule(able, (rule) => surfaceScore(surface, of(surface)(rule)))] as const);
      if (!course) return { lr, scores: Object.fromEntries(scores) };
      const trained = await trainAll(
        run,
        runners(() => lr),
        course,
      );
      const network = byRule(chosen, (rule) => networkScore(trained[chosen.indexOf(rule)].losses));
      return { lr, scores: { ...Object.fromEntries(scores), [NETWORK]: network } };
    });
    const rate = (place: string, rule: Rule) => Number((rateOf(place, rule.name, searched) * lrFactor).toPrecision(6));

    const contours = await Promise.all(places.map((surface) => heightsAt(surface, gridOf(surface).points)));
    const draw = async (tracks: readonly Track[]) => {
      for (const [i, surface] of places.entries()) {
        const own = tracks.filter((track) => track.surface === surface);
        if (own.length > 0) await run.figure(surface.name, surfaceFigure(surface, own, contours[i]));
      }
    };
    const lanes = places.flatMap((surface) => able.map((rule) => ({ rule, surface, start: surface.start, lr: rate(surface.name, rule) })));
    const tracks = await descend(run, lanes, steps, async (step, tracks) => {
      const heights = tracks().map(({ surface, rule, heights }) => [`${surface.name}, ${rule.name}`, heights[step]] as const);
      run.log(Object.fromEntries(heights.filter(([, height]) => Number.isFinite(height))));
      if (step % Math.ceil(steps / 4) === 0 && step < steps) await draw(tracks());
    });
    await draw(tracks);
    for (const surface of places) {
      const own = tracks.filter((track) => track.surface === surface);
      if (own.length === 0) continue;
      run.table(surface.name, surfaceTable(surface, own));
      const reached = own.filter(({ heights }) => stepsTo(REACHED, heights) !== undefined);
      run.summary({ [`${surface.name}: below ${REACHED}`]: reached.map(({ rule }) => rule.title).join(', ') });
    }

    if (!course) return;
    const trained = await trainAll(
      run,
      runners((rule) => rate(NETWORK, rule)),
      course,
      (trainees) => run.figure(NETWORK, networkFigure(trainees)),
    );
    const label = ({ label }: TensorBatch<'image' | 'label'>) => label;
    const logits =
      (model: nn.Sequential) =>
      ({ image }: TensorBatch<'image' | 'label'>) =>
        model.forward(image);
    const hits = trained.map(({ rule, model }) => metrics.named(rule.name, metrics.accuracy(logits(model), label)));
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
    inputs: {
      start: input.plane({
        x: { label: 'x', min: himmelblau.x[0], max: himmelblau.x[1] },
        y: { label: 'y', min: himmelblau.y[0], max: himmelblau.y[1] },
      }),
    },
    async open({ options: { optimizers, lrFactor }, result }) {
      const searched = (await result('search')) as readonly Searched[] | undefined;
      const able = chosenRules(optimizers).filter(({ matrices }) => !matrices);
      const lr = (rule: Rule) => lrFactor * rateOf(himmelblau.name, rule.name, searched);
      const race = new Race(able.map((rule) => ({ rule, surface: himmelblau, start: himmelblau.start, lr: lr(rule) })));
      const contours = await heightsAt(himmelblau, gridOf(himmelblau).points);
      const answer = async (start: Point, steps: number) => {
        for (const point of race.points) point.set(Float32Array.from(start));
        for (const optimizer of Object.values(race.optimizers)) optimizer.reset();
        const places = [race.now(), ...Array.from({ length: steps }, race.step)];
        const tracks = race.tracks(await Promise.all(places));
        return surfaceFigure(himmelblau, tracks, contours);
      };
      // So that the first answer needn't wait for kernels to be compiled.
      await answer(himmelblau.start, 1);
      return { answer: ({ start }) => answer(start, ANSWER) };
    },
  },
});
