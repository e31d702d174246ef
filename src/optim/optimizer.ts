import { dissolve } from '../engine/executor/arena.ts';
import { flushAssignments } from '../engine/executor/evaluate.ts';
import { Gradients, gradients as gradientsOf, originsOf, statesBehind } from '../engine/grad.ts';
import { aShape, aTensor, count, expectKind, listOf, showValue } from '../engine/graph/arguments.ts';
import { DTypeError, ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { type Shape, sameShape, showShape } from '../engine/graph/shape.ts';
import { isTracing, State, type Tensor } from '../engine/graph/tensor.ts';
import { guarded, isShown } from '../engine/graph/watch.ts';
import { hostValues, tensor, zeros } from '../engine/ops/create.ts';
import { slice } from '../engine/ops/movement.ts';
import { Parameter } from '../nn/module.ts';
import { aRate, expectRate, settle } from './check.ts';
import { ARENA_ALIGNMENT, FROZEN, pack, type UpdateInputs } from './kernels/update.ts';
import type { Piece } from './kernels/updateTensors.ts';

/** The factor on gradients that aren't clipped. */
const UNIT = tensor(Float32Array.of(1));

/** A learning rate for each step, counted from 0. */
export type Schedule = (step: number) => number;

/** What each group of parameters may have of its own. */
export interface GroupOptions {
  lr: number | Schedule;
}

/** What holds for all parameters of an optimiser. */
export interface ClipOptions {
  /** Clamps each element of the gradients to ±this; done before {@link clipNorm}. */
  readonly clipValue?: number;
  /** Scales all gradients down together so that their joint L2 norm is at most this (Pascanu et al., 2013). */
  readonly clipNorm?: number;
}

/** Their defaults: no clipping. */
export const NO_CLIPPING: { clipValue: number | undefined; clipNorm: number | undefined } = { clipValue: undefined, clipNorm: undefined };

/** Parameters that share options; those that a group doesn't give are the optimiser's. */
export type ParameterGroup<O extends GroupOptions> = { readonly params: readonly Parameter[] } & Partial<O>;

/** What an optimiser trains: parameters, or groups of them. */
export type Trained<O extends GroupOptions> = readonly Parameter[] | readonly ParameterGroup<O>[];

/** A stretch of the arena, by the name it has in a saved state. */
export interface Part {
  readonly name: string;
  readonly length: number;
}

/** A part as long as the parameters are together, with one value for each element of them; 0 at first, or what the element's group says. */
export type Row<O> = string | { readonly name: string; readonly initial: (group: O) => number };

/** Where parameters stand in the arena. */
export interface Layout {
  /** First element of each parameter, in their order. */
  readonly offsets: readonly number[];
  /** Group of each parameter, and its row of rates. */
  readonly groups: readonly number[];
  readonly rateRows: readonly number[];
  /** Elements of all parameters, gaps included, and of those that stand apart at the beginning. */
  readonly length: number;
  readonly apart: number;
  /** Row of rates of each 64 elements. */
  readonly rowOf: Uint32Array;
}

/**
 * What it takes to go on exactly, as in PyTorch beside the parameters, which their module saves. Options and schedules are the program's and
 * aren't part of it.
 */
export interface OptimizerState {
  /** The optimiser's name. */
  readonly kind: string;
  readonly steps: number;
  /** Shape of each parameter. */
  readonly shapes: readonly Shape[];
  /** What the optimiser keeps of the parameters, by name; that of each parameter begins at a multiple of 64 elements. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

const anObject = { words: 'an object', holds: (value: unknown) => typeof value === 'object' && value !== null };

interface Design<O> {
  readonly clipValue?: number | undefined;
  readonly clipNorm?: number | undefined;
  /** The optimiser's name, for errors and saved states. */
  readonly kind: string;
  /** Of groups that don't say otherwise. */
  readonly defaults: O;
  /** What is kept of the parameters. */
  readonly kept: readonly Row<O>[];
  /** What is kept in other lengths; it follows the rows. */
  readonly more?: (shapes: readonly Shape[], apart: number) => readonly Part[];
  /** Places parameters for which this holds before the others. `rates` then gives two rows for each group: theirs, and those of the others. */
  readonly apart?: (parameter: Parameter, group: O) => boolean;
}

/**
 * Updates all parameters in one dispatch, or in a fixed number of them. They, and what the optimiser keeps of them, stand in one arena; a
 * parameter belongs to one optimiser, until `release()`. Frozen parameters, those that the loss doesn't depend on, as in PyTorch, and what isn't
 * among its parameters, stay as they are; the count of steps is the optimiser's, so the moments of one that is thawed later are taken as if they
 * had been there all along.
 */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  /** The groups with all their options, which may be changed between steps; nothing is traced anew. */
  readonly groups: readonly (O & { readonly params: readonly Parameter[] })[];
  /** The parameters of all groups: the order in which {@link step} takes gradients. */
  readonly parameters: readonly Parameter[];
  /** Steps asked for so far: a call of a compiled function counts its step at once, while the GPU may still be working. */
  steps = 0;
  protected readonly arena: State;
  /** Where each parameter stands among all of them. */
  readonly layout: Layout;
  /** Gradients added up since the last step; made when they are first asked for. */
  private sums: State | undefined;
  private readonly kind: string;
  private released = false;
  private readonly rowOf = perTrained((trained) => tensor(this.rowsOf(trained)));
  private readonly clip: ClipOptions;
  /** What follows the parameters in the arena; `offset` counts from there. */
  private readonly parts: readonly (Part & { readonly offset: number })[];
  private readonly kept: State;
  /** What is kept before the first step. */
  private readonly initial: () => Float32Array;

  protected constructor(trained: Trained<O>, { kind, defaults, kept, more, apart, clipNorm, clipValue }: Design<O>) {
    this.groups = groupsOf(kind, trained, defaults);
    this.parameters = this.groups.flatMap(({ params }) => params);
    checkParameters(kind, this.parameters);
    this.kind = kind;
    this.clip = { clipNorm, clipValue };

    this.layout = layOut(this.groups, apart);
    const { offsets, length } = this.layout;
    const rows = kept.map((row) => ({ name: typeof row === 'string' ? row : row.name, length }));
    const shapes = this.parameters.map(({ shape }) => shape);
    let size = 0;
    this.parts = [...rows, ...(more?.(shapes, this.layout.apart) ?? [])].map((part) => {
      const offset = size;
      size += part.length;
      return { ...part, offset };
    });
    this.initial = () => {
      const values = new Float32Array(size);
      kept.forEach((row, i) => {
        if (typeof row === 'string') return;
        this.parameters.forEach((parameter, p) => {
          const begin = i * length + offsets[p];
          values.fill(row.initial(this.groups[this.layout.groups[p]]), begin, begin + parameter.size);
        });
      });
      return values;
    };
    this.arena = new State('optimizer', [length + size], 'f32');
    this.kept = new State('optimizer state', [size], 'f32', this.initial());
    this.kept.moveInto(this.arena, length);
    // What a parameter was assigned must stand in it before it moves.
    flushAssignments();
    this.parameters.forEach((parameter, i) => parameter.moveInto(this.arena, offsets[i]));
  }

  /** The first group's learning rate; setting it sets that of every group. */
  get lr(): number | Schedule {
    return this.groups[0].lr;
  }

  set lr(lr: number | Schedule) {
    expectRate(this.kind, lr);
    for (const group of this.groups) group.lr = lr;
  }

  /** The learning rate of the first group at a step, counted from 0. */
  rateAt(step: number): number {
    return rateAt(this.kind, this.lr, step);
  }

  /**
   * Moves the parameters against the gradient of `loss`: `step(gradients(loss, optimizer.parameters))`.
   * @throws ShapeError when `loss` isn't a scalar; TilegradError when it depends on a parameter that no optimiser has and that can't be found, as in
   * a private `#field`.
   */
  minimize(loss: Tensor): void {
    this.step(gradientsOf(loss, this.parameters));
  }

  /**
   * Moves the parameters against their gradients. What `gradients` returned is taken by parameter; it may hold gradients of other tensors as
   * well. A plain list is taken in the order of {@link parameters}, where they are no groups: of groups, nothing would tell that the order is
   * another one; say it with `new Gradients(parameters, list)`. In a compiled function this happens in every execution.
   * @throws TilegradError when a gradient is missing or is known to be another parameter's, or when they are those of a loss that {@link minimize} refuses;
   * ShapeError or DTypeError when one isn't f32, of its parameter's shape.
   */
  step(gradients: readonly Tensor[]): void {
    if (gradients instanceof Gradients && gradients.loss) expectFound(this.kind, gradients.loss, gradients.wrt);
    const { clipNorm, clipValue } = this.clip;
    const trained = this.trainedNow('step', gradients);
    const raw = this.withSums(this.pack('step', gradients, trained));
    const packed = clipValue === undefined ? raw : raw.clamp(-clipValue, clipValue);
    const scale = clipNorm === undefined ? UNIT : packed.norm().add(1e-6).reciprocal().mul(clipNorm).minimum(1).reshape([1]);
    const next = () => {
      const values = this.groups.map((group) => this.rates(group, rateAt(this.kind, group.lr, this.steps), this.steps + 1));
      this.steps++;
      return values.flat();
    };
    const fields = this.rates(this.groups[0], 0, 1).length;
    const rates = hostValues(next, [this.groups.length, fields]);
    this.update({ arena: this.arena, gradients: packed, rates, scale, rowOf: this.rowOf(trained) }, trained);
  }

  /** For updates that sum over each tensor: where the trained ones stand. */
  protected pieces(trained: readonly number[]): Piece[] {
    const { offsets, rateRows } = this.layout;
    return trained.map((i) => ({ offset: offsets[i], size: this.parameters[i].size, row: rateRows[i] }));
  }

  /** Places of the parameters that aren't frozen, and that the loss of these gradients depends on, or gradients that were added up before. */
  private trainedNow(method: string, gradients?: readonly Tensor[]): readonly number[] {
    this.expectHeld(method);
    const free = this.parameters.flatMap(({ requiresGrad }, i) => (requiresGrad ? [i] : []));
    if (free.length === 0) throw new TilegradError(`${this.kind}.${method}: expected a parameter that isn't frozen, got none`);
    if (!(gradients instanceof Gradients) || guarded(() => this.sums !== undefined)) return free;
    const trained = free.filter((i) => !gradients.missed.has(this.parameters[i]));
    if (trained.length > 0) return trained;
    throw new TilegradError(
      `${this.kind}.${method}: expected a loss that depends on a parameter of the optimiser, got one that depends on none`,
    );
  }

  /** Row of rates of each 64 elements, where only these are trained. */
  protected rowsOf(trained: readonly number[]): Uint32Array {
    const { rowOf, offsets } = this.layout;
    const rows = new Uint32Array(rowOf.length).fill(FROZEN);
    for (const i of trained) {
      const begin = offsets[i] / ARENA_ALIGNMENT;
      const end = begin + Math.ceil(this.parameters[i].size / ARENA_ALIGNMENT);
      rows.set(rowOf.subarray(begin, end), begin);
    }
    return rows;
  }

  private expectHeld(method: string): void {
    if (!guarded(() => this.released)) return;
    throw new TilegradError(`${this.kind}.${method}: expected an optimiser that holds its parameters; release() has given them away`);
  }

  /**
   * Gives the parameters away, each with its values, so that other optimisers can take them; what this one kept of them is gone, and its memory
   * is free. Await it before another optimiser is made. Compiled functions that don't step this optimiser go on.
   */
  async release(): Promise<void> {
    if (isTracing()) throw new TilegradError(`${this.kind}.release: a compiled function only builds a graph; release outside`);
    if (this.released) return;
    this.released = true;
    await dissolve(this.arena, this.parameters);
  }

  /**
   * Adds gradients to those of the next {@link step}, in one dispatch: a large batch in parts. Sums, as in PyTorch: divide the loss by the
   * number of parts. A saved state doesn't hold them, so save after a step. Takes and refuses what {@link step} does.
   */
  accumulate(gradients: readonly Tensor[]): void {
    this.sums ??= new State('gradients', [this.layout.length], 'f32');
    this.sums.assign(this.sums.add(this.pack('accumulate', gradients, this.trainedNow('accumulate'))));
  }

  private withSums(gradients: Tensor): Tensor {
    if (!guarded(() => this.sums !== undefined)) return gradients;
    const sums = this.sums as State;
    const total = sums.add(gradients);
    sums.assign(zeros(sums.shape));
    return total;
  }

  /** All parameters in one tensor, in their {@link layout}, as they stand at this point of a trace. */
  packed(): Tensor {
    this.expectHeld('packed');
    return slice(this.arena, [[0, this.layout.length]]);
  }

  private pack(method: string, given: readonly Tensor[], trained: readonly number[]): Tensor {
    const where = `${this.kind}.${method}`;
    const gradients = this.inOrder(where, given, trained);
    gradients.forEach(({ shape, dtype }, i) => {
      const { name, shape: expected } = this.parameters[trained[i]];
      if (!sameShape(shape, expected)) {
        throw new ShapeError(`${where}: ${name}: expected a gradient ${showShape(expected)}, got ${showShape(shape)}`);
      }
      if (dtype !== 'f32') throw new DTypeError(`${where}: ${name}: expected a gradient of f32, got ${dtype}`);
    });
    const offsets = trained.map((i) => this.layout.offsets[i]);
    return pack(gradients, offsets, this.layout.length);
  }

  /** The gradient of each parameter that is trained. */
  private inOrder(where: string, gradients: readonly Tensor[], trained: readonly number[]): readonly Tensor[] {
    const { parameters, groups } = this;
    expectKind(where, 'gradients', gradients, listOf(aTensor));
    const show = (i: number) => `parameter ${i}, ${parameters[i].name} ${showShape(parameters[i].shape)}`;
    if (gradients instanceof Gradients) {
      return trained.map((i) => {
        const own = gradients.get(parameters[i]);
        if (!own) throw new TilegradError(`${where}: expected a gradient of each parameter, got none of ${show(i)}`);
        return own;
      });
    }
    if (gradients.length !== parameters.length) {
      throw new ShapeError(`${where}: expected ${parameters.length} gradients, got ${gradients.length}`);
    }
    if (groups.length > 1) {
      throw new TilegradError(
        `${where}: expected what gradients() returned, since there are groups, got a plain list; new Gradients(parameters, list) says of what they are`,
      );
    }
    gradients.forEach((gradient, i) => {
      const known = originsOf(gradient);
      if (!known || known.has(parameters[i])) return;
      throw new TilegradError(
        `${where}: expected the gradient of ${show(i)}, got that of another tensor; give what gradients() returned as it is`,
      );
    });
    return trained.map((i) => gradients[i]);
  }

  /** The fields of the shader's `Rates` for one group; `step` counts from 1. */
  protected abstract rates(group: O, lr: number, step: number): number[];
  /** `trained`: places of the parameters to update. */
  protected abstract update(inputs: UpdateInputs, trained: readonly number[]): void;

  /** Forgets all steps, and gradients added up so far; the parameters stay as they are. */
  reset(): void {
    this.kept.set(this.initial());
    this.sums?.set(new Float32Array(this.layout.length));
    this.steps = 0;
  }

  /** What a later run needs, beside the parameters, to go on bit for bit. */
  async state(): Promise<OptimizerState> {
    this.expectHeld('state');
    const { kind, steps } = this;
    const kept = (await this.kept.data()) as Float32Array;
    const values = Object.fromEntries(this.parts.map(({ name, offset, length }) => [name, kept.subarray(offset, offset + length)]));
    return { kind, steps, shapes: this.parameters.map(({ shape }) => shape), values };
  }

  /**
   * Takes over a saved state; the parameters stay as they are, and gradients added up so far are dropped.
   * @throws TilegradError when it is another optimiser's, of other parameters, or damaged; nothing changes then.
   */
  restore(state: OptimizerState): void {
    this.expectHeld('restore');
    const where = `${this.kind}.restore`;
    const refuse = (expected: string, got: string) => {
      throw new TilegradError(`${where}: expected ${expected}, got ${got}`);
    };
    expectKind(where, 'state', state, anObject);
    const { kind, steps, shapes, values } = state;
    if (kind !== this.kind) refuse(`a state of ${this.kind}`, `one of ${String(kind)}`);
    expectKind(where, 'steps', steps, count);
    expectKind(where, 'shapes', shapes, listOf(aShape));
    expectKind(where, 'values', values, anObject);
    if (shapes.length !== this.parameters.length) refuse(`${this.parameters.length} parameters`, `${shapes.length}`);
    this.parameters.forEach(({ name, shape }, i) => {
      if (!sameShape(shape, shapes[i])) refuse(`${name} ${showShape(shape)} as parameter ${i}`, showShape(shapes[i]));
    });
    const names = this.parts.map(({ name }) => name);
    if (Object.keys(values).sort().join() !== [...names].sort().join())
      refuse(`values [${names.join(', ')}]`, `[${Object.keys(values).join(', ')}]`);
    for (const { name, length } of this.parts) {
      expectKind(where, name, values[name], { words: 'a Float32Array', holds: (value) => value instanceof Float32Array });
      if (values[name].length !== length) refuse(`${length} values in ${name}`, `${values[name].length}`);
    }
    const kept = new Float32Array(this.kept.size);
    for (const { name, offset } of this.parts) kept.set(values[name], offset);
    this.kept.set(kept);
    this.sums?.set(new Float32Array(this.layout.length));
    this.steps = steps;
  }
}

