// Running sums, products and extrema along an axis (shaders/scan.wgsl).
import { isFloat } from '../graph/dtype.ts';
import { DTypeError } from '../graph/errors.ts';
import { normalizeAxis, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { full } from './create.ts';
import { where } from './elementwise.ts';
import { lowerScan, type ScanSpec } from './lower/scan.ts';
import { pad, slice } from './movement.ts';
import { type Derivative, type KernelOp, makeNode, type Node } from './op.ts';

interface ScanAttrs {
  readonly axis: number;
  readonly reverse: boolean;
}

function scanOp(name: string, kind: ScanSpec['kind'], derivative: Derivative<ScanAttrs>): KernelOp<ScanAttrs> {
  return {
    name,
    kind: 'kernel',
    epilogue: true,
    lower: ({ shape, dtype, attrs: { axis, reverse } }, traits) => {
      const sizes = { outer: sizeOf(shape.slice(0, axis)), length: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
      return lowerScan({ kind, ...sizes, reverse, dtype }, traits);
    },
    derivative,
  };
}

/** `x` moved along the axis by one: what stands before each element in the order of the scan, or after it; `fill` at the end. */
function neighbour(x: Tensor, axis: number, before: boolean, fill: number): Tensor {
  const at = (entry: readonly [number, number], rest: readonly [number, number]) => x.shape.map((_, i) => (i === axis ? entry : rest));
  const [from, to] = before ? [0, x.shape[axis] - 1] : [1, x.shape[axis]];
  const kept = slice(
    x,
    x.shape.map((dim, i) => (i === axis ? [from, to] : [0, dim])),
  );
  return pad(kept, at(before ? [1, 0] : [0, 1], [0, 0]), fill);
}

/** The same for a node's input: its neighbour in the direction that its scan comes from (`before`) or goes to. */
const along = (node: Node<ScanAttrs>, x: Tensor, before: boolean, fill: number): Tensor =>
  neighbour(x, node.attrs.axis, before !== node.attrs.reverse, fill);

const cumSumOp: KernelOp<ScanAttrs> = scanOp('cumSum', 'SUM', (dy, node) => [scan(cumSumOp, dy, node.attrs.axis, !node.attrs.reverse)]);

/**
 * y[k] = a[k]·y[k − 1] + x[k]. Its gradient runs the other way: s[k] = dy[k] + a[k + 1]·s[k + 1] is dx, and da[k] = s[k]·y[k − 1].
 */
const linearScanOp: KernelOp<ScanAttrs> = scanOp('linearScan', 'LINEAR', (dy, node, [, wantA]) => {
  const dx = linearScan(dy, along(node, node.inputs[1], false, 0), node.attrs.axis, !node.attrs.reverse);
  return [dx, wantA ? dx.mul(along(node, node, true, 0)) : undefined];
});

function linearScan(x: Tensor, a: Tensor, axis: number, reverse: boolean): Tensor {
  return makeNode(linearScanOp, [x, a], { axis, reverse }, x.shape, x.dtype);
}

// y[i] has x[k] as a factor for every i ≥ k: dx[k] = y[k − 1]·Σ dy[i]·Π x[k + 1 … i], without a division, so zeros do no harm.
const cumProdOp: KernelOp<ScanAttrs> = scanOp('cumProd', 'PRODUCT', (dy, node) => {
  const sums = linearScan(dy, along(node, node.inputs[0], false, 0), node.attrs.axis, !node.attrs.reverse);
  return [sums.mul(along(node, node, true, 1))];
});

// The element that set an extremum gets the gradients up to the next that does; of equal ones the last, as in PyTorch.
const runningExtremum = (name: string, kind: 'MAXIMUM' | 'MINIMUM'): KernelOp<ScanAttrs> =>
  scanOp(name, kind, (dy, node) => {
    const [x] = node.inputs;
    const sets = x.eq(node).logicalOr(x.isNaN());
    const goesOn = where(sets, full(x.shape, 0, x.dtype), 1);
    const sums = linearScan(dy, along(node, goesOn, false, 0), node.attrs.axis, !node.attrs.reverse);
    return [where(sets, sums, 0)];
  });

const cumMaxOp = runningExtremum('cumMax', 'MAXIMUM');
const cumMinOp = runningExtremum('cumMin', 'MINIMUM');

// dx[k] = Σ dy[i]·e^(x[k] − y[i]) over i ≥ k. By the sums s[k] = dy[k] + e^(y[k] − y[k + 1])·s[k + 1], whose factors are at most 1.
const logCumSumExpOp: KernelOp<ScanAttrs> = scanOp('logCumSumExp', 'LOG_SUM_EXP', (dy, node) => {
  // Of two −∞ there is no difference: as long as nothing but −∞ was there, no gradient flows.
  const none = node.eq(Number.NEGATIVE_INFINITY);
  const fades = where(none, 0, node.sub(along(node, node, false, 0))).exp();
  const sums = linearScan(dy, fades, node.attrs.axis, !node.attrs.reverse);
  return [where(none, 0, sums.mul(where(none, 0, node.inputs[0].sub(node)).exp()))];
});

function scan(op: KernelOp<ScanAttrs>, x: Tensor, axis: number, reverse = false): Tensor {
  return makeNode(op, [x], { axis: normalizeAxis(op.name, axis, x.rank), reverse }, x.shape, x.dtype);
}

function expectNumbers(op: string, x: Tensor): void {
  if (!isFloat(x.dtype) && x.dtype !== 'i32' && x.dtype !== 'u32') throw new DTypeError(`${op}: expected numbers, got ${x.dtype}`);
}

/**
 * Running sums along an axis.
 *
 * @formula y[k] = Σ_{i ≤ k} x[i]
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.cumsum
 * @throws DTypeError for bool; ShapeError when there is no such axis.
 */
export function cumSum(x: Tensor, axis = -1): Tensor {
  expectNumbers('cumSum', x);
  return scan(cumSumOp, x, axis);
}

/**
 * Running products along an axis. The gradient is right where there are zeros, too.
 *
 * @formula y[k] = Π_{i ≤ k} x[i]
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.cumprod
 * @throws DTypeError for bool; ShapeError when there is no such axis.
 */
export function cumProd(x: Tensor, axis = -1): Tensor {
  expectNumbers('cumProd', x);
  return scan(cumProdOp, x, axis);
}

/**
 * Largest value so far along an axis; NaN from the first NaN on. Of equal values the last gets the gradient.
 *
 * @formula y[k] = max_{i ≤ k} x[i]
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.cummax
 * @throws DTypeError for bool; ShapeError when there is no such axis.
 */
export function cumMax(x: Tensor, axis = -1): Tensor {
  expectNumbers('cumMax', x);
  return scan(cumMaxOp, x, axis);
}

/**
 * Smallest value so far along an axis; NaN from the first NaN on. Of equal values the last gets the gradient.
 *
 * @formula y[k] = min_{i ≤ k} x[i]
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.cummin
 * @throws DTypeError for bool; ShapeError when there is no such axis.
 */
export function cumMin(x: Tensor, axis = -1): Tensor {
  expectNumbers('cumMin', x);
  return scan(cumMinOp, x, axis);
}

/**
 * Logarithm of running sums of exponentials along an axis, without overflow. Where nothing but −∞ was it is −∞, without a gradient.
 *
 * @formula y[k] = ln Σ_{i ≤ k} e^x[i]
 * @shapes x [..] → [..]
 * @torch torch.logcumsumexp
 * @throws DTypeError unless x is f32 or f16; ShapeError when there is no such axis.
 */
export function logCumSumExp(x: Tensor, axis = -1): Tensor {
  expectFloat('logCumSumExp', x);
  return scan(logCumSumExpOp, x, axis);
}

/**
 * For each element the product of the others along an axis, at which it is followed and preceded by running products: the gradient of a
 * product, without a division.
 */
export function productOfOthers(x: Tensor, axis: number): Tensor {
  const upTo = scan(cumProdOp, x, axis);
  const from = scan(cumProdOp, x, axis, true);
  return neighbour(upTo, axis, true, 1).mul(neighbour(from, axis, false, 1));
}
