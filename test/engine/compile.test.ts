// compile(): replayed plans give what one-off evaluation gives, over several steps; what makes a function trace anew; lifetimes of results.
import { describe, expect, it, vi } from 'vitest';
import {
  type CompileProgress,
  compile,
  conv2d,
  dropout,
  gradients,
  losses,
  manualSeed,
  maxPool2d,
  nn,
  onCompile,
  optim,
  StaleTensorError,
  State,
  type Tensor,
  type TypedArray,
  tensor,
  zeros,
} from '../../src/index.ts';
import { expectClose, integers, random, toTensor } from './check.ts';

/** Computes each step by itself, reading every value back in between: nothing can be fused. */
async function apart(x: Tensor, ...steps: readonly ((x: Tensor) => Tensor)[]): Promise<TypedArray> {
  let value = x;
  for (const step of steps) {
    const y = step(value);
    value = tensor(await y.data(), y.shape);
  }
  return value.data();
}

describe('fused plans equal op-by-op evaluation', () => {
  const w1 = toTensor(random([4, 2, 3, 3]));
  const b1 = toTensor(random([4]));
  const w2 = toTensor(random([16, 7]));
  const b2 = toTensor(random([7]));
  const network: readonly ((x: Tensor) => Tensor)[] = [
    (x) => conv2d(x, w1),
    (x) => x.add(b1.reshape([1, 4, 1, 1])),
    (x) => x.relu(),
    (x) => maxPool2d(x, 2),
    (x) => x.reshape([3, 16]),
    (x) => x.matmul(w2),
    (x) => x.add(b2),
    (x) => x.tanh(),
    (x) => x.sub(x.mean(1, { keepDims: true })),
    (x) => x.div(x.square().sum(1, { keepDims: true }).add(1).sqrt()),
    (x) => x.transpose().softmax(),
    (x) => x.mul(3).exp().sum(0),
  ];

  it('for a network, at every depth', async () => {
    for (let depth = 2; depth <= network.length; depth += 2) {
      const steps = network.slice(0, depth);
      const x = toTensor(random([3, 2, 6, 6]));
      const together = compile((input: Tensor) => steps.reduce((value, step) => step(value), input));
      const expected = await apart(x, ...steps);
      for (let repeat = 0; repeat < 3; repeat++) expectClose(`depth ${depth}`, await together(x).data(), expected, 1e-5);
    }
  });

  it('for shifted sums of shifted sums, which one kernel could not hold', async () => {
    const shifted = (x: Tensor) => {
      const wide = x.pad([
        [1, 1],
        [0, 0],
      ]);
      const rows = [0, 1, 2].map((row) =>
        wide.slice([
          [row, row + 5],
          [0, 3],
        ]),
      );
      return rows[0]!.mul(0.5).add(rows[1]!).sub(rows[2]!);
    };
    const x = tensor(
      Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)),
      [5, 3],
    );
    const steps = Array.from({ length: 9 }, () => shifted);
    const together = compile((input: Tensor) => steps.reduce((value, step) => step(value), input));
    expectClose('nine times', await together(x).data(), await apart(x, ...steps), 1e-5);
  });

  it.each([
    ['SGD', (p: readonly nn.Parameter[]) => new optim.SGD(p, { lr: 0.05, momentum: 0.9 })],
    ['Adam', (p: readonly nn.Parameter[]) => new optim.Adam(p, { lr: 0.01 })],
  ])('for %s over several steps: compiled, eager, and gradients computed apart', async (_name, make) => {
    manualSeed(3);
    const seeded = () => {
      manualSeed(11);
      return new nn.Sequential(new nn.Linear(5, 13), new nn.Tanh(), new nn.Linear(13, 3));
    };
    const data = Array.from({ length: 4 }, () => [toTensor(random([6, 5])), toTensor(random([6, 3]))] as const);
    const trainedBy = async (step: (model: nn.Sequential, optimizer: optim.Optimizer) => (x: Tensor, y: Tensor) => Promise<number>) => {
      const model = seeded();
      const run = step(model, make(model.parameters()));
      const found: number[] = [];
      for (const [x, y] of [...data, ...data]) found.push(await run(x, y));
      return [...found, ...(await Promise.all(model.parameters().map((p) => p.data()))).flatMap((values) => [...values])];
    };
    const lossOf = (model: nn.Sequential, x: Tensor, y: Tensor) => losses.mse(model.forward(x), y);
    const compiled = await trainedBy((model, optimizer) => {
      const step = compile((x: Tensor, y: Tensor) => {
        const loss = lossOf(model, x, y);
        optimizer.step(gradients(loss, model.parameters()));
        return loss;
      });
      return (x, y) => step(x, y).item();
    });
    const eager = await trainedBy((model, optimizer) => async (x, y) => {
      const loss = lossOf(model, x, y);
      optimizer.step(gradients(loss, model.parameters()));
      return loss.item();
    });
    const inParts = await trainedBy((model, optimizer) => async (x, y) => {
      const loss = lossOf(model, x, y);
      const found = await Promise.all(gradients(loss, model.parameters()).map(async (g) => tensor(await g.data(), g.shape)));
      const value = await loss.item();
      optimizer.step(found);
      return value;
    });
    expectClose('eager', eager, compiled, 1e-5);
    expectClose('in parts', inParts, compiled, 1e-5);
    expect(compiled[7]).toBeLessThan(compiled[3]);
  });
});

