// Reductions. The planner fuses element-wise producers into the load and consumers into the store (shaders/reduce.wgsl).
import { type DType, isFloat } from '../graph/dtype.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { normalizeAxes, normalizeAxis, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { iota, literal } from './create.ts';
import { cast, stopGradient, where } from './elementwise.ts';
import { isNan } from './math.ts';
import { expand, reshape } from './movement.ts';
import { makeNode, type ReduceOp } from './op.ts';

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

// The gradient of an extremum is shared evenly among equal elements, as torch.amax does.
const extremumDerivative: ReduceOp['derivative'] = (dy, node) => {
  const [x] = node.inputs;
  const hit = cast(x.eq(expand(node, x.shape)), x.dtype);
  const count = reduce(sumOp, hit, node.attrs.axes as readonly number[], { keepDims: true });
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
  const result = list.every((axis) => x.shape[axis] === 1) ? x : makeNode(op, [x], { axes: list }, kept, x.dtype);
  return keepDims
    ? result
    : reshape(
        result,
        x.shape.filter((_, axis) => !list.includes(axis)),
      );
}

/** Sum over the given axes (all of them when none are given); 0 for no elements. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(sumOp, x, axes, options);
}

/** Largest element; NaN if there is one. Equal elements share the gradient. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(maxOp, nonEmpty('max', x, axes), axes, options);
}

/** Smallest element; NaN if there is one. Equal elements share the gradient. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce(minOp, nonEmpty('min', x, axes), axes, options);
}

function nonEmpty(name: string, x: Tensor, axes: Axes): Tensor {
  for (const axis of normalizeAxes(name, axes, x.rank)) {
    if (x.shape[axis] === 0) throw new ShapeError(`${name}: expected at least one element along axis ${axis}, got ${showShape(x.shape)}`);
  }
  return x;
}

/** Arithmetic mean. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const count = normalizeAxes('mean', axes, x.rank).reduce((product, axis) => product * x.shape[axis], 1);
  return sum(x, axes, options).mul(1 / count);
}

/** Variance, two-pass; `correction` 1 divides by n − 1 (PyTorch's default), 0 by n. */
export function variance(x: Tensor, axes?: Axes, options: ReduceOptions & { readonly correction?: number } = {}): Tensor {
  const { correction = 1 } = options;
  const count = normalizeAxes('variance', axes, x.rank).reduce((product, axis) => product * x.shape[axis], 1);
  const centred = x.sub(mean(x, axes, { keepDims: true }));
  return sum(centred.square(), axes, options).mul(1 / Math.max(0, count - correction));
}

/** log Σ exp(x), without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, { keepDims = false }: ReduceOptions = {}): Tensor {
  const peak = stopGradient(max(x, axes, { keepDims: true }));
  const shift = where(peak.abs().lt(Number.POSITIVE_INFINITY), peak, 0);
  const total = sum(x.sub(shift).exp(), axes, { keepDims: true }).log().add(shift);
  const list = normalizeAxes('logSumExp', axes, x.rank);
  return keepDims
    ? total
    : reshape(
        total,
        x.shape.filter((_, axis) => !list.includes(axis)),
      );
}

/** Index (u32) of the largest element along one axis; of the first when several are equal. */
export function argMax(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return firstIndexOf(x, max, normalizeAxis('argMax', axis, x.rank), options);
}

/** Index (u32) of the smallest element along one axis; of the first when several are equal. */
export function argMin(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return firstIndexOf(x, min, normalizeAxis('argMin', axis, x.rank), options);
}

function firstIndexOf(x: Tensor, extremum: typeof max, axis: number, options: ReduceOptions): Tensor {
  const peak = extremum(x, axis, { keepDims: true });
  // A NaN equals nothing, itself included: it is its row's extremum all the same.
  const hit = x.eq(expand(peak, x.shape)).logicalOr(x.ne(x));
  return min(where(hit, iota(x.shape, axis), x.shape[axis]), axis, options);
}
