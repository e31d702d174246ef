// Losses between numbers, and between distributions.
import { aBoolean, aNumber, notNegative, oneOf } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { expectFloat } from '../../engine/ops/check.ts';
import { where } from '../../engine/ops/elementwise.ts';
import { expectAlike, expectLossOptions, expectTensors, type LossOptions, reduce, timesLog } from './options.ts';

/**
 * Squared error.
 *
 * @formula ℓ = (input − target)²
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.mse_loss
 */
export function mse(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  expectLossOptions('mse', options);
  expectAlike('mse', input, target);
  return reduce(input.sub(target).square(), options);
}

/**
 * Absolute error.
 *
 * @formula ℓ = |input − target|
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.l1_loss
 */
export function l1(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  expectLossOptions('l1', options);
  expectAlike('l1', input, target);
  return reduce(input.sub(target).abs(), options);
}

/**
 * Squared error near 0, absolute error elsewhere, with slope 1; beta 0 is the absolute error.
 *
 * @formula ℓ = d² / (2·beta) where |d| < beta, |d| − beta/2 elsewhere; d = input − target
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.smooth_l1_loss
 * @throws ShapeError when beta is negative
 */
export function smoothL1(input: Tensor, target: Tensor, options: LossOptions & { readonly beta?: number } = {}): Tensor {
  expectLossOptions('smoothL1', options, { beta: aNumber });
  const { beta = 1, ...reduction } = options;
  expectAlike('smoothL1', input, target);
  if (!(beta >= 0)) throw new ShapeError(`smoothL1: expected beta ≥ 0, got ${beta}`);
  if (beta === 0) return l1(input, target, reduction);
  const distance = input.sub(target).abs();
  return reduce(where(distance.lt(beta), distance.square().mul(0.5 / beta), distance.sub(0.5 * beta)), reduction);
}

/**
 * Squared error near 0, absolute error elsewhere, with slope delta (Huber, 1964).
 *
 * @formula ℓ = d²/2 where |d| ≤ delta, delta·(|d| − delta/2) elsewhere; d = input − target
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.huber_loss
 * @throws ShapeError unless delta is positive
 */
export function huber(input: Tensor, target: Tensor, options: LossOptions & { readonly delta?: number } = {}): Tensor {
  expectLossOptions('huber', options, { delta: aNumber });
  const { delta = 1, ...reduction } = options;
  expectAlike('huber', input, target);
  if (!(delta > 0)) throw new ShapeError(`huber: expected delta > 0, got ${delta}`);
  const distance = input.sub(target).abs();
  return reduce(where(distance.le(delta), distance.square().mul(0.5), distance.sub(0.5 * delta).mul(delta)), reduction);
}

/** t·log t, 0 at 0. */
const entropyTerm = (t: Tensor): Tensor => where(t.eq(0), 0, t.mul(where(t.eq(0), 1, t).log()));

/** eᵗ·(t − input), 0 where t is −∞. */
function divergence(input: Tensor, t: Tensor): Tensor {
  const impossible = t.eq(Number.NEGATIVE_INFINITY);
  return where(impossible, 0, t.exp().mul(where(impossible, 0, t).sub(where(impossible, 0, input))));
}

export interface KlDivOptions extends Omit<LossOptions, 'reduction'> {
  /** `batchMean` divides the sum by the first dimension, which is the divergence as it is defined. Default `mean`. */
  readonly reduction?: LossOptions['reduction'] | 'batchMean';
  /** Whether the target holds logarithms as well. */
  readonly logTarget?: boolean;
}

/**
 * Kullback–Leibler divergence of the distribution with log-probabilities `input` from the target; `logTarget` says that the target holds
 * logarithms too. The reduction `batchMean` divides the sum by the first dimension, as the definition does.
 *
 * @formula ℓ = target·(log target − input)
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.kl_div
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  expectLossOptions('klDiv', options, { logTarget: aBoolean, reduction: oneOf('mean', 'sum', 'none', 'batchMean') });
  const { reduction = 'mean', logTarget = false } = options;
  expectAlike('klDiv', input, target);
  const values = logTarget ? divergence(input, target) : entropyTerm(target).sub(timesLog(target, input));
  if (reduction === 'batchMean') return values.sum().div(input.shape[0] ?? 1);
  return reduce(values, { reduction });
}

export interface PoissonNllOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Adds Stirling's approximation of log(target!) for targets over 1. */
  readonly full?: boolean;
  readonly eps?: number;
}

/**
 * Negative log-likelihood of counts under a Poisson distribution whose log-rate is `input` (its rate, with `logInput: false`). `full` adds
 * Stirling's approximation of log(target!).
 *
 * @formula ℓ = exp(input) − target·input
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.poisson_nll_loss
 */
export function poissonNll(input: Tensor, target: Tensor, options: PoissonNllOptions = {}): Tensor {
  expectLossOptions('poissonNll', options, { logInput: aBoolean, full: aBoolean, eps: notNegative });
  expectAlike('poissonNll', input, target);
  const { logInput = true, full = false, eps = 1e-8 } = options;
  const values = logInput ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
  if (!full) return reduce(values, options);
  const many = where(target.gt(1), target, 1);
  const stirling = many
    .log()
    .mul(many)
    .sub(many)
    .add(
      many
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return reduce(values.add(where(target.gt(1), stirling, 0)), options);
}

export interface GaussianNllOptions extends LossOptions {
  /** Adds the constant log(2π)/2. */
  readonly full?: boolean;
  /** Smaller variances count as this; their gradient is the one there. */
  readonly eps?: number;
}

/**
 * Negative log-likelihood of the target under a normal distribution. Variances under `eps` count as `eps`, with the gradient there. `full`
 * adds log(2π)/2.
 *
 * @formula ℓ = (log variance + (input − target)² / variance) / 2
 * @shapes input [..], target [..], variance [..] or [.., 1] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.gaussian_nll_loss
 * @throws ShapeError when the shapes don't fit
 */
export function gaussianNll(input: Tensor, target: Tensor, variance: Tensor, options: GaussianNllOptions = {}): Tensor {
  expectLossOptions('gaussianNll', options, { full: aBoolean, eps: notNegative });
  expectAlike('gaussianNll', input, target);
  expectTensors('gaussianNll', { variance });
  expectFloat('gaussianNll', input, variance);
  const { full = false, eps = 1e-6 } = options;
  const fits =
    variance.rank === input.rank && variance.shape.every((dim, i) => dim === input.shape[i] || (dim === 1 && i === input.rank - 1));
  if (!fits) {
    throw new ShapeError(
      `gaussianNll: expected a variance like the input, or 1 long at the end, got ${showShape(input.shape)} and ${showShape(variance.shape)}`,
    );
  }
  const bounded = variance.add(where(variance.lt(eps), variance.neg().add(eps), 0).stopGradient());
  const values = bounded.log().add(input.sub(target).square().div(bounded)).mul(0.5);
  return reduce(full ? values.add(0.5 * Math.log(2 * Math.PI)) : values, options);
}
