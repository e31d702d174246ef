// Reductions. The planner fuses element-wise producers into the load and consumers into the store (shaders/reduce.wgsl).
import { type DType, isFloat } from '../graph/dtype.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { normalizeAxes, normalizeAxis, showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { iota } from './create.ts';
import { cast, stopGradient, where } from './elementwise.ts';
import { literal } from './literal.ts';
import { isNan } from './math.ts';
import { expand, permute, reshape, unchanged } from './movement.ts';
import { type Derivative, makeNode, type ReduceAttrs, type ReduceOp } from './op.ts';
import { productOfOthers } from './scan.ts';

export interface ReduceOptions {
  /** Keep the reduced dimensions, 1 long. */
  readonly keepDims?: boolean;
}

type Axes = number | readonly number[] | undefined;

const lowest: Record<DType, number> = { f32: Number.NEGATIVE_INFINITY, f16: Number.NEGATIVE_INFINITY, i32: -(2 ** 31), u32: 0, bool: 0 };
const highest: Record<DType, number> = {
  f32: Number.POSITIVE_INFINITY,
  f16: Number.POSITIVE_INFINITY,
  i32: 2 ** 31 - 1,
  u32: 2 ** 32 - 1,
  bool: 1,
};

const sumOp: ReduceOp = {
  name: 'sum',
  kind: 'reduce',
  identity: (dtype) => literal(0, dtype),
  combine: () => 'a + b',
  derivative: (dy, { inputs: [x] }) => [expand(dy, x.shape)],
};

// The gradient is the product of the others, so zeros do no harm; several axes are one line.
const prodOp: ReduceOp = {
  name: 'prod',
  kind: 'reduce',
  identity: (dtype) => literal(1, dtype),
  combine: () => 'a * b',
  derivative: (dy, node) => {
    const [x] = node.inputs;
    const { axes } = node.attrs;
    const order = [...x.shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
    const moved = permute(x, order);
    const kept = moved.shape.slice(0, x.rank - axes.length);
    const others = reshape(productOfOthers(reshape(moved, [sizeOf(kept), x.size / Math.max(1, sizeOf(kept))]), 1), moved.shape);
    const back = order.map((_, axis) => order.indexOf(axis));
    return [permute(others, back).mul(expand(dy, x.shape))];
  },
};

// The gradient of an extremum is shared evenly among equal elements, as torch.amax does.
const extremumDerivative: Derivative<ReduceAttrs> = (dy, node) => {
  const [x] = node.inputs;
  const hit = cast(x.eq(expand(node, x.shape)), x.dtype);
  const count = reduce(sumOp, hit, node.attrs.axes, { keepDims: true });
  return [hit.mul(expand(dy.div(count), x.shape))];
};

const maxOp: ReduceOp = {
  name: 'max',
  kind: 'reduce',
  identity: (dtype) => literal(lowest[dtype], dtype),
  combine: (dtype) => (isFloat(dtype) ? `select(max(a, b), a + b, ${isNan('a')} || ${isNan('b')})` : 'max(a, b)'),
  derivative: extremumDerivative,
};

const minOp: ReduceOp = {
  name: 'min',
  kind: 'reduce',
  identity: (dtype) => literal(highest[dtype], dtype),
  combine: (dtype) => (isFloat(dtype) ? `select(min(a, b), a + b, ${isNan('a')} || ${isNan('b')})` : 'min(a, b)'),
  derivative: extremumDerivative,
};

function reduce(op: ReduceOp, x: Tensor, axes: Axes, { keepDims = false }: ReduceOptions): Tensor {
  if (x.dtype === 'bool') throw new DTypeError(`${op.name}: expected numbers, got bool; cast() it`);
  const list = normalizeAxes(op.name, axes, x.rank);
  const kept = x.shape.map((dim, axis) => (list.includes(axis) ? 1 : dim));
  // A reduction of dimensions that are 1 long changes nothing.
  const result = list.every((axis) => x.shape[axis] === 1) ? unchanged(x) : makeNode(op, [x], { axes: list }, kept, x.dtype);
  return keepDims
    ? result
    : reshape(
        result,
        x.shape.filter((_, axis) => !list.includes(axis)),
      );
}

/**
 * Sum over the given axes, all of them when none are given; 0 for no elements. In an order that the shape fixes, in runs short enough to
 * keep the rounding errors of 10⁷ elements below 10⁻⁶.
 *
 * @formula y = Σ x
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32
 * @torch torch.sum
 * @throws DTypeError for bool; ShapeError for an axis that isn't there or is named twice.
 */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(sumOp, x, axes, options);
}

/**
 * Product over the given axes; 1 for no elements. The gradient is right where there are zeros, too.
 *
 * @formula y = Π x
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32
 * @torch torch.prod
 * @throws DTypeError for bool; ShapeError for an axis that isn't there or is named twice.
 */
export function prod(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(prodOp, x, axes, options);
}

/**
 * Largest element; NaN if there is one. Equal elements share the gradient.
 *
 * @formula y = max x
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32
 * @torch torch.amax
 * @throws ShapeError when there are no elements.
 */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(maxOp, nonEmpty('max', x, axes), axes, options);
}

