// What the lab times: shapes of the projects, beside those that peers were measured on.
import type { DeviceTraits, Launch } from '../../src/engine/ops/kernel.ts';
import { lowerAttention, lowerAttentionBackward } from '../../src/engine/ops/lower/attention.ts';
import { lowerBatchNorm, lowerBatchNormBackward, lowerChannelStatistics, lowerChannelSums } from '../../src/engine/ops/lower/batchNorm.ts';
import { lowerConv, lowerConvInput, lowerConvWeight, type Vector } from '../../src/engine/ops/lower/conv.ts';
import { lowerCrossEntropy, lowerCrossEntropyBackward } from '../../src/engine/ops/lower/crossEntropy.ts';
import { lowerGather } from '../../src/engine/ops/lower/gather.ts';
import { lowerGroupNorm, lowerGroupNormBackward, lowerGroupStatistics } from '../../src/engine/ops/lower/layerNorm.ts';
import { lowerMatmul } from '../../src/engine/ops/lower/matmul.ts';
import { lowerMaxPool2d, lowerMaxPool2dBackward } from '../../src/engine/ops/lower/pool2d.ts';
import { lowerSegmentSum } from '../../src/engine/ops/lower/segment.ts';
import { lowerSoftmax } from '../../src/engine/ops/lower/softmax.ts';
import { lowerSort } from '../../src/engine/ops/lower/sort.ts';
import { specOf } from './cases/conv.ts';
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
  yield* attentionTimings();
  yield* matmulTimings();
  yield* convTimings();
  yield* otherTimings();
}

function* attentionTimings(): Generator<Timing> {
  const [heads, rows, depth] = [32, 512, 64];
  const size = heads * rows * depth;
  const none = { masked: false, maskDivide: 1, maskCount: 1, maskHead: 0, maskRow: 0, maskColumn: 0, keep: 65536, stream: -1 };
  for (const causal of [false, true]) {
    const spec = { heads, rows, queries: rows, keys: rows, depth, valueDepth: depth, scale: 0.125, causal, ...none };
    const name = `attention 4×8×${rows}×${depth}${causal ? ' causal' : ''}`;
    // Of the pass as if nothing were hidden or computed anew: 2 products forward, 4 backward, half of them for dq.
    const flops = 4 * size * rows;
    const shared = { inputs: [size, size, size, size, 3 * heads * rows], flops };
    yield { name, launches: (t) => lowerAttention(spec, t), ...shared, inputs: [size, size, size], outputLength: size + 2 * heads * rows };
    yield { name: `${name} dq`, launches: (t) => lowerAttentionBackward(spec, false, t), ...shared, outputLength: size };
    yield { name: `${name} dk, dv`, launches: (t) => lowerAttentionBackward(spec, true, t), ...shared, outputLength: 2 * size };
  }
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
    const spec = { batch: 1, m, n, k, aBatches: 1, bBatches: 1, transposeA, transposeB };
    yield {
      name: `matmul ${m}×${k}${transposeA ? 'ᵀ' : ''} · ${k}×${n}${transposeB ? 'ᵀ' : ''}`,
      launches: (traits) => lowerMatmul(spec, traits),
      inputs: [m * k, k * n],
      outputLength: m * n,
      flops: 2 * m * n * k,
    };
  }
}

