// Activations as modules, under PyTorch's names: each is the op of that name.

import { finite, type Kind, oneOf, optional, positive, whole } from '../engine/graph/arguments.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import * as activation from '../engine/ops/activation.ts';
import { unaryOps } from '../engine/ops/unary.ts';
import { expectCall } from './check.ts';
import { Module, Parameter } from './module.ts';

/** A module class for a function of one tensor; the constructor takes the function's other arguments. */
function module<Rest extends unknown[]>(
  name: string,
  apply: (x: Tensor, ...rest: Rest) => Tensor,
  takes: Readonly<Record<string, Kind>> = {},
): new (
  ...rest: Rest
) => Module {
  return class extends Module {
    private readonly rest: Rest;

    constructor(...rest: Rest) {
      super();
      expectCall(name, rest, takes);
      this.rest = rest;
    }

    override forward(x: Tensor): Tensor {
      return apply(x, ...this.rest);
    }
  };
}

export const CELU = module('CELU', activation.celu, { alpha: optional(finite) });
export const ELU = module('ELU', activation.elu, { alpha: optional(finite) });
export const GELU = module('GELU', activation.gelu, { approximate: optional(oneOf('none', 'tanh')) });
export const GLU = module('GLU', activation.glu, { axis: optional(whole) });
export const Hardshrink = module('Hardshrink', activation.hardShrink, { lambda: optional(finite) });
export const Hardsigmoid = module('Hardsigmoid', activation.hardSigmoid);
export const Hardswish = module('Hardswish', activation.hardSwish);
export const Hardtanh = module('Hardtanh', activation.hardTanh, { low: optional(finite), high: optional(finite) });
export const LeakyReLU = module('LeakyReLU', activation.leakyRelu, { slope: optional(finite) });
export const LogSigmoid = module('LogSigmoid', unaryOps.logSigmoid);
export const Maxout = module('Maxout', activation.maxout, { pieces: positive, axis: optional(whole) });
export const Mish = module('Mish', activation.mish);
export const ReLU = module('ReLU', unaryOps.relu);
export const ReLU6 = module('ReLU6', activation.relu6);
export const SELU = module('SELU', activation.selu);
export const SiLU = module('SiLU', activation.silu);
export const Sigmoid = module('Sigmoid', unaryOps.sigmoid);
export const Softplus = module('Softplus', unaryOps.softplus);
export const Softshrink = module('Softshrink', activation.softShrink, { lambda: optional(finite) });
export const Softsign = module('Softsign', activation.softsign);
export const Tanh = module('Tanh', unaryOps.tanh);
export const Tanhshrink = module('Tanhshrink', activation.tanhShrink);
export const Threshold = module('Threshold', activation.threshold, { limit: finite, value: finite });

/** leakyRelu with a learned slope: weight [1], or one for each channel of [n, channels, ..] (arXiv 1502.01852). */
export class PReLU extends Module {
  readonly weight: Parameter;

  constructor(options: { readonly channels?: number; readonly slope?: number } = {}, ...more: never[]) {
    super();
    expectCall('PReLU', [options, ...more], { options: { channels: positive, slope: finite } });
    const { channels = 1, slope = 0.25 } = options;
    this.weight = new Parameter('weight', [channels], 'f32', new Float32Array(channels).fill(slope));
  }

  override forward(x: Tensor): Tensor {
    return activation.prelu(x, this.weight);
  }
}
