import { describe, expect, it } from 'vitest';
import { ArrayDataset, DataLoader, Random, samplers } from '../../src/index.ts';

const counts = (order: Uint32Array, of: number) => Array.from({ length: of }, (_, i) => order.filter((sample) => sample === i).length);

describe('samplers', () => {
  it('weighted draws samples as often as their weights say', () => {
    const order = samplers.weighted([1, 0, 3], { count: 8000 }).order(new Random(1));
    const [a, b, c] = counts(order, 3);
    // Four standard deviations of a share of a quarter.
    expect(Math.abs(a - 2000)).toBeLessThan(4 * Math.sqrt(8000 * 0.25 * 0.75));
    expect([b, a + c]).toEqual([0, 8000]);
    expect(() => samplers.weighted([1, -1])).toThrow('weighted: expected weights ≥ 0, got -1 for sample 1');
    expect(() => samplers.weighted([0, 0])).toThrow('expected some weight above 0');
  });

  it('balanced draws every class as often as every other', () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : 1));
    const order = samplers.balanced(labels, { count: 4000 }).order(new Random(2));
    expect(Math.abs(order.filter((sample) => sample < 90).length - 2000)).toBeLessThan(4 * Math.sqrt(1000));
    expect(samplers.balanced(labels).length).toBe(100);
  });

  it('lengthBuckets holds every sample once, in batches of nearly one length, in a new order each epoch', () => {
    const random = new Random(3);
    const lengths = Uint32Array.from({ length: 1003 }, () => 1 + (random.uint32() % 200));
    const sampler = samplers.lengthBuckets(lengths, { batchSize: 10, pool: 25 });
    const orders = [sampler.order(new Random(1)), sampler.order(new Random(2))];
    for (const order of orders) {
      expect(order.toSorted()).toEqual(Uint32Array.from(lengths.keys()));
      const waste = Array.from({ length: 100 }, (_, b) => {
        const own = Array.from(order.subarray(10 * b, 10 * b + 10), (sample) => lengths[sample]);
        return Math.max(...own) - Math.min(...own);
      });
      // 250 are sorted together, so a batch spans about a 25th of all lengths.
      expect(waste.reduce((a, b) => a + b) / 100).toBeLessThan(16);
      const firsts = Array.from({ length: 100 }, (_, b) => lengths[order[10 * b]]);
      expect(firsts).not.toEqual(firsts.toSorted((a, b) => a - b));
    }
    expect(orders[0]).not.toEqual(orders[1]);
    expect(() => samplers.lengthBuckets(lengths, {} as never)).toThrow('lengthBuckets: expected batchSize to be a whole number > 0');
  });

  it('decide what an epoch of a loader has, and a restored one goes on in it', async () => {
    const dataset = new ArrayDataset({ x: { data: Uint8Array.from({ length: 10 }, (_, i) => i), shape: [], dtype: 'u32' } });
    const loader = () =>
      new DataLoader(dataset, { batchSize: 4, seed: 7, sampler: samplers.weighted([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], { count: 20 }) });
    const batches = [];
    const whole = loader();
    for await (const { x } of whole) batches.push([...x.data]);
    expect([whole.length, batches.length]).toEqual([5, 5]);
    expect(new Set(batches.flat()).size).toBeLessThan(20);
    const resumed = loader();
    resumed.restore({ seed: 7, length: 20, epoch: 0, index: 12 });
    const rest = [];
    for await (const { x } of resumed) rest.push([...x.data]);
    expect(rest).toEqual(batches.slice(3));
    expect(() => new DataLoader(dataset, { batchSize: 1, shuffle: true, sampler: samplers.balanced([1]) })).toThrow('shuffle or a sampler');
  });
});

describe('padding', () => {
  const ragged = new ArrayDataset({
    tokens: { data: Uint32Array.of(1, 2, 3, 4, 5, 6), shape: [], dtype: 'i32', offsets: Uint32Array.of(0, 2, 2, 6) },
    label: { data: Uint8Array.of(7, 8, 9), shape: [] },
  });

  it('fills samples up to the longest of the batch, and tells their lengths', async () => {
    for await (const batch of new DataLoader(ragged, { batchSize: 3, pad: { tokens: { value: -1 } } })) {
      expect(batch.tokens).toEqual({ data: Int32Array.of(1, 2, -1, -1, -1, -1, -1, -1, 3, 4, 5, 6), shape: [3, 4] });
      expect(batch.tokensLength).toEqual({ data: Uint32Array.of(2, 0, 4), shape: [3] });
      expect(batch.label.shape).toEqual([3]);
    }
  });

  it('rounds lengths up, and works in workers as well', async () => {
    for (const workers of [0, 1]) {
      const loader = new DataLoader(ragged, { batchSize: 2, workers, pad: { tokens: { value: 0, multiple: 3 } } });
      const shapes = [];
      for await (const { tokens } of loader) shapes.push(tokens.shape);
      await loader.close();
      expect(shapes).toEqual([
        [2, 3],
        [1, 6],
      ]);
    }
  });

  it('is asked for where samples differ and nothing pads them', async () => {
    const next = new DataLoader(ragged, { batchSize: 3 })[Symbol.asyncIterator]().next();
    await expect(next).rejects.toThrow(
      "expected every 'tokens' of a batch to have one shape, got [2] and [0]; pad it, or crop or resize images",
    );
  });
});
