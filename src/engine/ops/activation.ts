// Activations: formulas of element-wise ops, which the compiler fuses with what is around them.
import { isFloat } from '../graph/dtype.ts';
import { ShapeError } from '../graph/errors.ts';
import { broadcastShapes, normalizeAxis, sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import type { TensorLike } from './create.ts';
import { operands, where } from './elementwise.ts';
import { broadcastTo, reshape, slice, unchanged } from './movement.ts';
import { max } from './reduce.ts';

/**
 * Values below `low` become `low`, above `high` become `high`; either may be left out, or be a tensor. NaN stays NaN, and what has a bound of NaN becomes it. The gradient flows where
 * the value is inside or on a bound; none flows to the bounds.
 *
 * @formula y = min(max(x, low), high)
 * @shapes x [..], low and high that broadcast to it → [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.clamp
 * @throws ShapeError when a bound doesn't broadcast to x; DTypeError when its type is another.
 */
export function clamp(x: Tensor, low?: TensorLike, high?: TensorLike): Tensor {
  let y = unchanged(x);
  for (const bound of [low, high]) {
    if (typeof bound === 'object' && !sameShape(broadcastShapes('clamp', x.shape, bound.shape), x.shape)) {
      throw new ShapeError(`clamp: expected a bound that broadcasts to ${showShape(x.shape)}, got ${showShape(bound.shape)}`);
    }
  }
  // The upper bound has the last word, as in PyTorch, and a value on a bound is the value, not the bound.
  if (low !== undefined) y = where(orUnknown(y.lt(low), low), low, y);
  if (high !== undefined) y = where(orUnknown(y.gt(high), high), high, y);
  return y;
}

/** Whether a value is outside of its bound, or that bound is NaN. */
function orUnknown(outside: Tensor, bound: TensorLike): Tensor {
  if (Number.isNaN(bound)) return outside.logicalOr(outside.logicalNot());
  return typeof bound === 'object' && isFloat(bound.dtype) ? outside.logicalOr(bound.isNaN()) : outside;
}

/**
 * x between `low` and `high`, the bound outside. Unlike clamp's, its derivative on a bound is 0.
 *
 * @formula y = min(max(x, low), high)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.hardtanh
 */
export function hardTanh(x: Tensor, low = -1, high = 1): Tensor {
  return where(x.le(low), low, where(x.ge(high), high, x));
}

/**
 * relu that stops at 6.
 *
 * @formula y = min(max(x, 0), 6)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.relu6
 */
export function relu6(x: Tensor): Tensor {
  return hardTanh(x, 0, 6);
}

/**
 * x where it is above 0, a small part of it elsewhere.
 *
 * @formula y = x > 0 ? x : slope·x
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.leaky_relu
 * @throws DTypeError unless x is f32 or f16.
 */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  expectFloat('leakyRelu', x);
  return where(x.gt(0), x, x.mul(slope));
}

/**
 * leakyRelu with a learned slope, one for all or one a channel (He et al., arXiv 1502.01852).
 *
 * @formula y = x > 0 ? x : weight·x
 * @shapes x [n, c, ..], weight [] or [1] or [c] → [n, c, ..]
 * @torch torch.nn.functional.prelu
 * @throws ShapeError when the weight has neither one element nor one a channel.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  expectFloat('prelu', x, weight);
  const channels = x.rank > 1 ? x.shape[1] : 1;
  if (weight.rank > 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(`prelu: expected a weight [1] or [${channels}], got ${showShape(weight.shape)} for ${showShape(x.shape)}`);
  }
  const slope = reshape(
    weight,
    x.shape.map((_, axis) => (axis === 1 ? weight.size : 1)),
  );
  return where(x.gt(0), x, x.mul(broadcastTo(slope, x.shape)));
}

/** x where it is below or at 0, else 0: what a branch for negative values sees, so that it can't overflow where it isn't taken. */
const negativePart = (x: Tensor): Tensor => where(x.gt(0), 0, x);

