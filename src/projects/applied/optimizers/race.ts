// Points on their way down surfaces, moved by the library's optimisers: on the GPU, by the engine's gradients.
import { compile, concat, nn, type optim, type Run, stack, type Tensor, tensor } from '../../../index.ts';
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
export interface Track extends Lane {
  readonly points: readonly Point[];
  readonly heights: readonly number[];
}

/** Moves the points of all lanes, each step in one submission. Points don't influence each other. */
export class Race {
  /** By lane. */
  readonly points: readonly nn.Parameter[];
  /** By the rule's name, with a group for each lane. */
  readonly optimizers: Readonly<Record<string, optim.Optimizer>>;
  private readonly look;
  private readonly move;

  constructor(private readonly lanes: readonly Lane[]) {
    this.points = lanes.map(({ start }) => new nn.Parameter('point', [2], 'f32', Float32Array.from(start)));
    const groups = (of: Rule) => lanes.flatMap(({ rule, lr }, i) => (rule === of ? [{ params: [this.points[i]], lr }] : []));
    this.optimizers = Object.fromEntries([...new Set(lanes.map(({ rule }) => rule))].map((rule) => [rule.name, rule.make(groups(rule))]));
    const heights = () => concat(lanes.map(({ surface }, i) => surface.value(...axesOf(this.points[i]))));
    const places = () => concat([stack(this.points), heights().unsqueeze(1)], 1);
    this.look = compile(places);
    this.move = compile(() => {
      const sum = heights().sum();
      for (const optimizer of Object.values(this.optimizers)) optimizer.minimize(sum);
      return places();
    });
  }

  /** Where all points are, [lanes, 3]: x, y and height. */
  now = () => this.look().data();
  /** Takes a step: where all are then. Later steps need not wait for it. */
  step = () => this.move().data();

  /** Places by step as a track for each lane. */
  tracks(steps: readonly ArrayLike<number>[]): Track[] {
    return this.lanes.map((lane, i) => ({
      ...lane,
      points: steps.map((places): Point => [places[3 * i], places[3 * i + 1]]),
      heights: steps.map((places) => places[3 * i + 2]),
    }));
  }
}

/** Goes down all lanes at once, as the loop `surfaces` of the run. `each` is told every step, and the tracks up to it. */
export async function descend(
  run: Run<unknown>,
  lanes: readonly Lane[],
  steps: number,
  each: (step: number, tracks: () => readonly Track[]) => Promise<void> = async () => {},
): Promise<readonly Track[]> {
  if (lanes.length === 0) return [];
  const race = new Race(lanes);
  const places = run.cell([await race.now()]);
  const points = Object.fromEntries(race.points.map((point, i) => [`point ${i}`, point]));
  for await (const step of run.steps('surfaces', { count: steps, keep: { ...race.optimizers, ...points, places } })) {
    places.value.push(await race.step());
    await each(step + 1, () => race.tracks(places.value));
  }
  return race.tracks(places.value);
}

const axesOf = (point: Tensor): [x: Tensor, y: Tensor] => [point.slice([[0, 1]]), point.slice([[1, 2]])];

/** Heights of points [n, 2], by the very function that the gradients are of. */
export async function heightsAt(surface: Surface, points: ArrayLike<number>): Promise<ArrayLike<number>> {
  const [x, y] = [0, 1].map((axis) => tensor(Float32Array.from({ length: points.length / 2 }, (_, i) => points[2 * i + axis])));
  return surface.value(x, y).data();
}