/**
 * Smallest element; NaN if there is one. Equal elements share the gradient.
 *
 * @formula y = min x
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32
 * @torch torch.amin
 * @throws ShapeError when there are no elements.
 */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(minOp, nonEmpty('min', x, axes), axes, options);
}

function nonEmpty(name: string, x: Tensor, axes: Axes): Tensor {
  for (const axis of normalizeAxes(name, axes, x.rank)) {
    if (x.shape[axis] === 0) throw new ShapeError(`${name}: expected at least one element along axis ${axis}, got ${showShape(x.shape)}`);
  }
  return x;
}

const truths = (x: Tensor): Tensor => cast(cast(x, 'bool'), 'u32');

/**
 * Whether any element is true, or another number than 0; false for no elements.
 *
 * @formula y = ∃ x ≠ 0
 * @shapes x [..] → [..] bool, without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.any
 */
export function any(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return cast(reduce(maxOp, truths(x), axes, options), 'bool');
}

/**
 * Whether all elements are true, or other numbers than 0; true for no elements.
 *
 * @formula y = ∀ x ≠ 0
 * @shapes x [..] → [..] bool, without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.all
 */
export function all(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return cast(reduce(minOp, truths(x), axes, options), 'bool');
}

/**
 * How many elements are true, or other numbers than 0.
 *
 * @formula y = |{x ≠ 0}|
 * @shapes x [..] → [..] u32, without the axes, or with 1 in their place
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.count_nonzero
 */
export function countNonzero(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(sumOp, truths(x), axes, options);
}

/** Number of elements that make one result. */
const countOf = (name: string, x: Tensor, axes: Axes): number =>
  normalizeAxes(name, axes, x.rank).reduce((product, axis) => product * x.shape[axis], 1);

/** A total by its count; NaN for none, also where a driver takes 0·∞ for 0. */
const divided = (total: Tensor, count: number): Tensor => (count > 0 ? total.mul(1 / count) : total.add(Number.NaN));

/**
 * Arithmetic mean; NaN for no elements.
 *
 * @formula y = Σ x/n
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @torch torch.mean
 * @throws DTypeError unless x is f32 or f16.
 */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  expectFloat('mean', x);
  return divided(sum(x, axes, options), countOf('mean', x, axes));
}

export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the count: 1 unless given, 0 for the variance of a whole population. */
  readonly correction?: number;
}

/**
 * Variance, in two passes; NaN when there are no more elements than `correction`.
 *
 * @formula y = Σ (x − mean)²/(n − correction)
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @torch torch.var
 * @throws DTypeError unless x is f32 or f16.
 */
export function variance(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  const { correction = 1 } = options;
  const centred = x.sub(mean(x, axes, { keepDims: true }));
  return divided(sum(centred.square(), axes, options), countOf('variance', x, axes) - correction);
}

/**
 * √Σ x² in one pass: the squares of large, middling and small numbers are added up apart, each scaled so that none over- or underflows
 * (Blue, ACM TOMS 4(1), 1978; the bounds leave room for 2³⁰ of them). The gradient at 0 is 0.
 */
const lengthOp: ReduceOp = {
  name: 'norm',
  kind: 'reduce',
  identity: () => 'vec3f()',
  combine: () => 'a + b',
  total: {
    type: 'vec3f',
    bytes: 16,
    code: `fn totalOf(x: Value) -> Total {
  let size = abs(x);
  let large = size > 0x1p48f;
  let small = size < 0x1p-60f;
  let scaled = size * select(select(1f, 0x1p100f, small), 0x1p-90f, large);
  return select(vec3f(), vec3f(scaled * scaled), vec3<bool>(large, !(large || small), small));
}
fn result(total: Total) -> Value {
  let roots = sqrt(total);
  let middle = roots.y * 0x1p-90f;
  let tiny = roots.z * 0x1p-100f;
  let rest = select(sqrt(total.y + tiny * tiny), tiny, total.y == 0f);
  return select(sqrt(total.x + middle * middle) * 0x1p90f, rest, total.x == 0f);
}`,
  },
  derivative: (dy, node) => {
    const [x] = node.inputs;
    const { inverse } = powersOf2(node);
    const length = where(node.eq(0), 1, node.mul(inverse));
    return [expand(dy, x.shape).mul(x.mul(expand(inverse, x.shape)).div(expand(length, x.shape)))];
  },
};

/**
 * Standard deviation, without overflow on the way. Its gradient is 0 where all elements are equal.
 *
 * @formula y = √(Σ (x − mean)²/(n − correction))
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @torch torch.std
 * @throws DTypeError unless x is f32 or f16.
 */
export function std(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  const { correction = 1, ...dims } = options;
  expectFloat('std', x);
  const values = cast(x, 'f32');
  const length = norm(values.sub(mean(values, axes, { keepDims: true })), 2, axes, dims);
  const count = countOf('std', x, axes) - correction;
  return cast(count > 0 ? length.mul(1 / Math.sqrt(count)) : length.add(Number.NaN), x.dtype);
}