describe('arguments and results', () => {
  it('trees of tensors, and values that are part of the kind', async () => {
    let traces = 0;
    const f = compile((batch: { readonly a: Tensor; readonly list: readonly Tensor[] }, scale: number) => {
      traces++;
      return { sum: batch.a.add(batch.list[0]), parts: [batch.list[1].mul(scale)], plain: 'kept' };
    });
    const batch = { a: tensor([1, 2]), list: [tensor([10, 20]), tensor([3])] };
    const first = f(batch, 2);
    expect(first.plain).toBe('kept');
    expect([await first.sum.toArray(), await first.parts[0].toArray()]).toEqual([[11, 22], [6]]);
    expect(await f(batch, 2).parts[0].toArray()).toEqual([6]);
    expect(traces).toBe(1);
    expect(await f(batch, 5).parts[0].toArray()).toEqual([15]);
    expect(traces).toBe(2);
  });

  it('new shapes and element types trace anew, old ones are replayed', async () => {
    let traces = 0;
    const f = compile((x: Tensor) => {
      traces++;
      return x.add(x);
    });
    expect(await f(tensor([1, 2])).toArray()).toEqual([2, 4]);
    expect(await f(tensor([[1], [2]])).toArray()).toEqual([[2], [4]]);
    expect(await f(tensor([1, 2], [2], 'i32')).toArray()).toEqual([2, 4]);
    expect(await f(tensor([5, 6])).toArray()).toEqual([10, 12]);
    expect(traces).toBe(3);
  });

  it('one tensor returned twice, an argument returned as it came, a constant', async () => {
    const f = compile((x: Tensor) => {
      const y = x.mul(2);
      return [y, y, x, zeros([2]), y.reshape([2, 1])];
    });
    for (const values of [
      [1, 2],
      [3, 4],
    ]) {
      const results = f(tensor(values));
      const doubled = values.map((value) => 2 * value);
      expect(await Promise.all(results.map((y) => y.toArray()))).toEqual([
        doubled,
        doubled,
        values,
        [0, 0],
        doubled.map((value) => [value]),
      ]);
    }
  });

  it('results go back in as arguments', async () => {
    const f = compile((h: Tensor, x: Tensor) => h.mul(2).add(x));
    let h = tensor([1, 2, 3]);
    for (let i = 0; i < 5; i++) h = f(h, tensor([1, 1, 1]));
    expect(await h.toArray()).toEqual([63, 95, 127]);
  });

  it('two results swap places', async () => {
    const f = compile((a: Tensor, b: Tensor) => [b.add(0.5), a.add(0.25)] as const);
    let [a, b] = f(tensor([1]), tensor([2]));
    for (let i = 0; i < 2; i++) [a, b] = f(a, b);
    expect([await a.item(), await b.item()]).toEqual([3.25, 2]);
  });

  it('arguments that are not computed yet, of one structure', async () => {
    const f = compile((a: Tensor, b: Tensor) => a.sub(b));
    expect(await f(tensor([5, 6]).mul(2), tensor([1, 2]).mul(2)).toArray()).toEqual([8, 8]);
    expect(await f(tensor([5, 6]).mul(2), tensor([2, 2]).mul(2)).toArray()).toEqual([6, 8]);
  });

  it('several reads are under way at once', async () => {
    const f = compile((x: Tensor) => x.mul(3));
    const reads = Array.from({ length: 10 }, (_, i) => f(tensor([i])).item());
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 10 }, (_, i) => 3 * i));
  });

  it('no elements', async () => {
    const f = compile((x: Tensor) => [x.exp(), x.sum(), x.matmul(tensor([[1], [2]]))]);
    const [y, total, product] = f(zeros([0, 2]));
    expect(await y.toArray()).toEqual([]);
    expect(await total.item()).toBe(0);
    expect(product.shape).toEqual([0, 1]);
    expect(await product.data()).toHaveLength(0);
  });

  it('a compiled function inside another is part of it', async () => {
    const inner = compile((x: Tensor) => x.add(1));
    const outer = compile((x: Tensor) => inner(x).mul(2));
    expect(await outer(tensor([1])).item()).toBe(4);
    await expect(inner.describe()).rejects.toThrow(/describe\(\) needs a call first/);
    expect(await outer.describe()).toMatch(/^1 dispatches/);
  });

  it('a function that returns a promise is refused', () => {
    expect(() => compile(async (x: Tensor) => x.add(1))(tensor([1]))).toThrow(/expected a function that returns tensors/);
  });

  it('reading a value while tracing is refused', async () => {
    const reads: Promise<unknown>[] = [];
    compile((x: Tensor) => {
      reads.push(x.data().catch((error) => error));
      return x;
    })(tensor([1]));
    expect(String(await reads[0])).toMatch(/a compiled function only builds a graph/);
  });
});

