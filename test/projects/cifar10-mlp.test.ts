// The network by hand: layers and rules against numbers and against the engine; whole small runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, manualSeed, runInMemory, State, type Tensor, tensor } from '../../src/index.ts';
import { gradientErrors, relativeError, ruleErrors } from '../../src/projects/i2dl/cifar10-mlp/check.ts';
import { mistakesIn, weightsFigure } from '../../src/projects/i2dl/cifar10-mlp/figures.ts';
import { cifar10Mlp } from '../../src/projects/i2dl/cifar10-mlp/index.ts';
import { affine, relu, sigmoid, softmaxCrossEntropy } from '../../src/projects/i2dl/cifar10-mlp/layers.ts';
import { Network } from '../../src/projects/i2dl/cifar10-mlp/network.ts';
import { type RuleName, rules } from '../../src/projects/i2dl/cifar10-mlp/rules.ts';
import { nothing, run } from '../train/memory-host.ts';

const numbers = async (x: Tensor) => Array.from(await x.data());

describe('the layers', () => {
  it('affine: x·w + b, and back to x, w and b', async () => {
    const { out, cache } = affine.forward(tensor([1, 2, 3, 4], [2, 2]), tensor([1, 0, -1, 2, 1, 0], [2, 3]), tensor([10, 20, 30]));
    expect(await numbers(out)).toEqual([15, 22, 29, 21, 24, 27]);
    const { dx, dw, db } = affine.backward(tensor([1, 0, 2, 0, 1, 1], [2, 3]), cache);
    expect(await numbers(dx)).toEqual([-1, 2, -1, 1]);
    expect(await numbers(dw)).toEqual([1, 3, 5, 2, 4, 8]);
    expect(await numbers(db)).toEqual([1, 1, 3]);
  });

  it('sigmoid and ReLU, far from 0 too', async () => {
    const x = tensor([0, Math.log(3), -200, 200]);
    const soft = sigmoid.forward(x);
    expect(await numbers(soft.out)).toEqual([0.5, expect.closeTo(0.75, 6), 0, 1]);
    expect(await numbers(sigmoid.backward(tensor([1, 2, 3, 4]), soft.cache))).toEqual([0.25, expect.closeTo(0.375, 6), 0, 0]);
    const hard = relu.forward(tensor([-1, 0, 2]));
    expect(await numbers(hard.out)).toEqual([0, 0, 2]);
    expect(await numbers(relu.backward(tensor([5, 6, 7]), hard.cache))).toEqual([0, 0, 7]);
  });

  it('softmax and cross-entropy: of logits that would overflow, too', async () => {
    // Probabilities 1/4, 3/4 and, for logits of 1000, the same.
    const logits = tensor([0, Math.log(3), 1000, 1000 + Math.log(3)], [2, 2]);
    const { out, cache } = softmaxCrossEntropy.forward(logits, tensor([0, 1], undefined, 'i32'));
    expect(await out.item()).toBeCloseTo((Math.log(4) + Math.log(4 / 3)) / 2, 4);
    const gradient = await numbers(softmaxCrossEntropy.backward(cache));
    [-0.375, 0.375, 0.125, -0.125].forEach((expected, i) => expect(gradient[i]).toBeCloseTo(expected, 4));
  });
});

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

  it('a difference shows: of a tenth, relative to the way', () => {
    expect(relativeError(Float32Array.of(1, 3.1), Float32Array.of(1, 3), Float32Array.of(1, 2))).toBeCloseTo(0.1, 6);
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

it('mistakes are those whose highest probability is another class, the surest first', () => {
  const probabilities = [0.7, 0.2, 0.1, 0.1, 0.5, 0.4, 0.05, 0.05, 0.9];
  expect(mistakesIn(probabilities, [1, 1, 0])).toEqual([
    { place: 2, label: 0, decided: 2, probability: 0.9 },
    { place: 0, label: 1, decided: 0, probability: 0.7 },
  ]);
});

it('weights are drawn unit by unit, the longest first, grey where they are 0', () => {
  // Two units: the second one is longer, and has its strongest weight at the first pixel's red.
  const weights = new Float32Array(2 * 3072);
  weights[0] = 0.1;
  weights[1] = -4;
  weights[2 * 1024 + 1] = 2;
  const [panel] = weightsFigure(weights, 2).panels;
  if (panel.kind !== 'pictures') throw new Error('expected pictures');
  const { pixels } = panel.pictures[0];
  expect(Array.from(pixels).slice(0, 6)).toEqual([0, 0.75, 0.5, 0.5, 0.5, 0.5]);
});

it('a small run goes down by every rule, and shows what it did', async () => {
  const few = { trainImages: 1000, testImages: 250, compareImages: 300, compareEpochs: 3 };
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
}, 240_000);

const data = process.env.TILEGRAD_DATA;
it.skipIf(!data || !existsSync(join(data, 'cifar10')))(
  'learns photographs (skipped without TILEGRAD_DATA)',
  async () => {
    const few = { trainImages: 2500, testImages: 500, compareImages: 300, compareEpochs: 1 };
    const { summary } = await runInMemory(cifar10Mlp, { options: { ...few, hidden: 64, layers: 1, epochs: 5 }, log: () => {} });
    // By chance a tenth would be right.
    expect(summary.testAccuracy).toBeGreaterThan(0.27);
  },
  240_000,
);
