// Losses of predictions among classes. The classes are axis 1 of [n, classes, ..], or the only axis.
import { aTensor, finite, whole } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { expectFloat, expectIndices } from '../../engine/ops/check.ts';
import { iota } from '../../engine/ops/create.ts';
import { where } from '../../engine/ops/elementwise.ts';
import { embedding } from '../../engine/ops/indexing.ts';
import { crossEntropyRows, logSoftmax } from '../../engine/ops/softmax.ts';
import { expectLossOptions, expectTensors, type LossOptions, reduce, timesLog } from './options.ts';

export interface ClassOptions extends LossOptions {
  /** A weight for each class. The mean divides by the sum of the weights. */
  readonly weight?: Tensor;
  /** Examples with this label count nothing, in the mean either. Default −100. */
  readonly ignoreIndex?: number;
}

export interface CrossEntropyOptions extends ClassOptions {
  /** This part of the target goes to all classes evenly (Szegedy et al., arXiv 1512.00567). */
  readonly labelSmoothing?: number;
}

/** Labels that fit `input`: u32, out of range where they are to be ignored; and the weight of each, if they differ. */
interface Labels {
  readonly input: Tensor;
  readonly labels: Tensor;
  readonly weights: Tensor | undefined;
}

function expectClasses(name: string, input: Tensor, labels: Tensor, { weight, ignoreIndex = -100 }: ClassOptions): Labels {
  expectTensors(name, { input, labels });
  const axis = input.rank === 1 ? 0 : 1;
  const { shape } = input;
  if (input.rank === 0 || !sameShape(labels.shape, [...shape.slice(0, axis), ...shape.slice(axis + 1)])) {
    throw new ShapeError(
      `${name}: expected logits [n, classes, ..] and labels [n, ..], got ${showShape(shape)} and ${showShape(labels.shape)}`,
    );
  }
  const classes = shape[axis];
  expectFloat(name, input, ...(weight ? [weight] : []));
  if (weight && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(`${name}: expected a weight for each of ${classes} classes, got ${showShape(weight.shape)}`);
  }
  // Without a dimension for the examples there is one.
  const batched = axis === 0 ? input.unsqueeze(0) : input;
  const rows = axis === 0 ? labels.unsqueeze(0) : labels;
  // No u32 is negative: then there is nothing to look for.
  if (labels.dtype === 'u32' && ignoreIndex < 0) {
    const checked = expectIndices(name, rows, classes);
    return { input: batched, labels: checked, weights: weight && embedding(weight, checked) };
  }
  const kept = rows.ne(ignoreIndex);
  const checked = where(kept, expectIndices(name, where(kept, rows, 0), classes), 0xffffffff);
  const ones = kept.cast(input.dtype);
  return { input: batched, labels: checked, weights: weight ? where(kept, embedding(weight, where(kept, checked, 0)), 0) : ones };
}

/** Puts together the weighted losses of examples [n, ..]; `like` is the shape of the labels. */
function reduceWeighted(values: Tensor, weights: Tensor | undefined, like: readonly number[], options: LossOptions): Tensor {
  const { reduction = 'mean' } = options;
  if (reduction === 'none') return values.reshape(like);
  return weights && reduction === 'mean' ? values.sum().div(weights.sum()) : reduce(values, options);
}

/**
 * Cross-entropy of logits with labels (u32 or i32), or with probabilities of the logits' shape. The mean divides by the sum of the labels'
 * weights, without those that are `ignoreIndex` (−100). A label that is no class loses 0. `labelSmoothing` gives that part of the target to all
 * classes evenly (Szegedy et al., arXiv 1512.00567).
 *
 * @formula ℓ = −w[label]·log softmax(logits)[label], or −Σ_c w[c]·target[c]·log softmax(logits)[c]
 * @shapes logits [n, classes, ..] or [classes], target [n, ..] or [] or like the logits → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.cross_entropy
 * @throws ShapeError, DTypeError when they don't fit, or labelSmoothing is outside [0, 1]
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  expectLossOptions('crossEntropy', options, { weight: aTensor, ignoreIndex: whole, labelSmoothing: finite });
  const { weight, labelSmoothing = 0 } = options;
  expectTensors('crossEntropy', { logits, target });
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ShapeError(`crossEntropy: expected labelSmoothing from 0 to 1, got ${labelSmoothing}`);
  }
  if (target.dtype === logits.dtype && sameShape(target.shape, logits.shape) && logits.rank > 0)
    return softCrossEntropy(logits, target, options);
  const { input, labels, weights } = expectClasses('crossEntropy', logits, target, options);
  let values: Tensor;
  if (weight && labelSmoothing > 0) {
    // Smoothing gives every class a part, with its own weight.
    const classes = input.shape[1];
    const hot = where(spread(labels, input).eq(iota(input.shape, 1)), 1 - labelSmoothing, 0).add(labelSmoothing / classes);
    values = where(labels.lt(classes), weightedSum(logSoftmax(input, 1), hot.cast(input.dtype), weight), 0);
  } else {
    const rows = crossEntropyRows(input, labels, labelSmoothing);
    values = weight && weights ? rows.mul(weights) : rows;
  }
  return reduceWeighted(values, weights, target.shape, options);
}

const spread = (rows: Tensor, like: Tensor): Tensor => rows.unsqueeze(1).expand(like.shape);
const perClass = (weight: Tensor, like: Tensor): Tensor => weight.reshape([1, -1, ...like.shape.slice(2).map(() => 1)]);
/** −Σ_c w[c]·target[c]·logs[c] over axis 1. */
const weightedSum = (logs: Tensor, target: Tensor, weight?: Tensor): Tensor =>
  timesLog(weight ? target.mul(perClass(weight, logs)) : target, logs)
    .sum(1)
    .neg();

