// Triplets out of a batch: an anchor, a positive of its class and a negative of another, found on the GPU among all pairs.
import { iota, rand, type Tensor, where } from '../../../index.ts';

/** How triplets are chosen. The last is made to collapse: the hardest of a whole batch, by squared distances (Hermans et al., arXiv 1703.07737). */
export const ways = ['hard', 'semi-hard', 'random', 'hardest'] as const;
export type Way = (typeof ways)[number];

/** More than any distance. */
const FAR = 1e9;

/** d(i, j) = ‖xᵢ − xⱼ‖ of all rows of x [n, width] → [n, n]. Equal rows are 0 apart, without a gradient. */
export function distances(x: Tensor, squared = false): Tensor {
  const [n, width] = x.shape;
  const squares = x
    .reshape([n, 1, width])
    .sub(x.reshape([1, n, width]))
    .square()
    .sum(-1);
  const apart = squares.gt(0);
  return squared ? squares : where(apart, where(apart, squares, 1).sqrt(), 0);
}

/**
 * d(a, p) and d(a, n), [n] each: every row of x [n, width] is an anchor once, and has its triplet among so many rows. `isTriplet` says where there is
 * one of its class and one of another.
 */
export function triplets(x: Tensor, labels: Tensor, way: Way, group: number) {
  const n = x.shape[0];
  const d = distances(x, way === 'hardest');
  const [i, j] = [0, 1].map((axis) => iota([n, n], axis, 'f32'));
  const groupOf = (place: Tensor) => place.div(way === 'hardest' ? n : group).floor();
  const near = groupOf(i).eq(groupOf(j));
  const same = labels.reshape([n, 1]).eq(labels.reshape([1, n]));
  const other = near.logicalAnd(same.logicalNot());
  const isPositive = near.logicalAnd(same).logicalAnd(i.ne(j));
  const nearest = (among: Tensor) => where(among, d, FAR).min(1);
  const farthest = (among: Tensor) => where(among, d, -FAR).max(1);
  const byLot = (among: Tensor) => {
    const lots = where(among, rand([n, n]), -1);
    return farthest(among.logicalAnd(lots.eq(lots.max(1, { keepDims: true }))));
  };
  const isTriplet = isPositive.any(1).logicalAnd(other.any(1));
  if (way === 'random') return { positive: byLot(isPositive), negative: byLot(other), isTriplet };
  if (way !== 'semi-hard') return { positive: farthest(isPositive), negative: nearest(other), isTriplet };
  // The nearest of the negatives beyond the positive, and where there is none the farthest (Schroff et al., arXiv 1503.03832, section 3.2).
  const positive = byLot(isPositive);
  const beyond = other.logicalAnd(d.gt(positive.reshape([n, 1])));
  return { positive, negative: where(beyond.any(1), nearest(beyond), farthest(other)), isTriplet };
}

/** Mean of max(d(a, p) − d(a, n) + α, 0) over a batch's triplets, α being the margin. */
export function tripletLoss(
  x: Tensor,
  labels: Tensor,
  way: Way,
  { margin, group }: { readonly margin: number; readonly group: number },
): Tensor {
  const { positive, negative, isTriplet } = triplets(x, labels, way, group);
  const losses = where(isTriplet, positive.sub(negative).add(margin).relu(), 0);
  return losses.sum().div(isTriplet.cast('f32').sum().maximum(1));
}
