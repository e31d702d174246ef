import { TilegradError } from '../engine/graph/errors.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { sgdUpdate } from '../engine/ops/update.ts';
import type { Parameter } from '../nn/module.ts';
import { Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface SgdOptions extends OptimizerOptions {
  readonly momentum?: number;
  /** Share of the gradient kept out of the velocity. */
  readonly dampening?: number;
  /** Look ahead along the velocity (Sutskever et al., 2013). Needs momentum and no dampening. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent, with momentum and Nesterov's variant as in torch.optim.SGD. */
export class SGD extends Optimizer {
  private readonly momentum: number;
  private readonly dampening: number;
  private readonly nesterov: boolean;

  constructor(parameters: readonly Parameter[], options: SgdOptions) {
    const { momentum = 0, dampening = 0, nesterov = false } = options;
    if (nesterov && (momentum <= 0 || dampening !== 0)) throw new TilegradError('SGD: expected momentum and no dampening with nesterov');
    super(parameters, momentum > 0 ? 2 : 1, options);
    this.momentum = momentum;
    this.dampening = dampening;
    this.nesterov = nesterov;
  }

  protected override rates(lr: number, step: number): number[] {
    return [lr, this.momentum, step === 1 ? 1 : 1 - this.dampening, this.options.weightDecay ?? 0, 0, 0, 0, 0];
  }

  protected override update(gradients: Tensor, rates: Tensor, scale: Tensor): void {
    sgdUpdate({ arena: this.arena, gradients, rates, scale }, this.momentum > 0, this.nesterov);
  }
}
