// What a compiled function read beside its arguments: it is traced anew when a field of a module changed, and only then.
import { expect, it } from 'vitest';
import { compile, gradients, losses, nn, optim, State, type Tensor, tensor } from '../../src/index.ts';

const constant = (value: number) => new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(value) });
const x = tensor([[1]]);

/** A function of a module's output, and how often it was traced. */
function counted(forward: (input: Tensor) => Tensor) {
  const seen = { traces: 0 };
  const f = compile((input: Tensor) => {
    seen.traces++;
    return forward(input);
  });
  return { seen, value: () => f(x).item() };
}

class Net extends nn.Module {
  first = constant(2);
  readonly #factor = tensor([10]);
  blocks: nn.Module[] = [constant(3)];
  parts: { readonly [name: string]: nn.Module | undefined } = { head: constant(5) };
  scale: State | number = 1;
  calls = 0;

  override forward(input: Tensor): Tensor {
    this.calls++;
    let h = this.first.forward(input);
    for (const block of this.blocks) h = block.forward(h) as Tensor;
    for (const part of Object.values(this.parts)) if (part) h = part.forward(h) as Tensor;
    return h.mul(this.scale).mul(this.#factor);
  }
}

it('a layer that is replaced is another one: as a field, in an array, in an object, in a Sequential, deep inside', async () => {
  const net = new Net();
  const outer = new nn.Sequential(net, new nn.Sequential(constant(1)));
  const { seen, value } = counted((input) => outer.forward(input));
  expect(await value()).toBe(300);
  expect(await value()).toBe(300);
  expect(seen.traces).toBe(1);
  const changes: readonly [change: () => unknown, expected: number, known?: 'known'][] = [
    [() => (net.first = constant(1)), 150],
    [() => (net.blocks[0] = constant(4)), 200],
    [() => net.blocks.push(constant(2)), 400],
    [() => net.blocks.pop(), 200, 'known'],
    [() => (net.parts = { head: constant(1) }), 40],
    [() => Object.assign(net.parts, { head: undefined, tail: constant(3) }), 120],
    [() => (net.scale = 2), 240],
    [() => (net.scale = new State('scale', [], 'f32', Float32Array.of(3))), 360],
    [() => Object.assign(outer[1], { 0: constant(-1) }), -360],
    [() => Object.assign(net.first, { weight: new nn.Parameter('weight', [1, 1], 'f32', Float32Array.of(7)) }), -2520],
    [() => Object.assign(net, { forward: (input: Tensor) => input }), -1],
    [() => Reflect.deleteProperty(net, 'forward'), -2520, 'known'],
  ];
  for (const [change, expected, known] of changes) {
    const before = seen.traces;
    change();
    expect(await value()).toBe(expected);
    expect(await value()).toBe(expected);
    // Where everything is as it was before, the plan is there.
    expect(seen.traces).toBe(known ? before : before + 1);
  }
});

it('and in ModuleList, ModuleDict, Maps, Sets and nested arrays, before and after', async () => {
  class Many extends nn.Module {
    list = new nn.ModuleList([constant(2)]);
    dict = new nn.ModuleDict({ a: constant(3) });
    map = new Map([['b', constant(5)]]);
    set = new Set([constant(7)]);
    nested = [[constant(11)]];

    override forward(input: Tensor): Tensor {
      const named = [...this.dict].map(([, module]) => module);
      const all = [...this.list, ...named, ...this.map.values(), ...this.set, ...this.nested.flat()];
      return all.reduce((h, module) => module.forward(h) as Tensor, input);
    }
  }
  const many = new Many();
  const { seen, value } = counted((input) => many.forward(input));
  expect([await value(), await value(), seen.traces]).toEqual([2310, 2310, 1]);
  many.list.push(constant(2));
  expect(await value()).toBe(4620);
  many.dict.set('a', constant(1));
  expect(await value()).toBe(1540);
  many.map.set('b', constant(1));
  expect(await value()).toBe(308);
  many.set.clear();
  expect(await value()).toBe(44);
  many.nested[0][0] = constant(1);
  expect(await value()).toBe(4);
  expect(seen.traces).toBe(6);
});

it('the very evaluation of a trained model follows its layers', async () => {
  class Model extends nn.Module {
    linear = constant(1);
    override forward(input: Tensor): Tensor {
      return this.linear.forward(input);
    }
  }
  const model = new Model();
  const evaluate = compile((input: Tensor) => model.forward(input));
  expect(await evaluate(x).item()).toBe(1);
  model.linear = constant(9);
  expect(await evaluate(x).item()).toBe(9);
});

it('what the function did not read, or counts itself, does not trace it anew', async () => {
  class Logged extends Net {
    history: number[] = [];
    epoch = 0;
  }
  const net = new Logged();
  const sgd = new optim.SGD(net.parameters(), { lr: 0 });
  const { seen, value } = counted((input) => {
    const loss = losses.mse(net.forward(input), input);
    sgd.step(gradients(loss, net.parameters()));
    return loss;
  });
  for (let i = 0; i < 4; i++) {
    net.history.push(await value());
    net.epoch = i;
    net.forward(x);
    net.train();
  }
  expect(seen.traces).toBe(1);
});

it('switching back and forth keeps both plans', async () => {
  const net = new Net();
  const { seen, value } = counted((input) => net.forward(input).mul(net.training ? 1 : 2));
  const found: number[] = [];
  for (let i = 0; i < 4; i++) {
    net.train(i % 2 === 0);
    found.push(await value());
  }
  expect(found).toEqual([300, 600, 300, 600]);
  expect(seen.traces).toBe(2);
});

it('parameters that a function lists are those of now', async () => {
  const net = new Net();
  const total = compile(() => net.parameters().reduce((sum, parameter) => sum.add(parameter.sum()), tensor(0)));
  const before = await total().item();
  net.first = constant(0);
  expect(await total().item()).toBe(before - 2);
  net.blocks.push(constant(4));
  expect(await total().item()).toBe(before + 2);
  Object.assign(net, { extra: constant(8) });
  expect(await total().item()).toBe(before + 10);
});

it('a parametrised weight is read without being computed by the comparison', async () => {
  const layer = new nn.Linear(2, 2, { bias: false });
  const forward = counted((input) =>
    layer
      .forward(tensor([[1, 0]]))
      .sum()
      .mul(input),
  );
  const plain = await forward.value();
  nn.weightNorm(layer);
  expect(await forward.value()).toBeCloseTo(plain, 5);
  expect(forward.seen.traces).toBe(2);
});

it('modules with private fields work as ever, and are what they are', async () => {
  const net = new Net();
  expect(net).toBeInstanceOf(Net);
  expect(Object.keys(net)).toContain('first');
  expect(net.children().map(([name]) => name)).toContain('blocks.0');
  expect(await net.forward(x).item()).toBe(300);
});
