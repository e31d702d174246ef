import adam from '../../shaders/adam.wgsl';
import adamax from '../../shaders/adamax.wgsl';
import nadam from '../../shaders/nadam.wgsl';
import radam from '../../shaders/radam.wgsl';
import { settle } from './check.ts';
import { elementwiseUpdate, type UpdateInputs } from './kernels/update.ts';
import { type ClipOptions, type GroupOptions, NO_CLIPPING, Optimizer, type Trained } from './optimizer.ts';

export interface AdamGroup extends GroupOptions {
  /** Share of the two moments that stays. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the second moment. Default 1e-8. */
  eps: number;
  weightDecay: number;
}

export interface AdamOptions extends Partial<AdamGroup>, ClipOptions {
  /** Divides by the largest second moment there has been (Reddi et al., 2018). */
  readonly amsgrad?: boolean;
}

export interface DecoupledOptions extends Partial<AdamGroup>, ClipOptions {
  /** Shrinks parameters apart from their gradients, as AdamW does, instead of adding the decay to the gradients. */
  readonly decoupledWeightDecay?: boolean;
}

export const ADAM: AdamGroup = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 };

export const updateAdam = elementwiseUpdate<'DECOUPLED' | 'AMSGRAD'>(adam);

abstract class AdamLike extends Optimizer<AdamGroup> {
  private readonly amsgrad: boolean;

  constructor(
    params: Trained<AdamGroup>,
    kind: string,
    defaults: AdamGroup,
    private readonly decoupled: boolean,
    options: AdamOptions,
  ) {
    const { amsgrad, clipNorm, clipValue, ...group } = settle(kind, options, { ...defaults, amsgrad: false, ...NO_CLIPPING });
    const kept = ['expAvg', 'expAvgSq', ...(amsgrad ? ['maxExpAvgSq'] : [])];
    super(params, { kind, defaults: group, kept, clipNorm, clipValue });
    this.amsgrad = amsgrad;
  }

  protected override rates(group: AdamGroup, lr: number, step: number): number[] {
    return adamRates(group, lr, step);
  }

  protected override update(inputs: UpdateInputs): void {
    updateAdam(inputs, { DECOUPLED: this.decoupled, AMSGRAD: this.amsgrad });
  }
}

/** The fields of `Rates` in adam.wgsl. */
export function adamRates({ betas: [beta1, beta2], eps, weightDecay }: Omit<AdamGroup, 'lr'>, lr: number, step: number): number[] {
  return [lr, 1 - beta1, 1 - beta2, 1 - beta1 ** step, 1 - beta2 ** step, eps, weightDecay];
}

/**
 * Adam (Kingma & Ba, arXiv 1412.6980).
 *
 * g = dw + weightDecay·w; m = β₁·m + (1 − β₁)·g; v = β₂·v + (1 − β₂)·g²; w −= lr·(m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps); with
 * AMSGrad the largest v so far in place of v.
 *
 * torch.optim.Adam, with its defaults: rate 1e-3, no decay. Different: AMSGrad holds for all groups.
 */
export class Adam extends AdamLike {
  constructor(params: Trained<AdamGroup>, options: AdamOptions = {}) {
    super(params, 'Adam', ADAM, false, options);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101): first w −= lr·weightDecay·w, then Adam's step by dw alone.
 *
 * torch.optim.AdamW, with its defaults: rate 1e-3, decay 0.01.
 */
export class AdamW extends AdamLike {
  constructor(params: Trained<AdamGroup>, options: AdamOptions = {}) {
    super(params, 'AdamW', { ...ADAM, weightDecay: 0.01 }, true, options);
  }
}

const updateAdamax = elementwiseUpdate(adamax);

const ADAMAX: AdamGroup = { ...ADAM, lr: 2e-3 };

/**
 * Adam by the largest gradient in place of the second moment (Kingma & Ba, arXiv 1412.6980, section 7.1).
 *
 * g = dw + weightDecay·w; m = β₁·m + (1 − β₁)·g; u = max(β₂·u, |g| + eps); w −= lr / (1 − β₁ᵗ)·m / u.
 *
 * torch.optim.Adamax, with its defaults: rate 2e-3, no decay.
 */
export class Adamax extends Optimizer<AdamGroup> {
  constructor(params: Trained<AdamGroup>, options: Partial<AdamGroup> & ClipOptions = {}) {
    const { clipNorm, clipValue, ...defaults } = settle('Adamax', options, { ...ADAMAX, ...NO_CLIPPING });
    super(params, { kind: 'Adamax', defaults, kept: ['expAvg', 'expInf'], clipNorm, clipValue });
  }

