import { allocate, type DType, type TypedArray } from './dtype.ts';
import { DTypeError, ShapeError } from './errors.ts';
import { checkShape, type Shape, sameShape, showShape, sizeOf } from './shape.ts';

export type AttrValue = number | string | boolean | readonly number[];
export type Attrs = Readonly<Record<string, AttrValue>>;

/** What the graph needs to know of an op; `ops/op.ts` has the whole record. */
export interface OpIdentity {
  readonly name: string;
  readonly kind: 'leaf' | 'elementwise' | 'movement' | 'reduce' | 'kernel';
}

let created = 0;
let epoch = 0;

/** Counts writes to states; a tensor that read a state before a later write is stale. */
export function advanceEpoch(): number {
  return ++epoch;
}

/**
 * A value of known shape and element type that isn't computed yet: a node of the graph. Making one costs no GPU work; reading it does
 * (`await t.data()`). Methods are attached by the ops (`ops/methods.ts`).
 */
export class Tensor {
  readonly id = ++created;
  readonly epoch = epoch;

  constructor(
    readonly op: OpIdentity,
    readonly inputs: readonly Tensor[],
    readonly attrs: Attrs,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {}

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  toString(): string {
    return `Tensor(${this.op.name}, ${this.dtype}, ${showShape(this.shape)})`;
  }
}

const leaf = (name: string): OpIdentity => ({ name, kind: 'leaf' });
const NO_INPUTS: readonly Tensor[] = [];
const NO_ATTRS: Attrs = {};

/** Values that live on the host. */
export class DataLeaf extends Tensor {
  private static readonly op = leaf('data');
  constructor(
    readonly array: TypedArray,
    shape: Shape,
    dtype: DType,
  ) {
    checkShape('tensor', shape);
    if (array.length !== sizeOf(shape)) {
      throw new ShapeError(`tensor: expected ${sizeOf(shape)} values for shape ${showShape(shape)}, got ${array.length}`);
    }
    super(DataLeaf.op, NO_INPUTS, NO_ATTRS, shape, dtype);
  }
}

/** Argument number `index` of a function being traced. */
export class InputLeaf extends Tensor {
  private static readonly op = leaf('input');
  constructor(
    readonly index: number,
    shape: Shape,
    dtype: DType,
  ) {
    super(InputLeaf.op, NO_INPUTS, NO_ATTRS, shape, dtype);
  }
}

/** A few numbers that the host supplies anew for every execution: learning rates, step counts, random keys. `next` is called once each time. */
export class HostLeaf extends Tensor {
  private static readonly op = leaf('host');
  constructor(
    readonly next: () => ArrayLike<number>,
    shape: Shape,
    dtype: DType,
  ) {
    super(HostLeaf.op, NO_INPUTS, NO_ATTRS, shape, dtype);
  }
}

/** Where a tensor's values are on the GPU; `buffer` is opaque to the graph. */
export interface Storage {
  readonly buffer: object;
  readonly offset: number;
}

/** A result that stands in a GPU buffer until a later execution reuses it. */
export class ResidentLeaf extends Tensor {
  private static readonly op = leaf('resident');
  /** Set by the executor once the result exists; cleared, with the reason, when its memory is reused. */
  storage: Storage | undefined;
  stale: string | undefined;
  /** Why it couldn't be computed. */
  failed: Error | undefined;
  constructor(
    shape: Shape,
    dtype: DType,
    /** Whose memory this stands in: it must last as long as the result can be read. */
    readonly owner?: object,
  ) {
    super(ResidentLeaf.op, NO_INPUTS, NO_ATTRS, shape, dtype);
  }
}

/**
 * A cell that lasts from step to step: a parameter, a moment, a running statistic. Reading it gives the value last assigned.
 * Several states can share one arena (see {@link State.moveInto}), so that an optimiser updates them in one dispatch.
 */
export class State extends Tensor {
  private static readonly op = leaf('state');
  /** Values not on the GPU yet. */
  host: TypedArray | undefined;
  storage: Storage | undefined;
  arena: State | undefined;
  /** Place in the arena, in elements. */
  arenaOffset = 0;
  /** Epoch of the last write. */
  writtenAt = 0;