/**
 * Exponential linear unit (Clevert et al., arXiv 1511.07289).
 *
 * @formula y = x > 0 ? x : alpha·(eˣ − 1)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.elu
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  return where(x.gt(0), x, negativePart(x).expm1().mul(alpha));
}

/**
 * Exponential linear unit with a continuous derivative for every alpha (Barron, arXiv 1704.07483).
 *
 * @formula y = x > 0 ? x : alpha·(e^(x/alpha) − 1)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.celu
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  return where(
    x.gt(0),
    x,
    negativePart(x)
      .mul(1 / alpha)
      .expm1()
      .mul(alpha),
  );
}

/**
 * elu scaled so that activations keep mean 0 and variance 1 (Klambauer et al., arXiv 1706.02515).
 *
 * @formula y = 1.0507·(x > 0 ? x : 1.67326·(eˣ − 1))
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.selu
 */
export function selu(x: Tensor): Tensor {
  return elu(x, 1.6732632423543772).mul(1.0507009873554805);
}

/**
 * Gaussian error linear unit, or its approximation by tanh (Hendrycks & Gimpel, arXiv 1606.08415).
 *
 * @formula y = x·Φ(x) = ½·x·erfc(−x/√2); with 'tanh': ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.gelu
 */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  expectFloat('gelu', x);
  const half = x.mul(0.5);
  // By erfc, since 1 + erf would cancel in the lower tail.
  if (approximate === 'none') return half.mul(x.mul(-Math.SQRT1_2).erfc());
  const inner = x.mul(x.square().mul(0.044715).add(1)).mul(Math.sqrt(2 / Math.PI));
  return half.mul(inner.tanh().add(1));
}

/**
 * x times its logistic function, also called swish (Ramachandran et al., arXiv 1710.05941).
 *
 * @formula y = x/(1 + e⁻ˣ)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.silu
 */
export function silu(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}

/**
 * A smooth activation that isn't monotonic (Misra, arXiv 1908.08681).
 *
 * @formula y = x·tanh(ln(1 + eˣ))
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.mish
 */
export function mish(x: Tensor): Tensor {
  return x.mul(x.softplus().tanh());
}

/**
 * Piecewise linear stand-in for the logistic function.
 *
 * @formula y = min(max(x + 3, 0), 6)/6
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.hardsigmoid
 * @throws DTypeError unless x is f32 or f16.
 */
export function hardSigmoid(x: Tensor): Tensor {
  expectFloat('hardSigmoid', x);
  return relu6(x.add(3)).mul(1 / 6);
}

/**
 * x times hardSigmoid(x) (Howard et al., arXiv 1905.02244).
 *
 * @formula y = x·min(max(x + 3, 0), 6)/6
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.hardswish
 * @throws DTypeError unless x is f32 or f16.
 */
export function hardSwish(x: Tensor): Tensor {
  expectFloat('hardSwish', x);
  return x.mul(hardSigmoid(x));
}

/**
 * Bounded like tanh, with tails that fall more slowly.
 *
 * @formula y = x/(1 + |x|)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.softsign
 * @throws DTypeError unless x is f32 or f16.
 */
export function softsign(x: Tensor): Tensor {
  expectFloat('softsign', x);
  return x.div(x.abs().add(1));
}

/**
 * What tanh takes away.
 *
 * @formula y = x − tanh(x)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.tanhshrink
 */
export function tanhShrink(x: Tensor): Tensor {
  return x.sub(x.tanh());
}

/**
 * Moves values toward 0 by lambda; 0 for those nearer.
 *
 * @formula y = sign(x)·max(|x| − lambda, 0)
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.softshrink
 * @throws DTypeError unless x is f32 or f16.
 */
export function softShrink(x: Tensor, lambda = 0.5): Tensor {
  expectFloat('softShrink', x);
  return where(x.abs().le(lambda), 0, x.sub(x.sign().mul(lambda)));
}

/**
 * 0 for values within lambda of 0.
 *
 * @formula y = |x| > lambda ? x : 0
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.hardshrink
 */
