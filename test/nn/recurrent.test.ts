import { describe, expect, it } from 'vitest';
import { compile, concat, gradients, losses, manualSeed, nn, optim, type Tensor, tensor, zeros } from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { expectClose, type Input, random, toTensor } from '../engine/check.ts';
import { type LayerResult, layer } from '../engine/recurrent-reference.ts';
import type { Values } from '../engine/reference.ts';

async function weightsOf(model: nn.Module): Promise<Record<string, Values>> {
  const dict = await model.stateDict();
  return Object.fromEntries(Object.entries(dict).map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]));
}

/** A row of a state [passes, batch, units]. */
function row({ shape, data }: Values, i: number): Values {
  const [, batch, units] = shape;
  return { shape: [batch, units], data: data.slice(i * batch * units, (i + 1) * batch * units) };
}

function beside(a: Values, b: Values): Values {
  const [steps, batch, width] = a.shape;
  const data = Array.from({ length: steps * batch }, (_, i) => [a, b].flatMap((part) => [...part.data.slice(i * width, (i + 1) * width)]));
  return { shape: [steps, batch, 2 * width], data: Float64Array.from(data.flat()) };
}

describe('layers of LSTM', () => {
  it('two layers in both directions, padded sequences, as the float64 recursion gives them', async () => {
    const [steps, batch, features, hidden] = [5, 3, 2, 4];
    const model = new nn.LSTM(features, hidden, { numLayers: 2, bidirectional: true, batchFirst: true });
    const weights = await weightsOf(model);
    const x = random([batch, steps, features]);
    const [h0, c0] = [random([4, batch, hidden]), random([4, batch, hidden])];
    const lengths: Input = { shape: [batch], dtype: 'u32', data: Float64Array.of(5, 2, 3) };
    // [batch, steps, features] → [steps, batch, features].
    const stepsFirst = Array.from({ length: x.data.length }, (_, i) => {
      const [t, n, f] = [Math.floor(i / (batch * features)), Math.floor(i / features) % batch, i % features];
      return x.data[(n * steps + t) * features + f];
    });
    let sequences: Values = { shape: [steps, batch, features], data: Float64Array.from(stepsFirst) };
    const passes: LayerResult[] = [];
    for (const [l, suffixes] of [
      ['_l0', '_l0_reverse'],
      ['_l1', '_l1_reverse'],
    ].entries()) {
      const both = suffixes.map((suffix, d) => {
        const [weightIh, weightHh, biasIh, biasHh] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => weights[name + suffix]);
        const options = { h0: row(h0, 2 * l + d), c0: row(c0, 2 * l + d), lengths, reverse: d === 1 };
        return layer('lstm', sequences, { weightIh, weightHh, biasIh, biasHh }, options);
      });
      passes.push(...both);
      sequences = beside(both[0].output, both[1].output);
    }
    const [output, h, c] = model.forward(toTensor(x), toTensor(h0), toTensor(c0), toTensor(lengths));
    expect([output.shape, h.shape, c.shape]).toEqual([
      [batch, steps, 2 * hidden],
      [4, batch, hidden],
      [4, batch, hidden],
    ]);
    expectClose('output', await output.permute([1, 0, 2]).data(), sequences.data, 1e-6);
    expectClose(
      'h',
      await h.data(),
      passes.flatMap((pass) => [...pass.h.data]),
      1e-6,
    );
    expectClose(
      'c',
      await c.data(),
      passes.flatMap((pass) => [...pass.c.data]),
      1e-6,
    );
  });

  it('names its parameters as PyTorch does, all within 1/√hidden', async () => {
    const model = new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true });
    const names = ['l0', 'l0_reverse', 'l1', 'l1_reverse'].flatMap((suffix) =>
      ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => `${name}_${suffix}`),
    );
    expect(model.namedStates().map(([name]) => name)).toEqual(names);
    expect(model.weight_ih_l1_reverse.shape).toEqual([16, 8]);
    const values = Object.values(await weightsOf(model)).flatMap(({ data }) => [...data]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.49);
    expect(new nn.GRUCell(3, 4, { bias: false }).namedStates().map(([name, { shape }]) => [name, shape])).toEqual([
      ['weight_ih', [12, 3]],
      ['weight_hh', [12, 4]],
    ]);
  });

  it('drops between layers in training alone', async () => {
    const model = new nn.GRU(2, 4, { numLayers: 2, dropout: 0.5 });
    const x = toTensor(random([3, 2, 2]));
    const run = async () => [...(await model.forward(x)[0].data())];
    expect(await run()).not.toEqual(await run());
    model.eval();
    expect(await run()).toEqual(await run());
  });

  it('refuses sizes and states that do not fit', () => {
    expect(() => new nn.LSTM(0, 4)).toThrow('LSTM: expected inputSize to be a whole number > 0, got 0');
    expect(() => new nn.GRU(2, 4, { numLayers: 1.5 })).toThrow('GRU: expected numLayers to be a whole number > 0, got 1.5');
    expect(() => new nn.RNN(2, 4, { dropout: 2 })).toThrow('RNN: expected dropout to be a number in [0, 1], got 2');
    expect(() => new nn.RNN(2, 4).forward(zeros([2]))).toThrow('RNN: expected [steps, batch, features], got [2]');
    expect(() => new nn.RNN(2, 4).forward(zeros([3, 2, 2]), zeros([2, 4]))).toThrow('RNN: expected h0 [1, 2, 4], got [2, 4]');
  });
});

