import { aBoolean, aFunction, expectKind, showValue } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { State, Tensor } from '../engine/graph/tensor.ts';
import { fieldsThat, isContainer, show, watched } from '../engine/graph/watch.ts';
import { copyModule } from './clone.ts';
import { type LoadOptions, type LoadReport, load, type StateDict } from './load.ts';

/** A state that an optimiser trains. */
export class Parameter extends State {}

/** Modules that are being switched: one may be found again within itself. */
const switching = new Set<Module>();

/**
 * A part of a network: its states are its fields, or stand within its fields: in modules, arrays, plain objects, Maps and Sets, nested as you
 * like. Private `#fields` can't be seen from here: `minimize` refuses a loss that depends on a parameter in one. Subclasses define `forward`.
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
    const found = statesIn(this, [this]);
    for (const [, state] of found) show(state);
    return found;
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
   * `num_batches_tracked` is nothing that a module here has, and passes. Of tied states one name is enough.
   *
   * With `prefix` only entries whose names begin with it count, without it: `{ prefix: 'module.' }`. `rename` then gives each entry its name here;
   * undefined leaves it out, unlooked at: `{ rename: (name) => (name.startsWith('fc.') ? undefined : name), strict: false }` keeps a new head.
   * @throws TilegradError listing all that is missing, unexpected, or of another type or shape; ShapeError where shapes alone differ. Nothing
   * changes then.
   */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadReport {
    return load(this.namedStates(), dict, options);
  }

  /** Freezes all parameters within, or thaws them: see {@link State.requiresGrad}. Statistics of batch norm aren't parameters: `eval()` stops them. */
  requiresGrad(trained = true): this {
    expectKind('requiresGrad', 'trained', trained, aBoolean);
    for (const parameter of this.parameters()) parameter.requiresGrad = trained;
    return this;
  }

  /**
   * A copy that shares nothing with this module: states with the same values, and the modules, arrays, plain objects, Maps and Sets that hold them.
   * What is tied within is tied in the copy. Functions and objects of other classes are the same ones; hooks stay behind, and so do `#fields`.
   * @throws TilegradError in a traced function.
   */
  clone(): this {
    return copyModule(this, (value) => value instanceof Module);
  }

  /**
   * Has `hook` called with what the module took and gave whenever `forward` ran; a tensor that it returns, or a list of them, takes the output's
   * place. Compiled functions trace anew.
   * @returns what takes the hook away again.
   */
  registerForwardHook(hook: ForwardHook<this>): () => void {
    expectKind('registerForwardHook', 'hook', hook, aFunction);
    return addHook(this, { after: hook as ForwardHook<Module> });
  }

  /** As {@link registerForwardHook}, before `forward` runs: a list of inputs that `hook` returns takes the place of those that were given. */
  registerForwardPreHook(hook: ForwardPreHook<this>): () => void {
    expectKind('registerForwardPreHook', 'hook', hook, aFunction);
    return addHook(this, { before: hook as ForwardPreHook<Module> });
  }
}

/** See {@link Module.registerForwardHook}. */
export type ForwardHook<M = Module> = (module: M, inputs: readonly Tensor[], output: Output) => unknown;

/** See {@link Module.registerForwardPreHook}. */
export type ForwardPreHook<M = Module> = (module: M, inputs: readonly Tensor[]) => unknown;

type Output = Tensor | readonly Tensor[];

interface Hook {
  readonly before?: ForwardPreHook;
  readonly after?: ForwardHook;
}

interface Hooked {
  /** The instance's own `forward`, where it has one. */
  readonly own: PropertyDescriptor | undefined;
  readonly hooks: readonly Hook[];
}
const hooked = new WeakMap<Module, Hooked>();

function addHook(module: Module, hook: Hook): () => void {
  const own = hooked.has(module) ? hooked.get(module)?.own : Object.getOwnPropertyDescriptor(module, 'forward');
  setHooks(module, { own, hooks: [...(hooked.get(module)?.hooks ?? []), hook] });
  let there = true;
  return () => {
    const now = hooked.get(module);
    if (!there || !now) return;
    there = false;
    setHooks(module, { own, hooks: now.hooks.filter((other) => other !== hook) });
  };
}

/** Tensors that a hook returned, or else the value that it was shown. */
function inPlaceOf<V extends Output>(value: V, returned: unknown): V {
  const tensors = returned instanceof Tensor || (Array.isArray(returned) && returned.every((item) => item instanceof Tensor));
  return tensors ? (returned as V) : value;
}

/** A field in front of the class's method: whoever compiled with the one before notices. */
function setHooks(module: Module, { own, hooks }: Hooked): void {
  if (hooks.length === 0) {
    hooked.delete(module);
    if (own) Object.defineProperty(module, 'forward', own);
    else delete (module as { forward?: unknown }).forward;
    return;
  }
  hooked.set(module, { own, hooks });
  const plain = (own?.value ?? (Object.getPrototypeOf(module) as Module).forward) as Module['forward'];
  const forward = (...inputs: Tensor[]): Output => {
    let given: readonly Tensor[] = inputs;
    for (const { before } of hooks) given = inPlaceOf(given, before?.(module, given));
    let output = plain.apply(module, [...given]);
    for (const { after } of hooks) output = inPlaceOf(output, after?.(module, given, output));
    return output;
  };
  Object.defineProperty(module, 'forward', { value: forward, configurable: true, writable: true, enumerable: false });
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