describe('lifetimes', () => {
  it('a result that a later call has overwritten throws StaleTensorError', async () => {
    const f = compile((x: Tensor) => x.add(1), { name: 'plusOne' });
    const old = f(tensor([1]));
    const fresh = f(tensor([2]));
    await expect(old.data()).rejects.toThrow(StaleTensorError);
    await expect(old.add(1).data()).rejects.toThrow(/plusOne: this result was overwritten/);
    expect(() => f(old)).toThrow(StaleTensorError);
    expect(() => old.keep()).toThrow(StaleTensorError);
    expect(await fresh.item()).toBe(3);
  });

  it('data() asked for in time is answered', async () => {
    const f = compile((x: Tensor) => x.add(1));
    const read = f(tensor([1])).data();
    f(tensor([2]));
    expect([...(await read)]).toEqual([2]);
  });

  it('keep() lasts', async () => {
    const f = compile((x: Tensor) => x.add(1));
    const kept = f(tensor([1])).keep();
    const lazily = tensor([4]).mul(2).keep();
    for (let i = 0; i < 5; i++) f(tensor([i]));
    expect([await kept.item(), await lazily.item()]).toEqual([2, 8]);
    expect(await kept.add(lazily).item()).toBe(10);
    expect(await f(kept).item()).toBe(3);
  });

  it('tensors from outside are constants of the plan', async () => {
    const host = tensor([10, 20]);
    const lazy = host.mul(2);
    const kept = compile((x: Tensor) => x.add(1))(tensor([1, 2])).keep();
    const f = compile((x: Tensor) => x.add(host).add(lazy).add(kept));
    expect(await f(tensor([0, 0])).toArray()).toEqual([32, 63]);
    expect(await f(tensor([100, 200])).toArray()).toEqual([132, 263]);
  });

  it('a captured result that was overwritten throws, instead of changing the function', async () => {
    const g = compile((x: Tensor) => x.mul(2));
    const captured = g(tensor([1]));
    const f = compile((x: Tensor) => x.add(captured));
    expect(await f(tensor([1])).item()).toBe(3);
    g(tensor([50]));
    expect(() => f(tensor([1]))).toThrow(StaleTensorError);
  });

  it('plans over the cap are given up, oldest first, and made again when needed', async () => {
    let traces = 0;
    const f = compile(
      (x: Tensor) => {
        traces++;
        return x.sum();
      },
      { plans: 2 },
    );
    const results: number[] = [];
    for (const length of [1, 2, 3, 1]) results.push(await f(tensor(new Float32Array(length).fill(1))).item());
    expect(results).toEqual([1, 2, 3, 1]);
    expect(traces).toBe(4);
  });

  it('many kinds of arguments are warned of, once a function', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const f = compile((x: Tensor) => x.add(1), { name: 'grow' });
    for (let length = 1; length <= 16; length++) f(tensor(new Float32Array(length)));
    expect(warn).not.toHaveBeenCalled();
    for (let length = 17; length <= 40; length++) f(tensor(new Float32Array(length)));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/^grow: 17 plans so far, .*pad the last batch/);
    warn.mockRestore();
  });

  it('what compiles is told, from the first kernel to the last, and only once', async () => {
    const heard: CompileProgress[] = [];
    const stop = onCompile((progress) => heard.push(progress));
    const f = compile((x: Tensor) => [x.mul(1.2345).sum(), x.matmul(x).softmax()], { name: 'tell' });
    const x = tensor(new Float32Array(49), [7, 7]);
    await f(x)[0].data();
    const own = heard.filter(({ name }) => name === 'tell');
    const { kernels } = own[0];
    expect(kernels).toBeGreaterThanOrEqual(2);
    expect(own).toEqual(Array.from({ length: kernels + 1 }, (_, done) => ({ name: 'tell', kernels, done })));
    const { length } = heard;
    await f(x)[0].data();
    stop();
    await compile((y: Tensor) => y.mul(5.4321).sum())(x).data();
    expect(heard.length).toBe(length);
  });

  it('a result whose plan was given up says so', async () => {
    const f = compile((x: Tensor) => x.sum(), { plans: 1 });
    const first = f(tensor([1]));
    f(tensor([1, 2]));
    await expect(first.data()).rejects.toThrow(/plan was given up/);
  });
});