it.each([
  ['RNN', new nn.RNN(3, 5, { nonlinearity: 'relu' }), new nn.RNNCell(3, 5, { nonlinearity: 'relu' })],
  ['LSTM', new nn.LSTM(3, 5), new nn.LSTMCell(3, 5)],
  ['GRU', new nn.GRU(3, 5), new nn.GRUCell(3, 5)],
] as const)('%s takes the steps of its cell, gradients too', async (_name, model, cell) => {
  const dict = await model.stateDict();
  cell.loadStateDict(Object.fromEntries(Object.entries(dict).map(([name, value]) => [name.replace('_l0', ''), value])));
  const x = toTensor(random([2, 2, 3]));
  const both = compile((input: Tensor) => {
    let state: readonly Tensor[] = [];
    for (let t = 0; t < 2; t++) {
      const [first, ...rest] = state;
      state = [(cell as nn.LSTMCell).forward(input.slice([[t, t + 1]]).reshape([2, 3]), first, ...rest)].flat();
    }
    const [, h] = model.forward(input);
    return [h.reshape([2, 5]), state[0]].map((y) => concat([y.reshape([10]), gradients(y.square().sum(), [input])[0].reshape([12])]));
  });
  const [scanned, stepped] = both(x);
  expectClose('scan and steps', await scanned.data(), [...(await stepped.data())], 1e-6);
});

it.each(['LSTM', 'GRU'] as const)('%s stays finite when its gates saturate', async (kind) => {
  const model = kind === 'LSTM' ? new nn.LSTM(2, 3) : new nn.GRU(2, 3);
  const run = compile((x: Tensor) => {
    const [y] = model.forward(x);
    return [y, ...gradients(y.sum(), [x, ...model.parameters()])];
  });
  const all = await Promise.all(
    run(
      tensor(
        new Float32Array(24).map((_, i) => (i % 2 ? 3e38 : -1e30)),
        [4, 3, 2],
      ),
    ).map((y) => y.data()),
  );
  expect(all.every((values) => values.every(Number.isFinite))).toBe(true);
  expect(all[0].every((value) => Math.abs(value) <= 1)).toBe(true);
});

/** The adding problem (Hochreiter & Schmidhuber, 1997): numbers, two of them marked; the answer is the sum of the marked ones. */
function addingProblem(source: Random, steps: number, batch: number): { x: Tensor; y: Tensor } {
  const x = new Float32Array(steps * batch * 2);
  const y = new Float32Array(batch);
  for (let n = 0; n < batch; n++) {
    const marks = [source.integer(steps / 2), steps / 2 + source.integer(steps / 2)];
    for (let t = 0; t < steps; t++) {
      const value = source.uniform();
      x.set([value, Number(marks.includes(t))], (t * batch + n) * 2);
      if (marks.includes(t)) y[n] += value;
    }
  }
  return { x: tensor(x, [steps, batch, 2]), y: tensor(y, [batch, 1]) };
}

it.each(['LSTM', 'GRU'] as const)('%s learns to add two marked numbers', async (kind) => {
  manualSeed(3);
  const source = new Random(4);
  const model = kind === 'LSTM' ? new nn.LSTM(2, 16) : new nn.GRU(2, 16);
  const head = new nn.Linear(16, 1);
  const parameters = [...model.parameters(), ...head.parameters()];
  const adam = new optim.Adam(parameters, { lr: 0.02 });
  const step = compile((x: Tensor, y: Tensor) => {
    const [, h] = model.forward(x);
    const loss = losses.mse(head.forward(h.reshape([32, 16])), y);
    adam.minimize(loss);
    return loss;
  });
  const late: number[] = [];
  for (let i = 0; i < 250; i++) {
    const { x, y } = addingProblem(source, 6, 32);
    const loss = step(x, y);
    if (i % 10 === 9) late.push(await loss.item());
  }
  // Always answering 1, the mean, leaves 1/6.
  expect(Math.max(...late.slice(-5))).toBeLessThan(0.01);
});
