// State dicts: what is loaded is looked at whole before anything changes.
import { aBoolean, aFunction, anObject, aString, expectKind, expectOptions, showValue } from '../engine/graph/arguments.ts';
import { holds, type TypedArray } from '../engine/graph/dtype.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import type { State } from '../engine/graph/tensor.ts';

/** Values of a module's states by name, `layers.0.weight` style, in PyTorch's layouts. */
export type StateDict = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: TypedArray }>>;

/** Names that a state dict lacks, and those of it that nothing has. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

export interface LoadOptions {
  /** Whether names that are missing or unexpected are an error. Default true. */
  readonly strict?: boolean;
  /** Of the entries that count; it is cut off. */
  readonly prefix?: string;
  /** The name here of each entry, or undefined for one to leave out. */
  readonly rename?: (name: string) => string | undefined;
}

export function load(states: readonly (readonly [string, State])[], dict: StateDict, options: LoadOptions): LoadReport {
  const where = 'loadStateDict';
  expectKind(where, 'dict', dict, anObject);
  expectOptions(where, options, { strict: aBoolean, prefix: aString, rename: aFunction });
  const sources = sourcesOf(where, dict, options);
  const names = new Set(states.map(([name]) => name));
  const given = states.flatMap(([name, state]) => {
    const source = sources.get(name);
    return source === undefined ? [] : [{ name, state, source }];
  });
  const reached = new Set(given.map(({ state }) => state));
  const missing = states.flatMap(([name, state]) => (reached.has(state) ? [] : [name]));
  const unexpected = [...sources.keys()].filter((name) => !names.has(name) && !/(^|\.)num_batches_tracked$/.test(name));

  const strange = (options.strict ?? true) && missing.length + unexpected.length > 0;
  const misfits = given.flatMap(({ name, state, source }) => misfit(name, state, dict[source]) ?? []);
  if (strange || misfits.length > 0) {
    const messages = misfits.map(({ message }) => message);
    if (strange) messages.unshift(`missing [${missing.join(', ')}], unexpected [${unexpected.join(', ')}]`);
    const ofShapes = !strange && misfits.every(({ ofShape }) => ofShape);
    throw new (ofShapes ? ShapeError : TilegradError)(`${where}: ${messages.join('; ')}`);
  }
  // Asked for anew: what an entry converts isn't kept for all of them at once.
  for (const { state, source } of given) state.set(dict[source].data);
  return { missing, unexpected };
}

/** The entry that stands for each name here. */
function sourcesOf(where: string, dict: StateDict, { prefix = '', rename = (name) => name }: LoadOptions): Map<string, string> {
  const sources = new Map<string, string>();
  for (const source of Object.keys(dict)) {
    if (!source.startsWith(prefix)) continue;
    const name = rename(source.slice(prefix.length));
    if (name === undefined) continue;
    if (typeof name !== 'string') throw new TilegradError(`${where}: expected rename to give a name or undefined, got ${showValue(name)}`);
    const other = sources.get(name);
    if (other !== undefined) throw new TilegradError(`${where}: expected one entry for ${name}, got ${other} and ${source}`);
    sources.set(name, source);
  }
  return sources;
}

interface Misfit {
  readonly message: string;
  readonly ofShape: boolean;
}

/** Why these are no values for `state`. */
function misfit(name: string, { shape, size, dtype }: State, value: StateDict[string] | null): Misfit | undefined {
  const { shape: own, data } = value ?? {};
  const no = (expected: string, got: string, ofShape = false) => ({ message: `${name}: expected ${expected}, got ${got}`, ofShape });
  if (!Array.isArray(own)) return no('{ shape, data }', showValue(value));
  if (!sameShape(shape, own)) return no(showShape(shape), showShape(own), true);
  const arrays = [Float32Array, Int32Array, Uint32Array];
  if (!data || !arrays.some((kind) => data instanceof kind) || !holds(data, dtype)) {
    return no(`data of ${dtype}`, ArrayBuffer.isView(data) ? (data as object).constructor.name : showValue(data));
  }
  return data.length === size ? undefined : no(`${size} values`, `${data.length}`, true);
}
