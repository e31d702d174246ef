// Windows of images as columns of a matrix, and back. Both only move elements, so they become index arithmetic in the kernels that read them.
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expand, reshape } from './movement.ts';
import { type MovementOp, makeNode } from './op.ts';
import { sum } from './reduce.ts';
import { type Pair, wholes } from './sizes.ts';

export interface UnfoldOptions {
  /** Step between windows. Default 1. */
  readonly stride?: Pair;
  /** Zeros on each side of the image. Default 0. */
  readonly padding?: Pair;
  /** Distance between the elements of a window. Default 1. */
  readonly dilation?: Pair;
}

interface WindowSpec {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly image: readonly number[];
  readonly output: readonly number[];
}

/** From images that are repeated for each place in a window, [n, c, kh, kw, h, w], to columns [n, c·kh·kw, windows]. */
const takeWindowsOp: MovementOp<WindowSpec> = {
  name: 'takeWindows',
  kind: 'movement',
  locate: ([n, row, window], node) => {
    const { kernel, stride, padding, dilation, image, output } = node.attrs;
    const taps = [`(${row} / ${kernel[1]}u % ${kernel[0]}u)`, `(${row} % ${kernel[1]}u)`];
    const windows = [`(${window} / ${output[1]}u)`, `(${window} % ${output[1]}u)`];
    // Before the image the u32 difference wraps to a large number, which the one comparison catches as well.
    const pixels = taps.map((tap, axis) => `(${windows[axis]} * ${stride[axis]}u + ${tap} * ${dilation[axis]}u - ${padding[axis]}u)`);
    const inside = pixels.map((pixel, axis) => `${pixel} < ${image[axis]}u`).join(' && ');
    return [{ input: 0, coordinates: [n, `(${row} / ${kernel[0] * kernel[1]}u)`, ...taps, ...pixels], inside }];
  },
  derivative: (dy, node) => [makeNode(placeWindowsOp, [dy], node.attrs, node.inputs[0].shape, dy.dtype)],
};

/** The other way; 0 where no window has that pixel in that place. */
const placeWindowsOp: MovementOp<WindowSpec> = {
  name: 'placeWindows',
  kind: 'movement',
  locate: ([n, channel, ...at], node) => {
    const { kernel, stride, padding, dilation, output } = node.attrs;
    const starts = [0, 1].map((axis) => `(${at[axis + 2]} + ${padding[axis]}u - ${at[axis]} * ${dilation[axis]}u)`);
    const windows = starts.map((start, axis) => `(${start} / ${stride[axis]}u)`);
    const inside = starts.map((start, axis) => `${windows[axis]} < ${output[axis]}u && ${start} % ${stride[axis]}u == 0u`).join(' && ');
    const row = `((${channel} * ${kernel[0]}u + ${at[0]}) * ${kernel[1]}u + ${at[1]})`;
    return [{ input: 0, coordinates: [n, row, `(${windows[0]} * ${output[1]}u + ${windows[1]})`], inside }];
  },
  derivative: (dy, node) => [makeNode(takeWindowsOp, [dy], node.attrs, node.inputs[0].shape, dy.dtype)],
};

/**
 * Windows of images as columns (im2col).
 *
 * @formula y[n, (c, ky, kx), (oy, ox)] = x[n, c, oy·stride − padding + ky·dilation, ox·stride − padding + kx·dilation], 0 outside
 * @shapes x [n, c, h, w] → [n, c·kh·kw, windows]
 * @torch torch.nn.functional.unfold
 * @dtypes any
 * @throws ShapeError when x has another rank or a window is larger than the padded image
 */
export function unfold(x: Tensor, kernelSize: Pair, options: UnfoldOptions = {}): Tensor {
  if (x.rank !== 4) throw new ShapeError(`unfold: expected [n, channels, h, w], got ${showShape(x.shape)}`);
  const [n, channels, ...image] = x.shape;
  const spec = windowsOf('unfold', image, kernelSize, options);
  const { kernel, output } = spec;
  const repeated = expand(reshape(x, [n, channels, 1, 1, ...image]), [n, channels, ...kernel, ...image]);
  return makeNode(takeWindowsOp, [repeated], spec, [n, channels * kernel[0] * kernel[1], output[0] * output[1]], x.dtype);
}

/**
 * Adds up columns of windows to images (col2im): the gradient of unfold.
 *
 * @formula y[n, c, oy·stride − padding + ky·dilation, ox·stride − padding + kx·dilation] += x[n, (c, ky, kx), (oy, ox)]
 * @shapes x [n, c·kh·kw, windows] → [n, c, h, w], where [h, w] is outputSize
 * @torch torch.nn.functional.fold
 * @dtypes any number
 * @throws ShapeError when x doesn't have the rows and columns that the windows of such images make
 */
export function fold(x: Tensor, outputSize: Pair, kernelSize: Pair, options: UnfoldOptions = {}): Tensor {
  const image = wholes('fold', 'output size', outputSize, 2, 1);
  const spec = windowsOf('fold', image, kernelSize, options);
  const { kernel, output } = spec;
  const taps = kernel[0] * kernel[1];
  const windows = output[0] * output[1];
  if (x.rank !== 3 || x.shape[1] % taps !== 0 || x.shape[2] !== windows) {
    throw new ShapeError(`fold: expected [n, channels · ${taps}, ${windows}] for images of ${image}, got ${showShape(x.shape)}`);
  }
  const [n, rows] = x.shape;
  return sum(makeNode(placeWindowsOp, [x], spec, [n, rows / taps, ...kernel, ...image], x.dtype), [2, 3]);
}

function windowsOf(op: string, image: readonly number[], kernelSize: Pair, options: UnfoldOptions): WindowSpec {
  const kernel = wholes(op, 'kernel size', kernelSize, 2, 1);
  const stride = wholes(op, 'stride', options.stride ?? 1, 2, 1);
  const padding = wholes(op, 'padding', options.padding ?? 0, 2, 0);
  const dilation = wholes(op, 'dilation', options.dilation ?? 1, 2, 1);
  const output = image.map((size, i) => Math.floor((size + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1);
  if (output.some((size) => size < 1)) {
    throw new ShapeError(`${op}: expected a window no larger than the padded image, got ${kernel} for ${image}`);
  }
  return { kernel, stride, padding, dilation, image, output };
}
