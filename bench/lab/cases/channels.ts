import { lowerBatchNormBackward, lowerChannelMoments } from '../../../src/engine/ops/lower/batchNorm.ts';
import type { Case } from '../cases.ts';
import { values } from './random.ts';

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
