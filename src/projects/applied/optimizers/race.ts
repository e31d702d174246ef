// Points on their way down surfaces, moved by the library's optimisers: on the GPU, by the engine's gradients.
import { compile, concat, nn, type Run, stack } from '../../../index.ts';
import type { Rule, Runner } from './rules.ts';
import { heightsOf, type Point, type Surface } from './surfaces.ts';

/** One point, the rule that moves it, and at which rate. */
export type Lane = Runner & { readonly surface: Surface; readonly start: Point };

/** Where a point has been and how high, from the start on. */
export type Track = Lane & { readonly points: readonly Point[]; readonly heights: readonly number[] };

/** Points that are moved down all lanes, each step in one submission. They don't influence each other. Optimisers are by rule, with a group for each lane. */
export function race(lanes: readonly Lane[]) {
  const points = lanes.map(({ start }) => new nn.Parameter('point', [2], 'f32', Float32Array.from(start)));
  const groups = (of: Rule) => lanes.flatMap(({ rule, lr }, i) => (rule === of ? [{ params: [points[i]], lr }] : []));
  const optimizers = Object.fromEntries([...new Set(lanes.map(({ rule }) => rule))].map((rule) => [rule.name, rule.make(groups(rule))]));
  const heights = () => concat(lanes.map(({ surface }, i) => heightsOf(surface, points[i])));
  const places = () => concat([stack(points), heights().unsqueeze(1)], 1);
  const look = compile(places);
  const move = compile(() => {
    const sum = heights().sum();
    for (const optimizer of Object.values(optimizers)) optimizer.minimize(sum);
    return places();
  });
  return {
    points,
    optimizers,
    /** Where all points are, [lanes, 3]: x, y and height. */
    now: () => look().data(),
    /** Takes a step: where all are then. Later steps need not wait for it. */
    step: () => move().data(),
    /** Places by step as a track for each lane. */
    tracks: (steps: readonly ArrayLike<number>[]): readonly Track[] =>
      lanes.map((lane, i) => ({
        ...lane,
        points: steps.map((places): Point => [places[3 * i], places[3 * i + 1]]),
        heights: steps.map((places) => places[3 * i + 2]),
      })),
  };
}

/** Goes down all lanes at once, as the loop `surfaces` of the run. `each` is told every step, and the tracks up to it. */
export async function descend(
  run: Run<unknown>,
  lanes: readonly Lane[],
  steps: number,
  each: (step: number, tracks: () => readonly Track[]) => Promise<void> = async () => {},
): Promise<readonly Track[]> {
  if (lanes.length === 0) return [];
  const { points, optimizers, now, step, tracks } = race(lanes);
  const places = run.cell([await now()]);
  const keep = { ...optimizers, points: new nn.ParameterList(points), places };
  for await (const i of run.steps('surfaces', { count: steps, keep })) {
    places.value.push(await step());
    await each(i + 1, () => tracks(places.value));
  }
  return tracks(places.value);
}
