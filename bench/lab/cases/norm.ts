import {
  lowerBatchNorm,
  lowerBatchNormBackward,
  lowerChannelStatistics,
  lowerChannelSums,
} from '../../../src/engine/ops/lower/batchNorm.ts';
import { lowerGroupNorm, lowerGroupNormBackward, lowerGroupStatistics } from '../../../src/engine/ops/lower/layerNorm.ts';
import type { Case } from '../case.ts';
import { values } from './random.ts';

const SHAPES = [
  // n, channels, space, groups (0: statistics over the batch)
  [1, 1, 1, 0],
  [4, 3, 49, 0],
  [64, 4, 196, 0],
  [2, 70, 9, 0],
  [9, 5, 1, 0],
  [200, 12, 1, 0],
  [0, 2, 4, 0],
  [1, 1, 1, 1],
  [40, 10, 1, 1],
  [37, 100, 1, 1],
  [3, 4500, 1, 1],
  [2, 6, 35, 3],
  [3, 8, 36, 2],
  [4, 12, 1, 3],
  [2, 3, 700, 3],
  [0, 4, 1, 1],
] as const;

/** Means and variances of the groups, and everything made of them, in float64. */
function reference(
  x: Float32Array,
  dy: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  shape: (typeof SHAPES)[number],
  eps: number,
  centred: boolean,
) {
  const [, channels, space, groups] = shape;
  const channelOf = (i: number) => Math.floor(i / space) % channels;
  const rowOf = (i: number) =>
    groups === 0 ? channelOf(i) : Math.floor(i / (space * channels)) * groups + Math.floor(channelOf(i) / (channels / groups));
  const rows = groups === 0 ? channels : shape[0] * groups;
  const length = x.length / rows;
  const sums = (count: number, key: (i: number) => number, term: (i: number) => number) => {
    const result = new Float64Array(count);
    for (let i = 0; i < x.length; i++) result[key(i)]! += term(i);
    return result;
  };
  const mean = (term: (i: number) => number) => sums(rows, rowOf, term).map((sum) => sum / length);
  const means = centred ? mean((i) => x[i]!) : new Float64Array(rows);
  const variances = mean((i) => (x[i]! - means[rowOf(i)]!) ** 2);
  const r = variances.map((variance) => 1 / Math.sqrt(variance + eps));
  const hat = (i: number) => (x[i]! - means[rowOf(i)]!) * r[rowOf(i)]!;
  const g = (i: number) => dy[i]! * weight[channelOf(i)]!;
  const origins = Float64Array.from(means, (_, row) => (centred ? x[x.findIndex((_, i) => rowOf(i) === row)]! : 0));
  const plain = centred ? mean(g) : new Float64Array(rows);
  const products = mean((i) => g(i) * hat(i));
  return {
    y: Float64Array.from(x, (_, i) => hat(i) * weight[channelOf(i)]! + bias[channelOf(i)]!),
    statistics: Float64Array.of(...origins, ...means.map((value, row) => value - origins[row]!), ...variances),
    sums: Float64Array.of(...sums(channels, channelOf, (i) => dy[i]! * hat(i)), ...sums(channels, channelOf, (i) => dy[i]!)),
    dx: Float64Array.from(x, (_, i) => r[rowOf(i)]! * (g(i) - plain[rowOf(i)]! - hat(i) * products[rowOf(i)]!)),
  };
}

export function* normCases(): Generator<Case> {
  for (const shape of SHAPES) {
    for (const centred of shape[3] === 1 ? [true, false] : [true]) {
      const [n, channels, space, groups] = shape;
      const spec = { n, channels, space, groups, eps: 1e-3, centred };
      const x = values(n * channels * space, 1).map((value) => value + 100);
      const dy = values(x.length, 2);
      const [weight, bias] = [values(channels, 3), values(channels, 4)];
      const ones = new Float32Array(channels).fill(1);
      const known = reference(x, dy, weight, bias, shape, spec.eps, centred);
      const plain = reference(x, dy, ones, ones, shape, spec.eps, centred);
      const found = Float32Array.from(known.statistics);
      const name = `norm [${n}, ${channels}, ${space}], ${groups} groups${centred ? '' : ', not centred'}`;
      const tolerance = 1e-4;
      if (x.length > 0) {
        yield {
          name: `${name}: statistics`,
          launches: (t) => (groups === 0 ? lowerChannelStatistics(spec, t) : lowerGroupStatistics(spec, t)),
          inputs: () => [x],
          tolerance: 1e-6,
          expected: () => known.statistics,
        };
        yield {
          name: `${name}: sums`,
          launches: (t) => lowerChannelSums(spec, t),
          inputs: () => [x, found, dy],
          tolerance,
          expected: () => known.sums,
        };
      }
      yield {
        name: `${name}: forward`,
        launches: (t) => (groups === 0 ? lowerBatchNorm(spec, { weight: 2, bias: 3 }, t) : lowerGroupNorm(spec, { weight: 1, bias: 2 }, t)),
        inputs: () => (groups === 0 ? [x, found, weight, bias] : [x, weight, bias]),
        tolerance,
        expected: () => known.y,
      };
      yield {
        name: `${name}: dx`,
        launches: (t) => (groups === 0 ? lowerBatchNormBackward(spec, {}, t) : lowerGroupNormBackward(spec, { weight: 3 }, t)),
        inputs: () => (groups === 0 ? [x, found, dy, Float32Array.from(plain.sums)] : [x, found, dy, weight]),
        tolerance,
        expected: () => (groups === 0 ? plain.dx : known.dx),
      };
    }
  }
}
