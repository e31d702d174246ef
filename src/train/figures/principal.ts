// Points of many dimensions, seen in the plane in which they are spread widest.
import { expectKind, positive } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';

/** Points [n, 2] in the plane of the principal axes, and the shares of the variance that these two carry. */
export interface PrincipalPlane {
  readonly plane: Float64Array;
  readonly shares: readonly [number, number];
}

/**
 * Points [n, size] seen in the plane in which they are spread widest: principal component analysis (Pearson, 1901). Axes point to where their largest
 * weight is positive, so the same points give the same picture. Points of one dimension have 0 as the other.
 *
 * @throws ShapeError when the values are no whole number of points, or there is none.
 */
export function principalPlane(points: ArrayLike<number>, size: number): PrincipalPlane {
  expectKind('principalPlane', 'size', size, positive);
  const count = points.length / size;
  if (!Number.isInteger(count) || count === 0) {
    throw new ShapeError(`principalPlane: expected points [n, ${size}], at least one, got ${points.length} values`);
  }
  const centred = Float64Array.from(points);
  const means = new Float64Array(size);
  centred.forEach((value, i) => {
    means[i % size]! += value / count;
  });
  const covariance = new Float64Array(size * size);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < size; i++) centred[n * size + i]! -= means[i]!;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) covariance[i * size + j]! += (centred[n * size + i]! * centred[n * size + j]!) / count;
    }
  }
  const total = Array.from({ length: size }, (_, i) => covariance[i * size + i]!).reduce((sum, value) => sum + value, 0);
  const plane = new Float64Array(2 * count);
  const shares = [0, 1].map((axis) => {
    const [direction, variance] = widest(covariance, size, 1e-12 * total);
    for (let n = 0; n < count; n++) plane[2 * n + axis] = direction.reduce((sum, weight, i) => sum + weight * centred[n * size + i]!, 0);
    // What lies along this axis is out of the next one's way.
    for (let i = 0; i < size * size; i++) covariance[i]! -= variance * direction[Math.floor(i / size)]! * direction[i % size]!;
    return total > 0 ? variance / total : 0;
  });
  return { plane, shares: [shares[0]!, shares[1]!] };
}

/** Most steps of the power method; a picture needs no more, should two axes be as wide as each other. */
const STEPS = 1000;

/** The eigenvector of the largest eigenvalue of a covariance, and that value, by the power method. All 0 where that is at most `least`. */
function widest(covariance: Float64Array, size: number, least: number): readonly [direction: Float64Array, variance: number] {
  // No axis that data have is at a right angle to this one.
  let direction = Float64Array.from({ length: size }, (_, i) => 1 + ((i * 0.618034) % 1));
  let variance = 0;
  for (let step = 0, change = 1; step < STEPS && change > 1e-12; step++) {
    const moved = direction.map((_, i) => direction.reduce((sum, weight, j) => sum + weight * covariance[i * size + j]!, 0));
    variance = Math.hypot(...moved);
    if (variance <= least) return [new Float64Array(size), 0];
    const leading = moved.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    const next = moved.map((value) => (Math.sign(leading) * value) / variance);
    change = Math.hypot(...next.map((value, i) => value - direction[i]!));
    direction = next;
  }
  return [direction, variance];
}