function softCrossEntropy(logits: Tensor, target: Tensor, { weight, labelSmoothing = 0, ...options }: CrossEntropyOptions): Tensor {
  expectFloat('crossEntropy', logits, target, ...(weight ? [weight] : []));
  const [input, soft] = logits.rank === 1 ? [logits.unsqueeze(0), target.unsqueeze(0)] : [logits, target];
  const classes = input.shape[1];
  if (weight && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(`crossEntropy: expected a weight for each of ${classes} classes, got ${showShape(weight.shape)}`);
  }
  const smoothed = labelSmoothing > 0 ? soft.mul(1 - labelSmoothing).add(labelSmoothing / classes) : soft;
  const values = weightedSum(logSoftmax(input, 1), smoothed, weight);
  return reduceWeighted(values, undefined, logits.rank === 1 ? [] : values.shape, options);
}

/**
 * Negative log-likelihood of labels (u32 or i32) under log-probabilities. The mean divides by the sum of the labels' weights, without those
 * that are `ignoreIndex` (−100). A label that is no class loses 0.
 *
 * @formula ℓ = −w[label]·input[label]
 * @shapes input [n, classes, ..] or [classes], target [n, ..] or [] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.nll_loss
 * @throws ShapeError, DTypeError when they don't fit
 */
export function nll(input: Tensor, target: Tensor, options: ClassOptions = {}): Tensor {
  expectLossOptions('nll', options, { weight: aTensor, ignoreIndex: whole });
  const { input: logs, labels, weights } = expectClasses('nll', input, target, options);
  const chosen = where(spread(labels, logs).eq(iota(logs.shape, 1)), logs, 0).sum(1);
  const values = weights ? chosen.neg().mul(weights) : chosen.neg();
  return reduceWeighted(values, weights, target.shape, options);
}

export interface MultiMarginOptions extends LossOptions {
  /** Exponent, 1 or 2. Default 1. */
  readonly p?: 1 | 2;
  /** Default 1. */
  readonly margin?: number;
  /** A weight for each class. */
  readonly weight?: Tensor;
}

/**
 * Hinge loss among classes (Crammer & Singer, 2001): the label's score is to exceed every other by the margin. A label that is no class loses 0.
 *
 * @formula ℓ = w[label]·Σ_{c ≠ label} max(0, margin − input[label] + input[c])ᵖ / classes
 * @shapes input [n, classes] or [classes], target [n] or [] → []
 * @torch torch.nn.functional.multi_margin_loss
 * @throws ShapeError, DTypeError when they don't fit
 */
export function multiMargin(input: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor {
  expectLossOptions('multiMargin', options, { weight: aTensor, p: finite, margin: finite });
  const { p = 1, margin = 1, weight } = options;
  if (p !== 1 && p !== 2) throw new ShapeError(`multiMargin: expected p 1 or 2, got ${p}`);
  expectTensors('multiMargin', { input, target });
  if (input.rank > 2) throw new ShapeError(`multiMargin: expected [n, classes], got ${showShape(input.shape)}`);
  const {
    input: scores,
    labels,
    weights,
  } = expectClasses('multiMargin', input, target, { ...(weight ? { weight } : {}), ignoreIndex: -1 });
  const hot = spread(labels, scores).eq(iota(scores.shape, 1));
  const own = where(hot, scores, 0).sum(1, { keepDims: true });
  const excess = scores.sub(own).add(margin).relu();
  const counted = hot.logicalOr(spread(labels, scores).ge(scores.shape[1]));
  const rows = where(counted, 0, p === 2 ? excess.square() : excess).mean(1);
  return reduceWeighted(weight && weights ? rows.mul(weights) : rows, undefined, target.shape, options);
}

export interface CapsuleMarginOptions extends LossOptions {
  /** The label's capsule is to be at least this long. Default .9. */
  readonly positive?: number;
  /** The others are to be at most this long. Default .1. */
  readonly negative?: number;
  /** Weight of the others. Default .5. */
  readonly down?: number;
}

/**
 * Margin loss of capsule networks (Sabour et al., arXiv 1710.09829, equation 4), from the capsules' lengths.
 *
 * @formula ℓ = Σ_c T·max(0, positive − v)² + down·(1 − T)·max(0, v − negative)²; v = lengths[c], T = [c = label]
 * @shapes lengths [n, classes], labels [n] → []
 * @torch –
 * @throws ShapeError, DTypeError when they don't fit
 */
export function capsuleMargin(lengths: Tensor, labels: Tensor, options: CapsuleMarginOptions = {}): Tensor {
  expectLossOptions('capsuleMargin', options, { positive: finite, negative: finite, down: finite });
  const { positive = 0.9, negative = 0.1, down = 0.5 } = options;
  expectTensors('capsuleMargin', { lengths, labels });
  if (lengths.rank !== 2) throw new ShapeError(`capsuleMargin: expected lengths [n, classes], got ${showShape(lengths.shape)}`);
  const { input, labels: rows } = expectClasses('capsuleMargin', lengths, labels, { ignoreIndex: -1 });
  const present = input.neg().add(positive).relu().square();
  const absent = input.sub(negative).relu().square().mul(down);
  return reduce(where(spread(rows, input).eq(iota(input.shape, 1)), present, absent).sum(1), options);
}
