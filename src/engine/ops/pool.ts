// Pooling. Everything is the two-dimensional kernel: one dimension is an image of which windows take in one row each, and in three dimensions
// maxima and averages of planes are pooled once more in depth.
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { where } from './elementwise.ts';
import {
  type AvgPool2dSpec,
  lowerAvgPool2d,
  lowerAvgPool2dBackward,
  lowerMaxPool2d,
  lowerMaxPool2dBackward,
  lowerMaxPool2dGather,
  lowerMaxPool2dIndices,
} from './lower/pool2d.ts';
import { reshape } from './movement.ts';
import { type KernelOp, makeNode, type Node } from './op.ts';
import { mean } from './reduce.ts';
import { type Pair, type Triple, wholes } from './sizes.ts';

export interface MaxPoolOptions<Size> {
  /** Step between windows; the window's size unless given. */
  readonly stride?: Size;
  /** Rows and columns around the image that no window's maximum comes from; at most half a window. */
  readonly padding?: Size;
  /** Distance between the elements of a window. */
  readonly dilation?: Size;
  /** Whether a last window that reaches beyond the padded image counts. Default false. */
  readonly ceilMode?: boolean;
}

export interface AvgPoolOptions<Size> extends Omit<MaxPoolOptions<Size>, 'dilation'> {
  /** Whether padding counts as zeros in an average. Default true, as PyTorch's. */
  readonly countIncludePad?: boolean;
}

const like = (op: KernelOp<AvgPool2dSpec>, inputs: readonly Tensor[], node: Node<AvgPool2dSpec>, shape: readonly number[]): Tensor =>
  makeNode(op, inputs, node.attrs, shape, inputs[0].dtype);

const maxPool2dOp: KernelOp<AvgPool2dSpec> = {
  name: 'maxPool2d',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerMaxPool2d(node.attrs, traits),
  derivative: (dy, node) => [like(maxPool2dBackwardOp, [node.inputs[0], dy], node, node.inputs[0].shape)],
};

const maxPool2dIndicesOp: KernelOp<AvgPool2dSpec> = {
  name: 'maxPool2dIndices',
  kind: 'kernel',
  lower: (node, traits) => lowerMaxPool2dIndices(node.attrs, traits),
};

/** dx: each window's gradient goes to its first largest element. */
const maxPool2dBackwardOp: KernelOp<AvgPool2dSpec> = {
  name: 'maxPool2dBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerMaxPool2dBackward(node.attrs, traits),
  derivative: (ddx, node) => [undefined, like(maxPool2dGatherOp, [node.inputs[0], ddx], node, node.inputs[1].shape)],
};

/** What stands at each window's largest element: linear in its second input, with maxPool2dBackward as its transpose. */
const maxPool2dGatherOp: KernelOp<AvgPool2dSpec> = {
  name: 'maxPool2dGather',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerMaxPool2dGather(node.attrs, traits),
  derivative: (dy, node) => [undefined, like(maxPool2dBackwardOp, [node.inputs[0], dy], node, node.inputs[0].shape)],
};

const avgPool2dOp: KernelOp<AvgPool2dSpec> = {
  name: 'avgPool2d',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerAvgPool2d(node.attrs, traits),
  derivative: (dy, node) => [like(avgPool2dBackwardOp, [dy], node, node.inputs[0].shape)],
};

const avgPool2dBackwardOp: KernelOp<AvgPool2dSpec> = {
  name: 'avgPool2dBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerAvgPool2dBackward(node.attrs, traits),
  derivative: (ddx, node) => [like(avgPool2dOp, [ddx], node, node.inputs[0].shape)],
};

/** The windows along one axis. */
interface Windows {
  readonly length: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
  readonly count: number;
}

/** Each element is a window. */
const single = (length: number): Windows => ({ length, kernel: 1, stride: 1, before: 0, after: 0, dilation: 1, count: length });

/** Pools the last two dimensions. */
function pool(
  op: KernelOp<AvgPool2dSpec>,
  x: Tensor,
  rows: Windows,
  columns: Windows,
  rule: { countIncludePad?: boolean; adaptive?: boolean } = {},
): Tensor {
  const spec: AvgPool2dSpec = {
    planes: x.size / (rows.length * columns.length),
    height: rows.length,
    width: columns.length,
    kh: rows.kernel,
    kw: columns.kernel,
    strideH: rows.stride,
    strideW: columns.stride,
    padTop: rows.before,
    padLeft: columns.before,
    padBottom: rows.after,
    padRight: columns.after,
    dilationH: rows.dilation,
    dilationW: columns.dilation,
    outHeight: rows.count,
    outWidth: columns.count,
    countIncludePad: rule.countIncludePad ?? true,
    adaptive: rule.adaptive ?? false,
  };
  const dtype = op === maxPool2dIndicesOp ? 'u32' : x.dtype;
  return makeNode(op, [x], spec, [...x.shape.slice(0, -2), rows.count, columns.count], dtype);
}

