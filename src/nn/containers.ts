// Modules and parameters by place or by name, as PyTorch's containers: their states have the same paths as there.
import { expectKind, type Kind, listOf } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { show } from '../engine/graph/watch.ts';
import { Module, Parameter } from './module.ts';

const aModule: Kind = { words: 'a module', holds: (value) => value instanceof Module };
const aParameter: Kind = { words: 'a parameter', holds: (value) => value instanceof Parameter };

abstract class Container extends Module {
  /** `0.weight`, not `items.0.weight`. */
  static override readonly statePaths = { items: '' };

  override forward(): never {
    throw new TilegradError(`${this.constructor.name}: expected its items to be used, got a call of forward()`);
  }
}

abstract class List<T> extends Container implements Iterable<T> {
  private readonly items: T[] = [];

  constructor(
    private readonly kind: Kind,
    items: Iterable<T>,
  ) {
    super();
    // An iterator gives what it has once.
    const list = typeof items === 'object' && items !== null && Symbol.iterator in items ? [...items] : items;
    expectKind(this.constructor.name, 'items', list, listOf(kind));
    for (const item of list) this.push(item);
  }

  get length(): number {
    return this.items.length;
  }

  /** The item at a place; negative ones count from the end. */
  at(place: number): T {
    const item = this.items.at(place);
    if (item === undefined) throw new TilegradError(`${this.constructor.name}: expected a place within ${this.length} items, got ${place}`);
    return item;
  }

  /** Adds an item at the end. An optimiser that was made before doesn't train it. */
  push(item: T): void {
    expectKind(this.constructor.name, 'item', item, this.kind);
    this.items.push(item);
    show(item);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]();
  }
}

abstract class Dict<T> extends Container implements Iterable<[string, T]> {
  private readonly items: Record<string, T> = Object.create(null) as Record<string, T>;

  constructor(
    private readonly kind: Kind,
    items: Readonly<Record<string, T>>,
  ) {
    super();
    const isObject = {
      words: `an object of ${kind.words} by name`,
      holds: (value: unknown) => typeof value === 'object' && value !== null,
    };
    expectKind(this.constructor.name, 'items', items, isObject);
    for (const [name, item] of Object.entries(items)) this.set(name, item);
  }

  /** @throws TilegradError when there is none of that name. */
  get(name: string): T {
    if (!(name in this.items)) {
      throw new TilegradError(`${this.constructor.name}: expected one of [${Object.keys(this.items).join(', ')}], got ${String(name)}`);
    }
    return this.items[name];
  }

  set(name: string, item: T): void {
    expectKind(this.constructor.name, 'name', name, { words: 'a name without dots', holds: (value) => /^[^.]+$/.test(String(value)) });
    expectKind(this.constructor.name, name, item, this.kind);
    this.items[name] = item;
    show(item);
  }

  has(name: string): boolean {
    return name in this.items;
  }

  [Symbol.iterator](): Iterator<[string, T]> {
    return Object.entries(this.items)[Symbol.iterator]();
  }
}

/** Modules by place: `layers.0.weight`. A plain array in a field does the same. */
export class ModuleList<M extends Module = Module> extends List<M> {
  constructor(modules: Iterable<M> = []) {
    super(aModule, modules);
  }
}

/** Modules by name: `heads.left.weight`. A plain object or a Map in a field does the same. */
export class ModuleDict<M extends Module = Module> extends Dict<M> {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super(aModule, modules);
  }
}

/** Parameters by place: `scales.0`. */
export class ParameterList extends List<Parameter> {
  constructor(parameters: Iterable<Parameter> = []) {
    super(aParameter, parameters);
  }
}

/** Parameters by name: `scales.left`. */
export class ParameterDict extends Dict<Parameter> {
  constructor(parameters: Readonly<Record<string, Parameter>> = {}) {
    super(aParameter, parameters);
  }
}
