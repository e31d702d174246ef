// Losses of yes-or-no predictions.
import { aTensor, finite } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { where } from '../../engine/ops/elementwise.ts';
import { expectAlike, expectLossOptions, type LossOptions, reduce, timesLog } from './options.ts';

/** log x, but at least −100. No gradient flows where x isn't positive. */
function boundedLog(x: Tensor): Tensor {
  const positive = x.gt(0);
  return where(positive, where(positive, x, 1).log().maximum(-100), -100);
}

/** log(1 − x), but at least −100, exact for small x. */
function boundedLogComplement(x: Tensor): Tensor {
  const below = x.lt(1);
  return where(below, where(below, x, 0).neg().log1p().maximum(-100), -100);
}

/**
 * Binary cross-entropy of probabilities; logarithms are at least −100. Weights multiply the losses and broadcast. For logits there is
 * bceWithLogits.
 *
 * @formula ℓ = −w·(target·log input + (1 − target)·log(1 − input))
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.binary_cross_entropy
 */
export function bce(input: Tensor, target: Tensor, options: LossOptions & { readonly weight?: Tensor } = {}): Tensor {
  expectLossOptions('bce', options, { weight: aTensor });
  const { weight, ...reduction } = options;
  expectAlike('bce', input, target);
  const values = target
    .sub(1)
    .mul(boundedLogComplement(input))
    .sub(target.mul(boundedLog(input)));
  return reduce(weight ? values.mul(weight) : values, reduction);
}

export interface BceWithLogitsOptions extends LossOptions {
  /** Multiplies the losses; broadcasts. */
  readonly weight?: Tensor;
  /** Multiplies the losses of the ones; broadcasts. */
  readonly posWeight?: Tensor;
}

/** −target·log σ(x) − (1 − target)·log(1 − σ(x)), each side without cancellation. */
function binaryTerms(logits: Tensor, target: Tensor, posWeight?: Tensor): Tensor {
  const ones = timesLog(target, logits.neg().softplus());
  return (posWeight ? ones.mul(posWeight) : ones).sub(timesLog(target.sub(1), logits.softplus()));
}

/**
 * Binary cross-entropy of logits, without overflow. `weight` multiplies all losses, `posWeight` those of the ones; both broadcast.
 *
 * @formula ℓ = −w·(p·target·log σ(logits) + (1 − target)·log(1 − σ(logits)))
 * @shapes logits [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.binary_cross_entropy_with_logits
 */
export function bceWithLogits(logits: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  expectLossOptions('bceWithLogits', options, { weight: aTensor, posWeight: aTensor });
  expectAlike('bceWithLogits', logits, target);
  const values = binaryTerms(logits, target, options.posWeight);
  return reduce(options.weight ? values.mul(options.weight) : values, options);
}

export interface FocalOptions extends LossOptions {
  /** How much well-classified examples are played down; 0 is the cross-entropy. Default 2. */
  readonly gamma?: number;
  /** Weight of the ones; 1 − alpha is that of the zeros. Negative: no weights. Default .25. */
  readonly alpha?: number;
}

/**
 * Binary cross-entropy of logits that plays down what is classified well (Lin et al., arXiv 1708.02002). A negative alpha gives no weights.
 *
 * @formula ℓ = −αₜ·(1 − pₜ)^gamma·log pₜ; pₜ = σ(logits) for ones, 1 − σ(logits) for zeros
 * @shapes logits [..], target [..] → []
 * @dtypes f32, f16
 * @torch torchvision.ops.sigmoid_focal_loss
 * @throws ShapeError when gamma is negative
 */
export function focal(logits: Tensor, target: Tensor, options: FocalOptions = {}): Tensor {
  expectLossOptions('focal', options, { gamma: finite, alpha: finite });
  expectAlike('focal', logits, target);
  const { gamma = 2, alpha = 0.25 } = options;
  if (!(gamma >= 0)) throw new ShapeError(`focal: expected gamma ≥ 0, got ${gamma}`);
  const missed = target.mul(logits.neg().sigmoid()).sub(target.sub(1).mul(logits.sigmoid()));
  const values = binaryTerms(logits, target).mul(missed.pow(gamma));
  return reduce(alpha < 0 ? values : values.mul(target.mul(2 * alpha - 1).add(1 - alpha)), options);
}

/**
 * One minus the Dice coefficient of probabilities and masks, for each class of each example (Milletari et al., arXiv 1606.04797, with plain sums
 * below as Sudre et al., arXiv 1707.03237).
 *
 * @formula ℓ = 1 − (2·Σ input·target + smooth) / (Σ input + Σ target + smooth)
 * @shapes input [n, classes, ..], target [n, classes, ..] → []; with reduction none [n, classes]
 * @dtypes f32, f16
 * @torch –
 * @throws ShapeError unless there is a dimension after the classes
 */
export function dice(input: Tensor, target: Tensor, options: LossOptions & { readonly smooth?: number } = {}): Tensor {
  expectLossOptions('dice', options, { smooth: finite });
  const { smooth = 1, ...reduction } = options;
  expectAlike('dice', input, target);
  if (input.rank < 3) throw new ShapeError(`dice: expected [n, classes, ..] with something to sum over, got ${showShape(input.shape)}`);
  const total = (x: Tensor) => x.sum(Array.from({ length: x.rank - 2 }, (_, i) => i + 2));
  const overlap = total(input.mul(target)).mul(2).add(smooth);
  return reduce(
    overlap
      .div(total(input.add(target)).add(smooth))
      .neg()
      .add(1),
    reduction,
  );
}