/** What `make` gives for these places, made anew only when they change. */
export function perTrained<T>(make: (trained: readonly number[]) => T): (trained: readonly number[]) => T {
  let known: { readonly trained: readonly number[]; readonly made: T } | undefined;
  return (trained) => {
    const same = known && known.trained.length === trained.length && known.trained.every((i, k) => i === trained[k]);
    if (!known || !same) known = { trained, made: make(trained) };
    return known.made;
  };
}

/** @throws TilegradError for what a schedule gives, or was set in a group, that is no rate */
function rateAt(kind: string, lr: number | Schedule, step: number): number {
  const rate = typeof lr === 'function' ? lr(step) : lr;
  expectKind(`${kind}, step ${step}`, 'lr', rate, aRate);
  return rate;
}

function layOut<O>(
  groups: readonly (O & { readonly params: readonly Parameter[] })[],
  apart?: (parameter: Parameter, group: O) => boolean,
): Layout {
  const members = groups.flatMap((group, index) =>
    group.params.map((parameter) => ({ size: parameter.size, index, ahead: apart?.(parameter, group) })),
  );
  const rateRows = members.map(({ index, ahead }) => (apart ? 2 * index + (ahead ? 0 : 1) : index));
  const offsets = members.map(() => 0);
  const rowOf: number[] = [];
  const place = (ahead: boolean): number => {
    members.forEach((member, i) => {
      if ((member.ahead ?? false) !== ahead) return;
      offsets[i] = rowOf.length * ARENA_ALIGNMENT;
      for (let k = 0; k < member.size; k += ARENA_ALIGNMENT) rowOf.push(rateRows[i]);
    });
    return rowOf.length * ARENA_ALIGNMENT;
  };
  const ends = { apart: place(true), length: place(false) };
  return { offsets, groups: members.map(({ index }) => index), rateRows, ...ends, rowOf: Uint32Array.from(rowOf) };
}

