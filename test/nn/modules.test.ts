import { describe, expect, it } from 'vitest';
import {
  compile,
  gradients,
  losses,
  manualSeed,
  nn,
  optim,
  randn,
  ShapeError,
  type Tensor,
  TilegradError,
  tensor,
} from '../../src/index.ts';
import { expectClose, integers, random, toTensor } from '../engine/check.ts';

class Residual extends nn.Module {
  readonly inner = [new nn.Linear(4, 4), new nn.Linear(4, 4)];
  readonly norm = new nn.LayerNorm(4);

  override forward(x: Tensor): Tensor {
    return this.norm.forward(this.inner.reduce((h, layer) => layer.forward(h).tanh().add(h), x));
  }
}

describe('Module', () => {
  it('names states by their path, arrays by place', () => {
    const model = new nn.Sequential(new Residual(), new nn.BatchNorm1d(4));
    expect(model.namedStates().map(([name]) => name)).toEqual([
      ...['inner.0.weight', 'inner.0.bias', 'inner.1.weight', 'inner.1.bias', 'norm.weight', 'norm.bias'].map((name) => `0.${name}`),
      ...['weight', 'bias', 'running_mean', 'running_var'].map((name) => `1.${name}`),
    ]);
    expect(model.parameters()).toHaveLength(8);
    expect(model.parameterCount).toBe(2 * 20 + 8 + 8);
  });

  it('train() and eval() reach every part', () => {
    const model = new nn.Sequential(new Residual(), new nn.Dropout());
    model.eval();
    expect([model.training, model[0].training, model[1].training, (model[0] as Residual).norm.training]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    model.train();
    expect((model[0] as Residual).inner[1].training).toBe(true);
  });
});

it('activation modules are the functions of their names', async () => {
  const x = tensor([[-4, -1, -0.2, 0.3, 1, 5]]);
  const pairs: [nn.Module, Tensor][] = [
    [new nn.ReLU(), x.relu()],
    [new nn.LeakyReLU(0.3), x.leakyRelu(0.3)],
    [new nn.Hardtanh(-2, 3), x.hardTanh(-2, 3)],
    [new nn.GELU('tanh'), x.gelu('tanh')],
    [new nn.GLU(), x.glu()],
    [new nn.Maxout(2), x.maxout(2)],
    [new nn.Threshold(0.5, 7), x.threshold(0.5, 7)],
    [new nn.PReLU({ slope: 0.1 }), x.leakyRelu(0.1)],
  ];
  for (const [module, expected] of pairs) expect(await (module.forward(x) as Tensor).toArray()).toEqual(await expected.toArray());
  expect(new nn.PReLU({ channels: 6 }).parameters().map(({ shape }) => shape)).toEqual([[6]]);
});

describe('state dict', () => {
  const make = () => new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.Flatten(), new nn.Linear(8, 3));

  it('carries a trained model over to another, optimiser or not', async () => {
    const [trained, fresh, held] = [make(), make(), make()];
    const x = toTensor(random([5, 1, 4, 4]));
    const adam = new optim.Adam(trained.parameters(), { lr: 0.05 });
    new optim.SGD(held.parameters(), { lr: 1 });
    const step = compile((input: Tensor, labels: Tensor) => {
      adam.minimize(losses.crossEntropy(trained.forward(input), labels));
    });
    for (let i = 0; i < 3; i++) step(x, toTensor(integers([5], 0, 3)));
    const dict = await trained.stateDict();
    const expected = await trained.eval().forward(x).data();
    for (const other of [fresh, held]) {
      const predict = compile((input: Tensor) => other.forward(input));
      other.eval();
      expectClose('before', [(await predict(x).data()).length], [15], 0);
      other.loadStateDict(dict);
      expectClose('predictions', await predict(x).data(), expected, 1e-6);
      expect(await other.stateDict()).toEqual(dict);
    }
    expect(dict['1.running_mean'].data.some((value) => value !== 0)).toBe(true);
  });

  it('names what is missing, unknown or of another shape, and changes nothing', async () => {
    const model = make();
    const before = await model.stateDict();
    const { '3.bias': _bias, ...rest } = before;
    expect(() => model.loadStateDict({ ...rest, other: before['3.bias'] })).toThrow('loadStateDict: missing [3.bias], unexpected [other]');
    expect(() => model.loadStateDict({ ...before, '3.bias': { shape: [4], data: new Float32Array(4) } })).toThrow(
      'loadStateDict: 3.bias: expected [3], got [4]',
    );
    expect(() => model.loadStateDict({})).toThrow(TilegradError);
    expect(() => model.loadStateDict({ ...before, '3.bias': { shape: [], data: new Float32Array(1) } })).toThrow(ShapeError);
    expect(await model.stateDict()).toEqual(before);
  });
});

