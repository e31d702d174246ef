// Two-dimensional convolution and its two gradients. Each is linear in both inputs, so the three ops are each other's derivatives.
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { type Conv2dSpec, lowerConv2d, lowerConv2dInput, lowerConv2dWeight } from './lower/conv2d.ts';
import { type KernelOp, makeNode } from './op.ts';

export type Pair = number | readonly [number, number];

export interface Conv2dOptions {
  /** Step between windows, rows and columns. Default 1. */
  readonly stride?: Pair;
  /** Zeros around the image; `same` keeps its size at stride 1. Default 0. */
  readonly padding?: Pair | 'same';
  /** Distance between kernel elements. Default 1. */
  readonly dilation?: Pair;
  /** Blocks of channels that don't see each other. Default 1. */
  readonly groups?: number;
}

const asPair = (value: Pair): readonly [number, number] => (typeof value === 'number' ? [value, value] : value);

const specOf = (node: Tensor): Conv2dSpec => node.attrs as unknown as Conv2dSpec;
const withSpec = (op: KernelOp, inputs: readonly Tensor[], like: Tensor, shape: readonly number[]): Tensor =>
  makeNode(op, inputs, like.attrs, shape, 'f32');
const inputShape = ({ n, inChannels, height, width }: Conv2dSpec) => [n, inChannels, height, width];
const weightShape = ({ inChannels, outChannels, kh, kw, groups }: Conv2dSpec) => [outChannels, inChannels / groups, kh, kw];
const outputShape = ({ n, outChannels, outHeight, outWidth }: Conv2dSpec) => [n, outChannels, outHeight, outWidth];

const conv2dOp: KernelOp = {
  name: 'conv2d',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerConv2d(specOf(node), traits),
  derivative: (dy, node, [wantX, wantW]) => {
    const [x, w] = node.inputs;
    return [
      wantX ? withSpec(conv2dInputOp, [dy, w], node, inputShape(specOf(node))) : undefined,
      wantW ? withSpec(conv2dWeightOp, [x, dy], node, weightShape(specOf(node))) : undefined,
    ];
  },
};

/** dx from dy and w. */
const conv2dInputOp: KernelOp = {
  name: 'conv2dInput',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerConv2dInput(specOf(node), traits),
  derivative: (ddx, node, [wantDy, wantW]) => {
    const [dy, w] = node.inputs;
    return [
      wantDy ? withSpec(conv2dOp, [ddx, w], node, outputShape(specOf(node))) : undefined,
      wantW ? withSpec(conv2dWeightOp, [ddx, dy], node, weightShape(specOf(node))) : undefined,
    ];
  },
};

/** dw from x and dy. */
const conv2dWeightOp: KernelOp = {
  name: 'conv2dWeight',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerConv2dWeight(specOf(node), traits),
  derivative: (ddw, node, [wantX, wantDy]) => {
    const [x, dy] = node.inputs;
    return [
      wantX ? withSpec(conv2dInputOp, [dy, ddw], node, inputShape(specOf(node))) : undefined,
      wantDy ? withSpec(conv2dOp, [x, ddw], node, outputShape(specOf(node))) : undefined,
    ];
  },
};

/** Positions of a window of `kernel` elements along `size` elements. */
export function windows(size: number, kernel: number, stride: number, before: number, after: number, dilation: number): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/**
 * Cross-correlation of x [n, in, h, w] with w [out, in / groups, kh, kw] → [n, out, oh, ow] (torch.nn.functional.conv2d, without bias).
 * @throws ShapeError when channels, groups or sizes don't fit.
 */
export function conv2d(x: Tensor, w: Tensor, options: Conv2dOptions = {}): Tensor {
  const { padding = 0, groups = 1 } = options;
  const [strideH, strideW] = asPair(options.stride ?? 1);
  const [dilationH, dilationW] = asPair(options.dilation ?? 1);
  if (x.dtype !== 'f32' || w.dtype !== 'f32') throw new DTypeError(`conv2d: expected two f32 tensors, got ${x.dtype} and ${w.dtype}`);
  const got = `got ${showShape(x.shape)} and ${showShape(w.shape)}`;
  if (x.rank !== 4 || w.rank !== 4) throw new ShapeError(`conv2d: expected x [n, in, h, w] and w [out, in / groups, kh, kw], ${got}`);
  const [n, inChannels, height, width] = x.shape;
  const [outChannels, perGroup, kh, kw] = w.shape;
  if (!Number.isInteger(groups) || groups < 1 || inChannels !== perGroup * groups || outChannels % groups !== 0) {
    throw new ShapeError(`conv2d: expected channels that ${groups} group${groups === 1 ? '' : 's'} divide, ${got}`);
  }
  const positive = [strideH, strideW, dilationH, dilationW].every((value) => Number.isInteger(value) && value >= 1);
  if (!positive) throw new ShapeError('conv2d: expected whole strides and dilations ≥ 1');
  const [[padTop, padBottom], [padLeft, padRight]] =
    padding === 'same'
      ? [halves(dilationH * (kh - 1)), halves(dilationW * (kw - 1))]
      : asPair(padding).map((size): [number, number] => [size, size]);
  const outHeight = windows(height, kh, strideH, padTop, padBottom, dilationH);
  const outWidth = windows(width, kw, strideW, padLeft, padRight, dilationW);
  if (outHeight < 1 || outWidth < 1) throw new ShapeError(`conv2d: expected a kernel no larger than the padded image, ${got}`);
  const spec: Conv2dSpec = {
    n,
    inChannels,
    height,
    width,
    outChannels,
    kh,
    kw,
    strideH,
    strideW,
    padTop,
    padLeft,
    padBottom,
    padRight,
    dilationH,
    dilationW,
    groups,
    outHeight,
    outWidth,
  };
  return makeNode(conv2dOp, [x, w], { ...spec }, outputShape(spec), 'f32');
}

const halves = (total: number): [number, number] => [Math.floor(total / 2), Math.ceil(total / 2)];
