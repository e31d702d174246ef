import { currentRuntime } from '../engine/executor/session.ts';
import { DTypeError, ShapeError, TilegradError } from '../engine/graph/errors.ts';
import { type Shape, sameShape, showShape } from '../engine/graph/shape.ts';
import { guarded, State, type Tensor } from '../engine/graph/tensor.ts';
import { hostValues, tensor, zeros } from '../engine/ops/create.ts';
import { slice } from '../engine/ops/movement.ts';
import { ARENA_ALIGNMENT, pack, type UpdateInputs } from '../engine/ops/update.ts';
import { type SegmentTables, segmentTables } from '../engine/ops/updateTensors.ts';
import type { Parameter } from '../nn/module.ts';
import { checkNumbers } from './check.ts';

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

/** What it takes to go on exactly. Options and schedules are the program's and aren't part of it. */
export interface OptimizerState {
  /** The optimiser's name. */
  readonly kind: string;
  readonly steps: number;
  /** Shape of each parameter. */
  readonly shapes: readonly Shape[];
  /** Parameters and what the optimiser keeps of them, by name; each parameter begins at a multiple of 64 elements. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

interface Design<O> extends ClipOptions {
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
 * parameter belongs to one optimiser. What isn't among its parameters stays as it is.
 */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  /** The groups with all their options, which may be changed between steps; nothing is traced anew. */
  readonly groups: readonly (O & { readonly params: readonly Parameter[] })[];
  /** The parameters of all groups: the order in which {@link step} takes gradients. */
  readonly parameters: readonly Parameter[];
  /** Steps taken so far. */
  steps = 0;
  protected readonly arena: State;
  /** Where each parameter stands among all of them. */
  readonly layout: Layout;
  /** Gradients added up since the last step; made when they are first asked for. */
  private sums: State | undefined;
  private readonly kind: string;
  private readonly rowOf: Tensor;
  private readonly clip: ClipOptions;
  private readonly parts: readonly (Part & { readonly offset: number })[];

  protected constructor(trained: Trained<O>, { kind, defaults, kept, more, apart, clipNorm, clipValue }: Design<O>) {
    const given = trained.map((item) => ('params' in item ? item : undefined));
    if (given.some((group) => (group === undefined) !== (given[0] === undefined))) {
      throw new TilegradError(`${kind}: expected parameters or groups of them, got both`);
    }
    const groups = given[0] ? (given as ParameterGroup<O>[]) : [{ params: trained as readonly Parameter[] } as ParameterGroup<O>];
    this.groups = groups.map((group) => ({ ...defaults, ...group }));
    for (const [i, { params, ...options }] of this.groups.entries())
      checkNumbers(groups.length > 1 ? `${kind}, group ${i}` : kind, options);
    checkNumbers(kind, { clipNorm, clipValue });
    this.parameters = this.groups.flatMap(({ params }) => params);
    checkParameters(kind, this.parameters);
    this.kind = kind;
    this.clip = { clipNorm, clipValue };

    this.layout = layOut(this.groups, apart);
    const { offsets, length } = this.layout;
    this.rowOf = tensor(this.layout.rowOf);
    const rows = kept.map((row) => ({ name: typeof row === 'string' ? row : row.name, length }));
    const shapes = this.parameters.map(({ shape }) => shape);
    let size = 0;
    this.parts = [{ name: 'parameters', length }, ...rows, ...(more?.(shapes, this.layout.apart) ?? [])].map((part) => {
      const offset = size;
      size += part.length;
      return { ...part, offset };
    });
    const values = new Float32Array(size);
    kept.forEach((row, i) => {
      if (typeof row === 'string') return;
      this.parameters.forEach((parameter, p) => {
        const begin = (i + 1) * length + offsets[p];
        values.fill(row.initial(this.groups[this.layout.groups[p]]), begin, begin + parameter.size);
      });
    });
    this.arena = new State('optimizer', [size], 'f32', values);
    this.parameters.forEach((parameter, i) => parameter.moveInto(this.arena, offsets[i]));
  }

  /** The first group's learning rate; setting it sets that of every group. */
  get lr(): number | Schedule {
    return this.groups[0].lr;
  }

  set lr(lr: number | Schedule) {
    for (const group of this.groups) group.lr = lr;
  }

  /** The learning rate of the first group at a step, counted from 0. */
  rateAt(step: number): number {
    return rateAt(this.lr, step);
  }

  /**
   * Moves the parameters along their gradients, given in the parameters' order. In a compiled function this happens in every execution.
   * @throws ShapeError or DTypeError when there isn't one f32 gradient a parameter, of its shape.
   */
  step(gradients: readonly Tensor[]): void {
    const { clipNorm, clipValue } = this.clip;
    const raw = this.withSums(this.pack(gradients));
    const packed = clipValue === undefined ? raw : raw.clamp(-clipValue, clipValue);
    const scale = clipNorm === undefined ? UNIT : packed.square().sum().sqrt().add(1e-6).reciprocal().mul(clipNorm).minimum(1).reshape([1]);
    const next = () => {
      const values = this.groups.map((group) => this.rates(group, rateAt(group.lr, this.steps), this.steps + 1));
      this.steps++;
      return values.flat();
    };
    const fields = this.rates(this.groups[0], 0, 1).length;
    const rates = hostValues(next, [this.groups.length, fields]);
    this.update({ arena: this.arena, gradients: packed, rates, scale, rowOf: this.rowOf });
  }

