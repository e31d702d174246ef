import type { Tensor } from '../engine/graph/tensor.ts';
import { adamUpdate } from '../engine/ops/update.ts';
import type { Parameter } from '../nn/module.ts';
import { Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface AdamOptions extends Partial<OptimizerOptions> {
  /** Decay of the two moments. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
}

/** Adam (Kingma & Ba, arXiv 1412.6980). Weight decay, if any, is added to the gradient. Default rate 1e-3. */
export class Adam extends Optimizer {
  protected readonly decoupled: boolean = false;
  private readonly betas: readonly [number, number];
  private readonly eps: number;

  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    super(parameters, 3, { lr: 1e-3, ...options });
    this.betas = options.betas ?? [0.9, 0.999];
    this.eps = options.eps ?? 1e-8;
  }

  protected override rates(lr: number, step: number): number[] {
    const [beta1, beta2] = this.betas;
    return [lr, beta1, beta2, this.eps, this.options.weightDecay ?? 0, 1 - beta1 ** step, 1 - beta2 ** step, 0];
  }

  protected override update(gradients: Tensor, rates: Tensor, scale: Tensor): void {
    adamUpdate({ arena: this.arena, gradients, rates, scale }, this.decoupled);
  }
}

/** Adam with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101). Default rate 1e-3, decay 0.01. */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    super(parameters, { weightDecay: 0.01, ...options });
  }
}
