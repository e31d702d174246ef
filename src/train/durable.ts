// What a loop keeps: how each kind of thing is saved, and put back.
import { showValue } from '../engine/graph/arguments.ts';
import type { TypedArray } from '../engine/graph/dtype.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { State } from '../engine/graph/tensor.ts';
import type { StateDict } from '../nn/load.ts';
import { Module } from '../nn/module.ts';
import { Optimizer } from '../optim/optimizer.ts';

/**
 * Anything that can say what it takes to go on, and go on from it: optimisers, averages, schedules, a loader, a {@link Cell}. A state may hold
 * JSON with any number, typed arrays, tensors and state dicts.
 */
export interface Durable {
  state(): unknown;
  restore(state: never): void;
}

/** What a loop may keep: modules, single states, and whatever is durable. */
export type Kept = Module | State | Durable;

/** By the names that they have in a checkpoint. */
export type Keep = Readonly<Record<string, Kept>>;

/** A value that a loop carries from step to step: JSON, typed arrays, state dicts. */
export class Cell<T> implements Durable {
  constructor(public value: T) {}

  state(): { readonly value: T } {
    return { value: this.value };
  }

  restore({ value }: { readonly value: T }): void {
    this.value = value;
  }
}

/** What `part` takes to go on, as it stands at the call. */
export function stateOf(part: Kept): unknown {
  if (part instanceof Module) return part.stateDict();
  if (part instanceof State) return part.data();
  return part.state();
}

/** Puts it where `state` says. @throws TilegradError when that is of something else */
export function restoreState(part: Kept, state: unknown): void {
  if (part instanceof Module) part.loadStateDict(state as StateDict);
  else if (part instanceof State) part.set(state as TypedArray);
  else part.restore(state as never);
}

/** States on the GPU whose last write tells whether the part has changed; undefined where only the part itself knows. */
export function statesOf(part: Kept): readonly State[] | undefined {
  if (part instanceof Module) return part.namedStates().map(([, state]) => state);
  if (part instanceof State) return [part];
  return part instanceof Optimizer ? part.parameters : undefined;
}

/**
 * @throws TilegradError for something that can't be kept; for an optimiser whose parameters nothing keeps: they would be those of the beginning
 *   after a resume.
 */
export function checkKeep(where: string, keep: Keep): void {
  const parts = Object.entries(keep);
  for (const [name, part] of parts) {
    const durable =
      part instanceof Module || part instanceof State || (typeof part?.state === 'function' && typeof part.restore === 'function');
    if (!durable) {
      throw new TilegradError(
        `${where}: keep ${name}: expected a module, an optimiser, a state, or an object with state() and restore(), got ${showValue(part)}`,
      );
    }
  }
  const held = new Set(parts.flatMap(([, part]) => (part instanceof Optimizer ? [] : (statesOf(part) ?? []))));
  for (const [name, part] of parts) {
    const forgotten = part instanceof Optimizer ? part.parameters.find((parameter) => !held.has(parameter)) : undefined;
    if (forgotten) {
      throw new TilegradError(`${where}: keep ${name} trains ${forgotten.name}, which nothing kept holds: keep its module too, or itself`);
    }
  }
}