/** The groups with all their options. @throws TilegradError unless these are parameters, or groups of them with options that there are. */
export function groupsOf<O extends GroupOptions>(
  kind: string,
  trained: Trained<O>,
  defaults: O,
): readonly (O & { readonly params: readonly Parameter[] })[] {
  const isGroup = (item: unknown) => typeof item === 'object' && item !== null && !(item instanceof State) && 'params' in item;
  const groups = (Array.isArray(trained) ? trained.filter(isGroup) : []) as ParameterGroup<O>[];
  if (groups.length > 0 && groups.length < trained.length) {
    throw new TilegradError(`${kind}: expected parameters or groups of them, got both`);
  }
  const all = groups.length > 0 ? groups : [{ params: trained } as ParameterGroup<O>];
  return all.map(({ params, ...options }, i) => {
    const strange = Array.isArray(params) ? params.filter((item) => !(item instanceof Parameter)) : [params];
    if (strange.length > 0) {
      throw new TilegradError(`${kind}: expected a list of parameters, or of groups { params }, got ${showValue(strange[0])}`);
    }
    const settled = settle(all.length > 1 ? `${kind}, group ${i}` : kind, options as unknown as Partial<O>, defaults);
    // A weight that is tied counts once.
    return { ...settled, params: [...new Set(params)] };
  });
}

function checkParameters(kind: string, parameters: readonly Parameter[]): void {
  if (parameters.length === 0) throw new TilegradError(`${kind}: expected at least one parameter, got none`);
  if (new Set(parameters).size !== parameters.length) throw new TilegradError(`${kind}: expected each parameter in one group`);
  for (const { name, dtype, arena } of parameters) {
    if (dtype !== 'f32') throw new DTypeError(`${kind}: ${name}: expected f32, got ${dtype}`);
    if (arena) throw new TilegradError(`${kind}: ${name}: expected a state that no optimiser holds yet; it belongs to one already`);
  }
}

/** @param known whose gradients somebody has */
function expectFound(kind: string, loss: Tensor, known: readonly Tensor[]): void {
  const hidden = statesBehind(loss).find(
    (state) => state instanceof Parameter && !state.arena && !isShown(state) && state.requiresGrad && !known.includes(state),
  );
  if (!hidden) return;
  throw new TilegradError(
    `${kind}: no optimiser has ${hidden.name} ${showShape(hidden.shape)}, and no module shows it: a private #field can't be seen; make it a field without # or freeze it`,
  );
}
