// Optimisers that take no more of a gradient than its sign.
import lion from '../../shaders/lion.wgsl';
import rprop from '../../shaders/rprop.wgsl';
import { TilegradError } from '../engine/graph/errors.ts';
import { settle } from './check.ts';
import { elementwiseUpdate, type UpdateInputs } from './kernels/update.ts';
import { type ClipOptions, type GroupOptions, NO_CLIPPING, Optimizer, type Trained } from './optimizer.ts';

export interface RpropGroup extends GroupOptions {
  /** Factors on a step whose gradient changed its sign, and kept it. Default [0.5, 1.2]. */
  etas: readonly [number, number];
  /** Smallest and largest step. Default [1e-6, 50]. */
  stepSizes: readonly [number, number];
}

const updateRprop = elementwiseUpdate(rprop);

/**
 * Resilient backpropagation (Riedmiller & Braun, 1993, without weight-backtracking): for whole batches, since it trusts signs alone.
 *
 * Where g·g′ > 0 (g′ is the gradient before): s = min(s·η₊, s_max). Where g·g′ < 0: s = max(s·η₋, s_min), g = 0. w −= sign(g)·s; g′ = g.
 *
 * torch.optim.Rprop, with its defaults. The rate (1e-2, or a schedule's at step 0) is what steps begin with; later changes of it do nothing.
 */
export class Rprop extends Optimizer<RpropGroup> {
  constructor(params: Trained<RpropGroup>, options: Partial<RpropGroup> = {}) {
    const defaults = settle<RpropGroup>('Rprop', options, { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50] });
    const initial = ({ lr }: RpropGroup) => (typeof lr === 'number' ? lr : lr(0));
    super(params, { kind: 'Rprop', defaults, kept: ['prev', { name: 'stepSize', initial }] });
    for (const { etas, stepSizes } of this.groups) {
      if (!(etas[0] < 1 && etas[1] > 1)) throw new TilegradError(`Rprop: expected etas on both sides of 1, got [${etas.join(', ')}]`);
      if (!(stepSizes[0] <= stepSizes[1])) throw new TilegradError(`Rprop: expected rising stepSizes, got [${stepSizes.join(', ')}]`);
    }
  }

  protected override rates({ etas, stepSizes }: RpropGroup): number[] {
    return [...etas, ...stepSizes];
  }

  protected override update(inputs: UpdateInputs): void {
    updateRprop(inputs, {});
  }
}

export interface LionGroup extends GroupOptions {
  /** Share of the momentum in the step, and of what stays of it. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** Decoupled: w −= lr·weightDecay·w. Default 0. */
  weightDecay: number;
}

const updateLion = elementwiseUpdate(lion);

const LION: LionGroup = { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 };

/**
 * Lion (Chen et al., arXiv 2302.06675, algorithm 2): steps of one size, a third to a tenth of AdamW's rate.
 *
 * u = sign(β₁·m + (1 − β₁)·dw); w −= lr·(u + weightDecay·w); m = β₂·m + (1 − β₂)·dw.
 *
 * PyTorch has none; defaults are those of the authors' code: rate 1e-4.
 */
export class Lion extends Optimizer<LionGroup> {
  constructor(params: Trained<LionGroup>, options: Partial<LionGroup> & ClipOptions = {}) {
    const { clipNorm, clipValue, ...defaults } = settle('Lion', options, { ...LION, ...NO_CLIPPING });
    super(params, { kind: 'Lion', defaults, kept: ['expAvg'], clipNorm, clipValue });
  }

  protected override rates({ betas: [beta1, beta2], weightDecay }: LionGroup, lr: number): number[] {
    return [lr, 1 - beta1, 1 - beta2, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateLion(inputs, {});
  }
}