/**
 * Length of vectors: the p-norm, for any p, without overflow on the way; 0 counts what isn't 0, ∞ and −∞ give the largest and the smallest size. Its gradient is 0 where
 * it has none, as at 0.
 *
 * @formula y = (Σ |x|ᵖ)^(1/p)
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @torch torch.linalg.vector_norm
 * @throws DTypeError unless x is f32 or f16.
 */
export function norm(x: Tensor, p = 2, axes?: Axes, options: ReduceOptions = {}): Tensor {
  expectFloat('norm', x);
  if (p === Number.POSITIVE_INFINITY) return max(x.abs(), axes, options);
  if (p === Number.NEGATIVE_INFINITY) return min(x.abs(), axes, options);
  if (p === 0) return sum(cast(x.ne(0), x.dtype), axes, options);
  if (p === 1 || countOf('norm', x, axes) === 1) return sum(x.abs(), axes, options);
  if (x.size === 0) return p < 0 ? min(x.abs(), axes, options) : sum(x, axes, options);
  const values = cast(x, 'f32');
  if (p === 2) return cast(reduce(lengthOp, values, axes, options), x.dtype);
  const { scale, inverse } = powersOf2((p > 0 ? max : min)(values.abs(), axes, { keepDims: true }));
  const scaled = values.mul(expand(inverse, x.shape));
  const length = rootOfPowers(scaled, p, axes, options);
  return cast(length.mul(reshape(scale, length.shape)), x.dtype);
}

/** The power of 2 at most as large as each value, and its inverse, without a gradient; neither is 0, subnormal or infinite. */
function powersOf2(values: Tensor): { readonly scale: Tensor; readonly inverse: Tensor } {
  const bits = stopGradient(values).bitcast('i32').bitAnd(0x7f800000).maximum(0x00800000).minimum(0x7e800000);
  return { scale: stopGradient(bits.bitcast('f32')), inverse: stopGradient(bits.neg().add(0x7f000000).bitcast('f32')) };
}

/** (Σ |x|ᵖ)^(1/p), where the sum is 0, or infinite for p < 0, flat. */
function rootOfPowers(x: Tensor, p: number, axes: Axes, options: ReduceOptions): Tensor {
  const zero = x.eq(0);
  const powers = where(zero, p > 0 ? 0 : Number.POSITIVE_INFINITY, where(zero, 1, x.abs()).pow(p));
  const total = sum(powers, axes, options);
  const none = total.eq(p > 0 ? 0 : Number.POSITIVE_INFINITY);
  return where(none, 0, where(none, 1, total).pow(1 / p));
}

/**
 * Logarithm of the sum of exponentials, without overflow. Of nothing, or nothing but −∞, it is −∞, without a gradient.
 *
 * @formula y = ln Σ eˣ
 * @shapes x [..] → [..] without the axes, or with 1 in their place
 * @torch torch.logsumexp
 * @throws DTypeError unless x is f32 or f16.
 */
export function logSumExp(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  expectFloat('logSumExp', x);
  const peak = stopGradient(reduce(maxOp, x, axes, { keepDims: true }));
  const shift = where(peak.abs().lt(Number.POSITIVE_INFINITY), peak, 0);
  const sums = sum(x.sub(shift).exp(), axes, { keepDims: true });
  const none = sums.eq(0);
  const total = where(none, Number.NEGATIVE_INFINITY, where(none, 1, sums).log().add(shift));
  const list = normalizeAxes('logSumExp', axes, x.rank);
  return keepDims
    ? total
    : reshape(
        total,
        x.shape.filter((_, axis) => !list.includes(axis)),
      );
}

/**
 * Index of the largest element along one axis: of the first when several are equal, of the first NaN if there is one.
 *
 * @formula y = argmax x
 * @shapes x [.., n, ..] → [.., ..] u32
 * @dtypes f32, f16, i32, u32
 * @torch torch.argmax
 * @throws ShapeError when there is no such axis, or nothing along it.
 */
export function argMax(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return firstIndexOf(x, max, normalizeAxis('argMax', axis, x.rank), options);
}

/**
 * Index of the smallest element along one axis: of the first when several are equal, of the first NaN if there is one.
 *
 * @formula y = argmin x
 * @shapes x [.., n, ..] → [.., ..] u32
 * @dtypes f32, f16, i32, u32
 * @torch torch.argmin
 * @throws ShapeError when there is no such axis, or nothing along it.
 */
export function argMin(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return firstIndexOf(x, min, normalizeAxis('argMin', axis, x.rank), options);
}

function firstIndexOf(x: Tensor, extremum: typeof max, axis: number, options: ReduceOptions): Tensor {
  const peak = extremum(x, axis, { keepDims: true });
  // A NaN equals nothing, itself included: it is its row's extremum all the same.
  const hit = x.eq(expand(peak, x.shape)).logicalOr(x.ne(x));
  return min(where(hit, iota(x.shape, axis), x.shape[axis]), axis, options);
}
