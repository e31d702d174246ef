import { flushAssignments } from '../engine/executor/evaluate.ts';
import { isIdle } from '../engine/executor/session.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { isTracing, State } from '../engine/graph/tensor.ts';
import { isContainer, watched } from '../engine/graph/watch.ts';

type Copy = (value: unknown) => unknown;

/** A deep copy of a module: {@link Module.clone} says of what. */
export function copyModule<M extends object>(module: M, isModule: (value: unknown) => boolean): M {
  if (isTracing()) throw new TilegradError('clone: a compiled function only builds a graph; clone outside');
  // What was assigned must stand in the states.
  flushAssignments();
  const copies = new Map<unknown, unknown>();
  const once = <V extends object>(value: V, empty: V, fill: (made: V) => void): V => {
    copies.set(value, empty);
    fill(empty);
    return empty;
  };
  const copy: Copy = (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    if (value instanceof State) return once(value, copyState(value), () => {});
    if (isModule(value)) {
      const empty = watched(Object.create(Object.getPrototypeOf(value) as object) as object);
      return once(value, empty, (made) => copyFields(value, made, copy));
    }
    if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
    if (Array.isArray(value)) return once<unknown[]>(value, [], (made) => void made.push(...value.map(copy)));
    if (value instanceof Map) return once(value, new Map(), (made) => value.forEach((item, key) => made.set(copy(key), copy(item))));
    if (value instanceof Set) return once(value, new Set(), (made) => value.forEach((item) => made.add(copy(item))));
    if (isContainer(value)) {
      return once(value as object, Object.create(Object.getPrototypeOf(value) as object) as object, (made) =>
        copyFields(value, made, copy),
      );
    }
    return value;
  };
  const copied = copy(module) as M;
  flushAssignments();
  return copied;
}

function copyFields(from: object, to: object, copy: Copy): void {
  for (const key of Reflect.ownKeys(from)) {
    const field = Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor;
    // A hook's: it calls the module that it was made for.
    if (key === 'forward' && !field.enumerable) continue;
    Object.defineProperty(to, key, 'value' in field ? { ...field, value: copy(field.value) } : field);
  }
}

function copyState(state: State): State {
  const kind = state.constructor as typeof State;
  const onHost = state.host && isIdle() ? state.host : undefined;
  const copied = new kind(state.name, state.shape, state.dtype, onHost);
  if (!onHost) copied.assign(state);
  copied.requiresGrad = state.requiresGrad;
  return copied;
}
