// Every module and every loss refuses what nothing would read, and arguments of the wrong kind, under its own name.
import { describe, expect, it } from 'vitest';
import { losses, nn, type Tensor, TilegradError, tensor, zeros } from '../../src/index.ts';

type Make = (...args: unknown[]) => unknown;

function refusal(name: string, make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(TilegradError);
    const { message } = error as TilegradError;
    expect(message.slice(0, name.length + 2)).toBe(`${name}: `);
    return message.slice(name.length + 2);
  }
  throw new Error(`${name}: not refused`);
}

/** Arguments that each module takes, without its options. */
const MODULES: Readonly<Record<string, readonly unknown[]>> = {
  ...Object.fromEntries(
    ['Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'].map((name) => [name, [3, 4, 3]]),
  ),
  ...Object.fromEntries(
    ['Linear', 'Embedding', 'RNN', 'LSTM', 'GRU', 'RNNCell', 'LSTMCell', 'GRUCell', 'GCNConv', 'SAGEConv', 'GATConv'].map((name) => [
      name,
      [3, 4],
    ]),
  ),
  ...Object.fromEntries(
    ['BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'InstanceNorm1d', 'InstanceNorm2d', 'LayerNorm', 'RMSNorm'].map((name) => [name, [4]]),
  ),
  ...Object.fromEntries(
    ['MaxPool1d', 'MaxPool2d', 'MaxPool3d', 'MaxUnpool2d', 'AvgPool1d', 'AvgPool2d', 'AvgPool3d'].map((name) => [name, [2]]),
  ),
  GroupNorm: [2, 4],
  MultiheadAttention: [4, 2],
  LPPool2d: [2, 2],
  LocalResponseNorm: [3],
  Dropout: [0.5],
  PReLU: [],
  Upsample: [],
};
/** Those without options. */
const PLAIN: Readonly<Record<string, readonly unknown[]>> = {
  ...Object.fromEntries(
    ['AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveMaxPool2d', 'PixelShuffle', 'PixelUnshuffle', 'ChannelShuffle'].map((name) => [
      name,
      [2],
    ]),
  ),
  ...Object.fromEntries(['CELU', 'ELU', 'Hardshrink', 'Softshrink', 'LeakyReLU', 'Dropout2d', 'AlphaDropout'].map((name) => [name, [0.5]])),
  ...Object.fromEntries(
    [
      'Hardsigmoid',
      'Hardswish',
      'LogSigmoid',
      'Mish',
      'ReLU',
      'ReLU6',
      'SELU',
      'SiLU',
      'Sigmoid',
      'Softplus',
      'Softsign',
      'Tanh',
      'Tanhshrink',
      'Flatten',
    ].map((name) => [name, []]),
  ),
  GELU: ['tanh'],
  GLU: [1],
  Hardtanh: [-1, 1],
  Maxout: [2, 1],
  Threshold: [0, 1],
  Lambda: [(x: unknown) => x],
};
/** Containers have their own tests. */
const ELSEWHERE = [
  'Module',
  'Parameter',
  'Sequential',
  'ModuleList',
  'ModuleDict',
  'ParameterList',
  'ParameterDict',
  'init',
  'weightNorm',
  'spectralNorm',
  'summary',
];
const classes = nn as unknown as Readonly<Record<string, new (...args: unknown[]) => nn.Module>>;
const made =
  (name: string): Make =>
  (...args) =>
    new classes[name](...args);

it('a parameter asks for a name, a shape and a dtype', () => {
  const usage = /^state: expected a name, a shape and a dtype, as in new Parameter\('w', \[2, 3\], 'f32'\)/;
  for (const args of [[], [zeros([1])], [[2, 3]], ['w'], ['w', 3], ['w', [3]], ['w', [3], 'f33']]) {
    expect(() => new classes.Parameter(...args), String(args)).toThrow(usage);
  }
});

it('all of nn is here', () => {
  expect(Object.keys(nn).sort()).toEqual([...Object.keys(MODULES), ...Object.keys(PLAIN), ...ELSEWHERE].sort());
});

describe.each(Object.entries(MODULES))('%s', (name, args) => {
  const make = made(name);
  it('refuses unknown options, options of another kind, and more arguments', () => {
    expect(make(...args)).toBeInstanceOf(nn.Module);
    expect(make(...args, undefined)).toBeInstanceOf(nn.Module);
    expect(refusal(name, () => make(...args, { zzzz: 1 }))).toMatch(/^there is no option zzzz; there are /);
    for (const options of [2, false, 'x', null, [1], zeros([2])]) {
      expect(refusal(name, () => make(...args, options))).toMatch(/^expected options as an object \{ /);
    }
    expect(refusal(name, () => make(...args, {}, 1))).toMatch(/^expected no arguments but \(.*options\), got 1 as well/);
    args.forEach((_, i) => {
      for (const wrong of ['3', null, Number.NaN, -1, {}]) {
        expect(refusal(name, () => make(...args.map((arg, at) => (at === i ? wrong : arg))))).toMatch(/^expected .* to be a/);
      }
    });
  });
});

describe.each(Object.entries(PLAIN))('%s', (name, args) => {
  const make = made(name);
  it('refuses arguments of another kind, and more of them', () => {
    expect(make(...args)).toBeInstanceOf(nn.Module);
    expect(refusal(name, () => make(...args, true))).toMatch(/^expected no arguments but \(.*\), got true as well/);
    args.forEach((_, i) => {
      for (const wrong of [true, null, {}]) {
        expect(refusal(name, () => make(...args.map((arg, at) => (at === i ? wrong : arg))))).toMatch(/^expected .* to be /);
      }
    });
  });
});

/** What a graph's layers take has its own test. */
const LAYERS = Object.entries({ ...MODULES, ...PLAIN }).filter(([name]) => !['Lambda', 'GCNConv', 'SAGEConv', 'GATConv'].includes(name));

it.each(LAYERS)('%s.forward refuses what is no tensor', (name, args) => {
  const layer = made(name)(...args) as { forward: (...inputs: unknown[]) => unknown };
  for (const wrong of ['x', undefined, null, {}, [1, 2], 3, Promise.resolve(zeros([2]))]) {
    expect(refusal(name, () => layer.forward(wrong))).toMatch(/^expected its input to be a tensor, got /);
  }
  for (const wrong of ['x', null, {}, [1, 2], 3]) {
    expect(refusal(name, () => layer.forward(zeros([2]), wrong))).toMatch(/^expected input 1 to be a tensor, or nothing, got /);
  }
});

it('what a layer inherits and what follows others is refused as well; classes of your own take what they like', () => {
  expect(() => new nn.Sequential(new nn.Linear(3, 4)).forward('x' as never)).toThrow("Linear: expected its input to be a tensor, got 'x'");
  expect(() => new nn.MaxUnpool2d(2).forward(zeros([1, 1, 2, 2]), undefined as never)).toThrow(
    'MaxUnpool2d: expected indices to be a tensor',
  );
  class Scaled extends nn.Linear {
    override forward(x: Tensor, ...[factor]: never[]): Tensor {
      return super.forward(x).mul(factor);
    }
  }
  expect(new Scaled(3, 4).forward(zeros([2, 3]), 2 as never).shape).toEqual([2, 4]);
});

it.each<[string, Make, string]>([
  ['strides', () => new nn.Conv2d(3, 4, 3, { strides: 2 } as never), 'Conv2d: there is no option strides; did you mean stride?'],
  [
    'places',
    () => new nn.Conv2d(3, 4, 3, 2 as never, 1 as never),
    'Conv2d: expected options as an object { bias, weight, stride, dilation, groups, padding }, got 2',
  ],
  ['a switch', () => new nn.Linear(3, 4, false as never), 'Linear: expected options as an object { bias, weight }, got false'],
  ['no switch', () => new nn.Linear(3, 4, { bias: 1 as never }), 'Linear: expected bias to be true or false, got 1'],
  [
    'values for an initialiser',
    () => new nn.Linear(3, 4, { weight: 1 as never }),
    'Linear: expected weight to be an initialiser: a function from a shape to values, got 1',
  ],
  [
    'a list of modules',
    () => new nn.Sequential([new nn.ReLU()] as never),
    'Sequential: expected modules one after another, got [an object of class ',
  ],
  [
    'undefined',
    () => new nn.Sequential(new nn.ReLU(), undefined as never),
    'Sequential: expected modules one after another, got undefined',
  ],
  ['groups', () => new nn.GroupNorm(3, 4), 'GroupNorm: expected groups that divide 4 channels, got 3'],
  ['what is no module', () => nn.weightNorm(zeros([1]) as never), 'weightNorm: expected module to be a module, got '],
  [
    'iterations',
    () => nn.spectralNorm(new nn.Linear(1, 1), { nPowerIterations: 0 }),
    'spectralNorm: expected nPowerIterations to be a whole number > 0, got 0',
  ],
])('refuses %s', (_name, make, message) => expect(make).toThrow(message));

it('options that are undefined are left out', () => {
  expect(new nn.Linear(3, 4, { bias: undefined }).bias).toBeDefined();
  expect(new nn.BatchNorm1d(3, { affine: undefined } as never).weight).toBeDefined();
});

it('initialisers refuse what is no number', () => {
  expect(() => nn.init.normal({ std: 2 } as never)).toThrow('init.normal: expected mean to be a finite number, got {std}');
  expect(() => nn.init.uniform(0, undefined as never)).toThrow('init.uniform: expected high to be a finite number, got undefined');
  expect(() => nn.init.kaimingNormal('relu' as never)).toThrow("init.kaimingNormal: expected slope to be a finite number, got 'relu'");
});

describe('losses', () => {
  const x = tensor([
    [0.1, 0.9],
    [0.4, 0.6],
  ]);
  const labels = tensor(Uint32Array.of(0, 1));
  const signs = tensor([1, -1]);
  const ARGS: Readonly<Record<string, readonly unknown[]>> = {
    ...Object.fromEntries(
      ['bce', 'bceWithLogits', 'focal', 'mse', 'l1', 'smoothL1', 'huber', 'klDiv', 'poissonNll', 'hingeEmbedding', 'infoNce'].map(
        (name) => [name, [x, x]],
      ),
    ),
    ...Object.fromEntries(['crossEntropy', 'nll', 'multiMargin', 'capsuleMargin'].map((name) => [name, [x, labels]])),
    ...Object.fromEntries(['cosineEmbedding', 'contrastive'].map((name) => [name, [x, x, signs]])),
    ...Object.fromEntries(['tripletMargin', 'marginRanking', 'gaussianNll'].map((name) => [name, [x, x, x]])),
    dice: [zeros([1, 1, 2]), zeros([1, 1, 2])],
    ctc: [zeros([2, 1, 3]), tensor(Uint32Array.of(1), [1, 1]), tensor(Uint32Array.of(2)), tensor(Uint32Array.of(1))],
  };
  const functions = losses as unknown as Readonly<Record<string, Make>>;

  it('are all here', () => expect(Object.keys(losses).sort()).toEqual(Object.keys(ARGS).sort()));

  it.each(Object.entries(ARGS))('%s', (name, args) => {
    const loss = functions[name];
    loss(...args, undefined);
    expect(refusal(name, () => loss(...args, { reducton: 'sum' }))).toBe('there is no option reducton; did you mean reduction?');
    expect(refusal(name, () => loss(...args, { reduction: 'avg' }))).toMatch(
      /^expected reduction to be 'mean' or 'sum' or 'none'.*, got 'avg'/,
    );
    for (const options of ['sum', 1, true, null, x])
      expect(refusal(name, () => loss(...args, options))).toMatch(/^expected options as an object \{ /);
    args.forEach((_, i) => {
      for (const wrong of [1, [0, 1], undefined, Promise.resolve(x)]) {
        expect(refusal(name, () => loss(...args.map((arg, at) => (at === i ? wrong : arg))))).toMatch(/^expected .* to be a tensor, got /);
      }
    });
  });
});