const AXES = ['length', 'h, w', 'd, h, w'];

function checkInput(name: string, x: Tensor, dimensions: number): readonly number[] {
  expectFloat(name, x);
  const sizes = x.shape.slice(2);
  if (x.rank !== dimensions + 2 || sizes.includes(0)) {
    throw new ShapeError(`${name}: expected [n, channels, ${AXES[dimensions - 1]}] with elements, got ${showShape(x.shape)}`);
  }
  return sizes;
}

/** The windows along each of the last axes. */
function windowsOf(name: string, x: Tensor, window: Size, options: MaxPoolOptions<Size>, dimensions: number): Windows[] {
  const sizes = checkInput(name, x, dimensions);
  const kernel = wholes(name, 'window', window, dimensions, 1);
  const stride = wholes(name, 'stride', options.stride ?? window, dimensions, 1);
  const padding = wholes(name, 'padding', options.padding ?? 0, dimensions, 0);
  const dilation = wholes(name, 'dilation', options.dilation ?? 1, dimensions, 1);
  return sizes.map((length, axis): Windows => {
    const reach = (kernel[axis] - 1) * dilation[axis] + 1;
    const pad = padding[axis];
    if (2 * pad > reach) throw new ShapeError(`${name}: expected padding of at most half the window, got ${padding} for ${kernel}`);
    const steps = (length + 2 * pad - reach) / stride[axis];
    let count = (options.ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would begin in the padding behind the image is none.
    if (options.ceilMode && (count - 1) * stride[axis] >= length + pad) count--;
    if (count < 1) {
      throw new ShapeError(`${name}: expected a window no larger than the padded image, got ${kernel} for ${showShape(x.shape)}`);
    }
    // A window that begins in the padding may step over the image.
    for (let o = 0; o < count && o * stride[axis] < pad; o++) {
      const outside = pad - o * stride[axis];
      const first = Math.ceil(outside / dilation[axis]) * dilation[axis];
      if (first < reach && first - outside < length) continue;
      throw new ShapeError(
        `${name}: expected windows with an element of the image, got windows ${kernel} with padding ${padding} and dilation ${dilation} for ${showShape(x.shape)}`,
      );
    }
    return { length, kernel: kernel[axis], stride: stride[axis], before: pad, after: pad, dilation: dilation[axis], count };
  });
}

type Size = number | readonly number[];

function pool3d(
  op: KernelOp<AvgPool2dSpec>,
  x: Tensor,
  [depth, rows, columns]: readonly Windows[],
  rule: { countIncludePad?: boolean } = {},
): Tensor {
  const planes = pool(op, x, rows, columns, rule);
  const flat = reshape(planes, [...x.shape.slice(0, 3), rows.count * columns.count]);
  return reshape(pool(op, flat, depth, single(rows.count * columns.count), rule), [
    ...x.shape.slice(0, 2),
    depth.count,
    ...planes.shape.slice(3),
  ]);
}

/**
 * Largest value of each window; padding never wins, NaN does. The gradient goes to the first largest element.
 *
 * @formula y[o] = max_{k < window} x[o·stride − padding + k·dilation]
 * @shapes x [n, c, length] → [n, c, o]
 * @torch torch.nn.functional.max_pool1d
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function maxPool1d(x: Tensor, window: number, options: MaxPoolOptions<number> = {}): Tensor {
  const [columns] = windowsOf('maxPool1d', x, window, options, 1);
  return pool(maxPool2dOp, x, single(x.shape[1]), columns);
}

/**
 * Largest value of each window; padding never wins, NaN does. The gradient goes to the first largest element.
 *
 * @formula y[o] = max_{k < window} x[o·stride − padding + k·dilation], for rows and columns
 * @shapes x [n, c, h, w] → [n, c, oh, ow]
 * @torch torch.nn.functional.max_pool2d
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function maxPool2d(x: Tensor, window: Pair, options: MaxPoolOptions<Pair> = {}): Tensor {
  const [rows, columns] = windowsOf('maxPool2d', x, window, options, 2);
  return pool(maxPool2dOp, x, rows, columns);
}

/**
 * Largest value of each window, and where it stands: its index in its image plane, row · w + column (the first of equal ones).
 *
 * @formula values[o] = x[indices[o]] = max_{k < window} x[o·stride − padding + k·dilation]
 * @shapes x [n, c, h, w] → values and indices (u32), both [n, c, oh, ow]
 * @torch torch.nn.functional.max_pool2d_with_indices
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function maxPool2dWithIndices(
  x: Tensor,
  window: Pair,
  options: MaxPoolOptions<Pair> = {},
): { readonly values: Tensor; readonly indices: Tensor } {
  const [rows, columns] = windowsOf('maxPool2dWithIndices', x, window, options, 2);
  return { values: pool(maxPool2dOp, x, rows, columns), indices: pool(maxPool2dIndicesOp, x, rows, columns) };
}

/**
 * Largest value of each window; padding never wins, NaN does. The gradient goes to the first largest element.
 *
 * @formula y[o] = max_{k < window} x[o·stride − padding + k·dilation], for depth, rows and columns
 * @shapes x [n, c, d, h, w] → [n, c, od, oh, ow]
 * @torch torch.nn.functional.max_pool3d
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function maxPool3d(x: Tensor, window: Triple, options: MaxPoolOptions<Triple> = {}): Tensor {
  return pool3d(maxPool2dOp, x, windowsOf('maxPool3d', x, window, options, 3));
}

/**
 * Mean of each window.
 *
 * @formula y[o] = (1 / count) Σ_{k < window} x[o·stride − padding + k]; count is the window's size, or its part inside without countIncludePad
 * @shapes x [n, c, length] → [n, c, o]
 * @torch torch.nn.functional.avg_pool1d
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function avgPool1d(x: Tensor, window: number, options: AvgPoolOptions<number> = {}): Tensor {
  const [columns] = windowsOf('avgPool1d', x, window, options, 1);
  return pool(avgPool2dOp, x, single(x.shape[1]), columns, options);
}

/**
 * Mean of each window.
 *
 * @formula y[o] = (1 / count) Σ_{k < window} x[o·stride − padding + k], for rows and columns; count is the window's size, or its part
 *   inside without countIncludePad
 * @shapes x [n, c, h, w] → [n, c, oh, ow]
 * @torch torch.nn.functional.avg_pool2d
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function avgPool2d(x: Tensor, window: Pair, options: AvgPoolOptions<Pair> = {}): Tensor {
  const [rows, columns] = windowsOf('avgPool2d', x, window, options, 2);
  return pool(avgPool2dOp, x, rows, columns, options);
}

/**
 * Mean of each window.
 *
 * @formula y[o] = (1 / count) Σ_{k < window} x[o·stride − padding + k], for depth, rows and columns; count is the window's size, or its
 *   part inside without countIncludePad
 * @shapes x [n, c, d, h, w] → [n, c, od, oh, ow]
 * @torch torch.nn.functional.avg_pool3d
 * @throws ShapeError when the window doesn't fit, padding is more than half of it, or a window has no element
 */
export function avgPool3d(x: Tensor, window: Triple, options: AvgPoolOptions<Triple> = {}): Tensor {
  return pool3d(avgPool2dOp, x, windowsOf('avgPool3d', x, window, options, 3), options);
}

export type LpPoolOptions<Size> = Pick<MaxPoolOptions<Size>, 'stride' | 'ceilMode'>;

/**
 * p-norm of each window: p = 1 is its sum. Where Σ xᵖ is 0 the gradient is 0.
 *
 * @formula y[o] = (Σ_{k < window} x[o·stride + k]^p)^(1/p)
 * @shapes x [n, c, length] → [n, c, o]
 * @torch torch.nn.functional.lp_pool1d
 * @throws ShapeError when the window doesn't fit, or p isn't positive
 */
export function lpPool1d(x: Tensor, p: number, window: number, options: LpPoolOptions<number> = {}): Tensor {
  const [columns] = windowsOf('lpPool1d', x, window, options, 1);
  return lpNorm('lpPool1d', x, p, window, (powers) => pool(avgPool2dOp, powers, single(x.shape[1]), columns));
}

/**
 * p-norm of each window: p = 1 is its sum. Where Σ xᵖ is 0 the gradient is 0.
 *
 * @formula y[o] = (Σ_{k < window} x[o·stride + k]^p)^(1/p), for rows and columns
 * @shapes x [n, c, h, w] → [n, c, oh, ow]
 * @torch torch.nn.functional.lp_pool2d
 * @throws ShapeError when the window doesn't fit, or p isn't positive
 */
export function lpPool2d(x: Tensor, p: number, window: Pair, options: LpPoolOptions<Pair> = {}): Tensor {
  const [rows, columns] = windowsOf('lpPool2d', x, window, options, 2);
  return lpNorm('lpPool2d', x, p, rows.kernel * columns.kernel, (powers) => pool(avgPool2dOp, powers, rows, columns));
}

function lpNorm(name: string, x: Tensor, p: number, count: number, average: (powers: Tensor) => Tensor): Tensor {
  if (!(p > 0)) throw new ShapeError(`${name}: expected p > 0, got ${p}`);
  const total = average(x.pow(p)).mul(count);
  const empty = total.eq(0);
  return where(empty, 0, where(empty, 1, total).pow(1 / p));
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Windows that share out an axis among `count` outputs, as PyTorch's adaptive pooling does; equal ones are plain windows. */
function shares(length: number, count: number): Windows & { readonly adaptive: boolean } {
  const rest = length % count;
  // The largest of ⌈(o + 1)·length / count⌉ − ⌊o·length / count⌋, where o·length / count has every fraction in steps of gcd / count.
  const kernel = Math.floor(length / count) + (rest === 0 ? 0 : rest > gcd(rest, count) ? 2 : 1);
  return { ...single(length), kernel, stride: kernel, count, adaptive: rest !== 0 };
}

function adaptive(op: KernelOp<AvgPool2dSpec>, x: Tensor, rows: ReturnType<typeof shares>, columns: ReturnType<typeof shares>): Tensor {
  return pool(op, x, rows, columns, { countIncludePad: false, adaptive: rows.adaptive || columns.adaptive });
}

/**
 * Means of `outputSize` windows that share out the axis; neighbours overlap where they must.
 *
 * @formula y[o] = mean of x[⌊o·length / size⌋ … ⌈(o + 1)·length / size⌉ − 1]
 * @shapes x [n, c, length] → [n, c, size]
 * @torch torch.nn.functional.adaptive_avg_pool1d
 * @throws ShapeError when x has another rank, or the size isn't whole and positive
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: number): Tensor {
  const [length] = checkInput('adaptiveAvgPool1d', x, 1);
  const [size] = wholes('adaptiveAvgPool1d', 'size', outputSize, 1, 1);
  return adaptive(avgPool2dOp, x, shares(x.shape[1], x.shape[1]), shares(length, size));
}

/**
 * Means of windows that share out the image; neighbours overlap where they must. A size of 1 is the mean of the image (global pooling).
 *
 * @formula y[o] = mean of x[⌊o·h / size⌋ … ⌈(o + 1)·h / size⌉ − 1], for rows and columns
 * @shapes x [n, c, h, w] → [n, c, oh, ow]
 * @torch torch.nn.functional.adaptive_avg_pool2d
 * @throws ShapeError when x has another rank, or sizes aren't whole and positive
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: Pair): Tensor {
  const [height, width] = checkInput('adaptiveAvgPool2d', x, 2);
  const [outHeight, outWidth] = wholes('adaptiveAvgPool2d', 'size', outputSize, 2, 1);
  // Few long sums: a reduction has more threads for them.
  if (outHeight * outWidth === 1) return mean(x, [2, 3], { keepDims: true });
  return adaptive(avgPool2dOp, x, shares(height, outHeight), shares(width, outWidth));
}

/**
 * Maxima of windows that share out the axis; neighbours overlap where they must.
 *
 * @formula y[o] = max of x[⌊o·length / size⌋ … ⌈(o + 1)·length / size⌉ − 1]
 * @shapes x [n, c, length] → [n, c, size]
 * @torch torch.nn.functional.adaptive_max_pool1d
 * @throws ShapeError when x has another rank, or the size isn't whole and positive
 */
export function adaptiveMaxPool1d(x: Tensor, outputSize: number): Tensor {
  const [length] = checkInput('adaptiveMaxPool1d', x, 1);
  const [size] = wholes('adaptiveMaxPool1d', 'size', outputSize, 1, 1);
  return adaptive(maxPool2dOp, x, shares(x.shape[1], x.shape[1]), shares(length, size));
}

/**
 * Maxima of windows that share out the image; neighbours overlap where they must.
 *
 * @formula y[o] = max of x[⌊o·h / size⌋ … ⌈(o + 1)·h / size⌉ − 1], for rows and columns
 * @shapes x [n, c, h, w] → [n, c, oh, ow]
 * @torch torch.nn.functional.adaptive_max_pool2d
 * @throws ShapeError when x has another rank, or sizes aren't whole and positive
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: Pair): Tensor {
  const [height, width] = checkInput('adaptiveMaxPool2d', x, 2);
  const [outHeight, outWidth] = wholes('adaptiveMaxPool2d', 'size', outputSize, 2, 1);
  return adaptive(maxPool2dOp, x, shares(height, outHeight), shares(width, outWidth));
}
