// Points on their way down surfaces, moved by the library's optimisers: on the GPU, by the engine's gradients.
import { compile, nn, optim, tensor } from '../../../index.ts';
import type { Rule } from './rules.ts';
import type { Point, Surface } from './surfaces.ts';

/** One point, the rule that moves it, and at which rate. */
export interface Lane {
  readonly rule: Rule;
  readonly surface: Surface;
  readonly start: Point;
  readonly lr: number;
}

/** Where a lane's point has been and how high, from the start on. */
export interface Track extends Lane {
  readonly points: Point[];
  readonly heights: number[];
}

/** All lanes of one rule: one optimiser, whose groups have a point and a rate each. */
interface Team {
  readonly members: readonly number[];
  readonly points: readonly nn.Parameter[];
  readonly optimizer: optim.Optimizer;
}

/** Moves the points of all lanes, step by step, each step in one submission. Points don't influence each other. */
export class Race {
  private readonly teams: readonly Team[];
  private readonly move;

  constructor(public lanes: readonly Lane[]) {
    this.teams = [...new Set(lanes.map(({ rule }) => rule))].map((rule) => {
      const members = lanes.flatMap((lane, i) => (lane.rule === rule ? [i] : []));
      const points = members.map((i) => new nn.Parameter('point', [2], 'f32', Float32Array.from(lanes[i].start)));
      const optimizer = rule.make(members.map((i, k) => ({ params: [points[k]], lr: lanes[i].lr })));
      return { members, points, optimizer };
    });
    this.move = compile(() => {
      for (const { members, points, optimizer } of this.teams) {
        const heights = points.map((point, k) => lanes[members[k]].surface.value(point.slice([[0, 1]]), point.slice([[1, 2]])));
        const total = heights.reduce((sum, height) => sum.add(height)).sum();
        optimizer.minimize(total);
      }
      // Each point begins a stretch of its optimiser's arena.
      return this.teams.map(({ points, optimizer }) =>
        optimizer
          .packed()
          .reshape([points.length, optim.ARENA_ALIGNMENT])
          .slice([null, [0, 2]]),
      );
    });
  }

  /** Takes a step; gives the points after it, lane by lane. Later steps need not wait for the answer. */
  async step(): Promise<readonly Point[]> {
    const found = await Promise.all(this.move().map((points) => points.data()));
    const points: Point[] = [];
    this.teams.forEach(({ members }, t) => {
      members.forEach((lane, k) => {
        points[lane] = [found[t][2 * k], found[t][2 * k + 1]];
      });
    });
    return points;
  }

  /** To be called before the first step. Gives a function that puts all points at one start, with optimisers that have seen nothing yet. */
  async starter(): Promise<(start: Point) => void> {
    const states = await Promise.all(this.teams.map(({ optimizer }) => optimizer.state()));
    return (start) => {
      this.lanes = this.lanes.map((lane) => ({ ...lane, start }));
      this.teams.forEach(({ optimizer, points }, i) => {
        const { values } = states[i];
        const parameters = values.parameters.slice();
        points.forEach((_, k) => parameters.set(start, k * optim.ARENA_ALIGNMENT));
        optimizer.restore({ ...states[i], values: { ...values, parameters } });
      });
    };
  }
}

/** Heights of points, by the very function that the gradients are of. */
export async function heightsAt(surface: Surface, points: readonly Point[]): Promise<ArrayLike<number>> {
  const [x, y] = [0, 1].map((axis) => tensor(Float32Array.from(points, (point) => point[axis])));
  return surface.value(x, y).data();
}

/** Takes `steps` steps from the lanes' starts; gives the tracks so far after each `stride` of them. */
export async function* follow(race: Race, steps: number, stride: number): AsyncGenerator<readonly Track[], void, undefined> {
  const tracks: Track[] = race.lanes.map((lane) => ({ ...lane, points: [lane.start], heights: [] }));
  const surfaces = [...new Set(race.lanes.map(({ surface }) => surface))];
  for (let done = 0; done < steps; done += stride) {
    const asked = Array.from({ length: Math.min(stride, steps - done) }, () => race.step());
    for (const points of await Promise.all(asked)) tracks.forEach((track, i) => track.points.push(points[i]));
    for (const surface of surfaces) {
      const fresh = tracks.filter((track) => track.surface === surface);
      const heights = await heightsAt(
        surface,
        fresh.flatMap(({ points, heights }) => points.slice(heights.length)),
      );
      const each = heights.length / fresh.length;
      fresh.forEach((track, k) => track.heights.push(...Array.from(heights).slice(k * each, (k + 1) * each)));
    }
    yield tracks;
  }
}
