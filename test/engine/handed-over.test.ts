// What is handed over is copied, and what a result depends on is fixed when it is asked for, however long the queue takes to get there.
// Functions are new in each test, so that their pipelines still compile while the rest goes on.
import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import {
  alphaDropout,
  closeDevice,
  compile,
  concat,
  dropout,
  gradients,
  hostValues,
  localResponseNorm,
  manualSeed,
  nn,
  ones,
  optim,
  rand,
  randomState,
  roll,
  StaleTensorError,
  State,
  setPlatform,
  type Tensor,
  type TypedArray,
  tensor,
  zeros,
} from '../../src/index.ts';

const stateOf = (...values: number[]) => new State('w', [values.length], 'f32', Float32Array.from(values));
/** From here on nothing is there yet: the device opens while the test's calls wait in the queue. */
const startAfresh = async () => {
  await closeDevice();
  setPlatform(nodePlatform());
};

describe('arrays', () => {
  it('that become tensors may be filled anew at once', async () => {
    await startAfresh();
    const f = compile((x: Tensor) => x.sum());
    const array = new Float32Array(4);
    const got: Promise<number>[] = [];
    for (let i = 1; i <= 6; i++) {
      array.fill(i);
      got.push(f(tensor(array, [4])).item());
    }
    expect(await Promise.all(got)).toEqual([4, 8, 12, 16, 20, 24]);
    const eager = tensor(array).mul(3).data();
    array.fill(99);
    expect([...(await eager)]).toEqual([18, 18, 18, 18]);
  });

  it('that functions captured have one value in all of them', async () => {
    const array = Float32Array.of(1);
    const captured = tensor(array);
    const [f, g] = [2, 3].map((factor) => compile((x: Tensor) => x.mul(captured).mul(factor)));
    expect(await f(tensor([1])).item()).toBe(2);
    array[0] = 10;
    expect(await g(tensor([1])).item()).toBe(3);
  });

  it('and shapes: of tensors, of results, of states', async () => {
    const shape = [2, 3];
    const made = [tensor(new Float32Array(6), shape), zeros(shape), tensor([[1]]).expand(shape), new State('s', shape, 'f32')];
    shape[0] = 7;
    for (const { shape: own } of made) expect(own).toEqual([2, 3]);
  });

  it('that a state begins with, or is set to', async () => {
    const array = Float32Array.of(1, 2);
    const state = new State('w', [2], 'f32', array);
    array.fill(9);
    expect([...(await state.data())]).toEqual([1, 2]);
    expect(() => new State('w', [1], 'u32', Float32Array.of(1))).toThrow('w: expected values of u32, got f32');
  });

  it('that an optimiser or a module takes over', async () => {
    const layer = new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(3) });
    const adam = new optim.Adam(layer.parameters());
    const saved = await adam.state();
    adam.restore(saved);
    saved.values.expAvg.fill(9);
    expect((await adam.state()).values.expAvg[0]).toBe(0);
    expect(await layer.weight.item()).toBe(3);
    const weight = { shape: [1, 1], data: Float32Array.of(4) };
    layer.loadStateDict({ weight });
    weight.data.fill(9);
    expect(await layer.weight.item()).toBe(4);
  });

  it('that the host gives for an execution', async () => {
    await startAfresh();
    const values = Float32Array.of(0);
    const f = compile((x: Tensor) => x.mul(hostValues(() => values.fill(values[0] + 1), [1])));
    const found = [1, 10, 100].map((x) => f(tensor([x])).item());
    values.fill(50);
    expect(await Promise.all(found)).toEqual([1, 20, 300]);
    const short = compile(() => hostValues(() => [1], [2]));
    expect(() => short()).toThrow('hostValues: expected 2 values for shape [2], got 1');
  });
});

describe('set()', () => {
  it('comes after what was asked for before, and before what is asked for later', async () => {
    await startAfresh();
    const [w, x] = [stateOf(2), tensor([10])];
    const before = x.mul(w).data();
    w.set(Float32Array.of(5));
    const after = x.mul(w).data();
    expect([(await before)[0], (await after)[0]]).toEqual([20, 50]);
  });

  it('after a call that assigns has the last word', async () => {
    await startAfresh();
    const w = stateOf(0);
    const f = compile((x: Tensor) => w.assign(x));
    f(tensor([1]));
    w.set(Float32Array.of(7));
    expect(await w.item()).toBe(7);
  });

  it('and reads of the state itself keep their order', async () => {
    await startAfresh();
    const w = stateOf(1);
    const reads: Promise<number>[] = [];
    for (const value of [2, 3]) {
      reads.push(w.item());
      w.set(Float32Array.of(value));
    }
    expect(await Promise.all([...reads, w.item()])).toEqual([1, 2, 3]);
  });

  it('comes after assignments that wait', async () => {
    const [w, other] = [stateOf(1), stateOf(0)];
    other.assign(w.mul(2));
    w.set(Float32Array.of(5));
    expect([await other.item(), await w.item()]).toEqual([2, 5]);
    const layer = new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(3) });
    const sgd = new optim.SGD(layer.parameters(), { lr: 1 });
    sgd.step(gradients(layer.forward(tensor([[1]])).sum(), layer.parameters()));
    layer.weight.set(Float32Array.of(8));
    expect(await layer.weight.item()).toBe(8);
  });

  it('is refused in a compiled function, but for states made there', async () => {
    const w = stateOf(1);
    const inside = compile(() => w.set(Float32Array.of(2)));
    expect(() => inside()).toThrow(/set w: a compiled function only builds a graph/);
    let layer: nn.MultiheadAttention | undefined;
    const f = compile((x: Tensor) => {
      layer ??= new nn.MultiheadAttention(4, 2);
      return layer.forward(x, x, x);
    });
    expect((await f(zeros([1, 3, 4])).data()).length).toBe(12);
  });
});