  /** For updates that sum over each tensor. */
  protected segmentTables(): SegmentTables {
    const { offsets, rateRows } = this.layout;
    return segmentTables(this.parameters.map(({ size }, i) => ({ offset: offsets[i], size, row: rateRows[i] })));
  }

  /**
   * Adds gradients to those of the next {@link step}, in one dispatch: a large batch in parts. Sums, as in PyTorch: divide the loss by the
   * number of parts. A saved state doesn't hold them, so save after a step.
   */
  accumulate(gradients: readonly Tensor[]): void {
    this.sums ??= new State('gradients', [this.layout.length], 'f32');
    this.sums.assign(this.sums.add(this.pack(gradients)));
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
    return slice(this.arena, [[0, this.layout.length]]);
  }

  private pack(gradients: readonly Tensor[]): Tensor {
    this.checkGradients(gradients);
    return pack(gradients, this.layout.offsets, this.layout.length);
  }

  private checkGradients(gradients: readonly Tensor[]): void {
    const { parameters, kind } = this;
    if (gradients.length !== parameters.length) {
      throw new ShapeError(`${kind}.step: expected ${parameters.length} gradients, got ${gradients.length}`);
    }
    gradients.forEach(({ shape, dtype }, i) => {
      if (!sameShape(shape, parameters[i].shape)) {
        throw new ShapeError(
          `${kind}.step: ${parameters[i].name}: expected a gradient ${showShape(parameters[i].shape)}, got ${showShape(shape)}`,
        );
      }
      if (dtype !== 'f32') throw new DTypeError(`${kind}.step: ${parameters[i].name}: expected a gradient of f32, got ${dtype}`);
    });
  }

  /** The fields of the shader's `Rates` for one group; `step` counts from 1. */
  protected abstract rates(group: O, lr: number, step: number): number[];
  protected abstract update(inputs: UpdateInputs): void;

  /** All that a later run needs to go on bit for bit, parameters included. */
  async state(): Promise<OptimizerState> {
    const reading = this.arena.data();
    // Steps are counted when they run. This is asked right behind the read, so it counts those that the values have seen.
    let steps = this.steps;
    currentRuntime().enqueue(() => {
      steps = this.steps;
    });
    const arena = (await reading) as Float32Array;
    const values = Object.fromEntries(this.parts.map(({ name, offset, length }) => [name, arena.slice(offset, offset + length)]));
    return { kind: this.kind, steps, shapes: this.parameters.map(({ shape }) => shape), values };
  }

  /** Takes over a saved state, parameters included. @throws TilegradError when it is another optimiser's, or of other parameters; nothing changes then. */
  restore({ kind, steps, shapes, values }: OptimizerState): void {
    const refuse = (expected: string, got: string) => {
      throw new TilegradError(`${this.kind}.restore: expected ${expected}, got ${got}`);
    };
    if (kind !== this.kind) refuse(`a state of ${this.kind}`, `one of ${kind}`);
    if (shapes.length !== this.parameters.length) refuse(`${this.parameters.length} parameters`, `${shapes.length}`);
    this.parameters.forEach(({ name, shape }, i) => {
      if (!sameShape(shape, shapes[i])) refuse(`${name} ${showShape(shape)} as parameter ${i}`, showShape(shapes[i]));
    });
    const names = this.parts.map(({ name }) => name);
    if (Object.keys(values).sort().join() !== [...names].sort().join())
      refuse(`values [${names.join(', ')}]`, `[${Object.keys(values).join(', ')}]`);
    for (const { name, length } of this.parts) {
      if (values[name].length !== length) refuse(`${length} values in ${name}`, `${values[name].length}`);
    }
    const arena = new Float32Array(this.arena.size);
    for (const { name, offset } of this.parts) arena.set(values[name], offset);
    this.arena.set(arena);
    this.steps = steps;
    // Steps that still wait to run come before the new values.
    currentRuntime().enqueue(() => {
      this.steps = steps;
    });
  }
}

const rateAt = (lr: number | Schedule, step: number): number => (typeof lr === 'number' ? lr : lr(step));

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

function checkParameters(kind: string, parameters: readonly Parameter[]): void {
  if (parameters.length === 0) throw new TilegradError(`${kind}: expected at least one parameter, got none`);
  if (new Set(parameters).size !== parameters.length) throw new TilegradError(`${kind}: expected each parameter once`);
  for (const { name, dtype, arena } of parameters) {
    if (dtype !== 'f32') throw new DTypeError(`${kind}: ${name}: expected f32, got ${dtype}`);
    if (arena) throw new TilegradError(`${kind}: ${name}: expected a state that no optimiser holds yet; it belongs to one already`);
  }
}
