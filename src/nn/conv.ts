// Convolutions with a weight and a bias. Names, layouts, options and starting values are those of torch.nn.
import { either, oneOf, positive } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import * as ops from '../engine/ops/conv.ts';
import type { Pair, Triple } from '../engine/ops/sizes.ts';
import { affineLayer, countsOf, expectCall, sizesOf } from './check.ts';
import { startOf } from './deferred.ts';
import * as init from './init.ts';
import { Module, Parameter } from './module.ts';

interface LayerOptions {
  /** Whether each output channel has a value of its own that is added. Default true. */
  readonly bias?: boolean;
  /** Starting values of the weight; U(−1/√fanIn, 1/√fanIn) unless given. */
  readonly weight?: init.Initializer;
}

type ConvOptions<Size> = Omit<ops.ConvOptions<Size>, 'bias'>;
type ConvTransposeOptions<Size> = Omit<ops.ConvTransposeOptions<Size>, 'bias'>;
type ConvLayerOptions<Size> = ConvOptions<Size> & LayerOptions;
type ConvTransposeLayerOptions<Size> = ConvTransposeOptions<Size> & LayerOptions;

type Axes = 1 | 2 | 3;
const common = (axes: Axes) => ({ ...affineLayer, stride: sizesOf(axes), dilation: sizesOf(axes), groups: positive });
const PLAIN = (axes: Axes) => ({ ...common(axes), padding: either(countsOf(axes), oneOf('same', 'valid')) });
const TRANSPOSED = (axes: Axes) => ({ ...common(axes), padding: countsOf(axes), outputPadding: countsOf(axes) });

function expectConvolution(name: string, args: readonly unknown[], axes: Axes, options: typeof PLAIN | typeof TRANSPOSED): void {
  expectCall(name, args, { inChannels: positive, outChannels: positive, kernel: sizesOf(axes), options: options(axes) });
}

/** The weight, the bias, and how they apply; subclasses say which convolution. */
abstract class Convolution<Options extends { readonly groups?: number }> extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  protected readonly options: Omit<Options, keyof LayerOptions>;

  /** `channels`: the weight's first dimension, the one that the groups divide, and the layer's outputs. */
  constructor(channels: readonly [number, number, number], kernel: readonly number[], options: Options & LayerOptions) {
    super();
    const { bias = true, weight = init.kaimingUniform(Math.sqrt(5)), ...rest } = options;
    const [first, divided, outputs] = channels;
    const { groups = 1 } = rest;
    if (first % groups !== 0 || divided % groups !== 0) {
      throw new TilegradError(`${this.constructor.name}: expected channels that ${groups} groups divide, got ${first} and ${divided}`);
    }
    const shape = [first, divided / groups, ...kernel];
    this.options = rest;
    this.weight = new Parameter('weight', shape, 'f32', startOf(weight, shape));
    this.bias = bias ? new Parameter('bias', [outputs], 'f32', startOf(init.fanInUniform(init.fans(shape).fanIn), [outputs])) : undefined;
  }
}

const spread = (kernel: number | readonly number[], count: number): readonly number[] =>
  typeof kernel === 'number' ? new Array<number>(count).fill(kernel) : kernel;

/** Convolution of [n, in, l] lines; weight [out, in / groups, k]. */
export class Conv1d extends Convolution<ConvOptions<number>> {
  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvLayerOptions<number> = {}, ...more: never[]) {
    expectConvolution('Conv1d', [inChannels, outChannels, kernel, options, ...more], 1, PLAIN);
    super([outChannels, inChannels, outChannels], [kernel], options);
  }

  override forward(x: Tensor): Tensor {
    return ops.conv1d(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** Convolution of [n, in, h, w] images; weight [out, in / groups, kh, kw]. */
export class Conv2d extends Convolution<ConvOptions<Pair>> {
  constructor(inChannels: number, outChannels: number, kernel: Pair, options: ConvLayerOptions<Pair> = {}, ...more: never[]) {
    expectConvolution('Conv2d', [inChannels, outChannels, kernel, options, ...more], 2, PLAIN);
    super([outChannels, inChannels, outChannels], spread(kernel, 2), options);
  }

  override forward(x: Tensor): Tensor {
    return ops.conv2d(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** Convolution of [n, in, d, h, w] volumes; weight [out, in / groups, kd, kh, kw]. */
export class Conv3d extends Convolution<ConvOptions<Triple>> {
  constructor(inChannels: number, outChannels: number, kernel: Triple, options: ConvLayerOptions<Triple> = {}, ...more: never[]) {
    expectConvolution('Conv3d', [inChannels, outChannels, kernel, options, ...more], 3, PLAIN);
    super([outChannels, inChannels, outChannels], spread(kernel, 3), options);
  }

  override forward(x: Tensor): Tensor {
    return ops.conv3d(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** Transposed convolution of [n, in, l] lines; weight [in, out / groups, k]. */
export class ConvTranspose1d extends Convolution<ConvTransposeOptions<number>> {
  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvTransposeLayerOptions<number> = {}, ...more: never[]) {
    expectConvolution('ConvTranspose1d', [inChannels, outChannels, kernel, options, ...more], 1, TRANSPOSED);
    super([inChannels, outChannels, outChannels], [kernel], options);
  }

  override forward(x: Tensor): Tensor {
    return ops.convTranspose1d(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** Transposed convolution of [n, in, h, w] images; weight [in, out / groups, kh, kw]. */
export class ConvTranspose2d extends Convolution<ConvTransposeOptions<Pair>> {
  constructor(inChannels: number, outChannels: number, kernel: Pair, options: ConvTransposeLayerOptions<Pair> = {}, ...more: never[]) {
    expectConvolution('ConvTranspose2d', [inChannels, outChannels, kernel, options, ...more], 2, TRANSPOSED);
    super([inChannels, outChannels, outChannels], spread(kernel, 2), options);
  }

  override forward(x: Tensor): Tensor {
    return ops.convTranspose2d(x, this.weight, { ...this.options, bias: this.bias });
  }
}

/** Transposed convolution of [n, in, d, h, w] volumes; weight [in, out / groups, kd, kh, kw]. */
export class ConvTranspose3d extends Convolution<ConvTransposeOptions<Triple>> {
  constructor(inChannels: number, outChannels: number, kernel: Triple, options: ConvTransposeLayerOptions<Triple> = {}, ...more: never[]) {
    expectConvolution('ConvTranspose3d', [inChannels, outChannels, kernel, options, ...more], 3, TRANSPOSED);
    super([inChannels, outChannels, outChannels], spread(kernel, 3), options);
  }

  override forward(x: Tensor): Tensor {
    return ops.convTranspose3d(x, this.weight, { ...this.options, bias: this.bias });
  }
}
