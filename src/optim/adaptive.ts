// Optimisers that scale each element's step by the squares of its gradients so far, without Adam's bias corrections.
import adadelta from '../../shaders/adadelta.wgsl';
import adagrad from '../../shaders/adagrad.wgsl';
import rmsprop from '../../shaders/rmsprop.wgsl';
import { expectKept, settle } from './check.ts';
import { elementwiseUpdate, type UpdateInputs } from './kernels/update.ts';
import { type ClipOptions, type GroupOptions, groupsOf, NO_CLIPPING, Optimizer, type Trained } from './optimizer.ts';

export interface RmsPropGroup extends GroupOptions {
  /** Share of the mean of squares that stays. Default 0.99. */
  alpha: number;
  /** Added to the root. Default 1e-8. */
  eps: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay: number;
  /** Share of the velocity that stays. Default 0. */
  momentum: number;
}

export interface RmsPropOptions extends Partial<RmsPropGroup>, ClipOptions {
  /** Divides by the deviation from the gradients' mean (Graves, arXiv 1308.0850). */
  readonly centered?: boolean;
}

const updateRMSprop = elementwiseUpdate<'CENTERED' | 'MOMENTUM'>(rmsprop);

const RMSPROP: RmsPropGroup = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0 };

/**
 * RMSprop (Tieleman & Hinton, 2012).
 *
 * g = dw + weightDecay·w; v = α·v + (1 − α)·g²; s = g / (√v + eps), centred: a = α·a + (1 − α)·g and v − a² in place of v; b = momentum·b + s;
 * w −= lr·b.
 *
 * torch.optim.RMSprop, with its defaults: rate 1e-2. Different: v − a² doesn't fall below 0; momentum or none holds for all groups.
 */
export class RMSprop extends Optimizer<RmsPropGroup> {
  private readonly forms: { readonly CENTERED: boolean; readonly MOMENTUM: boolean };

  constructor(params: Trained<RmsPropGroup>, options: RmsPropOptions = {}) {
    const { centered, clipNorm, clipValue, ...defaults } = settle('RMSprop', options, { ...RMSPROP, centered: false, ...NO_CLIPPING });
    const momentum = groupsOf('RMSprop', params, defaults).some((group) => group.momentum > 0);
    const kept = ['squareAvg', ...(centered ? ['gradAvg'] : []), ...(momentum ? ['momentum'] : [])];
    super(params, { kind: 'RMSprop', defaults, kept, clipNorm, clipValue });
    this.forms = { CENTERED: centered, MOMENTUM: momentum };
  }

  protected override rates({ alpha, momentum, eps, weightDecay }: RmsPropGroup, lr: number): number[] {
    expectKept('RMSprop', momentum, this.forms.MOMENTUM);
    return [lr, 1 - alpha, momentum, eps, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateRMSprop(inputs, this.forms);
  }
}

export interface AdagradGroup extends GroupOptions {
  /** The rate falls as 1 / (1 + (t − 1)·lrDecay). Default 0. */
  lrDecay: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay: number;
  /** Where the sums of squares begin. Default 0. */
  initialAccumulator: number;
  /** Added to the root. Default 1e-10. */
  eps: number;
}

const updateAdagrad = elementwiseUpdate(adagrad);

const ADAGRAD: AdagradGroup = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulator: 0, eps: 1e-10 };

/**
 * Adagrad (Duchi, Hazan & Singer, 2011).
 *
 * g = dw + weightDecay·w; s = s + g²; w −= lr / (1 + (t − 1)·lrDecay)·g / (√s + eps).
 *
 * torch.optim.Adagrad, with its defaults: rate 1e-2.
 */
export class Adagrad extends Optimizer<AdagradGroup> {
  constructor(params: Trained<AdagradGroup>, options: Partial<AdagradGroup> & ClipOptions = {}) {
    const { clipNorm, clipValue, ...defaults } = settle('Adagrad', options, { ...ADAGRAD, ...NO_CLIPPING });
    super(params, {
      kind: 'Adagrad',
      defaults,
      kept: [{ name: 'sum', initial: ({ initialAccumulator }) => initialAccumulator }],
      clipNorm,
      clipValue,
    });
  }

  protected override rates({ lrDecay, eps, weightDecay }: AdagradGroup, lr: number, step: number): number[] {
    return [lr / (1 + (step - 1) * lrDecay), eps, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateAdagrad(inputs, {});
  }
}

export interface AdadeltaGroup extends GroupOptions {
  /** Share of the means of squares that stays. Default 0.9. */
  rho: number;
  /** Added under both roots. Default 1e-6. */
  eps: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay: number;
}

const updateAdadelta = elementwiseUpdate(adadelta);

const ADADELTA: AdadeltaGroup = { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 };

/**
 * Adadelta (Zeiler, arXiv 1212.5701).
 *
 * g = dw + weightDecay·w; v = ρ·v + (1 − ρ)·g²; δ = √(u + eps) / √(v + eps)·g; u = ρ·u + (1 − ρ)·δ²; w −= lr·δ.
 *
 * torch.optim.Adadelta, with its defaults: rate 1.
 */
export class Adadelta extends Optimizer<AdadeltaGroup> {
  constructor(params: Trained<AdadeltaGroup>, options: Partial<AdadeltaGroup> & ClipOptions = {}) {
    const { clipNorm, clipValue, ...defaults } = settle('Adadelta', options, { ...ADADELTA, ...NO_CLIPPING });
    super(params, { kind: 'Adadelta', defaults, kept: ['squareAvg', 'accDelta'], clipNorm, clipValue });
  }

  protected override rates({ rho, eps, weightDecay }: AdadeltaGroup, lr: number): number[] {
    return [lr, 1 - rho, eps, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateAdadelta(inputs, {});
  }
}
