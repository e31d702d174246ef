import { describe, expect, it } from 'vitest';
import { compile, nn, optim, type Tensor, tensor, zeros } from '../../src/index.ts';
import { expectClose, random, toTensor } from '../engine/check.ts';

describe('BatchNorm1d', () => {
  it('moves its running statistics as PyTorch does, and uses them in evaluation', async () => {
    const norm = new nn.BatchNorm1d(2, { momentum: 0.3 });
    const step = compile((x: Tensor) => norm.forward(x));
    const [mean, variance] = [
      [0, 0],
      [1, 1],
    ];
    for (let i = 0; i < 4; i++) {
      const x = random([3, 2, 4], i, i + 3);
      await step(toTensor(x)).data();
      for (const c of [0, 1]) {
        const channel = [0, 1, 2].flatMap((n) => [...x.data.slice((2 * n + c) * 4, (2 * n + c + 1) * 4)]);
        const average = channel.reduce((a, b) => a + b, 0) / 12;
        const spread = channel.reduce((a, b) => a + (b - average) ** 2, 0) / 11;
        mean[c] = 0.7 * mean[c] + 0.3 * average;
        variance[c] = 0.7 * variance[c] + 0.3 * spread;
      }
    }
    expectClose('running mean', (await norm.runningMean?.data()) ?? [], mean, 1e-6);
    expectClose('running variance', (await norm.runningVar?.data()) ?? [], variance, 1e-6);
    norm.eval();
    const y = await step(tensor([[1, 2]])).data();
    expectClose(
      'evaluation',
      y,
      [0, 1].map((c) => (c + 1 - mean[c]) / Math.sqrt(variance[c] + 1e-5)),
      1e-6,
    );
    expectClose('running mean stays', (await norm.runningMean?.data()) ?? [], mean, 1e-6);
  });
});

describe('layers that normalise', () => {
  const image = random([2, 4, 3, 3], 3, 5);
  const moments = async (y: Tensor, axes: number[]) => [
    Math.max(...(await y.mean(axes).abs().data())),
    Math.max(...(await y.variance(axes, { correction: 0 }).sub(1).abs().data())),
  ];

  it.each([
    ['BatchNorm2d', new nn.BatchNorm2d(4), [0, 2, 3]],
    ['BatchNorm2d without statistics, in evaluation', new nn.BatchNorm2d(4, { trackRunningStats: false, affine: false }).eval(), [0, 2, 3]],
    ['InstanceNorm2d', new nn.InstanceNorm2d(4), [2, 3]],
    ['GroupNorm', new nn.GroupNorm(1, 4), [1, 2, 3]],
    ['LayerNorm', new nn.LayerNorm([3, 3], { bias: false }), [2, 3]],
  ] as const)('%s', async (_name, layer, axes) => {
    const [mean, variance] = await moments(layer.forward(toTensor(image)), [...axes]);
    expect(mean).toBeLessThan(1e-5);
    // eps beside variances of about 1/3.
    expect(variance).toBeLessThan(1e-4);
  });

  it('RMSNorm', async () => {
    const y = await new nn.RMSNorm(9)
      .forward(toTensor(image).reshape([8, 9]))
      .square()
      .mean(1)
      .data();
    expectClose('mean squares', y, new Array<number>(8).fill(1), 1e-6);
  });

  it('name their states as PyTorch does', () => {
    const names = (module: nn.Module) => module.namedStates().map(([name]) => name);
    expect(names(new nn.BatchNorm3d(2))).toEqual(['weight', 'bias', 'running_mean', 'running_var']);
    expect(names(new nn.InstanceNorm1d(2))).toEqual([]);
    expect(names(new nn.InstanceNorm1d(2, { affine: true }))).toEqual(['weight', 'bias']);
    expect(names(new nn.RMSNorm(2))).toEqual(['weight']);
  });

  it('refuse another shape', () => {
    expect(() => new nn.BatchNorm1d(4).forward(zeros([2, 3]))).toThrow('BatchNorm1d: expected [n, 4] or [n, 4, *], got [2, 3]');
    expect(() => new nn.BatchNorm2d(3).forward(zeros([2, 3]))).toThrow('BatchNorm2d: expected [n, 3, *, *], got [2, 3]');
    expect(() => new nn.InstanceNorm1d(3).forward(zeros([2, 3]))).toThrow('InstanceNorm1d: expected [n, 3, *], got [2, 3]');
  });
});