describe('what a traced function looked at', () => {
  it('train() and eval() trace anew', async () => {
    const model = new nn.Sequential(new nn.Dropout(0.5));
    let traces = 0;
    const f = compile((x: Tensor) => {
      traces++;
      return model.forward(x);
    });
    const x = tensor(new Float32Array(1000).fill(1));
    // Four standard deviations of their number are 63.
    const zerosIn = async () => (await f(x).data()).filter((value) => value === 0).length;
    expect(Math.abs((await zerosIn()) - 500)).toBeLessThan(64);
    model.eval();
    expect(await zerosIn()).toBe(0);
    model.train();
    expect(Math.abs((await zerosIn()) - 500)).toBeLessThan(64);
    expect(traces).toBe(2);
  });

  it('a run with one seed is the same bit for bit', async () => {
    const train = async () => {
      manualSeed(5);
      const model = new nn.Sequential(new nn.Conv2d(1, 3, 3), new nn.ReLU(), new nn.Flatten(), new nn.Dropout(0.3), new nn.Linear(48, 5));
      const adam = new optim.AdamW(model.parameters(), { lr: 3e-3 });
      const step = compile((x: Tensor, t: Tensor) => {
        const loss = losses.crossEntropy(model.forward(x), t);
        adam.step(gradients(loss, model.parameters()));
        return loss;
      });
      const found: Promise<number>[] = [];
      for (let i = 0; i < 50; i++) found.push(step(images[i % 3], labels[i % 3]).item());
      return Promise.all(found);
    };
    const images = Array.from({ length: 3 }, () => toTensor(random([8, 1, 6, 6])));
    const labels = Array.from({ length: 3 }, () => toTensor(integers([8], 0, 5)));
    const [first, second] = [await train(), await train()];
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(50);
    expect(first[49]).toBeLessThan(0.6 * first[0]);
  });

  it('dropout differs from step to step', async () => {
    const f = compile((x: Tensor) => dropout(x, 0.5));
    const x = tensor(new Float32Array(256).fill(1));
    const [a, b] = [await f(x).data(), await f(x).data()];
    // Four standard deviations of 128 are 32.
    expect(Math.abs(a.filter((value, i) => value !== b[i]).length - 128)).toBeLessThan(33);
  });
});

