// Deep copies of modules, and hooks on their forward passes.
import { describe, expect, it } from 'vitest';
import { compile, nn, optim, type Tensor, tensor } from '../../src/index.ts';

const x = tensor([[1, -2]]);

class Net extends nn.Module {
  readonly embed = new nn.Linear(2, 2);
  readonly out: nn.Linear;
  readonly layers = [new nn.Linear(2, 2), new nn.BatchNorm1d(2)];
  readonly byName = new Map<string, nn.Module>([['a', new nn.Linear(2, 2)]]);
  readonly self: nn.Module = this;
  constructor(readonly options = { slope: 0.1 }) {
    super();
    this.out = new nn.Linear(2, 2);
    Object.assign(this.out, { weight: this.embed.weight });
  }
  override forward(input: Tensor): Tensor {
    const y = this.layers.reduce((value, layer) => layer.forward(value) as Tensor, this.embed.forward(input));
    return this.out.forward(y).leakyRelu(this.options.slope);
  }
}

describe('clone', () => {
  it.each([false, true])('shares nothing, keeps what is tied (on the GPU: %s)', async (used) => {
    const model = new Net().eval();
    model.embed.bias!.requiresGrad = false;
    if (used) await model.forward(x).data();
    const copy = model.clone();
    expect(copy).toBeInstanceOf(Net);
    expect(await copy.stateDict()).toEqual(await model.stateDict());
    expect(await copy.forward(x).data()).toEqual(await model.forward(x).data());
    const own = new Set(model.namedStates().map(([, state]) => state));
    expect(copy.namedStates().some(([, state]) => own.has(state))).toBe(false);
    expect([copy.out.weight === copy.embed.weight, copy.self === copy, copy.training, copy.embed.bias!.requiresGrad]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([copy.options, copy.options === model.options, copy.layers === model.layers]).toEqual([{ slope: 0.1 }, false, false]);
    const before = await model.stateDict();
    const sgd = new optim.SGD(copy.parameters(), { lr: 0.1 });
    sgd.minimize(copy.forward(x).sum());
    expect((await copy.embed.weight.data())[0]).not.toBe(before['embed.weight'].data[0]);
    expect(await model.stateDict()).toEqual(before);
    copy.train();
    expect([model.layers[0].training, copy.layers[0].training]).toEqual([false, true]);
  });

  it('of a model whose parameters stand in an optimiser has what they are after its steps', async () => {
    const model = new nn.Linear(2, 1);
    const sgd = new optim.SGD(model.parameters(), { lr: 1 });
    sgd.minimize(model.forward(x).sum());
    const copy = model.clone();
    expect(await copy.stateDict()).toEqual(await model.stateDict());
    // It belongs to no optimiser yet.
    new optim.Adam(copy.parameters());
  });

  it('computes parametrised weights from its own states', async () => {
    const model = nn.weightNorm(new nn.Linear(2, 2));
    const copy = model.clone();
    const state = copy.namedStates().find(([name]) => name.endsWith('original0'))![1];
    state.set(Float32Array.of(0, 0));
    expect([...(await copy.weight.data())].every((value) => value === 0)).toBe(true);
    expect((await model.weight.data()).some((value) => value !== 0)).toBe(true);
  });

  it('is refused in a compiled function', async () => {
    const model = new nn.Linear(2, 1);
    const clone = () => compile(() => model.clone().forward(x))();
    expect(clone).toThrow('clone: a compiled function only builds a graph; clone outside');
  });
});

describe('forward hooks', () => {
  it('see inputs and outputs, may replace them, and go away', async () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    const plain = await model.forward(x).data();
    const seen: string[] = [];
    const remove = [
      model[0].registerForwardHook((module, inputs, output) => {
        seen.push(`${module.constructor.name || 'Linear'} ${inputs[0].shape} ${(output as Tensor).shape}`);
      }),
      model[0].registerForwardHook((_module, _inputs, output) => (output as Tensor).mul(0).add(3)),
      model[1].registerForwardPreHook((_module, [input]) => [input.neg()]),
    ];
    expect([...(await model.forward(x).data())]).toEqual([0, 0]);
    remove[2]();
    expect([...(await model.forward(x).data())]).toEqual([3, 3]);
    for (const off of remove) off();
    expect(await model.forward(x).data()).toEqual(plain);
    expect(seen).toEqual(['Linear 1,2 1,2', 'Linear 1,2 1,2']);
    expect(Object.hasOwn(model[0], 'forward')).toBe(false);
  });

  it('are noticed by compiled functions, and stay behind when a module is cloned', async () => {
    const model = new nn.Linear(2, 1, { bias: false });
    model.weight.set(Float32Array.of(1, 1));
    const run = compile((input: Tensor) => model.forward(input));
    expect(await run(x).item()).toBe(-1);
    const remove = model.registerForwardHook((_m, _i, output) => (output as Tensor).mul(10));
    expect(await run(x).item()).toBe(-10);
    const again = model.registerForwardHook((_m, _i, output) => (output as Tensor).mul(10));
    expect(await run(x).item()).toBe(-100);
    expect(await model.clone().forward(x).item()).toBe(-1);
    again();
    remove();
    expect(await run(x).item()).toBe(-1);
    expect(() => model.registerForwardHook(3 as never)).toThrow('registerForwardHook: expected hook to be a function, got 3');
  });
});
