// Activations as modules, under PyTorch's names: each is the op of that name.

import type { Tensor } from '../engine/graph/tensor.ts';
import * as activation from '../engine/ops/activation.ts';
import { unaryOps } from '../engine/ops/unary.ts';
import { Module, Parameter } from './module.ts';

/** A module class for a function of one tensor; the constructor takes the function's other arguments. */
function module<Rest extends unknown[]>(apply: (x: Tensor, ...rest: Rest) => Tensor): new (...rest: Rest) => Module {
  return class extends Module {
    private readonly rest: Rest;

    constructor(...rest: Rest) {
      super();
      this.rest = rest;
    }

    override forward(x: Tensor): Tensor {
      return apply(x, ...this.rest);
    }
  };
}

export const CELU = module(activation.celu);
export const ELU = module(activation.elu);
export const GELU = module(activation.gelu);
export const GLU = module(activation.glu);
export const Hardshrink = module(activation.hardShrink);
export const Hardsigmoid = module(activation.hardSigmoid);
export const Hardswish = module(activation.hardSwish);
export const Hardtanh = module(activation.hardTanh);
export const LeakyReLU = module(activation.leakyRelu);
export const LogSigmoid = module(unaryOps.logSigmoid);
export const Maxout = module(activation.maxout);
export const Mish = module(activation.mish);
export const ReLU = module(unaryOps.relu);
export const ReLU6 = module(activation.relu6);
export const SELU = module(activation.selu);
export const SiLU = module(activation.silu);
export const Sigmoid = module(unaryOps.sigmoid);
export const Softplus = module(unaryOps.softplus);
export const Softshrink = module(activation.softShrink);
export const Softsign = module(activation.softsign);
export const Tanh = module(unaryOps.tanh);
export const Tanhshrink = module(activation.tanhShrink);
export const Threshold = module(activation.threshold);

/** leakyRelu with a learned slope: weight [1], or one for each channel of [n, channels, ..] (arXiv 1502.01852). */
export class PReLU extends Module {
  readonly weight: Parameter;

  constructor({ channels = 1, slope = 0.25 }: { readonly channels?: number; readonly slope?: number } = {}) {
    super();
    this.weight = new Parameter('weight', [channels], 'f32', new Float32Array(channels).fill(slope));
  }

  override forward(x: Tensor): Tensor {
    return activation.prelu(x, this.weight);
  }
}
