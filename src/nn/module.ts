import { aBoolean, expectKind, expectOptions, showValue } from '../engine/graph/arguments.ts';
import { holds, type TypedArray } from '../engine/graph/dtype.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import { State, Tensor } from '../engine/graph/tensor.ts';
import { fieldsThat, isContainer, watched } from '../engine/graph/watch.ts';

/** A state that an optimiser trains. */
export class Parameter extends State {}

/** Values of a module's states by name, `layers.0.weight` style, in PyTorch's layouts. */
export type StateDict = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: TypedArray }>>;

/** Names that a state dict lacks, and those of it that nothing has. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

/** Modules that are being switched: one may be found again within itself. */
const switching = new Set<Module>();

/**
 * A part of a network: its states are its fields, or stand within its fields: in modules, arrays, plain objects, Maps and Sets, nested as you
 * like. Private `#fields` can't be seen from here; a parameter in one isn't trained. Subclasses define `forward`.
 */
export abstract class Module {
  /** Names in state dicts of fields that have another one there, as PyTorch's (`runningMean: 'running_mean'`); '' leaves the field's out. */
  static readonly statePaths: Readonly<Record<string, string>> = {};

  private mode = true;

  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: what stands for the module tells compiled functions when a field is replaced.
    return watched(this);
  }

  abstract forward(...inputs: Tensor[]): Tensor | readonly Tensor[];

  /** Whether the module is being trained: dropout drops, batch norm uses the batch's own statistics. */
  get training(): boolean {
    return this.mode;
  }

  /** Switches this module and all within it; compiled functions notice. */
  train(mode = true): this {
    expectKind('train', 'mode', mode, aBoolean);
    if (switching.has(this)) return this;
    switching.add(this);
    try {
      this.mode = mode;
      for (const [, child] of this.children()) child.train(mode);
    } finally {
      switching.delete(this);
    }
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Modules directly within this one, by their path. */
  children(): [string, Module][] {
    return modulesIn(this, [this]);
  }

  /** Every state within, by its path, in the order of the fields. One that is tied stands under each of its paths. */
  namedStates(): [string, State][] {
    return statesIn(this, [this]);
  }

  /** What an optimiser trains. A weight that is tied is here once. */
  parameters(): Parameter[] {
    return [...new Set(this.namedStates().flatMap(([, state]) => (state instanceof Parameter ? [state] : [])))];
  }

  /** Number of trained values. */
  get parameterCount(): number {
    return this.parameters().reduce((total, { size }) => total + size, 0);
  }

  /** All values, read back from the GPU. */
  async stateDict(): Promise<StateDict> {
    const states = this.namedStates();
    const values = await Promise.all(states.map(([, state]) => state.data()));
    return Object.fromEntries(states.map(([name, { shape }], i) => [name, { shape, data: values[i] }]));
  }

  /**
   * Takes over values by name, and tells which were missing or unexpected; with `strict`, the default, there must be none. PyTorch's
   * `num_batches_tracked` is nothing that a module here has, and passes.
   * @throws TilegradError for missing or unexpected names, or values of another type; ShapeError for another shape. Nothing changes then.
   */
  loadStateDict(dict: StateDict, options: { readonly strict?: boolean } = {}): LoadReport {
    const where = 'loadStateDict';
    expectKind(where, 'dict', dict, { words: 'an object', holds: (value) => typeof value === 'object' && value !== null });
    expectOptions(where, options, { strict: aBoolean });
    const states = this.namedStates();
    const given = states.filter(([name]) => Object.hasOwn(dict, name));
    const names = new Set(states.map(([name]) => name));
    const reached = new Set(given.map(([, state]) => state));
    const missing = states.flatMap(([name, state]) => (reached.has(state) ? [] : [name]));
    const unexpected = Object.keys(dict).filter((name) => !names.has(name) && !/(^|\.)num_batches_tracked$/.test(name));
    if ((options.strict ?? true) && missing.length + unexpected.length > 0) {
      throw new TilegradError(`${where}: missing [${missing.join(', ')}], unexpected [${unexpected.join(', ')}]`);
    }
    for (const [name, state] of given) expectValues(`${where}: ${name}`, state, dict[name]);
    for (const [name, state] of given) state.set(dict[name].data);
    return { missing, unexpected };
  }
}

