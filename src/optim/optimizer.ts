import { TilegradError } from '../engine/graph/errors.ts';
import { State, type Tensor } from '../engine/graph/tensor.ts';
import { hostValues, tensor } from '../engine/ops/create.ts';
import { ARENA_ALIGNMENT, pack } from '../engine/ops/update.ts';
import type { Parameter } from '../nn/module.ts';

/** The factor on gradients that aren't clipped. */
const UNIT = tensor(Float32Array.of(1));

/** A learning rate for each step, counted from 0. */
export type Schedule = (step: number) => number;

export interface OptimizerOptions {
  readonly lr: number | Schedule;
  readonly weightDecay?: number;
  /** Scales all gradients down together so that their joint L2 norm is at most this (Pascanu et al., 2013). */
  readonly clipNorm?: number;
}

/** What it takes to go on exactly: parameters aside, an optimiser's own values. */
export interface OptimizerState {
  readonly steps: number;
  /** [rows, n]: parameters (row 0) and what the optimiser keeps of each. */
  readonly arena: Float32Array;
}

/**
 * Updates all parameters in one dispatch. They, and what the optimiser keeps of them, stand in one arena; a parameter belongs to one
 * optimiser. The learning rate may be set between steps.
 */
export abstract class Optimizer {
  lr: number | Schedule;
  /** Steps taken so far. */
  steps = 0;
  protected readonly arena: State;
  private readonly offsets: number[] = [];
  private readonly length: number;

  protected constructor(
    readonly parameters: readonly Parameter[],
    rows: number,
    protected readonly options: OptimizerOptions,
  ) {
    if (parameters.length === 0) throw new TilegradError('optimizer: expected at least one parameter, got none');
    if (new Set(parameters).size !== parameters.length) throw new TilegradError('optimizer: expected each parameter once');
    this.lr = options.lr;
    let end = 0;
    for (const { size } of parameters) {
      this.offsets.push(end);
      end += Math.ceil(size / ARENA_ALIGNMENT) * ARENA_ALIGNMENT;
    }
    this.length = end;
    this.arena = new State('optimizer', [rows, end], 'f32');
    parameters.forEach((parameter, i) => parameter.moveInto(this.arena, this.offsets[i]));
  }

  /** The learning rate of a step, counted from 0. */
  rateAt(step: number): number {
    return typeof this.lr === 'number' ? this.lr : this.lr(step);
  }

  /**
   * Moves the parameters along their gradients, given in the parameters' order. In a compiled function this happens in every execution.
   * @throws TilegradError when there isn't one gradient a parameter.
   */
  step(gradients: readonly Tensor[]): void {
    if (gradients.length !== this.parameters.length) {
      throw new TilegradError(`optimizer: expected ${this.parameters.length} gradients, got ${gradients.length}`);
    }
    const packed = pack(gradients, this.offsets, this.length);
    const { clipNorm } = this.options;
    const norm = clipNorm === undefined ? undefined : packed.square().sum().sqrt();
    const scale = norm && clipNorm !== undefined ? norm.add(1e-6).reciprocal().mul(clipNorm).minimum(1).reshape([1]) : UNIT;
    const rates = hostValues(() => {
      const values = this.rates(this.rateAt(this.steps), this.steps + 1);
      this.steps++;
      return values;
    }, [8]);
    this.update(packed, rates, scale);
  }

  /** Values of the update that change per step; `step` counts from 1. At most eight. */
  protected abstract rates(lr: number, step: number): number[];
  protected abstract update(gradients: Tensor, rates: Tensor, scale: Tensor): void;

  async state(): Promise<OptimizerState> {
    return { steps: this.steps, arena: (await this.arena.data()) as Float32Array };
  }

  /** Takes over a saved state, parameters included. */
  restore({ steps, arena }: OptimizerState): void {
    this.arena.set(arena);
    this.steps = steps;
  }
}