function* convTimings(): Generator<Timing> {
  const same = (n: number, inChannels: number, size: number, outChannels: number) => ({
    n,
    c: [inChannels, outChannels] as const,
    size: [size, size],
    pad: [1, 1],
  });
  const shapes = [
    same(128, 1, 28, 4),
    same(128, 4, 14, 8),
    same(128, 8, 7, 16),
    same(128, 16, 3, 32),
    same(128, 1, 28, 16),
    same(128, 16, 14, 32),
    same(128, 32, 7, 64),
    same(8, 64, 56, 64),
    same(16, 3, 32, 32),
    { ...same(8, 32, 28, 64), stride: [2, 2] },
    { ...same(8, 64, 28, 64), groups: 64 },
    { n: 8, c: [128, 128] as const, size: [28, 28], kernel: [1, 1] },
    { n: 2, c: [16, 16] as const, size: [16, 16, 16], pad: [1, 1, 1] },
  ];
  for (const shape of shapes) {
    const spec = specOf(shape);
    const volume = ([z, y, x]: Vector) => z * y * x;
    const x = spec.n * spec.inChannels * volume(spec.image);
    const y = spec.n * spec.outChannels * volume(spec.output);
    const w = (spec.inChannels * spec.outChannels * volume(spec.kernel)) / spec.groups;
    const name = `conv ${JSON.stringify(shape)}`;
    const flops = (2 * y * w) / spec.outChannels;
    yield { name: `${name} forward`, launches: (traits) => lowerConv(spec, traits), inputs: [x, w], outputLength: y, flops };
    yield { name: `${name} dx`, launches: (traits) => lowerConvInput(spec, traits), inputs: [y, w], outputLength: x, flops };
    yield { name: `${name} dw`, launches: (traits) => lowerConvWeight(spec, traits), inputs: [x, y], outputLength: w, flops };
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
    [1, 1048576],
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
  for (const [n, channels, space, groups] of [
    [4096, 512, 1, 1],
    [512, 4096, 1, 1],
    [16, 64, 1024, 8],
    [128, 8, 196, 0],
    [4096, 512, 1, 0],
  ] as const) {
    const spec = { n, channels, space, groups, eps: 1e-5, centred: true };
    const length = n * channels * space;
    const name = `[${n}, ${channels}, ${space}]${groups > 1 ? ` ${groups} groups` : ''}`;
    const found = 3 * (groups === 0 ? channels : n * groups);
    const whole = { outputLength: length, flops: 0 };
    const sums = (t: DeviceTraits) => lowerChannelSums(spec, t);
    if (groups === 0) {
      yield {
        name: `channelStatistics ${name}`,
        launches: (t) => lowerChannelStatistics(spec, t),
        inputs: [length],
        outputLength: found,
        flops: 0,
      };
      yield { name: `batchNorm ${name}`, launches: (t) => lowerBatchNorm(spec, {}, t), inputs: [length, found], ...whole };
      yield {
        name: `batchNorm dx ${name}`,
        launches: (t) => lowerBatchNormBackward(spec, {}, t),
        inputs: [length, found, length, found],
        ...whole,
      };
    } else {
      const affine = { weight: 1, bias: 2 };
      yield { name: `groupNorm ${name}`, launches: (t) => lowerGroupNorm(spec, affine, t), inputs: [length, channels, channels], ...whole };
      yield {
        name: `groupStatistics ${name}`,
        launches: (t) => lowerGroupStatistics(spec, t),
        inputs: [length],
        outputLength: found,
        flops: 0,
      };
      yield {
        name: `groupNorm dx ${name}`,
        launches: (t) => lowerGroupNormBackward(spec, { weight: 3 }, t),
        inputs: [length, found, length, channels],
        ...whole,
      };
    }
    yield { name: `channelSums ${name}`, launches: sums, inputs: [length, found, length], outputLength: 2 * channels, flops: 0 };
  }
  yield* indexingTimings();
}

function* indexingTimings(): Generator<Timing> {
  const [rows, width, count] = [30_000, 768, 4096];
  const chosen = indices(count, rows, 2);
  const flops = 0;
  yield {
    name: `gather [${rows}, ${width}] ${count}`,
    launches: (t) => lowerGather({ outer: 1, rows, width, count }, t),
    inputs: [rows * width, chosen],
    outputLength: count * width,
    flops,
  };
  // A few of the words are frequent, one makes a tenth of the text.
  for (const [words, tokens, columns] of [
    [30_000, 4096, 768],
    [30_000, 262_144, 64],
  ] as const) {
    const ids = indices(tokens, words, 3).map((id, i) => (i % 10 === 0 ? 17 : id));
    const order = Uint32Array.from(ids.keys()).sort((a, b) => ids[a]! - ids[b]! || a - b);
    const offsets = new Uint32Array(words + 1);
    for (const id of ids) offsets[id + 1]! += 1;
    for (let word = 0; word < words; word++) offsets[word + 1]! += offsets[word]!;
    yield {
      name: `segment sum [${words}, ${columns}] ${tokens}`,
      launches: (t) => lowerSegmentSum({ outer: 1, rows: words, width: columns, count: tokens }, t),
      inputs: [tokens * columns, order, offsets],
      outputLength: words * columns,
      flops,
    };
  }
  for (const [lines, columns, bits] of [
    [1, 1_000_000, 32],
    [1, 262_144, 15],
    [64, 30_000, 32],
    [10_000, 10, 32],
    [10_000, 100, 32],
  ] as const) {
    yield {
      name: `sort [${lines}, ${columns}] of ${bits} bits`,
      launches: (t) => lowerSort({ rows: lines, columns, bits }, t),
      inputs: [indices(lines * columns, 2 ** bits, 4)],
      outputLength: lines * columns,
      flops,
    };
  }
}