describe('layers compute what their names say', () => {
  it('Linear without bias, over more dimensions', async () => {
    const layer = new nn.Linear(3, 2, { bias: false });
    layer.weight.set(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(layer.bias).toBeUndefined();
    expect(await layer.forward(tensor([[[1, 1, 1]], [[1, 0, 0]]])).toArray()).toEqual([[[6, 15]], [[1, 4]]]);
  });

  it('Conv2d adds its bias to each channel', async () => {
    const layer = new nn.Conv2d(1, 2, 1);
    layer.weight.set(Float32Array.of(2, 3));
    layer.bias?.set(Float32Array.of(10, 20));
    expect(await layer.forward(tensor([[[[1, 2]]]])).toArray()).toEqual([[[[12, 14]], [[23, 26]]]]);
  });

  it('Embedding, Flatten, pooling and activations', async () => {
    const table = new nn.Embedding(3, 2);
    table.weight.set(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(await table.forward(tensor([2, 0], [2], 'u32')).toArray()).toEqual([
      [5, 6],
      [1, 2],
    ]);
    const image = tensor([
      [
        [
          [1, -2],
          [3, 4],
        ],
      ],
    ]);
    const layers = [new nn.Flatten(), new nn.MaxPool2d(2), new nn.AvgPool2d(2), new nn.ReLU(), new nn.LeakyReLU(0.5)];
    expect(await Promise.all(layers.map((layer) => (layer.forward(image) as Tensor).data()))).toEqual(
      [[1, -2, 3, 4], [4], [1.5], [1, 0, 3, 4], [1, -1, 3, 4]].map((values) => Float32Array.from(values)),
    );
    const squash = [new nn.GELU(), new nn.SiLU(), new nn.Sigmoid(), new nn.Tanh(), new nn.Lambda((x) => x.mul(2))];
    const at = await Promise.all(squash.map((layer) => (layer.forward(tensor([1])) as Tensor).item()));
    expectClose('activations', at, [0.8413447, 0.7310586, 0.7310586, 0.7615942, 2], 1e-6);
  });

  it('Embedding leaves its padding row at zero', async () => {
    const table = new nn.Embedding(4, 3, { paddingIdx: -2 });
    const rows = table.forward(tensor(Uint32Array.of(2, 0, 2)));
    const [dw] = gradients(rows.add(1).square().sum(), [table.weight]);
    expect([...(await rows.data()).slice(0, 3)]).toEqual([0, 0, 0]);
    const slopes = await dw.data();
    expect([...slopes.slice(6, 9)]).toEqual([0, 0, 0]);
    expect(slopes[0]).not.toBe(0);
  });

  it('Dropout2d drops whole channels, AlphaDropout keeps mean and variance; neither does anything afterwards', async () => {
    const x = tensor(new Float32Array(64 * 5).fill(1), [8, 8, 5]);
    const dropped = await new nn.Dropout2d(0.5).forward(x).data();
    for (let channel = 0; channel < 64; channel++) expect(new Set(dropped.slice(5 * channel, 5 * channel + 5)).size).toBe(1);
    expect(new Set(dropped)).toEqual(new Set([0, 2]));
    const normal = randn([20_000]);
    const kept = new nn.AlphaDropout(0.2).forward(normal);
    expect(Math.abs(await kept.mean().item())).toBeLessThan(0.03);
    expect(Math.abs((await kept.variance().item()) - 1)).toBeLessThan(0.06);
    for (const layer of [new nn.Dropout2d(), new nn.AlphaDropout()]) expect(await layer.eval().forward(x).data()).toEqual(await x.data());
  });

  it('Dropout always, for Monte Carlo', async () => {
    const layer = new nn.Dropout(0.5, { always: true }).eval();
    const y = await layer.forward(tensor(new Float32Array(400).fill(1))).data();
    // Four standard deviations of 200 are 40.
    expect(Math.abs(y.filter((value) => value === 0).length - 200)).toBeLessThan(41);
  });
});

describe('initialisers', () => {
  it('have their ranges and spreads, and come again with the seed', () => {
    const shape = [40, 30, 3, 3];
    const spread = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    manualSeed(9);
    const kaiming = nn.init.kaimingNormal()(shape);
    const xavier = nn.init.xavierUniform()(shape);
    // Of 10,800 numbers: four standard deviations are 2.7 % and 1.7 %.
    expect(Math.abs(spread(kaiming) / Math.sqrt(2 / 270) - 1)).toBeLessThan(0.027);
    expect(Math.max(...xavier.map(Math.abs))).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / (270 + 360))));
    expect(Math.abs(spread(xavier) / Math.sqrt(2 / (270 + 360)) - 1)).toBeLessThan(0.017);
    manualSeed(9);
    expect(nn.init.kaimingNormal()(shape)).toEqual(kaiming);
    expect(nn.init.kaimingUniform(1)(shape)).not.toEqual(kaiming);
    expect(() => nn.init.xavierNormal()([3])).toThrow(/expected a weight of at least two dimensions, got \[3\]/);
  });
});

describe('starting values', () => {
  it('are those of the order in which layers were made, whenever they are asked for', async () => {
    const make = () => {
      manualSeed(7);
      return [new nn.Linear(3, 2), new nn.Conv2d(1, 2, 3), new nn.Embedding(4, 2, { paddingIdx: 1 })];
    };
    const [a, b] = [make(), make()];
    const forward = await Promise.all(a.map((layer) => layer.stateDict()));
    const backward = (await Promise.all([...b].reverse().map((layer) => layer.stateDict()))).reverse();
    expect(backward).toEqual(forward);
  });

  it('of a model that is loaded are never made', () => {
    const drawn: number[] = [];
    const before = process.cpuUsage();
    const large = new nn.Linear(40_000, 40_000);
    expect(large.parameterCount).toBe(1_600_040_000);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
    // Initialisers of one's own are called at once.
    const own = (shape: readonly number[]) => {
      drawn.push(...shape);
      return nn.init.ones(shape);
    };
    new nn.Linear(2, 3, { weight: own });
    expect(drawn).toEqual([3, 2]);
  });
});
