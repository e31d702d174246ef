// State dicts: torch.nn's names and shapes, where states are found, and loading that changes all or nothing.
import { describe, expect, it } from 'vitest';
import { losses, nn, optim, ShapeError, type State, type Tensor, TilegradError, tensor } from '../../src/index.ts';

const shapesOf = (module: nn.Module) => Object.fromEntries(module.namedStates().map(([name, { shape }]) => [name, shape]));
const affine = { weight: [6], bias: [6] };
const running = { running_mean: [6], running_var: [6] };

/** What `module.state_dict()` of torch 2 lists, without num_batches_tracked. */
const ROWS: readonly (readonly [name: string, module: nn.Module, states: Readonly<Record<string, readonly number[]>>])[] = [
  ['Linear(4, 3)', new nn.Linear(4, 3), { weight: [3, 4], bias: [3] }],
  ['Linear(4, 3, bias=False)', new nn.Linear(4, 3, { bias: false }), { weight: [3, 4] }],
  ['Conv1d(4, 6, 5, groups=2)', new nn.Conv1d(4, 6, 5, { groups: 2 }), { weight: [6, 2, 5], bias: [6] }],
  ['Conv2d(4, 6, (3, 5))', new nn.Conv2d(4, 6, [3, 5]), { weight: [6, 4, 3, 5], bias: [6] }],
  ['Conv3d(4, 6, 2, bias=False)', new nn.Conv3d(4, 6, 2, { bias: false }), { weight: [6, 4, 2, 2, 2] }],
  ['ConvTranspose1d(4, 6, 5, groups=2)', new nn.ConvTranspose1d(4, 6, 5, { groups: 2 }), { weight: [4, 3, 5], bias: [6] }],
  ['ConvTranspose2d(4, 6, (3, 5))', new nn.ConvTranspose2d(4, 6, [3, 5]), { weight: [4, 6, 3, 5], bias: [6] }],
  ['ConvTranspose3d(4, 6, 2)', new nn.ConvTranspose3d(4, 6, 2), { weight: [4, 6, 2, 2, 2], bias: [6] }],
  ['BatchNorm1d(6)', new nn.BatchNorm1d(6), { ...affine, ...running }],
  ['BatchNorm2d(6)', new nn.BatchNorm2d(6), { ...affine, ...running }],
  ['BatchNorm3d(6)', new nn.BatchNorm3d(6), { ...affine, ...running }],
  ['BatchNorm2d(6, affine=False)', new nn.BatchNorm2d(6, { affine: false }), running],
  ['BatchNorm2d(6, track_running_stats=False)', new nn.BatchNorm2d(6, { trackRunningStats: false }), affine],
  ['InstanceNorm1d(6)', new nn.InstanceNorm1d(6), {}],
  ['InstanceNorm2d(6, affine=True)', new nn.InstanceNorm2d(6, { affine: true }), affine],
  ['GroupNorm(2, 6)', new nn.GroupNorm(2, 6), affine],
  ['LayerNorm((2, 3))', new nn.LayerNorm([2, 3]), { weight: [2, 3], bias: [2, 3] }],
  ['LayerNorm(6, bias=False)', new nn.LayerNorm(6, { bias: false }), { weight: [6] }],
  ['LayerNorm(6, elementwise_affine=False)', new nn.LayerNorm(6, { elementwiseAffine: false }), {}],
  ['RMSNorm(6)', new nn.RMSNorm(6), { weight: [6] }],
  ['Embedding(7, 3)', new nn.Embedding(7, 3), { weight: [7, 3] }],
  ['PReLU(6)', new nn.PReLU({ channels: 6 }), { weight: [6] }],
  ['RNN(5, 3)', new nn.RNN(5, 3), { weight_ih_l0: [3, 5], weight_hh_l0: [3, 3], bias_ih_l0: [3], bias_hh_l0: [3] }],
  [
    'LSTM(5, 3, num_layers=2, bidirectional=True)',
    new nn.LSTM(5, 3, { numLayers: 2, bidirectional: true }),
    Object.fromEntries(
      [0, 1].flatMap((layer) =>
        ['', '_reverse'].flatMap((direction) => [
          [`weight_ih_l${layer}${direction}`, [12, layer === 0 ? 5 : 6]],
          [`weight_hh_l${layer}${direction}`, [12, 3]],
          [`bias_ih_l${layer}${direction}`, [12]],
          [`bias_hh_l${layer}${direction}`, [12]],
        ]),
      ),
    ) as Record<string, number[]>,
  ],
  ['GRU(5, 3, bias=False)', new nn.GRU(5, 3, { bias: false }), { weight_ih_l0: [9, 5], weight_hh_l0: [9, 3] }],
  ['RNNCell(5, 3)', new nn.RNNCell(5, 3), { weight_ih: [3, 5], weight_hh: [3, 3], bias_ih: [3], bias_hh: [3] }],
  ['LSTMCell(5, 3)', new nn.LSTMCell(5, 3), { weight_ih: [12, 5], weight_hh: [12, 3], bias_ih: [12], bias_hh: [12] }],
  ['GRUCell(5, 3)', new nn.GRUCell(5, 3), { weight_ih: [9, 5], weight_hh: [9, 3], bias_ih: [9], bias_hh: [9] }],
  [
    'MultiheadAttention(6, 2)',
    new nn.MultiheadAttention(6, 2),
    { in_proj_weight: [18, 6], in_proj_bias: [18], 'out_proj.weight': [6, 6], 'out_proj.bias': [6] },
  ],
  [
    'weight_norm(Linear(4, 3))',
    nn.weightNorm(new nn.Linear(4, 3)),
    { bias: [3], 'parametrizations.weight.original0': [3, 1], 'parametrizations.weight.original1': [3, 4] },
  ],
  [
    'spectral_norm(Linear(4, 3))',
    nn.spectralNorm(new nn.Linear(4, 3)),
    { bias: [3], 'parametrizations.weight.original': [3, 4], 'parametrizations.weight.0._u': [3], 'parametrizations.weight.0._v': [4] },
  ],
  [
    'Sequential(Linear(4, 3), ReLU(), BatchNorm1d(6))',
    new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU(), new nn.BatchNorm1d(6)),
    { '0.weight': [3, 4], '0.bias': [3], '2.weight': [6], '2.bias': [6], '2.running_mean': [6], '2.running_var': [6] },
  ],
  ['ModuleList([Linear(4, 3)])', new nn.ModuleList([new nn.Linear(4, 3)]), { '0.weight': [3, 4], '0.bias': [3] }],
  [
    'ModuleDict({"forward": Linear(4, 3)})',
    new nn.ModuleDict({ forward: new nn.Linear(4, 3) }),
    { 'forward.weight': [3, 4], 'forward.bias': [3] },
  ],
  ['ParameterList([..])', new nn.ParameterList([new nn.Parameter('w', [2], 'f32')]), { 0: [2] }],
  ['ParameterDict({..})', new nn.ParameterDict({ a: new nn.Parameter('w', [2], 'f32') }), { a: [2] }],
];

