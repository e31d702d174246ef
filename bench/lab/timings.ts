// What the lab times: shapes of the projects, beside those that peers were measured on.
import type { DeviceTraits, Launch } from '../../src/engine/ops/kernel.ts';
import { lowerBatchNormBackward, lowerChannelMoments } from '../../src/engine/ops/lower/batchNorm.ts';
import { type Conv2dSpec, lowerConv2d, lowerConv2dInput, lowerConv2dWeight } from '../../src/engine/ops/lower/conv2d.ts';
import { lowerCrossEntropy, lowerCrossEntropyBackward } from '../../src/engine/ops/lower/crossEntropy.ts';
import { lowerGather, lowerGatherBackward } from '../../src/engine/ops/lower/embedding.ts';
import { lowerLayerNorm, lowerLayerNormBackward } from '../../src/engine/ops/lower/layerNorm.ts';
import { lowerMatmul } from '../../src/engine/ops/lower/matmul.ts';
import { lowerMaxPool2d, lowerMaxPool2dBackward } from '../../src/engine/ops/lower/pool2d.ts';
import { lowerSoftmax } from '../../src/engine/ops/lower/softmax.ts';
import { indices } from './cases/random.ts';
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
  yield* otherTimings();
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
    n,
    inChannels,
    height: size,
    width: size,
    outChannels,
    kh: kernel,
    kw: kernel,
    strideH: 1,
    strideW: 1,
    padTop: pad,
    padLeft: pad,
    padBottom: pad,
    padRight: pad,
    dilationH: 1,
    dilationW: 1,
    groups: 1,
    outHeight: size,
    outWidth: size,
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

function* otherTimings(): Generator<Timing> {
  for (const [planes, size] of [
    [512, 28],
    [1024, 14],
    [2048, 7],
  ] as const) {
    const out = Math.floor(size / 2);
    const spec = {
      planes,
      height: size,
      width: size,
      kh: 2,
      kw: 2,
      strideH: 2,
      strideW: 2,
      padTop: 0,
      padLeft: 0,
      padBottom: 0,
      padRight: 0,
      dilationH: 1,
      dilationW: 1,
      outHeight: out,
      outWidth: out,
      adaptive: false,
    };
    const [x, y] = [planes * size ** 2, planes * out ** 2];
    const name = `maxPool2d ${planes}×${size}×${size} 2×2`;
    yield { name, launches: (traits) => lowerMaxPool2d(spec, traits), inputs: [x], outputLength: y, flops: 0 };
    yield { name: `${name} dx`, launches: (traits) => lowerMaxPool2dBackward(spec, traits), inputs: [x, y], outputLength: x, flops: 0 };
  }
  for (const [rows, classes] of [
    [128, 10],
    [4096, 512],
    [512, 4096],
  ] as const) {
    const length = rows * classes;
    const labels = indices(rows, classes, 1);
    const spec = { rows, columns: classes, inner: 1, smoothing: 0 };
    const name = `[${rows}, ${classes}]`;
    const shared = { outputLength: length, flops: 0 };
    yield {
      name: `crossEntropy ${name}`,
      launches: (t) => lowerCrossEntropy(spec, t),
      inputs: [length, labels],
      ...shared,
      outputLength: rows,
    };
    yield {
      name: `crossEntropy dx ${name}`,
      launches: (t) => lowerCrossEntropyBackward(spec, t),
      inputs: [length, labels, rows],
      ...shared,
    };
    yield {
      name: `softmax ${name}`,
      launches: (t) => lowerSoftmax({ rows, columns: classes, inner: 1, log: false }, t),
      inputs: [length],
      ...shared,
    };
  }
  const norm = { rows: 512, columns: 768, eps: 1e-5 };
  const length = norm.rows * norm.columns;
  yield { name: 'layerNorm [512, 768]', launches: (t) => lowerLayerNorm(norm, t), inputs: [length], outputLength: length, flops: 0 };
  yield {
    name: 'layerNorm dx [512, 768]',
    launches: (t) => lowerLayerNormBackward(norm, t),
    inputs: [length, length],
    outputLength: length,
    flops: 0,
  };
  const batch = { n: 128, channels: 8, space: 196, eps: 1e-5 };
  const size = 128 * 8 * 196;
  yield {
    name: 'channelMoments [128, 8, 196]',
    launches: (t) => lowerChannelMoments(batch, t),
    inputs: [size],
    outputLength: 16,
    flops: 0,
  };
  yield {
    name: 'batchNorm dx [128, 8, 196]',
    launches: (t) => lowerBatchNormBackward(batch, t),
    inputs: [size, 16, size],
    outputLength: size,
    flops: 0,
  };
  const table = { rows: 30000, width: 768, count: 4096 };
  const chosen = indices(4096, 30000, 2);
  const [all, some] = [30000 * 768, 4096 * 768];
  yield { name: 'gather [30000, 768] 4096', launches: (t) => lowerGather(table, t), inputs: [all, chosen], outputLength: some, flops: 0 };
  yield {
    name: 'gather dx [30000, 768] 4096',
    launches: (t) => lowerGatherBackward(table, t),
    inputs: [some, chosen],
    outputLength: all,
    flops: 0,
  };
}
