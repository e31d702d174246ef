// The perceptron twice: plain arrays and the engine go the same way; whole small runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compile, losses, manualSeed, optim, runInMemory, type Tensor, tensor } from '../../src/index.ts';
import { standardised } from '../../src/projects/shared/photographs.ts';
import { PlainMlp } from '../../src/projects/uva/mlp/arrays.ts';
import { curvesFigure } from '../../src/projects/uva/mlp/figures.ts';
import { mlp } from '../../src/projects/uva/mlp/index.ts';
import { Mlp } from '../../src/projects/uva/mlp/model.ts';
import { nothing, run } from '../train/memory-host.ts';

it('plain arrays go the engine’s way, from whatever step they are taken up', async () => {
  manualSeed(5);
  const network = new Mlp([7, 5]);
  expect(network.parameterCount).toBe(3072 * 7 + 7 + (7 * 5 + 5) + (5 * 10 + 10));
  const byHand = await PlainMlp.of(network);
  const images = tensor(
    Float32Array.from({ length: 12 * 3072 }, (_, i) => Math.sin(i * 0.7) ** 2),
    [12, 3, 32, 32],
  );
  const labels = Int32Array.from({ length: 12 }, (_, i) => (7 * i) % 10);
  const pixels = await standardised(images).data();
  const optimizer = new optim.SGD(network.parameters(), { lr: 1e-4 });
  const step = compile((image: Tensor, label: Tensor) => {
    const loss = losses.crossEntropy(network.forward(image), label);
    optimizer.minimize(loss);
    return loss;
  });
  const again = await PlainMlp.of(network);
  for (let i = 0; i < 20; i++) {
    const theirs = await step(images, tensor(labels)).item();
    if (i === 10) again.restore(structuredClone(byHand.state()) as Float64Array<ArrayBuffer>[]);
    const ours = byHand.step(pixels, labels, 1e-4);
    expect(Math.abs(ours - theirs)).toBeLessThan(1e-5);
    if (i >= 10) expect(again.step(pixels, labels, 1e-4)).toBe(ours);
  }
});

it('the curves lie on each other, and their largest difference is said', () => {
  const { panels, caption } = curvesFigure([2, 1.5, 1], [2, 1.5002, 1.0001]);
  expect(panels.map((panel) => panel.kind === 'chart' && panel.series.map(({ name }) => name))).toEqual([
    ['plain arrays', 'the engine'],
    ['difference'],
  ]);
  expect(caption).toContain('2.0e-4 nats');
});

it.each(['128, 0', '12.5', 'wide', ''])('widths of %s are refused', (hidden) => {
  expect(() => mlp.model?.({ hidden } as never)).toThrow(`hidden: expected whole numbers of units, separated by commas, got ${hidden}`);
});

it('a small run learns, goes the same way twice, and shows what it is worth by class', async () => {
  const few = { trainImages: 1000, testImages: 250, hidden: '32', epochs: 4, batchSize: 30, lr: 0.05, handSteps: 40 };
  const { shown, figures, rows } = await run(mlp, nothing, { options: few, seed: 1 });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  for (const name of ['loss', 'loss, the engine', 'loss, plain arrays']) {
    const all = rows.flatMap(({ [name]: loss }) => loss ?? []);
    expect([name, mean(all.slice(-10)) < mean(all.slice(0, 3)) - 0.1]).toEqual([name, true]);
  }
  expect(shown.values.largestDifference).toBeLessThan(1e-4);
  expect(shown.values.weightError).toBeLessThan(1e-4);
  const { columns, rows: classes } = shown.tables.scores;
  expect(columns).toEqual(['class', 'precision', 'recall', 'F₀.₁', 'F₁', 'F₁₀']);
  expect(classes).toHaveLength(10);
  expect([...figures.keys()].sort()).toEqual(['confusion', 'curves', 'mistakes', 'scores', 'training', 'weights']);
});

const data = process.env.TILEGRAD_DATA;
it.skipIf(!data || !existsSync(join(data, 'cifar10')))('learns photographs (skipped without TILEGRAD_DATA)', async () => {
  const few = { trainImages: 1200, testImages: 300, hidden: '32', epochs: 4, batchSize: 64, handSteps: 20 };
  const { summary } = await runInMemory(mlp, { options: few, log: () => {} });
  // By chance a tenth would be right; 24 % were where this was written.
  expect(summary.testAccuracy).toBeGreaterThan(0.22);
});
