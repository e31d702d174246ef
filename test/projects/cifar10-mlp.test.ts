// The network by hand: layers and rules against numbers and against the engine; whole small runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, manualSeed, runInMemory, State, type Tensor, tensor } from '../../src/index.ts';
import { gradientErrors, ruleErrors } from '../../src/projects/i2dl/cifar10-mlp/check.ts';
import { cifar10Mlp } from '../../src/projects/i2dl/cifar10-mlp/index.ts';
import { Network } from '../../src/projects/i2dl/cifar10-mlp/network.ts';
import { type RuleName, rules } from '../../src/projects/i2dl/cifar10-mlp/rules.ts';
import { nothing, run } from '../train/memory-host.ts';

const numbers = async (x: Tensor) => Array.from(await x.data());

describe('held against the engine', () => {
  const image = tensor(
    Float32Array.from({ length: 16 * 3072 }, (_, i) => Math.sin(i * 0.7) ** 2),
    [16, 3, 32, 32],
  );
  const label = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 10));

  it.each(['relu', 'sigmoid'] as const)('gradients of a network of %s equal its own to 1e-5', async (activation) => {
    manualSeed(4);
    for (const layers of [1, 3]) {
      const errors = await gradientErrors(new Network({ hidden: 24, layers, activation }), image, label);
      expect(Object.keys(errors)).toHaveLength(2 * (layers + 1));
      for (const [name, error] of Object.entries(errors)) expect([name, error < 1e-5]).toEqual([name, true]);
    }
  });

  it('rules go the way of its own optimisers', async () => {
    const errors = await ruleErrors(30);
    expect(Object.keys(errors)).toEqual(['sgd', 'momentum', 'adam']);
    for (const [name, error] of Object.entries(errors)) expect([name, error < 1e-5]).toEqual([name, true]);
  });
});

describe('the rules, in numbers', () => {
  /** Weights after each step of the gradients 1, −2 and 0.5, from 1 on, at a rate of 0.1. */
  const walk = async (name: RuleName) => {
    const w = new State('w', [1], 'f32', Float32Array.of(1));
    const rule = rules[name]([w]);
    const step = compile((dw: Tensor, lr: Tensor) => {
      rule.update([dw], lr);
      return w.add(0);
    });
    const found: number[] = [];
    for (const dw of [1, -2, 0.5]) found.push(await step(tensor([dw]), tensor([0.1])).item());
    return found;
  };

  // By hand. m: .1, −.11, −.049; v: .001, .004999, .005244001.
  const second = 0.9 + (0.1 * (0.11 / 0.19)) / Math.sqrt(0.004999 / 0.001999);
  it.each([
    ['sgd', [0.9, 1.1, 1.05]],
    ['momentum', [0.9, 1.01, 1.059]],
    ['adam', [0.9, second, second + (0.1 * (0.049 / 0.271)) / Math.sqrt(0.005244001 / 0.002997001)]],
  ] as const)('%s', async (name, expected) => {
    const found = await walk(name);
    expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
  });
});

it('the decay pulls at weights, not at biases', async () => {
  manualSeed(6);
  const network = new Network({ hidden: 3, layers: 1, activation: 'relu' });
  const x = tensor(new Float32Array(3072).fill(0.3), [1, 3, 32, 32]);
  const label = tensor(Int32Array.of(2));
  const [plain, pulled] = [0, 0.5].map((decay) => network.learn(x, label, decay).gradients);
  for (const [i, parameter] of network.parameters().entries()) {
    const [before, after, w] = await Promise.all([plain[i], pulled[i], parameter].map(numbers));
    before.forEach((value, k) => expect(after[k]).toBeCloseTo(value + (i < 2 ? 0.5 * w[k] : 0), 5));
  }
});

it('a small run goes down by every rule, and shows what it did', async () => {
  const few = { trainImages: 800, testImages: 200, compareImages: 200, compareEpochs: 3 };
  const { shown, figures, rows } = await run(cifar10Mlp, nothing, {
    options: { ...few, hidden: 32, layers: 1, epochs: 4, batchSize: 30 },
    seed: 1,
  });
  // Shapes anywhere in a picture are nothing that a network of one layer tells apart; what it is shown it learns by heart.
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
  for (const name of ['loss', 'loss, sgd', 'loss, momentum', 'loss, adam']) {
    const losses = rows.flatMap(({ [name]: loss }) => loss ?? []);
    expect([name, mean(losses.slice(-10)) < mean(losses.slice(0, 3)) - 0.1]).toEqual([name, true]);
  }
  expect(shown.values.largestError).toBeLessThan(1e-5);
  expect(shown.tables.check.rows).toHaveLength(2 * 4 + 3);
  expect([...figures.keys()].sort()).toEqual(['confusion', 'mistakes', 'rules', 'training', 'weights']);
});

const data = process.env.TILEGRAD_DATA;
it.skipIf(!data || !existsSync(join(data, 'cifar10')))('learns photographs (skipped without TILEGRAD_DATA)', async () => {
  const few = { trainImages: 1500, testImages: 300, compareImages: 200, compareEpochs: 1 };
  const { summary } = await runInMemory(cifar10Mlp, { options: { ...few, hidden: 64, layers: 1, epochs: 5 }, log: () => {} });
  // By chance a tenth would be right.
  expect(summary.testAccuracy).toBeGreaterThan(0.2);
});
