import type { TypedArray } from '../engine/graph/dtype.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import { guarded, State, type Tensor } from '../engine/graph/tensor.ts';

/** A state that an optimiser trains. */
export class Parameter extends State {}

/** Values of a module's states by name, `layers.0.weight` style, in PyTorch's layouts. */
export type StateDict = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: TypedArray }>>;

/**
 * A part of a network: its states are its fields, or fields of the modules among its fields (arrays of modules too).
 * Subclasses define `forward`.
 */
export abstract class Module {
  private mode = true;

  abstract forward(...inputs: Tensor[]): Tensor | readonly Tensor[];

  /** Whether the module is being trained: dropout drops, batch norm uses the batch's own statistics. */
  get training(): boolean {
    return guarded(() => this.mode);
  }

  /** Switches this module and all within it; compiled functions notice. */
  train(mode = true): this {
    this.mode = mode;
    for (const [, child] of this.children()) child.train(mode);
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Modules directly within this one, by field name. */
  children(): [string, Module][] {
    return Object.entries(this).flatMap(([name, value]): [string, Module][] => {
      if (value instanceof Module) return [[name, value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, i): [string, Module][] => (item instanceof Module ? [[`${name}.${i}`, item]] : []));
    });
  }

  /** Every state within, by its path, in the order of the fields. */
  namedStates(): [string, State][] {
    const own = Object.entries(this).flatMap(([name, value]): [string, State][] => (value instanceof State ? [[name, value]] : []));
    const inner = this.children().flatMap(([name, child]) =>
      child.namedStates().map(([path, state]): [string, State] => [`${name}.${path}`, state]),
    );
    return [...own, ...inner];
  }

  /** What an optimiser trains. */
  parameters(): Parameter[] {
    return this.namedStates().flatMap(([, state]) => (state instanceof Parameter ? [state] : []));
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

  /** Takes over values by name. @throws TilegradError for missing or unknown names, ShapeError for another shape; nothing changes then. */
  loadStateDict(dict: StateDict): void {
    const states = this.namedStates();
    const names = new Set(states.map(([name]) => name));
    const missing = [...names].filter((name) => !(name in dict));
    const unknown = Object.keys(dict).filter((name) => !names.has(name));
    if (missing.length || unknown.length) {
      throw new TilegradError(`loadStateDict: missing [${missing.join(', ')}], unknown [${unknown.join(', ')}]`);
    }
    for (const [name, { shape }] of states) {
      if (!sameShape(shape, dict[name].shape)) {
        throw new ShapeError(`loadStateDict: ${name}: expected ${showShape(shape)}, got ${showShape(dict[name].shape)}`);
      }
    }
    for (const [name, state] of states) state.set(dict[name].data);
  }
}
