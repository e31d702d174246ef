import { lowerBatchNormBackward, lowerChannelMoments } from '../../../src/engine/ops/lower/batchNorm.ts';
import { lowerGather, lowerGatherBackward } from '../../../src/engine/ops/lower/embedding.ts';
import type { Case } from '../cases.ts';
import { indices, values } from './random.ts';

export function* batchNormCases(): Generator<Case> {
  for (const [n, channels, space] of [
    [1, 1, 1],
    [4, 3, 49],
    [128, 4, 196],
    [2, 70, 9],
    [9, 5, 1],
    [0, 2, 4],
  ] as const) {
    const x = values(n * channels * space, 1).map((value) => value + 100);
    const dy = values(n * channels * space, 2);
    const channelOf = (i: number) => Math.floor(i / space) % channels;
    const mean = (terms: (i: number) => number) => {
      const sums = new Float64Array(channels);
      for (let i = 0; i < x.length; i++) sums[channelOf(i)]! += terms(i) / (n * space);
      return sums;
    };
    const means = mean((i) => x[i]!);
    const variances = mean((i) => (x[i]! - means[channelOf(i)]!) ** 2);
    const moments = Float64Array.of(...means, ...variances);
    if (n > 0) {
      yield {
        name: `channelMoments [${n}, ${channels}, ${space}]`,
        launches: (traits) => lowerChannelMoments({ n, channels, space }, traits),
        inputs: () => [x],
        tolerance: 1e-6,
        expected: () => moments,
      };
    }
    const spec = { n, channels, space, eps: 1e-3 };
    yield {
      name: `batchNorm dx [${n}, ${channels}, ${space}]`,
      launches: (traits) => lowerBatchNormBackward(spec, traits),
      inputs: () => [x, Float32Array.from(moments), dy],
      tolerance: 1e-4,
      expected: () => {
        const r = variances.map((value) => 1 / Math.sqrt(value + spec.eps));
        const y = (i: number) => (x[i]! - means[channelOf(i)]!) * r[channelOf(i)]!;
        const sums = mean((i) => dy[i]!);
        const products = mean((i) => dy[i]! * y(i));
        return Float64Array.from(x, (_, i) => r[channelOf(i)]! * (dy[i]! - sums[channelOf(i)]! - y(i) * products[channelOf(i)]!));
      },
    };
  }
}

export function* embeddingCases(): Generator<Case> {
  for (const [rows, width, count] of [
    [1, 1, 1],
    [10, 7, 100],
    [300, 33, 40],
    [5, 4, 0],
  ] as const) {
    const table = values(rows * width, 1);
    const chosen = indices(count, rows, 2);
    if (count === 40) chosen[3] = 1000;
    const dy = values(count * width, 3);
    const name = `[${rows}, ${width}] ${count}`;
    yield {
      name: `gather ${name}`,
      launches: (traits) => lowerGather({ rows, width, count }, traits),
      inputs: () => [table, chosen],
      expected: () => Float64Array.from(dy, (_, i) => table[chosen[Math.floor(i / width)]! * width + (i % width)] ?? Number.NaN),
    };
    yield {
      name: `gather dx ${name}`,
      launches: (traits) => lowerGatherBackward({ rows, width, count }, traits),
      inputs: () => [dy, chosen],
      expected: () => {
        const dtable = new Float64Array(rows * width);
        dy.forEach((value, i) => {
          const at = chosen[Math.floor(i / width)]! * width + (i % width);
          if (at < dtable.length) dtable[at]! += value;
        });
        return dtable;
      },
    };
  }
}
