import { beforeEach, describe, expect, it } from 'vitest';
import { makeNode } from '../../src/engine/ops/op.ts';
import {
  alphaDropout,
  bernoulli,
  categorical,
  compile,
  dropout,
  dropout2d,
  exponential,
  gradients,
  manualSeed,
  multinomial,
  ones,
  rand,
  randint,
  randn,
  randomBits,
  randomState,
  randperm,
  ShapeError,
  setRandomState,
  tensor,
  truncNormal,
} from '../../src/index.ts';
import { philox4x32 } from '../../src/random.ts';
import { randomStatistics } from './cases/random.ts';
import { checkStatistic } from './statistics.ts';

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

describe('distributions', () => {
  for (const row of randomStatistics) it([row.op, row.about].filter(Boolean).join(': '), () => checkStatistic(row));

  it('rand stays below 1; neighbours in randn are independent, and so are the halves of its pairs', async () => {
    const uniform = await rand([20_001]).data();
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...uniform)).toBeLessThan(1e-3);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(Math.max(...uniform)).toBeGreaterThan(0.999);
    const sample = await randn([3, 6667]).data();
    const half = Math.floor(sample.length / 2);
    let [next, across] = [0, 0];
    for (let i = 0; i + 1 < sample.length; i++) next += sample[i] * sample[i + 1];
    for (let i = 0; i < half; i++) across += sample[i] * sample[i + half];
    expect(Math.abs(next / sample.length)).toBeLessThan(0.03);
    expect(Math.abs(across / half)).toBeLessThan(0.04);
  });

  it('rand reaches no bound above, whatever the rounding', async () => {
    for (const [low, high] of [
      [1000, 1001],
      [-1, 0],
      [-1e-3, 1e-30],
      [-1001, -1000],
      [1e8, 1e8 + 8],
    ]) {
      const sample = Array.from(await rand([2 ** 18], { low, high }).data());
      const [least, most] = sample.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
      expect(least).toBeGreaterThanOrEqual(Math.fround(low));
      expect(most).toBeLessThan(high);
    }
    expect(await rand([2], { low: 3, high: 3 }).toArray()).toEqual([3, 3]);
  });

  it('randperm has each number once, multinomial without replacement each category', async () => {
    const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
    expect([...(await randperm(1000).data())].sort((a, b) => a - b)).toEqual(numbers(1000));
    expect([...(await randperm(0).data())]).toEqual([]);
    expect([...(await multinomial(ones([7]), 7).data())].sort((a, b) => a - b)).toEqual(numbers(7));
  });

  it('whole numbers follow from the words alone, so they are the same on every adapter', async () => {
    /** Words of the draw number `step` since the seed 1, by the host's Philox. */
    const words = (step: number, count: number) => {
      const all = new Uint32Array(count + 3);
      for (let block = 0; 4 * block < count; block++) philox4x32([block, 0, step, 0], [1, 0], all.subarray(4 * block, 4 * block + 4));
      return [...all.subarray(0, count)];
    };
    expect([...(await randint([9], -100, 100).data())]).toEqual(words(0, 9).map((word) => (word % 200) - 100));
    expect([...(await randint([3], -(2 ** 31), 2 ** 31).data())]).toEqual(words(1, 3).map((word) => (word + 2 ** 31) | 0));
    const keys = words(2, 300);
    expect([...(await randperm(300).data())]).toEqual([...keys.keys()].sort((i, j) => keys[i] - keys[j]));
    const halves = words(3, 6).flatMap((word) => [word & 0xffff, word >>> 16]);
    expect([...(await bernoulli([11], 0.5).data())]).toEqual(halves.slice(0, 11).map((half) => Number(half < 32768)));
  });
});

describe('wrong arguments are refused', () => {
  it.each<[string, () => unknown, string]>([
    ['bernoulli', () => bernoulli([2], 1.5), 'bernoulli: expected a probability from 0 to 1, got 1.5'],
    ['dropout', () => dropout(ones([2]), -0.1), 'dropout: expected a probability from 0 to 1, got -0.1'],
    ['dropout2d', () => dropout2d(ones([2]), 0.1), 'dropout2d: expected [n, channels, ..], got [2]'],
    ['alphaDropout', () => alphaDropout(ones([2]), 2), 'alphaDropout: expected a probability from 0 to 1, got 2'],
    ['rand', () => rand([2], { low: 1, high: 0 }), 'rand: expected finite low ≤ high, got 1 and 0'],
    ['exponential', () => exponential([2], { rate: 0 }), 'exponential: expected a positive rate, got 0'],
    [
      'truncNormal',
      () => truncNormal([2], { low: 1, high: 1 }),
      'truncNormal: expected a positive deviation and finite low < high, got 1, 1 and 1',
    ],
    ['randint', () => randint([2], 3, 3), 'randint: expected whole numbers low < high of i32, got 3 and 3'],
    ['randperm', () => randperm(-1), 'randperm: expected whole, non-negative dimensions, got [-1]'],
    ['categorical', () => categorical(ones([2, 0])), 'categorical: expected at least one category along the last axis, got [2, 0]'],
    ['multinomial', () => multinomial(ones([3]), 4), 'multinomial: expected a whole count up to 3, got 4'],
  ])('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
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
  });

  it('of channels drops all of one or nothing', async () => {
    const y = await dropout2d(ones([5, 7, 3, 3]), 0.5)
      .sum([2, 3])
      .data();
    expect(new Set(y)).toEqual(new Set([0, 18]));
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