it.each(ROWS)('%s has the state dict of torch.nn', (_name, module, states) => expect(shapesOf(module)).toEqual(states));

const w = (size: number) => new nn.Parameter('w', [size], 'f32');

class Everywhere extends nn.Module {
  list = [w(1), w(2)];
  nested = [[w(3)], { deep: [w(4)] }];
  record = { a: w(5), layer: new nn.Linear(6, 1, { bias: false }) };
  map = new Map<string, State | nn.Module>([
    ['b', w(7)],
    ['norm', new nn.RMSNorm(8)],
  ]);
  set = new Set([w(9)]);
  layers = new nn.ModuleList([new nn.Linear(10, 1, { bias: false })]);
  byName = new nn.ModuleDict({ left: new nn.RMSNorm(11) });
  scales = new nn.ParameterList([w(12)]);
  parent: unknown = this;
  numbers = [1, 2, 3];
  none = [null, undefined, 'x'];
  override forward(x: Tensor): Tensor {
    return x;
  }
}

describe('states are found', () => {
  it('in arrays, nested, plain objects, Maps, Sets and lists of modules', () => {
    const model = new Everywhere();
    expect(Object.fromEntries(Object.entries(shapesOf(model)).map(([name, shape]) => [name, shape.reduce((a, b) => a * b)]))).toEqual({
      'list.0': 1,
      'list.1': 2,
      'nested.0.0': 3,
      'nested.1.deep.0': 4,
      'record.a': 5,
      'record.layer.weight': 6,
      'map.b': 7,
      'map.norm.weight': 8,
      'set.0': 9,
      'layers.0.weight': 10,
      'byName.left.weight': 11,
      'scales.0': 12,
    });
    expect(model.parameterCount).toBe(78);
    const modes = () =>
      [model.record.layer, model.map.get('norm') as nn.Module, model.layers.at(0), model.byName.get('left')].map((m) => m.training);
    model.eval();
    expect(modes()).toEqual([false, false, false, false]);
    model.train();
    expect(modes()).toEqual([true, true, true, true]);
  });

  it('or refused where they could not be: in an object of a class of one’s own', () => {
    class Helper {
      weight = w(1);
    }
    class Net extends nn.Module {
      helper = new Helper();
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    expect(() => new Net().parameters()).toThrow(/^Net: helper holds parameters in an object of class Helper, where they aren't found/);
  });

  it('once where they are tied', async () => {
    class Tied extends nn.Module {
      embed = new nn.Embedding(3, 2);
      out = new nn.Linear(2, 3, { bias: false });
      constructor() {
        super();
        Object.assign(this.out, { weight: this.embed.weight });
      }
      override forward(x: Tensor): Tensor {
        return this.out.forward(this.embed.forward(x));
      }
    }
    const model = new Tied();
    expect(model.parameters()).toEqual([model.embed.weight]);
    expect(model.parameterCount).toBe(6);
    expect(Object.keys(await model.stateDict())).toEqual(['embed.weight', 'out.weight']);
    // A file that holds it once is whole.
    expect(model.loadStateDict({ 'out.weight': { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) } })).toEqual({
      missing: [],
      unexpected: [],
    });
    expect([...(await model.embed.weight.data())]).toEqual([1, 2, 3, 4, 5, 6]);
    new optim.SGD([...model.embed.parameters(), ...model.out.parameters()], { lr: 1 }).minimize(
      losses.mse(model.forward(tensor(Uint32Array.of(0))), tensor([[0, 0, 0]])),
    );
    expect((await model.embed.weight.data())[0]).toBeLessThan(0);
  });
});

describe('containers', () => {
  it('are read like arrays and maps', () => {
    const [a, b] = [new nn.Linear(1, 1), new nn.Linear(1, 1)];
    const list = new nn.ModuleList([a]);
    expect(new nn.ModuleList([a].values())).toHaveLength(1);
    list.push(b);
    expect([list.length, [...list], list.at(-1)]).toEqual([2, [a, b], b]);
    const dict = new nn.ModuleDict({ a });
    dict.set('b', b);
    expect([[...dict], dict.has('b'), dict.has('toString'), dict.get('b')]).toEqual([
      [
        ['a', a],
        ['b', b],
      ],
      true,
      false,
      b,
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no list', () => new nn.ModuleList(new nn.Linear(1, 1) as never), /^ModuleList: expected items to be a list/],
    ['no module', () => new nn.ModuleList([w(1)] as never), /^ModuleList: expected items to be a list/],
    ['no parameter', () => new nn.ParameterList().push(1 as never), /^ParameterList: expected item to be a parameter, got 1/],
    ['no module by name', () => new nn.ModuleDict({ a: 1 as never }), /^ModuleDict: expected a to be a module, got 1/],
    ['a name of two', () => new nn.ModuleDict({ 'a.b': new nn.ReLU() }), /^ModuleDict: expected name to be a name without dots, got 'a.b'/],
    ['an unknown name', () => new nn.ParameterDict({ a: w(1) }).get('b'), /^ParameterDict: expected one of \[a\], got b/],
    ['a place outside', () => new nn.ModuleList().at(0), /^ModuleList: expected a place within 0 items, got 0/],
    ['a call', () => new nn.ModuleList().forward(), /^ModuleList: expected its items to be used/],
  ])('refuse %s', (_name, make, message) => expect(make).toThrow(message));
});

describe('loadStateDict', () => {
  const make = () => new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
  const entry = (shape: readonly number[], value = 7) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) });
  const whole = () => Object.fromEntries(Object.entries(shapesOf(make())).map(([name, shape]) => [name, entry(shape)]));

  it('takes what PyTorch writes', async () => {
    const model = make();
    const report = model.loadStateDict({ ...whole(), '1.num_batches_tracked': { shape: [], data: Int32Array.of(4) } });
    expect(report).toEqual({ missing: [], unexpected: [] });
    for (const [, { data }] of Object.entries(await model.stateDict())) expect(data.every((value) => value === 7)).toBe(true);
  });

  it('tells what is missing and unexpected when it needn’t be strict', async () => {
    const model = make();
    const { '1.bias': _, ...rest } = whole();
    expect(model.loadStateDict({ ...rest, head: entry([1]) }, { strict: false })).toEqual({ missing: ['1.bias'], unexpected: ['head'] });
    expect(await model.stateDict()).toMatchObject({ '0.weight': entry([3, 2]), '1.bias': entry([3], 0) });
  });

  it.each<[string, unknown, RegExp]>([
    ['too little data', { shape: [3], data: new Float32Array(2) }, /^loadStateDict: 1.running_var: expected 3 values, got 2/],
    ['bits of f16', { shape: [3], data: new Uint16Array(3) }, /^loadStateDict: 1.running_var: expected data of f32, got Uint16Array/],
    ['integers', { shape: [3], data: new Int32Array(3) }, /^loadStateDict: 1.running_var: expected data of f32, got Int32Array/],
    ['a list', { shape: [3], data: [1, 2, 3] }, /^loadStateDict: 1.running_var: expected data of f32, got \[1, 2, 3\]/],
    ['no data', { shape: [3] }, /^loadStateDict: 1.running_var: expected data of f32, got undefined/],
    ['nothing', null, /^loadStateDict: 1.running_var: expected \{ shape, data \}, got null/],
    ['another shape', entry([4]), /^loadStateDict: 1.running_var: expected \[3\], got \[4\]/],
  ])('changes nothing when the last tensor has %s', async (_name, value, message) => {
    const model = make();
    const before = await model.stateDict();
    for (const strict of [true, false]) {
      expect(() => model.loadStateDict({ ...whole(), '1.running_var': value } as nn.StateDict, { strict })).toThrow(message);
    }
    expect(() => model.loadStateDict({ ...whole(), '1.running_var': value } as nn.StateDict)).toThrow(TilegradError);
    expect(await model.stateDict()).toEqual(before);
  });

  it('refuses what is no dict, and options that there aren’t', () => {
    expect(() => make().loadStateDict(null as never)).toThrow('loadStateDict: expected dict to be an object, got null');
    expect(() => make().loadStateDict(whole(), false as never)).toThrow(
      'loadStateDict: expected options as an object { strict, prefix, rename }, got false',
    );
    expect(() => make().loadStateDict(whole(), { strickt: false } as never)).toThrow('there is no option strickt; did you mean strict?');
    expect(() => make().loadStateDict({ ...whole(), '0.bias': entry([]) })).toThrow(ShapeError);
    expect(() => make().train('no' as never)).toThrow("train: expected mode to be true or false, got 'no'");
  });
});
