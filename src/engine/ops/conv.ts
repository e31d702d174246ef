// Convolution in one, two and three dimensions. It is linear in both inputs, so it and its two gradients are each other's derivatives, and
// transposed convolution is the gradient with respect to the image.
import { ShapeError } from '../graph/errors.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { type ConvSpec, lowerConv, lowerConvInput, lowerConvWeight, type Vector } from './lower/conv.ts';
import { reshape } from './movement.ts';
import { type KernelOp, makeNode, type Node } from './op.ts';
import { type Pair, type Triple, wholes } from './sizes.ts';

export interface ConvOptions<Size> {
  /** Step between windows. Default 1. */
  readonly stride?: Size;
  /** Zeros on each side of the image; `same` keeps its size, `valid` is 0. Default 0. */
  readonly padding?: Size | 'same' | 'valid';
  /** Distance between kernel elements. Default 1. */
  readonly dilation?: Size;
  /** Blocks of channels that don't see each other. Default 1. */
  readonly groups?: number;
  /** [out], added to each output channel; none unless given. */
  readonly bias?: Tensor | undefined;
}

export interface ConvTransposeOptions<Size> {
  /** Distance between the windows that the elements of x fill. Default 1. */
  readonly stride?: Size;
  /** Elements cut from each side of the output. Default 0. */
  readonly padding?: Size;
  /** Elements added to the end of the output: which of the sizes that `stride` makes one. Default 0. */
  readonly outputPadding?: Size;
  /** Distance between kernel elements. Default 1. */
  readonly dilation?: Size;
  /** Blocks of channels that don't see each other. Default 1. */
  readonly groups?: number;
  /** [out], added to each output channel; none unless given. */
  readonly bias?: Tensor | undefined;
}

type Sizes = number | readonly number[];

/** [n, channels, ..] of as many axes as `like` has. */
const shaped = (like: Tensor, n: number, channels: number, sizes: Vector): Shape => [n, channels, ...sizes.slice(5 - like.rank)];

const imageShape = (like: Tensor, { n, inChannels, image }: ConvSpec) => shaped(like, n, inChannels, image);
const outputShape = (like: Tensor, { n, outChannels, output }: ConvSpec) => shaped(like, n, outChannels, output);
const weightShape = (like: Tensor, { inChannels, outChannels, groups, kernel }: ConvSpec) =>
  shaped(like, outChannels, inChannels / groups, kernel);

const withSpec = (
  op: KernelOp<ConvSpec>,
  inputs: readonly Tensor[],
  node: Node<ConvSpec>,
  shapeOf: (like: Tensor, spec: ConvSpec) => Shape,
): Tensor => makeNode(op, inputs, node.attrs, shapeOf(node, node.attrs), node.dtype);

const convOp: KernelOp<ConvSpec> = {
  name: 'conv',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerConv(node.attrs, traits),
  multiplyAdds: ({ size, inputs: [, w] }) => (size * w.size) / w.shape[0],
  derivative: (dy, node, [wantX, wantW]) => {
    const [x, w] = node.inputs;
    return [
      wantX ? withSpec(convInputOp, [dy, w], node, imageShape) : undefined,
      wantW ? withSpec(convWeightOp, [x, dy], node, weightShape) : undefined,
    ];
  },
};

/** dx from dy and w. */
const convInputOp: KernelOp<ConvSpec> = {
  name: 'convInput',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerConvInput(node.attrs, traits),
  multiplyAdds: ({ inputs: [x, w] }) => (x.size * w.size) / w.shape[0],
  derivative: (ddx, node, [wantDy, wantW]) => {
    const [dy, w] = node.inputs;
    return [
      wantDy ? withSpec(convOp, [ddx, w], node, outputShape) : undefined,
      wantW ? withSpec(convWeightOp, [ddx, dy], node, weightShape) : undefined,
    ];
  },
};

/** dw from x and dy. */
const convWeightOp: KernelOp<ConvSpec> = {
  name: 'convWeight',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerConvWeight(node.attrs, traits),
  derivative: (ddw, node, [wantX, wantDy]) => {
    const [x, dy] = node.inputs;
    return [
      wantX ? withSpec(convInputOp, [dy, ddw], node, imageShape) : undefined,
      wantDy ? withSpec(convOp, [x, ddw], node, outputShape) : undefined,
    ];
  },
};

/**
 * Convolution (cross-correlation) of a line.
 *
 * @formula y[n, o, p] = Σ_{i, k} x[n, i, p·stride − padding + k·dilation] · w[o, i, k] + bias[o]
 * @shapes x [n, in, l], w [out, in / groups, k], bias [out] → [n, out, ol]
 * @torch torch.nn.functional.conv1d
 * @dtypes f32, f16
 * @throws ShapeError when channels, groups or sizes don't fit
 */