  protected override rates({ betas: [beta1, beta2], eps, weightDecay }: AdamGroup, lr: number, step: number): number[] {
    return [lr, 1 - beta1, beta2, 1 - beta1 ** step, eps, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateAdamax(inputs, {});
  }
}

export interface NAdamGroup extends AdamGroup {
  /** How fast the momentum grows towards β₁: μₜ = β₁·(1 − 0.96^(t·momentumDecay) / 2). Default 4e-3. */
  momentumDecay: number;
}

const updateNAdam = elementwiseUpdate<'DECOUPLED'>(nadam);

const NADAM: NAdamGroup = { ...ADAM, lr: 2e-3, momentumDecay: 4e-3 };

/**
 * Adam with Nesterov's momentum (Dozat, 2016).
 *
 * m and v as Adam's; w −= lr·((1 − μₜ)·g / (1 − Π_{s ≤ t} μₛ) + μₜ₊₁·m / (1 − Π_{s ≤ t+1} μₛ)) / (√(v / (1 − β₂ᵗ)) + eps).
 *
 * torch.optim.NAdam, with its defaults: rate 2e-3, no decay.
 */
export class NAdam extends Optimizer<NAdamGroup> {
  private readonly decoupled: boolean;

  constructor(params: Trained<NAdamGroup>, options: DecoupledOptions & { readonly momentumDecay?: number } = {}) {
    const all = { ...NADAM, decoupledWeightDecay: false, ...NO_CLIPPING };
    const { decoupledWeightDecay, clipNorm, clipValue, ...defaults } = settle('NAdam', options, all);
    super(params, { kind: 'NAdam', defaults, kept: ['expAvg', 'expAvgSq'], clipNorm, clipValue });
    this.decoupled = decoupledWeightDecay;
  }

  protected override rates({ betas: [beta1, beta2], eps, weightDecay, momentumDecay }: NAdamGroup, lr: number, step: number): number[] {
    const momentum = (t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    let product = 1;
    // It is 0 to every digit soon; a product anew for each step needs no state.
    for (let t = 1; t <= step && product > 1e-20; t++) product *= momentum(t);
    const [now, next] = [momentum(step), momentum(step + 1)];
    return [lr, 1 - beta1, 1 - beta2, (1 - now) / (1 - product), next / (1 - product * next), 1 - beta2 ** step, eps, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateNAdam(inputs, { DECOUPLED: this.decoupled });
  }
}

const updateRAdam = elementwiseUpdate<'DECOUPLED'>(radam);

/**
 * Adam that waits with its division until the second moment can be trusted (Liu et al., arXiv 1908.03265).
 *
 * ρ∞ = 2 / (1 − β₂) − 1; ρₜ = ρ∞ − 2t·β₂ᵗ / (1 − β₂ᵗ); m and v as Adam's. Where ρₜ > 5: w −= lr·m̂·rₜ·√(1 − β₂ᵗ) / (√v + eps) with
 * rₜ² = (ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ); else w −= lr·m̂, with m̂ = m / (1 − β₁ᵗ).
 *
 * torch.optim.RAdam, with its defaults: rate 1e-3, no decay.
 */
export class RAdam extends Optimizer<AdamGroup> {
  private readonly decoupled: boolean;

  constructor(params: Trained<AdamGroup>, options: DecoupledOptions = {}) {
    const all = { ...ADAM, decoupledWeightDecay: false, ...NO_CLIPPING };
    const { decoupledWeightDecay, clipNorm, clipValue, ...defaults } = settle('RAdam', options, all);
    super(params, { kind: 'RAdam', defaults, kept: ['expAvg', 'expAvgSq'], clipNorm, clipValue });
    this.decoupled = decoupledWeightDecay;
  }

  protected override rates({ betas: [beta1, beta2], eps, weightDecay }: AdamGroup, lr: number, step: number): number[] {
    const correction2 = 1 - beta2 ** step;
    const largest = 2 / (1 - beta2) - 1;
    const length = largest - (2 * step * beta2 ** step) / correction2;
    const squared = ((length - 4) * (length - 2) * largest) / ((largest - 4) * (largest - 2) * length);
    const rectification = length > 5 ? Math.sqrt(squared * correction2) : 0;
    return [lr, 1 - beta1, 1 - beta2, 1 - beta1 ** step, rectification, eps, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateRAdam(inputs, { DECOUPLED: this.decoupled });
  }
}