  constructor(
    readonly name: string,
    shape: Shape,
    dtype: DType,
    initial?: TypedArray,
  ) {
    checkShape('state', shape);
    super(State.op, NO_INPUTS, NO_ATTRS, shape, dtype);
    this.host = initial ?? allocate(dtype, this.size);
    if (this.host.length !== this.size) {
      throw new ShapeError(`${name}: expected ${this.size} values for shape ${showShape(shape)}, got ${this.host.length}`);
    }
  }

  /** Makes this state a part of `arena` from element `offset` on. Its values go along, wherever they are. */
  moveInto(arena: State, offset: number): void {
    if (this.arena) throw new ShapeError(`${this.name}: expected a state that no optimiser holds yet; it belongs to one already`);
    this.arena = arena;
    this.arenaOffset = offset;
    arena.members.push(this);
  }

  readonly members: State[] = [];

  /**
   * Gives the state a new value. In a traced function this takes place in every execution; outside, with the next thing that runs.
   * @throws ShapeError or DTypeError when the value doesn't fit.
   */
  assign(value: Tensor): void {
    if (!sameShape(value.shape, this.shape)) {
      throw new ShapeError(`assign to ${this.name}: expected ${showShape(this.shape)}, got ${showShape(value.shape)}`);
    }
    if (value.dtype !== this.dtype) throw new DTypeError(`assign to ${this.name}: expected ${this.dtype}, got ${value.dtype}`);
    currentTrace().assigned.set(this, resolve(value));
  }
}

/** What one traced function does beside returning values. */
export class Trace {
  readonly assigned = new Map<State, Tensor>();
  /** Random draws so far: each gets a stream of its own. */
  streams = 0;
  /** The random key of each execution, once something asked for it. */
  key: Tensor | undefined;
  /** Switches that tracing looked at (a module's training mode, say): the plan holds only while they stand as they stood. */
  readonly guards: { readonly read: () => unknown; readonly value: unknown }[] = [];
}

const ambient = new Trace();
let active: Trace | undefined;

/** The function being traced, or the ambient trace that the next execution takes up. */
export function currentTrace(): Trace {
  return active ?? ambient;
}

/** Reads a switch that decides what is traced, so that changing it makes a compiled function trace anew. */
export function guarded<V>(read: () => V): V {
  const value = read();
  active?.guards.push({ read, value });
  return value;
}

export function isTracing(): boolean {
  return active !== undefined;
}

export function withTrace<R>(trace: Trace, body: () => R): R {
  const outer = active;
  active = trace;
  try {
    return body();
  } finally {
    active = outer;
  }
}

let viewOfArena: (arena: Tensor, state: State) => Tensor = (arena) => arena;

const views = new WeakMap<Tensor, Map<State, Tensor>>();

/** Set by the movement ops: how to read one member out of an arena's new value. */
export function setArenaView(view: (arena: Tensor, state: State) => Tensor): void {
  viewOfArena = view;
}

/** The value that reading `tensor` gives at this point of the trace: a state that was assigned gives its new value. */
export function resolve(tensor: Tensor): Tensor {
  if (!(tensor instanceof State)) return tensor;
  const { assigned } = currentTrace();
  const own = assigned.get(tensor);
  if (own) return own;
  const arena = tensor.arena && assigned.get(tensor.arena);
  if (!arena) return tensor;
  // One node for each, so that gradients find what the loss was made of.
  const known = views.get(arena) ?? new Map<State, Tensor>();
  views.set(arena, known);
  const view = known.get(tensor) ?? viewOfArena(arena, tensor);
  known.set(tensor, view);
  return view;
}
