// Samples of distributions, from the uniform words of random.ts.
import { ShapeError } from '../graph/errors.ts';
import { checkShape, type Shape, showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { scalar } from './create.ts';
import { cast } from './elementwise.ts';
import { literal } from './literal.ts';
import { ERFC_TAIL } from './math.ts';
import { expand, reshape, unsqueeze } from './movement.ts';
import { type ElementwiseOp, makeNode } from './op.ts';
import { orderOfKeys } from './order.ts';
import { rand, randomBits } from './random.ts';
import { argMax } from './reduce.ts';
import { topK } from './sort.ts';

/** Uniform in (0, 1), both ends excluded: the middles of 2²³ steps, which f32 holds exactly. */
const openUnit = (shape: Shape): Tensor => {
  const steps = cast(randomBits(sizeOf(shape)).shiftRight(9), 'f32');
  return reshape(steps.add(0.5).mul(2 ** -23), shape);
};

/**
 * Exponential, with the given rate.
 *
 * @formula −log(u) / rate
 * @shapes → [shape]
 * @torch torch.Tensor.exponential_
 * @throws ShapeError unless the rate is positive.
 */
export function exponential(shape: Shape, { rate = 1 }: { readonly rate?: number } = {}): Tensor {
  if (!(rate > 0)) throw new ShapeError(`exponential: expected a positive rate, got ${rate}`);
  return openUnit(shape)
    .log()
    .mul(-1 / rate);
}

/**
 * Standard Gumbel: added to logits, the place of the largest sum is a sample of their softmax (Maddison et al., arXiv 1411.0030).
 *
 * @formula −log(−log u)
 * @shapes → [shape]
 * @torch torch.distributions.Gumbel
 * @throws ShapeError for a shape that is none.
 */
export function gumbel(shape: Shape): Tensor {
  return openUnit(shape).log().neg().log().neg();
}

// Giles, "Approximating the erfinv function" (GPU Computing Gems, 2012): single precision but for the last bits.
const ERF_INV = `fn erf_inv_f32(x: f32) -> f32 {
  let w = -log((1.0 - x) * (1.0 + x));
  if (w < 5.0) {
    let s = w - 2.5;
    return x * (1.50140941 + s * (0.246640727 + s * (-0.00417768164 + s * (-0.00125372503 + s * (0.00021858087 + s * (-4.39150654e-6 + s * (-3.5233877e-6 + s * (3.43273939e-7 + s * 2.81022636e-8))))))));
  }
  let s = sqrt(w) - 3.0;
  return x * (2.83297682 + s * (1.00167406 + s * (0.00943887047 + s * (-0.0076224613 + s * (0.00573950773 + s * (-0.00367342844 + s * (0.00134934322 + s * (0.000100950558 - s * 0.000200214257))))))));
}`;

const erfInvOp: ElementwiseOp = {
  name: 'erfInv',
  kind: 'elementwise',
  cost: 20,
  helpers: [ERF_INV],
  expression: ([x]) => `erf_inv_f32(${x})`,
};

const erfcTailOp: ElementwiseOp<{ readonly from: number }> = {
  name: 'erfcTail',
  kind: 'elementwise',
  cost: 120,
  helpers: ERFC_TAIL,
  expression: ([e], node) => `erfc_tail_f32(${e}, ${literal(node.attrs.from, 'f32')})`,
};

/** ln(exp(x²)·erfc(x)) for x ≥ 1, by the continued fraction of erfc. */
function logErfcx(x: number): number {
  let fraction = 0;
  for (let n = 200; n > 0; n--) fraction = n / 2 / (x + fraction);
  return -Math.log(Math.sqrt(Math.PI) * (x + fraction));
}

/** From here on what erf leaves of 1 has too few digits. */
const TAIL = 1;

/** How far beyond `from` ≥ TAIL normal numbers of variance ½ are that lie between `from` and `to`. */
function tailBeyond(shape: Shape, from: number, to: number): Tensor {
  // The share of what lies beyond `from` that also lies beyond `to`.
  const rest = Math.exp(logErfcx(to) - logErfcx(from) - (to - from) * (to + from));
  const e = rand(shape)
    .mul(rest - 1)
    .log1p()
    .neg();
  return makeNode(erfcTailOp, [e], { from }, shape, 'f32');
}

/**
 * Normal, but for what lies outside [low, high], which is drawn again: by the inverse of the distribution function, so one draw suffices.
 *
 * @formula mean + std·√2·erf⁻¹(z), z uniform from erf((low − mean) / (std·√2)) to erf((high − mean) / (std·√2))
 * @shapes → [shape]
 * @torch torch.nn.init.trunc_normal_
 * @throws ShapeError unless the deviation is positive and low < high, both finite.
 */
export function truncNormal(
  shape: Shape,
  {
    mean = 0,
    std = 1,
    low = -2,
    high = 2,
  }: { readonly mean?: number; readonly std?: number; readonly low?: number; readonly high?: number } = {},
): Tensor {
  if (!(std > 0 && low < high && Number.isFinite(high - low))) {
    throw new ShapeError(`truncNormal: expected a positive deviation and finite low < high, got ${std}, ${low} and ${high}`);
  }
  const scale = std * Math.SQRT2;
  const [from, to] = [(low - mean) / scale, (high - mean) / scale];
  if (from >= TAIL) return tailBeyond(shape, from, to).mul(scale).add(low).clamp(low, high);
  if (to <= -TAIL) return tailBeyond(shape, -to, -from).mul(-scale).add(high).clamp(low, high);
  const [least, most] = [from, to].map((bound) => scalar(bound).erf());
  const z = rand(shape).mul(most.sub(least)).add(least);
  // Rounding may lead out of the range by a bit, or to the infinity at erf⁻¹(1).
  return makeNode(erfInvOp, [z], {}, shape, 'f32').mul(scale).add(mean).clamp(low, high);
}

/**
 * Whole numbers from low to before high, all equally likely but for high − low parts in 2³².
 *
 * @formula y ~ U{low … high − 1}
 * @shapes → i32 [shape]
 * @dtypes i32
 * @torch torch.randint
 * @throws ShapeError unless both are whole numbers of i32 and low < high.
 */
export function randint(shape: Shape, low: number, high: number): Tensor {
  const range = high - low;
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < -(2 ** 31) || high > 2 ** 31 || range < 1) {
    throw new ShapeError(`randint: expected whole numbers low < high of i32, got ${low} and ${high}`);
  }
  const bits = reshape(randomBits(sizeOf(shape)), shape);
  // Of a range of 2³² every word is a number.
  const below = range === 2 ** 32 ? bits : bits.sub(bits.div(range).mul(range));
  return below.add(low >>> 0).bitcast('i32');
}

