// Stages and loops under way: what a loop keeps, and where it could go on.
import { lastWrite } from '../engine/compiler/fresh.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { type GeneratorState, randomState } from '../engine/ops/random.ts';
import { type Keep, type Kept, restoreState, stateOf, statesOf } from './durable.ts';
import type { LiveLoop } from './host.ts';
import type { Stretch } from './shares.ts';
import { combine, type Packed, pack } from './values.ts';

/** A place in a loop: in an epoch, after so many of its samples (−1: after the last one). A loop of steps counts them as epochs. */
export type Position = LiveLoop['at'];

/** Where a loop could go on: the last time that its body gave control back. */
interface Point {
  readonly at: Position;
  readonly random: GeneratorState;
  readonly step: number;
  readonly rows: number;
  /** The last write to each part that can tell, and the states of the others. Empty where nothing durable goes on within the loop's body. */
  readonly writes: ReadonlyMap<string, number>;
  readonly held: ReadonlyMap<string, Promise<Packed>>;
}

/** A run, or a stage of it: names in it are its own. */
export class Scope {
  readonly loops: Loop[] = [];
  /** The stage that is being done within. */
  busy: string | undefined;

  constructor(
    readonly path: string,
    readonly stretch: Stretch,
    /** What random numbers in it follow from, with its path. */
    readonly seed: number,
  ) {}
}

/** A loop under way. */
export interface Loop {
  readonly name: string;
  readonly path: string;
  readonly keep: Keep;
  readonly scope: Scope;
  readonly stretch: Stretch;
  /** As it was outside, before the loop began. */
  readonly outside: GeneratorState;
  readonly stepBefore: number;
  readonly rowsBefore: number;
  readonly began: number;
  readonly pausedBefore: number;
  point: Point;
  /** What it kept at `point`, for checkpoints from within its body. */
  frozen: Promise<Packed> | undefined;
  nests: boolean;
  /** What a resumed run goes on with, until its body has come back to the place. */
  resumed: unknown;
  /** Samples or steps that this process has taken, for the rate. */
  done: number;
  loss: number | undefined;
}

const lastWriteTo = (part: Kept): number | undefined => statesOf(part)?.reduce((latest, state) => Math.max(latest, lastWrite(state)), 0);

/** Puts what a loop kept back. @throws TilegradError when it keeps other things now */
export function loadKept(path: string, keep: Keep, saved: unknown): void {
  const states = (saved ?? {}) as Readonly<Record<string, unknown>>;
  const [had, wants] = [states, keep].map((names) => Object.keys(names).sort().join(', ') || 'nothing');
  if (had !== wants) throw new TilegradError(`loop ${path}: it kept ${had} when it was saved, and keeps ${wants} now`);
  for (const [name, part] of Object.entries(keep)) restoreState(part, states[name]);
}

/** The loop could go on from here, with the run at this step and row. */
export function mark(loop: Loop, at: Position, first: boolean, { step, rows }: Pick<Point, 'step' | 'rows'>): void {
  const writes = new Map<string, number>();
  const held = new Map<string, Promise<Packed>>();
  // Whether anything durable goes on within the body shows in its first round.
  if (first || loop.nests) {
    for (const [name, part] of Object.entries(loop.keep)) {
      const written = lastWriteTo(part);
      if (written === undefined) held.set(name, packedPart(loop, name));
      else writes.set(name, written);
    }
  }
  loop.frozen = undefined;
  loop.point = { at, random: randomState(), step, rows, writes, held };
}

function packedPart({ path, keep }: Loop, name: string): Promise<Packed> {
  const part = keep[name] as Kept;
  // What is read back from the GPU is nobody else's.
  const place = [`${path}/${name}`, `loop ${path}, keep ${name}`, statesOf(part) !== undefined] as const;
  const state = stateOf(part);
  const packing = state instanceof Promise ? state.then((value) => pack(value, ...place)) : pack(state, ...place);
  packing.catch(() => {});
  return packing;
}

/** What a loop keeps, as it stands now. */
export function keptNow(loop: Loop): Promise<Packed> {
  return combine(Object.keys(loop.keep).map((name) => [name, packedPart(loop, name)] as const));
}

/** Whether all that it kept at its point is to be had: it hasn't changed since, or somebody took it in. */
export const stands = ({ keep, point, frozen }: Loop): boolean =>
  frozen !== undefined ||
  Object.entries(keep).every(
    ([name, part]) => point.held.has(name) || (point.writes.has(name) && point.writes.get(name) === lastWriteTo(part)),
  );

/** What it kept at its point; undefined when that has changed since and nobody took it in. */
export function keptAtPoint(loop: Loop): Promise<Packed> | undefined {
  const { keep, point } = loop;
  if (!stands(loop)) return undefined;
  return combine(Object.keys(keep).map((name) => [name, point.held.get(name) ?? packedPart(loop, name)] as const));
}
