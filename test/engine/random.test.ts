import { beforeEach, describe, expect, it } from 'vitest';
import { philox4x32 } from '../../src/data/random.ts';
import { makeNode } from '../../src/engine/ops/op.ts';
import {
  bernoulli,
  compile,
  dropout,
  gradients,
  manualSeed,
  ones,
  rand,
  randn,
  randomBits,
  randomState,
  setRandomState,
  tensor,
} from '../../src/index.ts';
import { erf } from './reference.ts';

beforeEach(() => manualSeed(1));

const hex = (words: ArrayLike<number>) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join(' ');

describe('Philox4x32-10', () => {
  it('gives the known answers of Random123', async () => {
    manualSeed(0);
    expect(hex(await randomBits(4).data())).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const out = new Uint32Array(4);
    philox4x32([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [2 ** 32 - 1, 2 ** 32 - 1], out);
    expect(hex(out)).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  });

  it('on the GPU equals the one on the host, for any seed, step, stream and length', async () => {
    const { op } = randomBits(1);
    for (const [seedLow, seedHigh, stepLow, stepHigh, stream, count] of [
      [0xdeadbeef, 0x12345, 77, 0, 0, 7],
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 13],
      [1, 0, 0, 1, 5, 1025],
    ]) {
      const key = tensor(Uint32Array.of(seedLow, seedHigh, stepLow, stepHigh));
      const found = await makeNode(op as Parameters<typeof makeNode>[0], [key], { stream }, [count], 'u32').data();
      const expected = new Uint32Array(count + 3);
      for (let block = 0; 4 * block < count; block++) {
        philox4x32([block, stream, stepLow, stepHigh], [seedLow, seedHigh], expected.subarray(4 * block, 4 * block + 4));
      }
      expect(hex(found)).toBe(hex(expected.slice(0, count)));
    }
  });
});

/** Largest distance between the sample's distribution and `cumulative` (Kolmogorov, Smirnov), times √n. Over 1.95 in one of 1,000. */
function distance(sample: ArrayLike<number>, cumulative: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let largest = 0;
  sorted.forEach((x, i) => {
    largest = Math.max(largest, Math.abs(cumulative(x) - i / sorted.length), Math.abs(cumulative(x) - (i + 1) / sorted.length));
  });
  return largest * Math.sqrt(sorted.length);
}

function moments(sample: ArrayLike<number>): { mean: number; variance: number } {
  const list = Array.from(sample);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  return { mean, variance: list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length };
}

describe('distributions', () => {
  it('rand is uniform in [0, 1), or in a range', async () => {
    const sample = await rand([20_001]).data();
    expect(Math.min(...sample)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...sample)).toBeLessThan(1);
    expect(distance(sample, (x) => x)).toBeLessThan(1.95);
    const { mean, variance } = moments(await rand([10_000], { low: -3, high: 5 }).data());
    expect(Math.abs(mean - 1)).toBeLessThan(0.1);
    expect(Math.abs(variance - 64 / 12)).toBeLessThan(0.2);
  });

  it('randn is normal, with neighbours independent', async () => {
    const sample = await randn([3, 6667]).data();
    expect(sample).toHaveLength(20_001);
    expect(distance(sample, (x) => 0.5 * (1 + erf(x / Math.SQRT2)))).toBeLessThan(1.95);
    const half = Math.floor(sample.length / 2);
    let [next, across] = [0, 0];
    for (let i = 0; i + 1 < sample.length; i++) next += sample[i] * sample[i + 1];
    for (let i = 0; i < half; i++) across += sample[i] * sample[i + half];
    expect(Math.abs(next / sample.length)).toBeLessThan(0.03);
    expect(Math.abs(across / half)).toBeLessThan(0.04);
    const { mean, variance } = moments(await randn([10_000], { mean: 2, std: 3 }).data());
    expect(Math.abs(mean - 2)).toBeLessThan(0.12);
    expect(Math.abs(variance - 9)).toBeLessThan(0.5);
  });

  it('bernoulli has its rate; 0 and 1 are certain', async () => {
    for (const p of [0, 0.1, 0.5, 1]) {
      const { mean } = moments(await bernoulli([101, 99], p).data());
      expect(Math.abs(mean - p)).toBeLessThan(p === 0 || p === 1 ? 1e-12 : 0.02);
    }
    expect(() => bernoulli([2], 1.5)).toThrow(/expected a probability from 0 to 1, got 1.5/);
  });
});

describe('dropout', () => {
  it('drops its share and scales the rest; gradients have the same mask', async () => {
    const x = ones([99, 101]);
    const run = compile(() => {
      const input = tensor(new Float32Array(9999).fill(1), [99, 101]);
      const y = dropout(input, 0.3);
      return [y, ...gradients(y.sum(), [input])];
    });
    const [y, dx] = await Promise.all(run().map((value) => value.data()));
    const kept = Math.round(0.7 * 65536) / 65536;
    expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / kept)]));
    expect(Math.abs(y.filter((value) => value === 0).length / 9999 - 0.3)).toBeLessThan(0.02);
    expect(dx).toEqual(y);
    expect(dropout(x, 0)).toBe(x);
    expect(new Set(await dropout(x, 1).data())).toEqual(new Set([0]));
    expect(() => dropout(x, -0.1)).toThrow(/expected a probability/);
  });
});

describe('seeds and steps', () => {
  const draw = compile(() => [randomBits(8), randomBits(8)] as const);
  const words = async () => (await Promise.all(draw().map((x) => x.data()))).map(hex);

  it('draws differ from each other and from step to step, and come again with the seed', async () => {
    const first = [...(await words()), ...(await words()), ...(await words())];
    expect(new Set(first).size).toBe(6);
    manualSeed(1);
    expect([...(await words()), ...(await words()), ...(await words())]).toEqual(first);
    manualSeed(2);
    expect(await words()).not.toEqual(first.slice(0, 2));
  });

  it('a saved place is taken up again', async () => {
    await words();
    const saved = randomState();
    const after = [await words(), await words()];
    setRandomState(saved);
    expect([await words(), await words()]).toEqual(after);
  });

  it('outside compiled functions each draw is fresh', async () => {
    const [a, b] = [hex(await randomBits(4).data()), hex(await randomBits(4).data())];
    expect(a).not.toBe(b);
    const kept = rand([4]);
    expect(await kept.data()).toEqual(await kept.data());
  });

  it('seeds outside 0 … 2^53 − 1 are refused', () => {
    expect(() => manualSeed(-1)).toThrow(/from 0 to 2\^53 − 1, got -1/);
    expect(() => manualSeed(1.5)).toThrow(/got 1.5/);
  });
});
