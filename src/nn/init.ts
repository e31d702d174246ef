// Starting values of parameters. Drawn on the host, from the global seed, so that they are the same on every adapter.

import { expectKind, finite } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { type Shape, sizeOf } from '../engine/graph/shape.ts';
import type { Random } from '../random.ts';
import { drawing, type Initializer, initializer } from './deferred.ts';

export type { Initializer } from './deferred.ts';

/** @throws TilegradError unless all are numbers. */
function expectNumbers(name: string, values: Readonly<Record<string, unknown>>): void {
  for (const [what, value] of Object.entries(values)) expectKind(`init.${name}`, what, value, finite);
}

const between = (low: number, high: number) => (source: Random) => low + (high - low) * source.uniform();
const around = (mean: number, std: number) => (source: Random) => mean + std * source.normal();

/** Inputs and outputs of one unit: for [out, in, ..kernel] weights, channels times kernel positions. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) throw new TilegradError(`init: expected a weight of at least two dimensions, got [${shape.join(', ')}]`);
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

export const zeros: Initializer = initializer((shape) => () => new Float32Array(sizeOf(shape)));
export const ones: Initializer = initializer((shape) => () => new Float32Array(sizeOf(shape)).fill(1));
export function constant(value: number): Initializer {
  expectNumbers('constant', { value });
  return initializer((shape) => () => new Float32Array(sizeOf(shape)).fill(value));
}
export function uniform(low: number, high: number): Initializer {
  expectNumbers('uniform', { low, high });
  return drawing(() => between(low, high));
}
export function normal(mean = 0, std = 1): Initializer {
  expectNumbers('normal', { mean, std });
  return drawing(() => around(mean, std));
}

/** U(−a, a) with a = gain·√(6 / (fanIn + fanOut)) (Glorot & Bengio, 2010). */
export function xavierUniform(gain = 1): Initializer {
  expectNumbers('xavierUniform', { gain });
  return drawing((shape) => {
    const { fanIn, fanOut } = fans(shape);
    const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
    return between(-bound, bound);
  });
}

/** N(0, σ²) with σ = gain·√(2 / (fanIn + fanOut)) (Glorot & Bengio, 2010). */
export function xavierNormal(gain = 1): Initializer {
  expectNumbers('xavierNormal', { gain });
  return drawing((shape) => {
    const { fanIn, fanOut } = fans(shape);
    return around(0, gain * Math.sqrt(2 / (fanIn + fanOut)));
  });
}

/** U(−a, a) with a = √(6 / ((1 + slope²)·fanIn)) (He et al., arXiv 1502.01852); slope is the leaky ReLU's. */
export function kaimingUniform(slope = 0): Initializer {
  expectNumbers('kaimingUniform', { slope });
  return drawing((shape) => {
    const bound = Math.sqrt(6 / ((1 + slope * slope) * fans(shape).fanIn));
    return between(-bound, bound);
  });
}

/** N(0, σ²) with σ = √(2 / ((1 + slope²)·fanIn)) (He et al., arXiv 1502.01852). */
export function kaimingNormal(slope = 0): Initializer {
  expectNumbers('kaimingNormal', { slope });
  return drawing((shape) => around(0, Math.sqrt(2 / ((1 + slope * slope) * fans(shape).fanIn))));
}

/** U(−1/√fanIn, 1/√fanIn), PyTorch's default for biases. */
export const fanInUniform = (fanIn: number): Initializer => uniform(-1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
