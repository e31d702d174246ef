// Dropping values at random in training.
import { ShapeError } from '../graph/errors.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { zeros } from './create.ts';
import { where } from './elementwise.ts';
import { broadcastTo, unchanged } from './movement.ts';
import { bernoulli, expectProbability } from './random.ts';

/** A probability as bernoulli() keeps it. */
const rounded = (p: number): number => Math.round(p * 65536) / 65536;

function dropped(op: string, x: Tensor, p: number, mask: Shape): Tensor {
  expectProbability(op, p);
  if (p === 0) return unchanged(x);
  const kept = rounded(1 - p);
  return where(broadcastTo(bernoulli(mask, 1 - p), x.shape), kept === 0 ? 0 : x.mul(1 / kept), 0);
}

/**
 * Zeroes elements with probability `p` and scales the rest so that the expectation stays (Srivastava et al., 2014).
 *
 * @formula y = x·m / (1 − p), m = 1 with probability 1 − p, else 0
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.dropout
 * @throws ShapeError when p is outside [0, 1].
 */
export function dropout(x: Tensor, p: number): Tensor {
  return dropped('dropout', x, p, x.shape);
}

/**
 * Zeroes whole channels with probability `p` and scales the rest: neighbours in an image are too alike for dropping them apart (Tompson et
 * al., arXiv 1411.4280). For any number of dimensions behind the channels.
 *
 * @formula y[n, c, ..] = x[n, c, ..]·m[n, c] / (1 − p), m = 1 with probability 1 − p, else 0
 * @shapes x [n, channels, ..] → [n, channels, ..]
 * @torch torch.nn.functional.dropout1d, dropout2d, dropout3d
 * @throws ShapeError when p is outside [0, 1], or there are fewer than two dimensions.
 */
export function dropout2d(x: Tensor, p: number): Tensor {
  if (x.rank < 2) throw new ShapeError(`dropout2d: expected [n, channels, ..], got ${showShape(x.shape)}`);
  const mask = x.shape.map((dim, axis) => (axis < 2 ? dim : 1));
  return dropped('dropout2d', x, p, mask);
}

/** Where SELU ends for −∞: −λα. */
const FLOOR = -1.7580993408473766;

/**
 * Sets elements to the floor of SELU with probability `p`, then scales and shifts so that mean 0 and variance 1 stay (Klambauer et al., arXiv
 * 1706.02515).
 *
 * @formula y = a·(x·m + α·(1 − m)) + b, α = −1.7581, q = 1 − p, a = (q + α²q(1 − q))^−½, b = −aα(1 − q)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.alpha_dropout
 * @throws ShapeError when p is outside [0, 1].
 */
export function alphaDropout(x: Tensor, p: number): Tensor {
  expectProbability('alphaDropout', p);
  if (p === 0) return unchanged(x);
  const q = rounded(1 - p);
  if (q === 0) return zeros(x.shape, x.dtype);
  const a = (q + FLOOR ** 2 * q * (1 - q)) ** -0.5;
  return where(bernoulli(x.shape, 1 - p), x, FLOOR)
    .mul(a)
    .add(-a * FLOOR * (1 - q));
}
