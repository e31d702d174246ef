import type { Checkpoint, Interaction } from '../../../index.ts';
import { gridOf, surfaceFigure } from './figures.ts';
import type { Options, options, Progress } from './index.ts';
import { follow, heightsAt, Race, type Track } from './race.ts';
import { rateOf } from './rates.ts';
import { chosenRules } from './rules.ts';
import { himmelblau as surface } from './surfaces.ts';

/** Enough to arrive in a minimum, few enough to answer at once on a software adapter. */
const STEPS = 120;

export const interaction: Interaction<typeof options> = {
  title: 'Start where you like',
  help: `Put the start anywhere on Himmelblau's function, which has four minima: who ends in which? Each answer is ${STEPS} steps of every optimiser.`,
  input: {
    kind: 'plane',
    x: { label: 'x', min: surface.x[0], max: surface.x[1] },
    y: { label: 'y', min: surface.y[0], max: surface.y[1] },
  },
  async open({ state }: Checkpoint, { optimizers, lrFactor }: Options) {
    const rules = chosenRules(optimizers).filter(({ matrices }) => !matrices);
    const { scores } = state as Partial<Progress>;
    const race = new Race(
      rules.map((rule) => ({ rule, surface, start: surface.start, lr: lrFactor * rateOf(surface.name, rule.name, scores) })),
    );
    const putAt = await race.starter();
    const contours = await heightsAt(surface, gridOf(surface));
    // So that the first answer needn't wait for kernels to be compiled.
    await race.step();
    return async ([x, y]) => {
      putAt([x, y]);
      let tracks: readonly Track[] = [];
      for await (tracks of follow(race, STEPS, STEPS));
      return surfaceFigure(surface, tracks, contours);
    };
  },
};