describe('assign()', () => {
  it('of a value that went stale fails at its own line, once', async () => {
    const [w, other] = [stateOf(1), stateOf(3)];
    const old = w.mul(2);
    w.set(Float32Array.of(5));
    expect(() => other.assign(old)).toThrow(StaleTensorError);
    expect(await other.item()).toBe(3);
    expect(await w.add(1).item()).toBe(6);
    const f = compile((x: Tensor) => x.add(1));
    const result = f(tensor([1]));
    f(tensor([2]));
    expect(() => other.assign(result)).toThrow(StaleTensorError);
    expect(await other.item()).toBe(3);
  });

  it('of a result takes it before the next call overwrites it', async () => {
    const other = stateOf(0);
    const f = compile((x: Tensor) => x.add(1));
    other.assign(f(tensor([1])).mul(10));
    f(tensor([2]));
    expect(await other.item()).toBe(20);
  });

  it('before the step of the optimiser that holds the state: outside it counts, in one compiled function it is refused', async () => {
    const make = () => {
      const layer = new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(3) });
      const sgd = new optim.SGD(layer.parameters(), { lr: 1 });
      const clamp = () => layer.weight.assign(layer.weight.clamp(-1, 1));
      const step = (x: Tensor) => sgd.step(gradients(layer.forward(x).sum(), layer.parameters()));
      return { layer, clamp, step };
    };
    const x = tensor([[0.25]]);
    const eager = make();
    eager.clamp();
    eager.step(x);
    expect(await eager.layer.weight.item()).toBe(0.75);
    const { layer, clamp, step } = make();
    const first = compile((input: Tensor) => {
      clamp();
      step(input);
    });
    expect(() => first(x)).toThrow(/assign to weight: expected the optimiser's step, .* to come before/);
    const last = compile((input: Tensor) => {
      step(input);
      clamp();
    });
    last(x);
    expect(await layer.weight.item()).toBe(1);
    // What a parameter was assigned before there was an optimiser comes along.
    const parameter = new nn.Parameter('p', [1], 'f32');
    parameter.assign(tensor([6]));
    expect([...(await new optim.EMA(new optim.SGD([parameter], { lr: 1 })).state())].slice(0, 1)).toEqual([6]);
    // What reads the arena whole is as old as its parts.
    const sgd = new optim.SGD([new nn.Parameter('p', [1], 'f32')], { lr: 1 });
    const packed = sgd.packed().mul(1);
    sgd.parameters[0].set(Float32Array.of(4));
    await expect(packed.data()).rejects.toThrow(StaleTensorError);
  });
});

