// Points on their way down surfaces, moved by the library's optimisers: on the GPU, by the engine's gradients.
import { compile, nn, optim, type Run, tensor } from '../../../index.ts';
import type { Rule } from './rules.ts';
import type { Point, Surface } from './surfaces.ts';

/** One point, the rule that moves it, and at which rate. */
export interface Lane {
  readonly rule: Rule;
  readonly surface: Surface;
  readonly start: Point;
  readonly lr: number;
}

/** Where a point has been and how high, from the start on. */
interface Path {
  readonly points: Point[];
  readonly heights: number[];
}

export type Track = Lane & Path;

export const pathsFrom = (lanes: readonly Lane[]): Path[] => lanes.map(({ start }) => ({ points: [start], heights: [] }));

/** Moves the points of all lanes, each step in one submission. Points don't influence each other. */
export class Race {
  /** By lane. */
  readonly points: readonly nn.Parameter[];
  /** By the rule's name, with a group for each lane. */
  readonly optimizers: Readonly<Record<string, optim.Optimizer>>;
  private readonly step;

  constructor(private readonly lanes: readonly Lane[]) {
    this.points = lanes.map(({ start }) => new nn.Parameter('point', [2], 'f32', Float32Array.from(start)));
    const teams = [...new Set(lanes.map(({ rule }) => rule))].map((rule) => {
      const members = lanes.flatMap((lane, i) => (lane.rule === rule ? [i] : []));
      return { rule, members, optimizer: rule.make(members.map((i) => ({ params: [this.points[i]], lr: lanes[i].lr }))) };
    });
    this.optimizers = Object.fromEntries(teams.map(({ rule, optimizer }) => [rule.name, optimizer]));
    this.step = compile(() => {
      for (const { members, optimizer } of teams) {
        const heights = members.map((i) => lanes[i].surface.value(this.points[i].slice([[0, 1]]), this.points[i].slice([[1, 2]])));
        optimizer.minimize(heights.reduce((sum, height) => sum.add(height)).sum());
      }
      // Each point begins a stretch of its optimiser's arena.
      return teams.map(({ members, optimizer }) => {
        const places = optimizer.packed().reshape([members.length, optim.ARENA_ALIGNMENT]);
        return places.slice([null, [0, 2]]);
      });
    });
    this.order = teams.flatMap(({ members }) => members);
  }

  /** The lanes in the order in which {@link step} gives their points. */
  private readonly order: readonly number[];

  /** Takes `count` steps and adds them to the paths. */
  async go(count: number, paths: readonly Path[]): Promise<void> {
    // Later steps need not wait for the points of those before.
    const asked = Array.from({ length: count }, () => Promise.all(this.step().map((points) => points.data())));
    for (const found of await Promise.all(asked)) {
      const places = found.flatMap((values) =>
        Array.from({ length: values.length / 2 }, (_, k): Point => [values[2 * k], values[2 * k + 1]]),
      );
      this.order.forEach((lane, i) => paths[lane].points.push(places[i]));
    }
    for (const surface of new Set(this.lanes.map((lane) => lane.surface))) {
      const own = paths.filter((_, i) => this.lanes[i].surface === surface);
      const fresh = own.flatMap(({ points, heights }) => points.slice(heights.length));
      const heights = Array.from(await heightsAt(surface, fresh));
      const each = heights.length / own.length;
      own.forEach((path, k) => path.heights.push(...heights.slice(k * each, (k + 1) * each)));
    }
  }
}

/** Heights of points, by the very function that the gradients are of. */
export async function heightsAt(surface: Surface, points: readonly Point[]): Promise<ArrayLike<number>> {
  const [x, y] = [0, 1].map((axis) => tensor(Float32Array.from(points, (point) => point[axis])));
  return surface.value(x, y).data();
}

/**
 * Goes down all lanes at once, as the loop `surfaces` of the run.
 * @param each is told every step, and the tracks up to it or a little beyond
 */
export async function descend(
  run: Run<unknown>,
  lanes: readonly Lane[],
  steps: number,
  each: (step: number, tracks: readonly Track[]) => Promise<void> = async () => {},
): Promise<readonly Track[]> {
  if (lanes.length === 0) return [];
  const race = new Race(lanes);
  const paths = run.cell(pathsFrom(lanes));
  const tracks = () => lanes.map((lane, i) => ({ ...lane, ...paths.value[i] }));
  const ahead = strideOf(steps);
  const keep = { ...race.optimizers, ...Object.fromEntries(race.points.map((point, i) => [`point ${i}`, point])), paths };
  for await (const step of run.steps('surfaces', { count: steps, keep })) {
    if (paths.value[0].heights.length < step + 2) await race.go(Math.min(ahead, steps - step), paths.value);
    await each(step + 1, tracks());
  }
  return tracks();
}

/** Steps that are taken together. */
export const strideOf = (steps: number): number => Math.ceil(steps / 20);
