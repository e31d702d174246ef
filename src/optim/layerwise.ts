// Optimisers for large batches: each tensor's step is measured against the tensor's own norm.
import lamb from '../../shaders/lamb.wgsl';
import lars from '../../shaders/lars.wgsl';
import { ADAM, type AdamGroup, adamRates } from './adam.ts';
import { settle } from './check.ts';
import type { UpdateInputs } from './kernels/update.ts';
import { layerwiseUpdate, segmentTables } from './kernels/updateTensors.ts';
import { type ClipOptions, type GroupOptions, NO_CLIPPING, Optimizer, perTrained, type Trained } from './optimizer.ts';

export interface LarsGroup extends GroupOptions {
  /** Share of the velocity that stays. Default 0.9. */
  momentum: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay: number;
  /** Step of a tensor as a share of its norm. Default 1e-3. */
  trustCoefficient: number;
  /** Added to the norms. Default 1e-8. */
  eps: number;
  /** Whether norms count; biases and normalisation layers are often left out. Default true. */
  adapt: boolean;
}

const updateLARS = layerwiseUpdate(lars, 'norms');

const LARS_DEFAULTS: LarsGroup = { lr: 1, momentum: 0.9, weightDecay: 0, trustCoefficient: 1e-3, eps: 1e-8, adapt: true };

/**
 * LARS (You, Gitman & Ginsburg, arXiv 1708.03888, algorithm 1).
 *
 * trust = trustCoefficient·‖w‖ / (‖dw‖ + weightDecay·‖w‖ + eps), 1 where a norm is 0; b = momentum·b + lr·trust·(dw + weightDecay·w); w −= b.
 *
 * PyTorch has none. Three dispatches. Default rate 1.
 */
export class LARS extends Optimizer<LarsGroup> {
  private readonly tables = perTrained((trained) => segmentTables(this.pieces(trained)));

  constructor(params: Trained<LarsGroup>, options: Partial<LarsGroup> & ClipOptions = {}) {
    const { clipNorm, clipValue, ...defaults } = settle('LARS', options, { ...LARS_DEFAULTS, ...NO_CLIPPING });
    super(params, { kind: 'LARS', defaults, kept: ['momentum'], clipNorm, clipValue });
  }

  protected override rates({ momentum, trustCoefficient, eps, weightDecay, adapt }: LarsGroup, lr: number): number[] {
    return [lr, momentum, trustCoefficient, eps, weightDecay, adapt ? 1 : 0];
  }

  protected override update(inputs: UpdateInputs, trained: readonly number[]): void {
    updateLARS(inputs, this.tables(trained));
  }
}

export interface LambGroup extends AdamGroup {
  /** Whether norms count; biases and normalisation layers are often left out. Default true. */
  adapt: boolean;
}

const updateLAMB = layerwiseUpdate(lamb, 'moments');

/**
 * LAMB (You et al., arXiv 1904.00962, algorithm 2, with φ the identity).
 *
 * m and v as Adam's; r = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps) + weightDecay·w; w −= lr·‖w‖ / ‖r‖·r, lr·r where a norm is 0.
 *
 * PyTorch has none. Three dispatches. Default rate 1e-3, betas [0.9, 0.999], eps 1e-6, decay 0.01.
 */
export class LAMB extends Optimizer<LambGroup> {
  private readonly tables = perTrained((trained) => segmentTables(this.pieces(trained)));

  constructor(params: Trained<LambGroup>, options: Partial<LambGroup> & ClipOptions = {}) {
    const all = { ...ADAM, eps: 1e-6, weightDecay: 0.01, adapt: true, ...NO_CLIPPING };
    const { clipNorm, clipValue, ...defaults } = settle('LAMB', options, all);
    super(params, { kind: 'LAMB', defaults, kept: ['expAvg', 'expAvgSq'], clipNorm, clipValue });
  }

  protected override rates(group: LambGroup, lr: number, step: number): number[] {
    return [...adamRates(group, lr, step), group.adapt ? 1 : 0];
  }

  protected override update(inputs: UpdateInputs, trained: readonly number[]): void {
    updateLAMB(inputs, this.tables(trained));
  }
}
