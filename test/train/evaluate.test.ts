import { describe, expect, it } from 'vitest';
import { ArrayDataset } from '../../src/data/dataset.ts';
import { DataLoader } from '../../src/data/loader.ts';
import { evaluate, metrics, nn, type Tensor, tensor, zeros } from '../../src/index.ts';
import type { Metric } from '../../src/train/metrics/metric.ts';

/** Counts what it is told to. */
const counted = (of: (batch: { readonly x: Tensor }) => Tensor): Metric<{ readonly x: Tensor }> => ({
  sums: (batch) => ({ sum: of(batch) }),
  value: ({ sum }, samples) => ({ sum: Array.from(sum), samples }),
});

describe('evaluate', () => {
  it('takes batches of a loader, and of any shape', async () => {
    const data = Float32Array.from({ length: 33 }, (_, i) => i);
    const loader = new DataLoader(new ArrayDataset({ x: { data, shape: [3] } }), { batchSize: 4 });
    type Batch = { readonly x: Tensor };
    const measured = [metrics.mean(({ x }: Batch) => ({ mean: x.mean() })), metrics.means(({ x }: Batch) => ({ columns: x.mean(0) }))];
    expect(await evaluate(loader, measured)).toEqual({ mean: 16, columns: [15, 16, 17] });
    // Again, compiled already; nothing of the first remains.
    expect(await evaluate(loader, measured)).toEqual({ mean: 16, columns: [15, 16, 17] });
  });

  it('counts beyond what f32 can hold', async () => {
    // 70 batches of 2²⁰ + 1: 70 more than a multiple of 2²⁰, read in two parts.
    const size = 2 ** 20 + 1;
    const batches = Array.from({ length: 70 }, () => ({ x: zeros([1]) }));
    const found = await evaluate(batches, [counted(({ x }) => x.expand([size]).eq(0).countNonzero())]);
    expect(found.sum).toEqual([70 * size]);
    expect(Math.fround(70 * size)).not.toBe(70 * size);
  });

  it('keeps negative whole numbers, truths and halves of f32', async () => {
    const batches = [{ x: tensor([-5, 2]) }, { x: tensor([1.5, -7]) }];
    expect((await evaluate(batches, [counted(({ x }) => x.floor().cast('i32').sum())])).sum).toEqual([-9]);
    expect((await evaluate(batches, [counted(({ x }) => x.lt(0))])).sum).toEqual([1, 1]);
    expect((await evaluate(batches, [counted(({ x }) => x)])).sum).toEqual([-3.5, -5]);
  });

  it('does not mix two evaluations that run at once', async () => {
    const measured = [counted(({ x }) => x.sum())];
    const of = (value: number) =>
      evaluate(
        Array.from({ length: 3 }, () => ({ x: tensor([value]) })),
        measured,
      );
    const found = await Promise.all([of(1), of(10), of(100)]);
    expect(found.map(({ sum }) => sum)).toEqual([[3], [30], [300]]);
  });

  it('begins anew after one that failed', async () => {
    const measured = [counted(({ x }) => x.sum())];
    const failing = function* () {
      yield { x: tensor([5]) };
      throw new Error('no more');
    };
    await expect(evaluate(failing(), measured)).rejects.toThrow('no more');
    expect((await evaluate([{ x: tensor([1]) }], measured)).sum).toEqual([1]);
  });

  it('sees weights and the mode of a model as they are', async () => {
    const model = new nn.Linear(1, 1, { bias: false });
    const measured = [counted(({ x }) => model.forward(x.reshape([-1, 1])).sum())];
    model.weight.set(new Float32Array([2]));
    expect((await evaluate([{ x: tensor([1, 2]) }], measured)).sum).toEqual([6]);
    model.weight.set(new Float32Array([3]));
    expect((await evaluate([{ x: tensor([1, 2]) }], measured)).sum).toEqual([9]);
  });

  it('says what is wrong', async () => {
    await expect(evaluate([], [counted(({ x }) => x)])).rejects.toThrow('evaluate: expected at least one batch, got none');
    await expect(evaluate([{ x: zeros([1]) }], [])).rejects.toThrow('expected its second argument to be metrics, one at least');
    const twice = [counted(({ x }) => x), counted(({ x }) => x)];
    await expect(evaluate([{ x: zeros([1]) }], twice)).rejects.toThrow("evaluate: two metrics have a result 'sum'; name one apart");
    expect(await evaluate([{ x: zeros([1]) }], [twice[0], metrics.named('other', twice[1])])).toEqual({
      sum: [0],
      samples: 1,
      'other sum': [0],
      'other samples': 1,
    });
    const grows = [{ x: zeros([1]) }, { x: zeros([2]) }];
    await expect(evaluate(grows, [counted(({ x }) => x)])).rejects.toThrow(
      "expected the sum 'sum' of every batch to have one shape, got [1] and [2]",
    );
    const rows: Metric<{ readonly x: Tensor }> = { rows: ({ x }) => ({ x: x.sum() }), value: () => ({}) };
    await expect(evaluate([{ x: zeros([2]) }], [rows])).rejects.toThrow("expected rows 'x' of 2 samples, got []");
  });
});
