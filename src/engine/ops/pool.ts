import { DTypeError, ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Pair, windows } from './conv.ts';
import {
  type AvgPool2dSpec,
  lowerAvgPool2d,
  lowerAvgPool2dBackward,
  lowerMaxPool2d,
  lowerMaxPool2dBackward,
  lowerMaxPool2dGather,
  type Pool2dSpec,
} from './lower/pool2d.ts';
import { type KernelOp, makeNode } from './op.ts';

export interface PoolOptions {
  /** Step between windows; the window's size unless given. */
  readonly stride?: Pair;
  readonly padding?: Pair;
  /** Distance between the elements of a window (maximum only). */
  readonly dilation?: Pair;
  /** Whether padding counts as zeros in an average. Default true, as PyTorch's. */
  readonly countIncludePad?: boolean;
}

const specOf = (node: Tensor): Pool2dSpec => node.attrs as unknown as Pool2dSpec;
const averageOf = (node: Tensor): AvgPool2dSpec => node.attrs as unknown as AvgPool2dSpec;

const maxPool2dOp: KernelOp = {
  name: 'maxPool2d',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerMaxPool2d(specOf(node), traits),
  derivative: (dy, node) => [makeNode(maxPool2dBackwardOp, [node.inputs[0], dy], node.attrs, node.inputs[0].shape, 'f32')],
};

/** dx: each window's gradient goes to its first largest element. */
const maxPool2dBackwardOp: KernelOp = {
  name: 'maxPool2dBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerMaxPool2dBackward(specOf(node), traits),
  derivative: (ddx, node) => [undefined, makeNode(maxPool2dGatherOp, [node.inputs[0], ddx], node.attrs, node.inputs[1].shape, 'f32')],
};

/** What stands at each window's largest element: linear in its second input, with maxPool2dBackward as its transpose. */
const maxPool2dGatherOp: KernelOp = {
  name: 'maxPool2dGather',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerMaxPool2dGather(specOf(node), traits),
  derivative: (dy, node) => [undefined, makeNode(maxPool2dBackwardOp, [node.inputs[0], dy], node.attrs, node.inputs[0].shape, 'f32')],
};

const avgPool2dOp: KernelOp = {
  name: 'avgPool2d',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerAvgPool2d(averageOf(node), traits),
  derivative: (dy, node) => [makeNode(avgPool2dBackwardOp, [dy], node.attrs, node.inputs[0].shape, 'f32')],
};

const avgPool2dBackwardOp: KernelOp = {
  name: 'avgPool2dBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerAvgPool2dBackward(averageOf(node), traits),
  derivative: (ddx, node) => [makeNode(avgPool2dOp, [ddx], node.attrs, node.inputs[0].shape, 'f32')],
};

/** Largest value of each window: [n, c, h, w] → [n, c, oh, ow]. Padding never wins. */
export function maxPool2d(x: Tensor, window: Pair, options: PoolOptions = {}): Tensor {
  return pool(maxPool2dOp, x, window, options);
}

/** Mean of each window: [n, c, h, w] → [n, c, oh, ow]. */
export function avgPool2d(x: Tensor, window: Pair, options: Omit<PoolOptions, 'dilation'> = {}): Tensor {
  return pool(avgPool2dOp, x, window, options);
}

function pool(op: KernelOp, x: Tensor, window: Pair, options: PoolOptions): Tensor {
  const { name } = op;
  if (x.rank !== 4) throw new ShapeError(`${name}: expected [n, channels, h, w], got ${showShape(x.shape)}`);
  if (x.dtype !== 'f32') throw new DTypeError(`${name}: expected f32, got ${x.dtype}`);
  const pair = (value: Pair): readonly [number, number] => (typeof value === 'number' ? [value, value] : value);
  const [kh, kw] = pair(window);
  const [strideH, strideW] = pair(options.stride ?? window);
  const [padH, padW] = pair(options.padding ?? 0);
  const [dilationH, dilationW] = pair(options.dilation ?? 1);
  if (![kh, kw, strideH, strideW, dilationH, dilationW].every((value) => Number.isInteger(value) && value >= 1)) {
    throw new ShapeError(`${name}: expected whole windows, strides and dilations ≥ 1`);
  }
  if (2 * padH > kh || 2 * padW > kw)
    throw new ShapeError(`${name}: expected padding of at most half the window, got ${padH}, ${padW} for ${kh}, ${kw}`);
  const [n, channels, height, width] = x.shape;
  const outHeight = windows(height, kh, strideH, padH, padH, dilationH);
  const outWidth = windows(width, kw, strideW, padW, padW, dilationW);
  if (outHeight < 1 || outWidth < 1)
    throw new ShapeError(`${name}: expected a window no larger than the padded image, got ${kh}, ${kw} for ${showShape(x.shape)}`);
  const spec: AvgPool2dSpec = {
    planes: n * channels,
    height,
    width,
    kh,
    kw,
    strideH,
    strideW,
    padTop: padH,
    padLeft: padW,
    padBottom: padH,
    padRight: padW,
    dilationH,
    dilationW,
    outHeight,
    outWidth,
    countIncludePad: options.countIncludePad ?? true,
  };
  return makeNode(op, [x], { ...spec }, [n, channels, outHeight, outWidth], 'f32');
}