/**
 * The numbers from 0 to n − 1 in random order.
 *
 * @formula y: 0 … n − 1, every order equally likely
 * @shapes → u32 [n]
 * @dtypes u32
 * @torch torch.randperm
 * @throws ShapeError unless n is a whole number ≥ 0.
 */
export function randperm(n: number): Tensor {
  checkShape('randperm', [n]);
  return reshape(orderOfKeys(reshape(randomBits(n), [1, n]), 32), [n]);
}

/**
 * One sample of a category a row, by its logits (Gumbel-max).
 *
 * @formula P(y = i) = softmax(logits)[i]
 * @shapes logits [.., categories] → u32 [..]
 * @torch torch.distributions.Categorical(logits=…).sample()
 * @throws ShapeError when there is no category. DTypeError when the logits are no floats.
 */
export function categorical(logits: Tensor): Tensor {
  expectCategories('categorical', logits);
  return argMax(cast(logits, 'f32').add(gumbel(logits.shape)), -1);
}

function expectCategories(op: string, x: Tensor): number {
  expectFloat(op, x);
  const categories = x.shape[x.rank - 1] ?? 0;
  if (categories === 0) throw new ShapeError(`${op}: expected at least one category along the last axis, got ${showShape(x.shape)}`);
  return categories;
}

/**
 * Samples of categories a row, by weights ≥ 0 of any sum. Without replacement each category comes once at most (Gumbel top-k: Kool et al.,
 * arXiv 1903.06059); then no more should be asked for than have a weight. With it, memory grows with count times categories.
 *
 * @formula P(y = i) = weights[i] / Σ weights
 * @shapes weights [.., categories] → u32 [.., count]
 * @torch torch.multinomial
 * @throws ShapeError unless the count is a whole number, at most the number of categories without replacement. DTypeError when the weights
 * are no floats.
 */
export function multinomial(weights: Tensor, count: number, { replacement = false }: { readonly replacement?: boolean } = {}): Tensor {
  const categories = expectCategories('multinomial', weights);
  if (!Number.isInteger(count) || count < 0 || (!replacement && count > categories)) {
    throw new ShapeError(`multinomial: expected a whole count${replacement ? '' : ` up to ${categories}`}, got ${count}`);
  }
  const logits = cast(weights, 'f32').log();
  if (!replacement) return topK(logits.add(gumbel(logits.shape)), count).indices;
  const lines = unsqueeze(logits, -2);
  return categorical(expand(lines, lines.shape.with(-2, count)));
}