export function conv1d(x: Tensor, w: Tensor, options: ConvOptions<number> = {}): Tensor {
  return convolve('conv1d', x, w, options, ['l']);
}

/**
 * Convolution (cross-correlation) of images.
 *
 * @formula y[n, o, p] = Σ_{i, k} x[n, i, p·stride − padding + k·dilation] · w[o, i, k] + bias[o], with p and k pairs
 * @shapes x [n, in, h, w], w [out, in / groups, kh, kw], bias [out] → [n, out, oh, ow]
 * @torch torch.nn.functional.conv2d
 * @dtypes f32, f16
 * @throws ShapeError when channels, groups or sizes don't fit
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions<Pair> = {}): Tensor {
  return convolve('conv2d', x, w, options, ['h', 'w']);
}

/**
 * Convolution (cross-correlation) of volumes.
 *
 * @formula y[n, o, p] = Σ_{i, k} x[n, i, p·stride − padding + k·dilation] · w[o, i, k] + bias[o], with p and k triples
 * @shapes x [n, in, d, h, w], w [out, in / groups, kd, kh, kw], bias [out] → [n, out, od, oh, ow]
 * @torch torch.nn.functional.conv3d
 * @dtypes f32, f16
 * @throws ShapeError when channels, groups or sizes don't fit
 */
export function conv3d(x: Tensor, w: Tensor, options: ConvOptions<Triple> = {}): Tensor {
  return convolve('conv3d', x, w, options, ['d', 'h', 'w']);
}

/**
 * Transposed convolution of a line: the gradient of conv1d with respect to its image.
 *
 * @formula y[n, o, p·stride − padding + k·dilation] += Σ_i x[n, i, p] · w[i, o, k], and bias[o] once
 * @shapes x [n, in, l], w [in, out / groups, k], bias [out] → [n, out, (l − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1]
 * @torch torch.nn.functional.conv_transpose1d
 * @dtypes f32, f16
 * @throws ShapeError when channels, groups, sizes or the output padding don't fit
 */
export function convTranspose1d(x: Tensor, w: Tensor, options: ConvTransposeOptions<number> = {}): Tensor {
  return transposed('convTranspose1d', x, w, options, ['l']);
}

/**
 * Transposed convolution of images: the gradient of conv2d with respect to its image.
 *
 * @formula y[n, o, p·stride − padding + k·dilation] += Σ_i x[n, i, p] · w[i, o, k], and bias[o] once, with p and k pairs
 * @shapes x [n, in, h, w], w [in, out / groups, kh, kw], bias [out] → [n, out, oh, ow], oh = (h − 1)·stride − 2·padding + dilation·(kh − 1) + outputPadding + 1
 * @torch torch.nn.functional.conv_transpose2d
 * @dtypes f32, f16
 * @throws ShapeError when channels, groups, sizes or the output padding don't fit
 */
export function convTranspose2d(x: Tensor, w: Tensor, options: ConvTransposeOptions<Pair> = {}): Tensor {
  return transposed('convTranspose2d', x, w, options, ['h', 'w']);
}

/**
 * Transposed convolution of volumes: the gradient of conv3d with respect to its image.
 *
 * @formula y[n, o, p·stride − padding + k·dilation] += Σ_i x[n, i, p] · w[i, o, k], and bias[o] once, with p and k triples
 * @shapes x [n, in, d, h, w], w [in, out / groups, kd, kh, kw], bias [out] → [n, out, od, oh, ow], od = (d − 1)·stride − 2·padding + dilation·(kd − 1) + outputPadding + 1
 * @torch torch.nn.functional.conv_transpose3d
 * @dtypes f32, f16
 * @throws ShapeError when channels, groups, sizes or the output padding don't fit
 */
export function convTranspose3d(x: Tensor, w: Tensor, options: ConvTransposeOptions<Triple> = {}): Tensor {
  return transposed('convTranspose3d', x, w, options, ['d', 'h', 'w']);
}

function convolve(op: string, x: Tensor, w: Tensor, options: ConvOptions<Sizes>, axes: readonly string[]): Tensor {
  const { padding = 0 } = options;
  const { stride, dilation, groups } = checked(op, x, w, options, axes, 'w [out, in / groups');
  const [n, inChannels, ...image] = x.shape;
  const [outChannels, perGroup, ...kernel] = w.shape;
  const got = `got ${showShape(x.shape)} and ${showShape(w.shape)}`;
  if (inChannels !== perGroup * groups || outChannels % groups !== 0) {
    throw new ShapeError(`${op}: expected channels that ${groups} group${groups === 1 ? '' : 's'} divide, ${got}`);
  }
  if (padding === 'same' && stride.some((step) => step !== 1)) {
    throw new ShapeError(`${op}: expected a stride of 1 with padding 'same', got ${stride}`);
  }
  const width = kernel.map((taps, axis) => dilation[axis] * (taps - 1));
  const around =
    padding === 'same' ? width : wholes(op, 'padding', padding === 'valid' ? 0 : padding, axes.length, 0).map((size) => 2 * size);
  const output = image.map((size, axis) => Math.floor((size + around[axis] - width[axis] - 1) / stride[axis]) + 1);
  if (output.some((size) => size < 1)) throw new ShapeError(`${op}: expected a kernel no larger than the padded image, ${got}`);
  const spec = specFor({ n, inChannels, outChannels, groups }, axes.length, {
    image,
    kernel,
    stride,
    padding: around.map((size) => Math.floor(size / 2)),
    dilation,
    output,
  });
  return biased(op, makeNode(convOp, [x, w], spec, outputShape(x, spec), x.dtype), options.bias);
}