export function hardShrink(x: Tensor, lambda = 0.5): Tensor {
  return where(x.abs().le(lambda), 0, x);
}

/**
 * x above a threshold, a constant elsewhere.
 *
 * @formula y = x > limit ? x : value
 * @shapes x [..] → [..]
 * @torch torch.nn.functional.threshold
 */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  return where(x.le(limit), value, x);
}

/**
 * Gated linear unit: the first half along an axis times the logistic function of the second (Dauphin et al., arXiv 1612.08083).
 *
 * @formula y = a·sigmoid(b), with x = [a, b]
 * @shapes x [.., 2·n, ..] → [.., n, ..]
 * @torch torch.nn.functional.glu
 * @throws ShapeError when the axis is of odd length.
 */
export function glu(x: Tensor, axis = -1): Tensor {
  const at = normalizeAxis('glu', axis, x.rank);
  const half = x.shape[at] / 2;
  if (!Number.isInteger(half)) throw new ShapeError(`glu: expected an even length along axis ${at}, got ${showShape(x.shape)}`);
  const part = (start: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === at ? [start, start + half] : null)),
    );
  return part(0).mul(part(half).sigmoid());
}

/**
 * The largest of every `pieces` neighbours along an axis (Goodfellow et al., arXiv 1302.4389).
 *
 * @formula y[i] = max over k < pieces of x[i·pieces + k]
 * @shapes x [.., n·pieces, ..] → [.., n, ..]
 * @torch –
 * @throws ShapeError when `pieces` doesn't divide the axis.
 */
export function maxout(x: Tensor, pieces: number, axis = 1): Tensor {
  const at = normalizeAxis('maxout', axis, x.rank);
  const count = x.shape[at] / pieces;
  if (!Number.isInteger(pieces) || pieces < 1 || !Number.isInteger(count)) {
    throw new ShapeError(`maxout: expected pieces that divide axis ${at}, got ${pieces} for ${showShape(x.shape)}`);
  }
  return max(reshape(x, [...x.shape.slice(0, at), count, pieces, ...x.shape.slice(at + 1)]), at + 1);
}

/**
 * On the line from a to b, at `weight` of the way.
 *
 * @formula y = a + weight·(b − a)
 * @shapes a [..], b [..], weight [..] → [..], broadcast
 * @torch torch.lerp
 * @throws DTypeError unless a is f32 or f16.
 */
export function lerp(a: Tensor, b: TensorLike, weight: TensorLike): Tensor {
  expectFloat('lerp', a);
  const [[, end], [, w]] = [operands(a, b), operands(a, weight)];
  const span = end.sub(a);
  // From the nearer end, so that 0 and 1 give a and b exactly.
  return where(w.abs().lt(0.5), a.add(w.mul(span)), end.sub(span.mul(w.neg().add(1))));
}

/**
 * Logarithm of the odds: the inverse of sigmoid.
 *
 * @formula y = ln(x/(1 − x))
 * @shapes x [..] → [..]
 * @torch torch.logit
 */
export function logit(x: Tensor): Tensor {
  return x.log().sub(x.neg().log1p());
}

/**
 * x·log(y), 0 where x is 0 whatever y.
 *
 * @formula z = x = 0 ? 0 : x·ln y
 * @shapes x [..], y [..] → [..], broadcast
 * @torch torch.xlogy
 */
export function xlogy(x: Tensor, y: Tensor): Tensor {
  const zero = x.eq(0).logicalAnd(y.isNaN().logicalNot());
  return where(zero, 0, x.mul(where(zero, 1, y).log()));
}

/**
 * Numbers in place of NaN and infinities.
 *
 * @formula y = x finite ? x : NaN → value, ±∞ → ±3.4028235·10³⁸ (±65504 for f16)
 * @shapes x [..] → [..]
 * @torch torch.nan_to_num
 */
export function nanToNum(x: Tensor, value = 0): Tensor {
  const limit = expectFloat('nanToNum', x) === 'f16' ? 65504 : 3.4028234663852886e38;
  return where(x.isNaN(), value, clamp(x, -limit, limit));
}
