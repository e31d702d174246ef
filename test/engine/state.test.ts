// States and values outside compiled functions.
import { describe, expect, it } from 'vitest';
import { compile, full, gradients, hostValues, nn, optim, StaleTensorError, State, type Tensor, tensor } from '../../src/index.ts';

const counter = (...values: number[]) => new State('counter', [values.length], 'f32', Float32Array.from(values));

describe('assign outside compiled functions', () => {
  it('takes place with the next thing that runs', async () => {
    const state = counter(1, 2);
    state.assign(state.add(1));
    expect(await state.toArray()).toEqual([2, 3]);
    state.assign(state.mul(2));
    state.assign(state.add(1));
    expect(await state.add(0).toArray()).toEqual([5, 7]);
  });

  it('a state copied into another stays its own', async () => {
    const [from, to] = [counter(1), counter(0)];
    to.assign(from);
    expect(await to.item()).toBe(1);
    from.set(Float32Array.of(5));
    expect(await from.mul(2).item()).toBe(10);
    to.assign(from);
    expect(await to.item()).toBe(5);
  });

  it('is carried out before a compiled function runs', async () => {
    const state = counter(1);
    const f = compile(() => state.mul(10));
    expect(await f().item()).toBe(10);
    state.assign(state.add(4));
    expect(await f().item()).toBe(50);
  });

  it('a formula made before a write does not read the new value', async () => {
    const state = counter(1);
    const old = state.mul(10);
    expect(await old.item()).toBe(10);
    state.assign(state.add(1));
    await state.data();
    await expect(old.data()).rejects.toThrow(StaleTensorError);
    expect(await state.mul(10).item()).toBe(20);
  });

  it('refuses another shape or element type, naming the state', () => {
    expect(() => counter(1).assign(tensor([1, 2]))).toThrow('assign to counter: expected [1], got [2]');
    expect(() => counter(1).assign(tensor([1], [1], 'i32'))).toThrow('assign to counter: expected f32, got i32');
  });
});

describe('set()', () => {
  it('replaces the values, before and after they are on the GPU', async () => {
    const state = counter(1, 2);
    const f = compile(() => state.mul(2));
    state.set(Float32Array.of(3, 4));
    expect(await f().toArray()).toEqual([6, 8]);
    state.set(Float32Array.of(5, 6));
    expect(await f().toArray()).toEqual([10, 12]);
    expect(() => state.set(Float32Array.of(1))).toThrow(/expected 2 values for shape \[2\], got 1/);
  });

  it('copies what it is given', async () => {
    const values = Float32Array.of(1);
    const state = counter(0);
    state.set(values);
    values[0] = 9;
    expect(await state.item()).toBe(1);
  });

  it('reaches parameters that an optimiser holds', async () => {
    const layer = new nn.Linear(3, 2);
    const sgd = new optim.SGD(layer.parameters(), { lr: 1 });
    layer.bias?.set(Float32Array.of(5, 6));
    sgd.step(gradients(layer.forward(tensor([[0, 0, 0]])).sum(), layer.parameters()));
    expect([...((await layer.bias?.data()) ?? [])]).toEqual([4, 5]);
    layer.bias?.set(Float32Array.of(7, 8));
    expect(await layer.forward(tensor([[0, 0, 0]])).toArray()).toEqual([[7, 8]]);
  });
});

describe('values', () => {
  it('host values are asked for once an execution', async () => {
    let calls = 0;
    const f = compile((x: Tensor) => x.mul(hostValues(() => [++calls], [1])));
    const found: number[] = [];
    for (let i = 0; i < 4; i++) found.push(await f(tensor([10])).item());
    expect(found).toEqual([10, 20, 30, 40]);
    const whole = hostValues(() => [-1, 2 ** 31], [2], 'u32');
    expect(await whole.toArray()).toEqual([2 ** 32 - 1, 2 ** 31]);
  });

  it('item() wants one element, toArray() nests', async () => {
    await expect(tensor([1, 2]).item()).rejects.toThrow('item: expected a tensor of one element, got [2]');
    expect(
      await tensor([
        [1, 2],
        [3, 4],
      ])
        .add(0)
        .toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await tensor(3).add(1).toArray()).toBe(4);
  });

  it('data() hands out a copy', async () => {
    const x = tensor([1, 2]);
    (await x.data())[0] = 9;
    expect(await x.toArray()).toEqual([1, 2]);
  });

  it('two readings of one structure with other values do not mix', async () => {
    const [a, b] = [tensor([1, 2]).mul(3), tensor([5, 6]).mul(3)];
    expect(await Promise.all([a.toArray(), b.toArray(), a.add(b).toArray()])).toEqual([
      [3, 6],
      [15, 18],
      [18, 24],
    ]);
  });
});

describe('assigned values that were carried out', () => {
  it('are read from the state by what was built on them', async () => {
    const state = counter(1);
    state.assign(state.add(1));
    const [a, b] = [state.mul(10), state.mul(100)];
    expect([await a.item(), await b.item()]).toEqual([20, 200]);
    expect(await state.item()).toBe(2);
    state.assign(state.add(1));
    await state.data();
    await expect(b.add(0).data()).rejects.toThrow(StaleTensorError);
  });

  it('of an optimiser are not computed twice', async () => {
    const layer = new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(3) });
    const sgd = new optim.SGD(layer.parameters(), { lr: 1 });
    const x = tensor([[1]]);
    sgd.step(gradients(layer.forward(x).sum(), layer.parameters()));
    const once = layer.forward(x);
    sgd.step(gradients(layer.forward(x).sum(), layer.parameters()));
    const twice = layer.forward(x);
    expect([await once.item(), await twice.item(), await layer.weight.item()]).toEqual([2, 1, 1]);
    expect(sgd.steps).toBe(2);
  });
});

describe('constants', () => {
  it('that JSON would confuse stay apart', async () => {
    const unusual = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0, 0];
    for (const value of unusual) expect([...(await full([2], value).data())]).toEqual([value, value]);
    const [a, b, c] = await Promise.all(
      compile(() => [full([1], Number.POSITIVE_INFINITY), full([1], Number.NEGATIVE_INFINITY), full([1], Number.NaN)])().map((x) =>
        x.item(),
      ),
    );
    expect([a, b, c]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
  });
});