describe('weightNorm', () => {
  it('keeps the weight, and trains length and direction', async () => {
    const layer = new nn.Linear(3, 2);
    const before = await layer.weight.data();
    const normed = nn.weightNorm(layer);
    expect(normed.namedStates().map(([name]) => name)).toEqual([
      'bias',
      'parametrizations.weight.original0',
      'parametrizations.weight.original1',
    ]);
    expectClose('weight', await normed.weight.data(), before, 1e-6);
    const length = Math.hypot(...before.slice(0, 3));
    expectClose('length', [(await normed.namedStates()[1][1].data())[0]], [length], 1e-6);

    const sgd = new optim.SGD(normed.parameters(), { lr: 0.1 });
    const step = compile((x: Tensor) => {
      const loss = normed.forward(x).sub(1).square().sum();
      sgd.minimize(loss);
      return loss;
    });
    const x = tensor([[1, 2, 3]]);
    const first = await step(x).item();
    for (let i = 0; i < 20; i++) await step(x).item();
    expect(await step(x).item()).toBeLessThan(0.02 * first);
  });
});

describe('spectralNorm', () => {
  it('divides by the largest singular value, and follows it in training', async () => {
    const layer = new nn.Linear(2, 2, { bias: false });
    layer.weight.set(Float32Array.of(3, 0, 4, 5));
    const normed = nn.spectralNorm(layer);
    // The singular values of [[3, 0], [4, 5]] are √45 and √5.
    const expected = [3, 0, 4, 5].map((value) => value / Math.sqrt(45));
    const read = compile(() => normed.weight.mul(1));
    expectClose('weight', await read().data(), expected, 1e-6);
    const [, [, u], [, v]] = normed.namedStates();
    expect(normed.namedStates().map(([name]) => name)).toEqual(
      ['original', '0._u', '0._v'].map((name) => `parametrizations.weight.${name}`),
    );
    // As PyTorch's: from v = (1, 0) a step of the power iteration leads to u = (3, 4)/5, then to v = (25, 20) over its length.
    v.set(Float32Array.of(1, 0));
    const divided = await read().data();
    const moved = await u.data();
    expectClose('u', moved, [0.6, 0.8], 1e-6);
    expectClose('v', await v.data(), [25 / Math.sqrt(1025), 20 / Math.sqrt(1025)], 1e-6);
    expectClose(
      'weight',
      divided,
      [3, 0, 4, 5].map((value) => value / (Math.sqrt(1025) / 5)),
      1e-6,
    );
    normed.eval();
    await read().data();
    expect([...(await u.data())]).toEqual([...moved]);
  });

  it('takes the outputs of a transposed convolution, which its weight [in, out, ..] has in its second dimension', async () => {
    const layer = new nn.ConvTranspose1d(2, 1, 2, { bias: false });
    layer.weight.set(Float32Array.of(3, 0, 0, 4));
    const normed = nn.spectralNorm(layer, { nPowerIterations: 20 });
    expect(normed.namedStates().map(([, { shape }]) => shape)).toEqual([[2, 1, 2], [1], [4]]);
    // As [1, 4] its one singular value is its length, 5; of [[3, 0], [0, 4]] the largest would be 4.
    expectClose('weight', await normed.weight.mul(1).data(), [0.6, 0, 0, 0.8], 1e-6);
  });

  it('refuses what is no parameter', () => {
    expect(() => nn.spectralNorm(new nn.ReLU())).toThrow('spectralNorm: expected a parameter, got no such one as weight');
    expect(() => nn.spectralNorm(new nn.Linear(2, 2), { nPowerIterations: 0 })).toThrow(
      'spectralNorm: expected nPowerIterations to be a whole number > 0, got 0',
    );
  });
});

it('batch norm refuses one value a channel in training, as PyTorch does', async () => {
  const layers = [
    { layer: new nn.BatchNorm1d(3), x: zeros([1, 3]) },
    { layer: new nn.BatchNorm2d(3), x: zeros([1, 3, 1, 1]) },
  ];
  for (const { layer, x } of layers) {
    expect(() => layer.forward(x)).toThrow(/^batchNorm: expected more than one value a channel in training, got \[1, 3/);
    expect([...(await layer.eval().forward(x).data())]).toEqual([0, 0, 0]);
  }
});