/** @throws TilegradError unless these are values for `state`. */
function expectValues(where: string, { shape, size, dtype }: State, value: StateDict[string] | null): void {
  const { shape: own, data } = value ?? {};
  if (!Array.isArray(own)) throw new TilegradError(`${where}: expected { shape, data }, got ${showValue(value)}`);
  if (!sameShape(shape, own)) throw new ShapeError(`${where}: expected ${showShape(shape)}, got ${showShape(own)}`);
  const arrays = [Float32Array, Int32Array, Uint32Array];
  if (!data || !arrays.some((kind) => data instanceof kind) || !holds(data, dtype)) {
    throw new TilegradError(
      `${where}: expected data of ${dtype}, got ${ArrayBuffer.isView(data) ? (data as object).constructor.name : showValue(data)}`,
    );
  }
  if (data.length !== size) throw new ShapeError(`${where}: expected ${size} values, got ${data.length}`);
}

/** Whether states may be found in a value, or hidden in it: what a trace that lists states depends on. */
function holdsStates(value: unknown, seen = new Set<unknown>()): boolean {
  if (value instanceof State || value instanceof Module) return true;
  if (typeof value !== 'object' || value === null || value instanceof Tensor || ArrayBuffer.isView(value) || seen.has(value)) return false;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) return [...value.values()].some((item) => holdsStates(item, seen));
  if (isContainer(value)) return Object.values(value).some((item) => holdsStates(item, seen));
  return Object.values(value).some((item) => item instanceof State || item instanceof Module);
}

/** What may hold states within a value, by name. */
function partsOf(value: object): [string, unknown][] {
  if (value instanceof Module) {
    const { statePaths } = value.constructor as typeof Module;
    return fieldsThat(holdsStates, value).map(([name, part]) => [statePaths[name] ?? name, part]);
  }
  if (value instanceof Map) return [...value].map(([name, part]) => [String(name), part]);
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].flatMap((part, i): [string, unknown][] => (typeof part === 'object' ? [[String(i), part]] : []));
  }
  return isContainer(value) ? Object.entries(value) : [];
}

const join = (path: string, name: string): string => (path && name ? `${path}.${name}` : path || name);

/** Objects among the parts that are searched in turn; `within` are those that hold it. */
const isSearched = (part: unknown, within: readonly unknown[]): part is object =>
  typeof part === 'object' && part !== null && !(part instanceof Tensor) && !within.includes(part);

function statesIn(holder: object, within: readonly unknown[]): [string, State][] {
  const own: [string, State][] = [];
  const inner: [string, State][] = [];
  for (const [name, part] of partsOf(holder)) {
    if (part instanceof State) own.push([name, part]);
    else if (isSearched(part, within)) {
      expectVisible(holder, name, part);
      inner.push(...statesIn(part, [...within, part]).map(([path, state]): [string, State] => [join(name, path), state]));
    }
  }
  return [...own, ...inner];
}

function modulesIn(holder: object, within: readonly unknown[]): [string, Module][] {
  return partsOf(holder).flatMap(([name, part]): [string, Module][] => {
    if (part instanceof Module) return [[name, part]];
    if (!isSearched(part, within)) return [];
    return modulesIn(part, [...within, part]).map(([path, module]) => [join(name, path), module]);
  });
}

/** @throws TilegradError when an object of a class that isn't searched has parameters or modules among its fields. */
function expectVisible(holder: object, name: string, part: object): void {
  if (part instanceof Module || ArrayBuffer.isView(part) || isContainer(part)) return;
  const hidden = Object.values(part).some((value) => value instanceof Parameter || value instanceof Module);
  if (!hidden) return;
  throw new TilegradError(
    `${holder.constructor?.name ?? 'object'}: ${name} holds parameters in ${showValue(part)}, where they aren't found; make its class a Module, or hold it in a function`,
  );
}
