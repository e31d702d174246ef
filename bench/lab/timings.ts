// What the lab times: shapes of the projects, beside those that peers were measured on.
import type { DeviceTraits, Launch } from '../../src/engine/ops/kernel.ts';
import { type Conv2dSpec, lowerConv2d, lowerConv2dInput, lowerConv2dWeight } from '../../src/engine/ops/lower/conv2d.ts';
import { lowerMatmul } from '../../src/engine/ops/lower/matmul.ts';
import type { Input } from './launcher.ts';

export interface Timing {
  readonly name: string;
  readonly launches: (traits: DeviceTraits) => readonly Launch[];
  /** A number stands for as many random values. */
  readonly inputs: readonly (Input | number)[];
  readonly outputLength: number;
  readonly flops: number;
}

export function* timings(): Generator<Timing> {
  yield* matmulTimings();
  yield* conv2dTimings();
}

function* matmulTimings(): Generator<Timing> {
  const shapes = [
    [512, 512, 512, false, false],
    [512, 512, 512, false, true],
    [512, 512, 512, true, false],
    [128, 10, 288, false, true],
    [10, 288, 128, true, false],
    [128, 288, 10, false, false],
    [64, 144, 25088, false, true],
    [1, 1024, 1024, false, true],
  ] as const;
  for (const [m, n, k, transposeA, transposeB] of shapes) {
    const spec = { batch: 1, m, n, k, aBatchStride: m * k, bBatchStride: k * n, transposeA, transposeB };
    yield {
      name: `matmul ${m}×${k}${transposeA ? 'ᵀ' : ''} · ${k}×${n}${transposeB ? 'ᵀ' : ''}`,
      launches: (traits) => lowerMatmul(spec, traits),
      inputs: [m * k, k * n],
      outputLength: m * n,
      flops: 2 * m * n * k,
    };
  }
}

/** A convolution with square images, an odd kernel and padding that keeps the size. */
export function sameConv(n: number, inChannels: number, size: number, outChannels: number, kernel: number): Conv2dSpec {
  const pad = (kernel - 1) / 2;
  return {
    n, inChannels, height: size, width: size, outChannels, kh: kernel, kw: kernel, strideH: 1, strideW: 1,
    padTop: pad, padLeft: pad, padBottom: pad, padRight: pad, dilationH: 1, dilationW: 1, groups: 1, outHeight: size, outWidth: size,
  };
}

function* conv2dTimings(): Generator<Timing> {
  const shapes = [
    [128, 1, 28, 4],
    [128, 4, 14, 8],
    [128, 8, 7, 16],
    [128, 16, 3, 32],
    [128, 1, 28, 16],
    [128, 16, 14, 32],
    [128, 32, 7, 64],
    [8, 64, 56, 64],
  ] as const;
  for (const [n, inChannels, size, outChannels] of shapes) {
    const spec = sameConv(n, inChannels, size, outChannels, 3);
    const x = n * inChannels * size ** 2;
    const y = n * outChannels * size ** 2;
    const w = inChannels * outChannels * 9;
    const name = `conv2d ${n}×${inChannels}×${size}×${size} 3×3 ${outChannels}`;
    const flops = 2 * y * inChannels * 9;
    yield { name: `${name} forward`, launches: (traits) => lowerConv2d(spec, traits), inputs: [x, w], outputLength: y, flops };
    yield { name: `${name} dx`, launches: (traits) => lowerConv2dInput(spec, traits), inputs: [y, w], outputLength: x, flops };
    yield { name: `${name} dw`, launches: (traits) => lowerConv2dWeight(spec, traits), inputs: [x, y], outputLength: w, flops };
  }
}
