// Losses of vectors that are to lie near each other or apart.
import { aBoolean, aNumber, finite, notNegative } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { expectFloat } from '../../engine/ops/check.ts';
import { iota } from '../../engine/ops/create.ts';
import { where } from '../../engine/ops/elementwise.ts';
import { crossEntropyRows } from '../../engine/ops/softmax.ts';
import { expectAlike, expectLossOptions, expectTensors, type LossOptions, reduce } from './options.ts';

interface MarginOptions extends LossOptions {
  readonly margin?: number;
}

/** One target for each vector of [.., width]. */
function expectTargets(name: string, x: Tensor, target: Tensor): void {
  expectTensors(name, { target });
  expectFloat(name, x, target);
  if (x.rank === 0 || !sameShape(target.shape, x.shape.slice(0, -1))) {
    throw new ShapeError(`${name}: expected inputs [.., width] and targets [..], got ${showShape(x.shape)} and ${showShape(target.shape)}`);
  }
}

/**
 * Pulls together vectors with target 1, and pushes those with target −1 to a cosine of at most the margin.
 *
 * @formula ℓ = 1 − cos(a, b) for target 1, max(0, cos(a, b) − margin) for −1
 * @shapes a [.., width], b [.., width], target [..] → []
 * @torch torch.nn.functional.cosine_embedding_loss
 * @throws ShapeError, DTypeError when they don't fit
 */
export function cosineEmbedding(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  expectLossOptions('cosineEmbedding', options, { margin: finite });
  const { margin = 0, ...reduction } = options;
  expectAlike('cosineEmbedding', a, b);
  expectTargets('cosineEmbedding', a, target);
  const squares = (x: Tensor) => x.square().sum(-1).add(1e-12);
  const cosine = a
    .mul(b)
    .sum(-1)
    .div(squares(a).mul(squares(b)).sqrt());
  return reduce(where(target.gt(0), cosine.neg().add(1), cosine.sub(margin).relu()), reduction);
}

/**
 * Of a distance between two things: itself where they belong together (target 1), what it lacks to the margin where not (−1).
 *
 * @formula ℓ = input for target 1, max(0, margin − input) for −1
 * @shapes input [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.hinge_embedding_loss
 */
export function hingeEmbedding(input: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  expectLossOptions('hingeEmbedding', options, { margin: finite });
  const { margin = 1, ...reduction } = options;
  expectAlike('hingeEmbedding', input, target);
  return reduce(where(target.gt(0), input, input.neg().add(margin).relu()), reduction);
}

/**
 * Of two scores, `a` is to exceed `b` by the margin where the target is 1, and the other way round where it is −1.
 *
 * @formula ℓ = max(0, −target·(a − b) + margin)
 * @shapes a [..], b [..], target [..] → []
 * @dtypes f32, f16
 * @torch torch.nn.functional.margin_ranking_loss
 */
export function marginRanking(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  expectLossOptions('marginRanking', options, { margin: finite });
  const { margin = 0 } = options;
  expectAlike('marginRanking', a, b, target);
  return reduce(b.sub(a).mul(target).add(margin).relu(), options);
}

export interface TripletMarginOptions extends MarginOptions {
  /** Which norm measures distances. Default 2. */
  readonly p?: number;
  /** Added to the differences, so that the distance of equal vectors has a gradient. Default 10⁻⁶. */
  readonly eps?: number;
  /** Takes the positive's distance from the negative where it is smaller than the anchor's (Balntas et al., 2016). */
  readonly swap?: boolean;
}

/**
 * The anchor is to be nearer to the positive than to the negative, by the margin. With `swap` the negative's distance is the smaller of those from
 * the anchor and from the positive (Balntas et al., 2016).
 *
 * @formula ℓ = max(0, d(anchor, positive) − d(anchor, negative) + margin); d(a, b) = ‖a − b + eps‖ₚ
 * @shapes anchor [.., width], positive [.., width], negative [.., width] → []
 * @torch torch.nn.functional.triplet_margin_loss
 * @throws ShapeError unless p is a positive number and the shapes are the same
 */
export function tripletMargin(anchor: Tensor, positive: Tensor, negative: Tensor, options: TripletMarginOptions = {}): Tensor {
  expectLossOptions('tripletMargin', options, { margin: finite, p: aNumber, eps: notNegative, swap: aBoolean });
  expectAlike('tripletMargin', anchor, positive, negative);
  const { margin = 1, p = 2, eps = 1e-6, swap = false } = options;
  if (anchor.rank === 0) throw new ShapeError('tripletMargin: expected [.., width], got []');
  if (!(p > 0 && Number.isFinite(p))) throw new ShapeError(`tripletMargin: expected a positive p, got ${p}`);
  const distance = (a: Tensor, b: Tensor) => {
    const apart = a.sub(b).add(eps);
    if (p === 2) return apart.square().sum(-1).sqrt();
    return p === 1
      ? apart.abs().sum(-1)
      : apart
          .abs()
          .pow(p)
          .sum(-1)
          .pow(1 / p);
  };
  const away = distance(anchor, negative);
  const farther = swap ? away.minimum(distance(positive, negative)) : away;
  return reduce(distance(anchor, positive).sub(farther).add(margin).relu(), options);
}

/**
 * Contrastive loss of pairs (Hadsell et al., 2006): similar ones (target 0) attract, dissimilar ones (target 1) repel up to the margin.
 *
 * @formula ℓ = (1 − target)·D²/2 + target·max(0, margin − D)²/2; D = ‖a − b‖
 * @shapes a [.., width], b [.., width], target [..] → []
 * @torch –
 * @throws ShapeError, DTypeError when they don't fit
 */
export function contrastive(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  expectLossOptions('contrastive', options, { margin: finite });
  const { margin = 1 } = options;
  expectAlike('contrastive', a, b);
  expectTargets('contrastive', a, target);
  const squared = a.sub(b).square().sum(-1);
  // The distance of equal vectors has no gradient.
  const apart = squared.gt(0);
  const distance = where(apart, where(apart, squared, 1).sqrt(), 0);
  const repelled = distance.neg().add(margin).relu().square();
  return reduce(target.mul(repelled).sub(target.sub(1).mul(squared)).mul(0.5), options);
}

/**
 * Each query is to be more like its own key than like the other keys of the batch (van den Oord et al., arXiv 1807.03748), by their cosines.
 *
 * @formula ℓᵢ = −log softmax_j(cos(queryᵢ, keyⱼ) / temperature)[i]
 * @shapes queries [n, width], keys [n, width] → []
 * @torch –
 * @throws ShapeError unless both are matrices of one shape, and the temperature is positive
 */
export function infoNce(queries: Tensor, keys: Tensor, options: LossOptions & { readonly temperature?: number } = {}): Tensor {
  expectLossOptions('infoNce', options, { temperature: aNumber });
  const { temperature = 0.1, ...reduction } = options;
  expectAlike('infoNce', queries, keys);
  if (queries.rank !== 2) throw new ShapeError(`infoNce: expected [n, width], got ${showShape(queries.shape)}`);
  if (!(temperature > 0)) throw new ShapeError(`infoNce: expected a positive temperature, got ${temperature}`);
  const unit = (x: Tensor) => x.mul(x.square().sum(-1, { keepDims: true }).add(1e-12).rsqrt());
  const cosines = unit(queries).matmul(unit(keys).transpose());
  return reduce(crossEntropyRows(cosines.mul(1 / temperature), iota([queries.shape[0]], 0)), reduction);
}