describe('states in compiled functions', () => {
  it('reads see the value of the latest assignment, in order', async () => {
    const state = new State('s', [2], 'f32', Float32Array.of(1, 2));
    const f = compile((x: Tensor) => {
      const before = state.mul(10);
      state.assign(state.add(x));
      const after = state.mul(100);
      state.assign(state.mul(2));
      return [before, after, state.add(0)];
    });
    const read = async () => Promise.all(f(tensor([1, 1])).map((y) => y.toArray()));
    expect(await read()).toEqual([
      [10, 20],
      [200, 300],
      [4, 6],
    ]);
    expect(await read()).toEqual([
      [40, 60],
      [500, 700],
      [10, 14],
    ]);
    expect([...(await state.data())]).toEqual([10, 14]);
  });

  it('an update in place equals one through a copy', async () => {
    const [inPlace, copied] = [0, 1].map(() => new State('s', [5], 'f32', Float32Array.of(1, 2, 3, 4, 5)));
    const f = compile((x: Tensor) => {
      inPlace.assign(inPlace.mul(0.5).add(x));
      copied.assign(copied.flip(0).mul(0.5).flip(0).add(x));
    });
    for (let i = 0; i < 4; i++) f(tensor([i, 1, 2, 3, 4]));
    expect(await inPlace.data()).toEqual(await copied.data());
    expect((await inPlace.data())[0]).toBe(0.0625 + 0 + 1 * 0.25 + 2 * 0.5 + 3);
  });

  it('two states swap their values', async () => {
    const [a, b] = [1, 2].map((value) => new State('s', [1], 'f32', Float32Array.of(value)));
    const swap = compile(() => {
      const old = a.add(0);
      a.assign(b.add(0));
      b.assign(old);
    });
    swap();
    expect([await a.item(), await b.item()]).toEqual([2, 1]);
    swap();
    swap();
    expect([await a.item(), await b.item()]).toEqual([2, 1]);
  });

  it('two functions share a state', async () => {
    const state = new State('s', [], 'f32');
    const add = compile((x: Tensor) => state.assign(state.add(x)));
    const double = compile(() => {
      state.assign(state.mul(2));
      return state;
    });
    add(tensor(3));
    expect(await double().item()).toBe(6);
    add(tensor(1));
    expect(await double().item()).toBe(14);
  });

  it('predictions before and after an update in one function', async () => {
    const model = new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(1) });
    const sgd = new optim.SGD(model.parameters(), { lr: 0.5 });
    const step = compile((x: Tensor) => {
      const before = model.forward(x);
      sgd.step(gradients(before.sum(), model.parameters()));
      return [before, model.weight.reshape([1]), model.forward(x)];
    });
    const read = async () => (await Promise.all(step(tensor([[2]])).map((y) => y.data()))).map(([value]) => value);
    expect(await read()).toEqual([2, 0, 0]);
    expect(await read()).toEqual([0, -1, -2]);
  });
});
