import { allocate, DTYPES, type DType, dtypeOf, holds, type TypedArray } from './dtype.ts';
import { DTypeError, ShapeError, TilegradError } from './errors.ts';
import { checkShape, type Shape, showShape, sizeOf } from './shape.ts';
import { fieldChanged, fieldRead, Reads } from './watch.ts';

/** What an attribute of a node may be. */
export type AttrValue = number | string | boolean | readonly number[];

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
    /** What its op must know beside the inputs: a record of {@link AttrValue}s, whose fields the op's own type tells (`Node` in ops/op.ts). */
    readonly attrs: object,
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
const NO_ATTRS = {};

/** Values that live on the host. The array is the leaf's own: whoever makes one writes to it no more. */
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
    super(DataLeaf.op, NO_INPUTS, NO_ATTRS, [...shape], dtype);
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

/** A few numbers that the host supplies anew for every execution: learning rates, step counts, random keys. */
export class HostLeaf extends Tensor {
  private static readonly op = leaf('host');
  constructor(
    private readonly next: () => ArrayLike<number>,
    shape: Shape,
    dtype: DType,
  ) {
    super(HostLeaf.op, NO_INPUTS, NO_ATTRS, [...shape], dtype);
  }

  /** The numbers of one execution, copied; called once for each, when it is asked for. */
  draw(): ArrayLike<number> {
    const values = this.next();
    if (values.length !== this.size) {
      throw new ShapeError(`hostValues: expected ${this.size} values for shape ${showShape(this.shape)}, got ${values.length}`);
    }
    return new Float64Array(values);
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
  /** Values not on the GPU yet, or what makes them when they are first needed. */
  private waiting: TypedArray | (() => TypedArray) | undefined;
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
    initial: TypedArray | (() => TypedArray) = () => allocate(dtype, sizeOf(shape)),
  ) {
    // Not by the kinds of arguments.ts, which knows tensors.
    if (typeof name !== 'string' || !Array.isArray(shape) || !DTYPES.includes(dtype)) {
      throw new TilegradError("state: expected a name, a shape and a dtype, as in new Parameter('w', [2, 3], 'f32')");
    }
    checkShape('state', shape);
    super(State.op, NO_INPUTS, NO_ATTRS, [...shape], dtype);
    if (typeof initial === 'function') this.waiting = initial;
    else {
      if (!holds(initial, dtype)) throw new DTypeError(`${name}: expected values of ${dtype}, got ${dtypeOf(initial)}`);
      if (initial.length !== this.size) {
        throw new ShapeError(`${name}: expected ${this.size} values for shape ${showShape(shape)}, got ${initial.length}`);
      }
      this.waiting = initial.slice();
    }
  }

  /** Values not on the GPU yet. */
  get host(): TypedArray | undefined {
    if (typeof this.waiting === 'function') this.waiting = this.waiting();
    return this.waiting;
  }

  set host(values: TypedArray | undefined) {
    this.waiting = values;
  }

  private trained = true;

  /**
   * Whether it is trained: of a frozen one gradients are zeros that cost nothing, and optimisers leave it and what they keep of it as they are.
   * Compiled functions notice.
   */
  get requiresGrad(): boolean {
    fieldRead(this, 'trained');
    return this.trained;
  }

  set requiresGrad(trained: boolean) {
    if (typeof trained !== 'boolean')
      throw new TilegradError(`${this.name}: expected requiresGrad to be true or false, got ${String(trained)}`);
    if (trained === this.trained) return;
    this.trained = trained;
    fieldChanged(this, 'trained');
  }

  /** Makes this state a part of `arena` from element `offset` on. Its values go along, wherever they are. */
  moveInto(arena: State, offset: number): void {
    if (this.arena) throw new ShapeError(`${this.name}: expected a state that no optimiser holds yet; it belongs to one already`);
    this.arena = arena;
    this.arenaOffset = offset;
    arena.members.push(this);
  }

  readonly members: State[] = [];
}

/** Data that stands on the GPU for good. Plans are given it as an argument, in the buffer where it lies, so that one serves many, and keeps none alive. */
export class Table extends State {}

/**
 * What is found in tables by an index. A compiled function that gets it as an argument finds it itself: index and tables are handed over in its
 * place, and what several arguments share is so once. Elsewhere it is a node as any other.
 */
export class PickedTensor extends Tensor {
  constructor(op: OpIdentity, index: Tensor, tables: readonly Tensor[], shape: Shape, dtype: DType) {
    super(op, [index, ...tables], NO_ATTRS, shape, dtype);
  }
}

/** What one traced function does beside returning values. */
export class Trace {
  /** Tensors with a larger id were made in it. */
  readonly since = created;
  readonly assigned = new Map<State, Tensor>();
  /** Random draws so far: each gets a stream of its own. */
  streams = 0;
  /** The random key of each execution, once something asked for it. */
  key: Tensor | undefined;
  /** What it looked at beside its arguments: a plan holds only while that stands as it stood. */
  readonly reads = new Reads();
}

const ambient = new Trace();
let active: Trace | undefined;

/** The function being traced, or the ambient trace that the next execution takes up. */
export function currentTrace(): Trace {
  return active ?? ambient;
}

export function isTracing(): boolean {
  return active !== undefined;
}

export function withTrace<R>(trace: Trace, body: () => R): R {
  const outer = active;
  active = trace;
  try {
    return trace.reads.during(body);
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

/**
 * The value that reading `tensor` gives at this point of the trace: a state that was assigned gives its new value.
 * @throws TilegradError for an arena, a part of which was assigned in this trace.
 */
export function resolve(tensor: Tensor): Tensor {
  if (!(tensor instanceof State)) return tensor;
  const { assigned } = currentTrace();
  const part = tensor.members.find((member) => assigned.has(member));
  if (part) {
    throw new TilegradError(
      `assign to ${part.name}: expected the optimiser's step, and all else that reads its parameters together, to come before in a compiled ` +
        'function; assign after them, or in a function of its own',
    );
  }
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
