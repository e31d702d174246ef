import sgd from '../../shaders/sgd.wgsl';
import { TilegradError } from '../engine/graph/errors.ts';
import { expectKept, settle } from './check.ts';
import { elementwiseUpdate, type UpdateInputs } from './kernels/update.ts';
import { type ClipOptions, type GroupOptions, groupsOf, NO_CLIPPING, Optimizer, type Trained } from './optimizer.ts';

export interface SgdGroup extends GroupOptions {
  /** Share of the velocity that stays. Default 0. */
  momentum: number;
  /** Share of the gradient kept out of the velocity. Default 0. */
  dampening: number;
  /** Added to the gradient, times the parameter. Default 0. */
  weightDecay: number;
}

const updateSGD = elementwiseUpdate<'MOMENTUM' | 'NESTEROV'>(sgd);

const SGD_DEFAULTS: SgdGroup = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0 };

export interface SgdOptions extends Partial<SgdGroup>, ClipOptions {
  /** Look ahead along the velocity (Sutskever et al., 2013). Needs momentum and no dampening. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent, with momentum and Nesterov's variant.
 *
 * g = dw + weightDecay·w; b = momentum·b + (1 − dampening)·g, at the first step b = g; w −= lr·b, with Nesterov lr·(g + momentum·b).
 *
 * torch.optim.SGD, default rate 1e-3. Different: whether there is a velocity, and Nesterov, hold for all groups.
 */
export class SGD extends Optimizer<SgdGroup> {
  private readonly forms: { readonly MOMENTUM: boolean; readonly NESTEROV: boolean };

  constructor(params: Trained<SgdGroup>, options: SgdOptions = {}) {
    const { nesterov, clipNorm, clipValue, ...defaults } = settle('SGD', options, { ...SGD_DEFAULTS, nesterov: false, ...NO_CLIPPING });
    const all = groupsOf('SGD', params, defaults);
    if (nesterov && all.some(({ momentum, dampening }) => momentum === 0 || dampening !== 0)) {
      throw new TilegradError('SGD: expected momentum and no dampening with nesterov');
    }
    const momentum = all.some((group) => group.momentum > 0);
    super(params, { kind: 'SGD', defaults, kept: momentum ? ['momentum'] : [], clipNorm, clipValue });
    this.forms = { MOMENTUM: momentum, NESTEROV: nesterov };
  }

  protected override rates({ momentum, dampening, weightDecay }: SgdGroup, lr: number, step: number): number[] {
    expectKept('SGD', momentum, this.forms.MOMENTUM);
    return [lr, momentum, step === 1 || momentum === 0 ? 1 : 1 - dampening, weightDecay];
  }

  protected override update(inputs: UpdateInputs): void {
    updateSGD(inputs, this.forms);
  }
}