function transposed(op: string, x: Tensor, w: Tensor, options: ConvTransposeOptions<Sizes>, axes: readonly string[]): Tensor {
  const { stride, dilation, groups } = checked(op, x, w, options, axes, 'w [in, out / groups');
  const padding = wholes(op, 'padding', options.padding ?? 0, axes.length, 0);
  const outputPadding = wholes(op, 'outputPadding', options.outputPadding ?? 0, axes.length, 0);
  const [n, inChannels, ...size] = x.shape;
  const [rows, perGroup, ...kernel] = w.shape;
  const got = `got ${showShape(x.shape)} and ${showShape(w.shape)}`;
  if (inChannels !== rows || inChannels % groups !== 0) {
    throw new ShapeError(`${op}: expected channels that ${groups} group${groups === 1 ? '' : 's'} divide, ${got}`);
  }
  if (outputPadding.some((more, axis) => more >= Math.max(stride[axis], dilation[axis]))) {
    throw new ShapeError(
      `${op}: expected an outputPadding smaller than stride or dilation, got ${outputPadding} for ${stride} and ${dilation}`,
    );
  }
  const image = size.map(
    (from, axis) => (from - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (kernel[axis] - 1) + outputPadding[axis] + 1,
  );
  if (image.some((to) => to < 1)) throw new ShapeError(`${op}: expected less padding than output, ${got} and padding ${padding}`);
  // The convolution that this is the gradient of goes from our output to our input.
  const spec = specFor({ n, inChannels: perGroup * groups, outChannels: inChannels, groups }, axes.length, {
    image,
    kernel,
    stride,
    padding,
    dilation,
    output: size,
  });
  return biased(op, makeNode(convInputOp, [x, w], spec, imageShape(x, spec), x.dtype), options.bias);
}

/** The sum fuses into the kernel's epilogue. */
function biased(op: string, y: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return y;
  expectFloat(op, y, bias);
  if (bias.rank !== 1 || bias.size !== y.shape[1]) {
    throw new ShapeError(`${op}: expected a bias [${y.shape[1]}], got ${showShape(bias.shape)}`);
  }
  return y.add(reshape(bias, [bias.size, ...new Array<number>(y.rank - 2).fill(1)]));
}

/** Types, ranks and options that all of them ask for. */
function checked(
  op: string,
  x: Tensor,
  w: Tensor,
  options: Omit<ConvOptions<Sizes>, 'padding'>,
  axes: readonly string[],
  weight: string,
): { stride: readonly number[]; dilation: readonly number[]; groups: number } {
  expectFloat(op, x, w);
  const rank = axes.length + 2;
  if (x.rank !== rank || w.rank !== rank || w.shape.slice(2).some((taps) => taps < 1)) {
    const kernel = axes.length === 1 ? ['k'] : axes.map((axis) => `k${axis}`);
    throw new ShapeError(
      `${op}: expected x [n, in, ${axes.join(', ')}] and ${weight}, ${kernel.join(', ')}], got ${showShape(x.shape)} and ${showShape(w.shape)}`,
    );
  }
  return {
    stride: wholes(op, 'stride', options.stride ?? 1, axes.length, 1),
    dilation: wholes(op, 'dilation', options.dilation ?? 1, axes.length, 1),
    groups: wholes(op, 'number of groups', options.groups ?? 1, 1, 1)[0],
  };
}

type Channels = Pick<ConvSpec, 'n' | 'inChannels' | 'outChannels' | 'groups'>;
type Along = Record<Exclude<keyof ConvSpec, keyof Channels>, readonly number[]>;

/** Puts axes of length 1 in front. */
function specFor(channels: Channels, dimensions: number, along: Along): ConvSpec {
  const vector = (values: readonly number[], missing: number): Vector => {
    const at = (axis: number) => values[axis + dimensions - 3] ?? missing;
    return [at(0), at(1), at(2)];
  };
  return {
    ...channels,
    image: vector(along.image, 1),
    kernel: vector(along.kernel, 1),
    stride: vector(along.stride, 1),
    padding: vector(along.padding, 0),
    dilation: vector(along.dilation, 1),
    output: vector(along.output, 1),
  };
}
