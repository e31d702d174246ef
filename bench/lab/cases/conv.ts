import { type ConvSpec, lowerConv, lowerConvInput, lowerConvWeight, type Vector } from '../../../src/engine/ops/lower/conv.ts';
import type { Case } from '../case.ts';
import { values } from './random.ts';

/** Calls `visit` with the places in x, w and y of every product that the convolution sums. */
export function products(spec: ConvSpec, visit: (x: number, w: number, y: number) => void): void {
  const { inChannels, outChannels, groups, image, kernel, output } = spec;
  const ins = inChannels / groups;
  const outs = outChannels / groups;
  const [taps, inPlane, outPlane] = [kernel, image, output].map(([z, y, x]) => z * y * x);
  for (const p of places(output)) {
    for (const k of places(kernel)) {
      const at = p.map((place, axis) => place * spec.stride[axis]! - spec.padding[axis]! + k[axis]! * spec.dilation[axis]!);
      if (at.some((place, axis) => place < 0 || place >= image[axis]!)) continue;
      const [pixel, tap, window] = [linear(at, image), linear(k, kernel), linear(p, output)];
      for (let n = 0; n < spec.n; n++) {
        for (let o = 0; o < outChannels; o++) {
          for (let i = 0; i < ins; i++) {
            const channel = Math.floor(o / outs) * ins + i;
            visit((n * inChannels + channel) * inPlane! + pixel, (o * ins + i) * taps! + tap, (n * outChannels + o) * outPlane! + window);
          }
        }
      }
    }
  }
}

function* places([depth, height, width]: Vector): Generator<readonly number[]> {
  for (let z = 0; z < depth; z++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) yield [z, y, x];
}

const linear = ([z, y, x]: readonly number[], [, height, width]: Vector): number => (z! * height + y!) * width + x!;

interface Short {
  n?: number;
  c?: readonly [number, number];
  size?: readonly number[];
  kernel?: readonly number[];
  stride?: readonly number[];
  pad?: readonly number[];
  dilation?: readonly number[];
  groups?: number;
}

/** Axes that aren't given are of length 1, in front. */
export function specOf(short: Short): ConvSpec {
  const { n = 2, c = [3, 5], size = [7, 6], groups = 1 } = short;
  const dimensions = size.length;
  const vector = (given: readonly number[], missing: number): Vector =>
    [...new Array<number>(3 - dimensions).fill(missing), ...given] as unknown as Vector;
  const filled = (value: number) => new Array<number>(dimensions).fill(value);
  const image = vector(size, 1);
  const kernel = vector(short.kernel ?? filled(3), 1);
  const stride = vector(short.stride ?? filled(1), 1);
  const padding = vector(short.pad ?? filled(0), 0);
  const dilation = vector(short.dilation ?? filled(1), 1);
  const out = (axis: 0 | 1 | 2) =>
    Math.floor((image[axis] + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  const output: Vector = [out(0), out(1), out(2)];
  return { n, groups, inChannels: c[0], outChannels: c[1], image, kernel, stride, padding, dilation, output };
}

const shapes: readonly Short[] = [
  {},
  { pad: [1, 1] },
  { n: 5, c: [1, 4], size: [28, 28], pad: [1, 1] },
  { c: [6, 6], groups: 6, pad: [1, 1], stride: [2, 1] },
  { n: 9, c: [4, 8], size: [14, 14], pad: [1, 1] },
  { size: [9, 10], stride: [2, 2], pad: [1, 1] },
  { n: 9, c: [8, 16], size: [7, 7], pad: [1, 1] },
  { n: 9, c: [16, 32], size: [3, 3], pad: [1, 1] },
  { c: [2, 3], size: [5, 6, 7], kernel: [3, 2, 3], stride: [2, 1, 2], pad: [1, 0, 1] },
  { n: 3, c: [17, 33], size: [5, 9], pad: [1, 1] },
  { c: [2, 3], size: [9, 8], kernel: [5, 5], pad: [2, 2] },
  { c: [70, 66], size: [5, 4], kernel: [1, 1] },
  { n: 1, c: [5, 15], size: [13], kernel: [4], groups: 5, stride: [3], dilation: [2], pad: [2] },
  { size: [9, 10], stride: [3, 2], pad: [2, 1], kernel: [2, 3] },
  { size: [11, 10], dilation: [2, 3], pad: [1, 2] },
  { size: [11, 12], stride: [2, 4], dilation: [2, 6], pad: [2, 5], kernel: [3, 3] },
  { n: 1, c: [40, 2], size: [70, 66], pad: [1, 1] },
  { c: [4, 6], groups: 2, pad: [1, 1] },
  { size: [1, 1], pad: [1, 1] },
  { size: [3, 1], kernel: [3, 1] },
  { size: [17, 9], kernel: [2, 2], stride: [3, 4] },
  { n: 0 },
  { n: 1, c: [1, 1], size: [64, 64], kernel: [7, 7], stride: [2, 2], pad: [3, 3] },
  { n: 1, c: [32, 32], groups: 32, size: [9, 9], pad: [1, 1] },
  { n: 1, c: [3, 40], size: [20, 20], stride: [2, 2], pad: [1, 1] },
];

export function* convCases(): Generator<Case> {
  for (const short of shapes) {
    const spec = specOf(short);
    const name = `conv ${JSON.stringify(short)}`;
    const volume = ([z, y, x]: Vector) => z * y * x;
    const x = values(spec.n * spec.inChannels * volume(spec.image), 1);
    const w = values((spec.outChannels * spec.inChannels * volume(spec.kernel)) / spec.groups, 2);
    const dy = values(spec.n * spec.outChannels * volume(spec.output), 3);
    yield {
      name: `${name} forward`,
      launches: (traits) => lowerConv(spec, traits),
      inputs: () => [x, w],
      expected: () => {
        const y = new Float64Array(dy.length);
        products(spec, (ix, iw, iy) => {
          y[iy]! += x[ix]! * w[iw]!;
        });
        return y;
      },
    };
    yield {
      name: `${name} dx`,
      launches: (traits) => lowerConvInput(spec, traits),
      inputs: () => [dy, w],
      expected: () => {
        const dx = new Float64Array(x.length);
        products(spec, (ix, iw, iy) => {
          dx[ix]! += dy[iy]! * w[iw]!;
        });
        return dx;
      },
    };
    yield {
      name: `${name} dw`,
      launches: (traits) => lowerConvWeight(spec, traits),
      inputs: () => [x, dy],
      expected: () => {
        const dw = new Float64Array(w.length);
        products(spec, (ix, iw, iy) => {
          dw[iw]! += x[ix]! * dy[iy]!;
        });
        return dw;
      },
    };
  }
}