describe('ops that change nothing', () => {
  const ops: Readonly<Record<string, (w: Tensor) => Tensor>> = {
    reshape: (w) => w.reshape(w.shape),
    'reshape to −1': (w) => w.reshape([-1, 2]),
    permute: (w) => w.permute([0, 1]),
    transpose: (w) => w.transpose(0, 0),
    expand: (w) => w.expand(w.shape),
    broadcastTo: (w) => w.broadcastTo(w.shape),
    squeeze: (w) => w.squeeze([]),
    slice: (w) => w.slice([]),
    'slice of everything': (w) => w.slice([[0, 2], null]),
    pad: (w) => w.pad([[0, 0]]),
    'pad by a mode': (w) => w.pad([[0, 0]], 'reflect'),
    cast: (w) => w.cast('f32'),
    concat: (w) => concat([w]),
    roll: (w) => roll(w, 0, 0),
    'roll of no axes': (w) => roll(w, [], []),
    'sum of no axes': (w) => w.sum([]),
    clamp: (w) => w.clamp(),
    pow: (w) => w.pow(1),
    dropout: (w) => dropout(w, 0),
    alphaDropout: (w) => alphaDropout(w, 0),
    'Dropout in evaluation': (w) => new nn.Dropout(0.5).eval().forward(w),
    'Dropout2d in evaluation': (w) => new nn.Dropout2d(0.5).eval().forward(w),
    'AlphaDropout in evaluation': (w) => new nn.AlphaDropout(0.5).eval().forward(w),
    Flatten: (w) => new nn.Flatten().forward(w),
  };

  it.each(Object.entries(ops))('%s gives the value as of now, not the state', async (_name, op) => {
    const w = new State('w', [2, 2], 'f32', Float32Array.of(1, 2, 3, 4));
    const f = compile(() => {
      const before = op(w);
      w.assign(w.mul(10));
      return before;
    });
    expect([...(await f().data())]).toEqual([1, 2, 3, 4]);
    const old = op(w);
    w.assign(w.mul(10));
    expect(await w.data()).toEqual(Float32Array.of(100, 200, 300, 400));
    await expect(old.data()).rejects.toThrow(StaleTensorError);
    const [gradient] = gradients(op(w).sum(), [w]);
    expect([...(await gradient.data())]).toEqual([1, 1, 1, 1]);
  });

  it('for no elements and for scalars as well', () => {
    const empty = new State('w', [0, 1, 1], 'f32');
    expect(localResponseNorm(empty, 3)).not.toBe(empty);
    const scalar = new State('w', [], 'f32');
    for (const same of [scalar.pad([], 'circular'), scalar.sum(), scalar.max(), scalar.squeeze()]) expect(same).not.toBe(scalar);
  });
});

describe('the random stream', () => {
  const draws = async (how: string) => {
    manualSeed(7);
    const compiled = compile(() => rand([2]));
    const found: Promise<TypedArray>[] = [];
    for (const kind of how) {
      found.push((kind === 'c' || kind === 'C' ? compiled() : rand([2])).data());
      // After a capital the plans are there and the queue is empty.
      if (kind < 'a') await found[found.length - 1];
    }
    return (await Promise.all(found)).map((values) => [...values]);
  };

  it('is that of the calls, compiled or not, before and after there is a plan', async () => {
    await startAfresh();
    const expected = await draws('eeeee');
    expect(new Set(expected.flat()).size).toBe(10);
    for (const how of ['ccccc', 'cecec', 'eCcee', 'cEeCc']) expect(await draws(how)).toEqual(expected);
    manualSeed(7);
    const f = compile(() => rand([2]));
    const [first] = [f().data()];
    manualSeed(7);
    const second = f().data();
    const third = rand([2]).data();
    expect([await first, await second, await third].map((values) => [...values])).toEqual([expected[0], expected[0], expected[1]]);
    expect(randomState()).toEqual({ seed: 7, step: 2 });
  });

  it('a training step gives the same numbers whether or not its plan was there', async () => {
    const train = async (prepared: boolean) => {
      manualSeed(3);
      const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Dropout(0.5), new nn.Linear(8, 1));
      const loss = compile((x: Tensor) => model.forward(x).sum());
      if (prepared) {
        await loss(zeros([4, 2])).data();
      }
      manualSeed(4);
      const noise: Promise<TypedArray>[] = [];
      for (let i = 0; i < 3; i++) noise.push(loss(ones([4, 2])).data(), rand([1]).data());
      return (await Promise.all(noise)).map(([value]) => value);
    };
    expect(await train(true)).toEqual(await train(false));
  });
});

describe('optimizer.steps', () => {
  it('counts at the call', async () => {
    await startAfresh();
    const layer = new nn.Linear(1, 1, { bias: false, weight: nn.init.constant(0) });
    const rates: number[] = [];
    const lr = (step: number) => {
      rates.push(step);
      return 1 / (step + 1);
    };
    const sgd = new optim.SGD(layer.parameters(), { lr });
    const step = compile((x: Tensor) => sgd.step(gradients(layer.forward(x).sum(), layer.parameters())));
    let calls = 0;
    while (sgd.steps < 3 && calls < 10) {
      step(tensor([[1]]));
      calls++;
    }
    const [saved, weight] = [sgd.state(), layer.weight.data()];
    step(tensor([[1]]));
    expect([calls, sgd.steps, (await saved).steps]).toEqual([3, 4, 3]);
    expect((await weight)[0]).toBeCloseTo(-(1 + 1 / 2 + 1 / 3), 6);
    sgd.step(gradients(layer.forward(tensor([[1]])).sum(), layer.parameters()));
    expect(sgd.steps).toBe(5);
    expect(rates).toEqual([0, 1, 2, 3, 4]);
    step(tensor([[1]]));
    sgd.restore(await saved);
    layer.weight.set(await weight);
    expect(sgd.steps).toBe(3);
    expect(await layer.weight.item()).toBeCloseTo(-(1 + 1 / 2 + 1 / 3), 6);
  });
});
