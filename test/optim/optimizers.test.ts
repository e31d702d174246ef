// Optimisers against float64 over many steps, saved and restored, and what they refuse.
import { describe, expect, it } from 'vitest';
import { compile, Gradients, gradients, nn, optim, State, type Tensor, tensor, zeros } from '../../src/index.ts';
import { expectClose } from '../engine/check.ts';
import { labels, planOf } from '../engine/plan-of.ts';
import { cases } from './cases.ts';
import { makeParameters, referenceRun, run, STEPS, valuesOf } from './problem.ts';

describe(`${STEPS} steps equal the float64 reference, and go on from a saved state bit for bit`, () => {
  it.each(cases.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const parameters = makeParameters();
    const optimizer = row.make(parameters);
    const { weights, gradients: given } = referenceRun(row);
    run(optimizer, given.slice(0, 5));
    const [saved, trained] = await Promise.all([optimizer.state(), valuesOf(parameters)]);
    expect(saved.steps).toBe(5);
    run(optimizer, given, 5);
    const found = await valuesOf(parameters);
    expect(optimizer.steps).toBe(STEPS);
    for (const [i, { name }] of parameters.entries()) expectClose(name, found[i], weights[i], 2e-5);

    const end = await optimizer.state();
    optimizer.reset();
    const start = makeParameters();
    expect(await optimizer.state()).toEqual(await row.make(start).state());

    const others = makeParameters();
    others.forEach((parameter, i) => parameter.set(trained[i]));
    const resumed = row.make(others);
    const { values, ...rest } = saved;
    resumed.restore({ ...(JSON.parse(JSON.stringify(rest)) as typeof rest), values });
    run(resumed, given, 5);
    expect(await valuesOf(others)).toEqual(found);
    expect(await resumed.state()).toEqual(end);
  });
});

const one = (values: readonly number[], name = 'w') => new nn.Parameter(name, [values.length], 'f32', Float32Array.from(values));

describe('the arena', () => {
  it('keeps the gaps between parameters at zero', async () => {
    for (const row of cases.filter(({ name }) => /clipped|Adamax|Rprop|Lion|Adadelta/.test(name))) {
      const parameters = makeParameters();
      const optimizer = row.make(parameters);
      run(optimizer, referenceRun(row).gradients);
      const values = await optimizer.packed().data();
      let end = 0;
      for (const { size } of parameters) {
        const next = end + Math.ceil(size / 64) * 64;
        expect(values.slice(end + size, next).every((value) => value === 0)).toBe(true);
        end = next;
      }
      expect(values.length).toBe(end);
    }
  });

  it('holds what parameters of other optimisers, and parameters of none, don’t notice', async () => {
    const [trained, other, free] = [one([1, 2]), one([3, 4, 5]), one([6, 7])];
    const sgd = new optim.SGD([trained], { lr: 1, momentum: 0.9 });
    new optim.Adam([other]);
    run(sgd, [[Float64Array.of(1, 1)], [Float64Array.of(1, 1)]]);
    expect((await valuesOf([trained, other, free])).map((values) => [...values])).toEqual([
      [Math.fround(1 - 1 - 1.9), Math.fround(2 - 1 - 1.9)],
      [3, 4, 5],
      [6, 7],
    ]);
  });

  it('a state saved before the first step', async () => {
    const { values, steps, kind, shapes } = await new optim.Adam([one([1, 1]), one([2, 2])]).state();
    expect([kind, steps, shapes]).toEqual(['Adam', 0, [[2], [2]]]);
    expect(Object.entries(values).map(([name, { length }]) => [name, length])).toEqual([
      ['expAvg', 128],
      ['expAvgSq', 128],
    ]);
    expect([...values.expAvg, ...values.expAvgSq].every((value) => value === 0)).toBe(true);
  });

  it('a state counts the steps that its values have seen', async () => {
    const w = one([0]);
    const sgd = new optim.SGD([w], { lr: 1, momentum: 0.5 });
    const step = compile(() => sgd.step([zeros([1]).add(1)]));
    step();
    const early = sgd.state();
    step();
    const late = sgd.state();
    expect((await Promise.all([early, late])).map(({ steps, values }) => [steps, Object.values(values)[0][0]])).toEqual([
      [1, 1],
      [2, 1.5],
    ]);
  });
});

describe('one plan serves', () => {
  const updates = (sizes: readonly number[], make: (parameters: readonly nn.Parameter[]) => optim.Optimizer) => {
    const parameters = sizes.map((size, i) => new nn.Parameter('w', i % 2 ? [size] : [size, 3], 'f32'));
    const optimizer = make(parameters);
    const { steps } = planOf(
      (...dw) => {
        optimizer.step(new Gradients(optimizer.parameters, dw));
        return [];
      },
      parameters.map(({ shape }) => ({ shape, dtype: 'f32' as const })),
    );
    return steps.filter(({ label }) => label !== 'copy').map(({ label }) => label);
  };

  it.each(cases.map((row) => [row.name, row] as const))(
    '50 parameters with the dispatches of a few: %s',
    (_name, { make, clipNorm, clipValue, dispatches = 1 }) => {
      const few = updates([3, 5, 70, 3, 5, 2, 4], make);
      expect(
        updates(
          Array.from({ length: 50 }, (_, i) => i + 1),
          make,
        ),
      ).toEqual(few);
      if (!clipNorm && !clipValue) expect(few.length).toBe(dispatches);
    },
  );

  it.each([
    [1e20, 1, [-0.6, -0.8]],
    [1e-30, 1e30, [-3, -4]],
  ] as const)('gradients near %d are clipped to a joint norm of 1 where it is more', async (size, lr, expected) => {
    const w = new nn.Parameter('w', [2], 'f32', new Float32Array(2));
    const sgd = new optim.SGD([w], { lr, clipNorm: 1 });
    compile(() => sgd.minimize(w.mul(tensor([3 * size, 4 * size])).sum()))();
    expectClose('w', await w.data(), expected, 1e-6);
  });

  it('more groups than one host value used to hold', async () => {
    const parameters = Array.from({ length: 40 }, () => one([1]));
    const adam = new optim.Adam(parameters.map((w, i) => ({ params: [w], lr: (i + 1) / 64 })));
    run(adam, [parameters.map(() => Float64Array.of(5))]);
    expectClose(
      'w',
      (await valuesOf(parameters)).map(([w]) => w),
      parameters.map((_, i) => 1 - (i + 1) / 64),
      1e-6,
    );
  });

  it('options of groups, which may change between steps', async () => {
    const [a, b] = [one([0]), one([0])];
    const sgd = new optim.SGD([{ params: [a], lr: 1 }, { params: [b] }], { lr: 0.5 });
    let traces = 0;
    const step = compile(() => {
      traces++;
      sgd.minimize(a.add(b).sum());
    });
    const found: number[][] = [];
    const take = async () => {
      step();
      found.push([await a.item(), await b.item()]);
    };
    await take();
    sgd.groups[1].lr = 0.25;
    await take();
    expect(sgd.rateAt(2)).toBe(1);
    sgd.lr = (index) => index;
    await take();
    expect(found).toEqual([
      [-1, -0.5],
      [-2, -0.75],
      [-4, -2.75],
    ]);
    expect(traces).toBe(1);
  });

  it('two steps in one function, and two optimisers', async () => {
    const [a, b] = [one([3, 4], 'a'), one([3, 4], 'b')];
    const [first, second] = [new optim.SGD([a], { lr: 0.5 }), new optim.SGD([b], { lr: 0.1 })];
    const step = compile(() => {
      first.step(gradients(a.square().sum(), [a]));
      second.step(gradients(a.mul(b).sum(), [b]));
      first.step(gradients(a.add(1).square().sum(), [a]));
    });
    step();
    // a: 3 − 3 = 0, then 0 − 1 = −1; b sees a = 0.
    expect([await a.toArray(), await b.toArray()]).toEqual([
      [-1, -1],
      [3, 4],
    ]);
  });

  it('a state that is no parameter, trained beside', async () => {
    const average = new State('average', [1], 'f32');
    const w = one([1]);
    const optimizer = new optim.SGD([w], { lr: 0.5 });
    const step = compile(() => {
      optimizer.step(gradients(w.square().sum(), [w]));
      average.assign(average.mul(0.5).add(w.mul(0.5)));
    });
    for (let i = 0; i < 3; i++) step();
    expect([await w.item(), await average.item()]).toEqual([0, 0]);
  });
});

describe('gradients in parts', () => {
  const make = () => {
    const parameters = makeParameters().slice(0, 5);
    return { parameters, optimizer: new optim.AdamW(parameters, { lr: 0.1, clipNorm: 1 }) };
  };
  const parts = (parameters: readonly nn.Parameter[], x: Tensor) =>
    gradients(
      parameters.map((w) => w.mul(x).square().sum()).reduce((a, b) => a.add(b)),
      parameters,
    );

  it('add up to one step, again and again, whatever was compiled before', async () => {
    const [whole, split] = [make(), make()];
    const all = compile((xs: readonly Tensor[]) => {
      const found = xs.map((x) => parts(whole.parameters, x));
      whole.optimizer.step(found[0].map((_, i) => found.map((dw) => dw[i]).reduce((a, b) => a.add(b))));
    });
    const last = compile((x: Tensor) => split.optimizer.step(parts(split.parameters, x)));
    const more = compile((x: Tensor) => split.optimizer.accumulate(parts(split.parameters, x)));
    all([tensor(1)]);
    last(tensor(1));
    for (const xs of [[1, 2, 3], [4, 5, 6], [7]]) {
      all(xs.map((x) => tensor(x)));
      for (const x of xs.slice(0, -1)) more(tensor(x));
      last(tensor(xs[xs.length - 1]));
    }
    const [expected, found] = await Promise.all([valuesOf(whole.parameters), valuesOf(split.parameters)]);
    expected.forEach((values, i) => expectClose(`p${i}`, found[i], values, 1e-5));
    expect(split.optimizer.steps).toBe(4);
  });

  it('take one dispatch for all parameters', () => {
    const { parameters, optimizer } = make();
    const made = planOf(
      (...dw) => {
        optimizer.accumulate(new Gradients(optimizer.parameters, dw));
        return [];
      },
      parameters.map(({ shape }) => ({ shape, dtype: 'f32' as const })),
    );
    expect(made.steps.filter(({ label }) => label !== 'copy').length).toBe(1);
  });
});

describe('moving averages', () => {
  it('follow the parameters, one dispatch an update, and go over to another model', async () => {
    const parameters = [one([1, 2]), one([4])];
    const sgd = new optim.SGD(parameters, { lr: 1 });
    const ema = new optim.EMA(sgd, { decay: 0.75 });
    const train = () => {
      sgd.step([zeros([2]).add(1), zeros([1]).add(2)]);
      ema.update();
    };
    const made = planOf(() => {
      train();
      return [];
    }, []);
    expect(labels(made).slice(-2)).toEqual(['sgd.update', 'sub, mul, add']);
    const step = compile(train);
    step();
    step();
    // w: 1, 0, −1: average 1, 0.75, 0.3125.
    const other = [one([0, 0]), one([0])];
    ema.copyTo(other);
    expect((await valuesOf(other)).map((values) => [...values])).toEqual([[0.3125, 1.3125], [2.625]]);
    expect((await valuesOf(parameters)).map((values) => [...values])).toEqual([[-1, 0], [0]]);

    const saved = await ema.state();
    step();
    ema.restore(saved);
    expect(await ema.state()).toEqual(saved);
    expect(() => ema.copyTo([one([1])])).toThrow('EMA.copyTo: expected parameters of the shapes that the optimiser trains');
    expect(() => new optim.EMA(sgd, { decay: 1 })).toThrow('EMA: expected decay to be a number in [0, 1), got 1');
  });

  it('begin where the parameters were, though they change before anything runs', async () => {
    const w = one([3]);
    const ema = new optim.EMA(new optim.SGD([w]));
    w.set(Float32Array.of(5));
    expect([...(await ema.state())].slice(0, 2)).toEqual([3, 0]);
  });
});

describe('refused', () => {
  const two = () => [one([1, 2], 'a'), new nn.Parameter('b', [2, 3], 'f32')];
  const half = new nn.Parameter('half', [2], 'f16');
  const held = one([1]);
  new optim.SGD([held]);
  const twice = one([1]);
  const state = async (make: () => optim.Optimizer) => make().state();

  it.each<[string, () => unknown, RegExp]>([
    ['nothing to train', () => new optim.Adam([]), /^Adam: expected at least one parameter, got none/],
    ['an empty group', () => new optim.Adam([{ params: [] }]), /expected at least one parameter/],
    ['a parameter twice', () => new optim.Lion([{ params: [twice] }, { params: [twice] }]), /^Lion: expected each parameter in one group/],
    ['parameters of another optimiser', () => new optim.Rprop([one([1]), held]), /^Rprop: w: expected a state that no optimiser holds yet/],
    ['f16', () => new optim.SGD([half]), /^SGD: half: expected f32, got f16/],
    [
      'groups beside parameters',
      () => new optim.SGD([one([1]), { params: [one([1])] }] as unknown as nn.Parameter[]),
      /^SGD: expected parameters or groups of them, got both/,
    ],
    ['a negative rate', () => new optim.SGD([one([1])], { lr: -1 }), /^SGD: expected lr to be a number ≥ 0 or a schedule, got -1/],
    [
      'betas',
      () => new optim.AdamW([one([1])], { betas: [0.9, 1] }),
      /^AdamW: expected betas to be a list of 2: each a number in \[0, 1\), got \[0.9, 1\]/,
    ],
    ['eps', () => new optim.RMSprop([one([1])], { eps: 0 }), /^RMSprop: expected eps to be a number > 0, got 0/],
    [
      'an option of a group',
      () => new optim.Adadelta([{ params: [one([1])] }, { params: [one([1])], rho: Number.NaN }]),
      /^Adadelta, group 1: expected rho to be a number in \[0, 1\), got NaN/,
    ],
    ['clipping to nothing', () => new optim.Adam([one([1])], { clipNorm: 0 }), /^Adam: expected clipNorm to be a number > 0, got 0/],
    ['etas', () => new optim.Rprop([one([1])], { etas: [0.5, 0.9] }), /^Rprop: expected etas on both sides of 1/],
    ['step sizes', () => new optim.Rprop([one([1])], { stepSizes: [1, 0.1] }), /^Rprop: expected rising stepSizes/],
    ['Nesterov with dampening', () => new optim.SGD([one([1])], { momentum: 0.9, dampening: 0.1, nesterov: true }), /no dampening/],
    ['too few gradients', () => new optim.SGD(two()).step([zeros([2])]), /^SGD.step: expected 2 gradients, got 1/],
    [
      'a gradient’s shape',
      () => new optim.SGD(two()).step([zeros([2]), zeros([3, 2])]),
      /^SGD.step: b: expected a gradient \[2, 3\], got \[3, 2\]/,
    ],
    [
      'a gradient’s type',
      () => new optim.SGD(two()).step([zeros([2], 'i32'), zeros([2, 3])]),
      /^SGD.step: a: expected a gradient of f32, got i32/,
    ],
  ])('%s', (_name, make, message) => expect(make).toThrow(message));

  it.each<[string, () => optim.Optimizer, () => optim.Optimizer, RegExp]>([
    [
      'another kind',
      () => new optim.Adam(two()),
      () => new optim.AdamW(two()),
      /^Adam.restore: expected a state of Adam, got one of AdamW/,
    ],
    ['fewer parameters', () => new optim.Adam(two()), () => new optim.Adam([one([1, 2])]), /^Adam.restore: expected 2 parameters, got 1/],
    [
      'other shapes',
      () => new optim.Adam(two()),
      () => new optim.Adam([one([1, 2]), new nn.Parameter('c', [3, 2], 'f32')]),
      /^Adam.restore: expected b \[2, 3\] as parameter 1, got \[3, 2\]/,
    ],
    [
      'other options',
      () => new optim.Adam(two(), { amsgrad: true }),
      () => new optim.Adam(two()),
      /expected values \[expAvg, expAvgSq, maxExpAvgSq\], got \[expAvg, expAvgSq\]/,
    ],
  ])('a state of %s; nothing changes', async (_name, make, other, message) => {
    const optimizer = make();
    const [saved, before] = [await state(other), await optimizer.state()];
    expect(() => optimizer.restore(saved)).toThrow(message);
    expect(await optimizer.state()).toEqual(before);
  });

  it('a state that was cut short', async () => {
    const optimizer = new optim.Adam(two());
    const saved = await optimizer.state();
    const short = { ...saved, values: { ...saved.values, expAvg: saved.values.expAvg.slice(1) } };
    expect(() => optimizer.restore(short)).toThrow('Adam.restore: expected 128 values in expAvg, got 127');
  });

  it.each<[string, (state: optim.OptimizerState) => unknown, RegExp]>([
    ['nothing', () => null, /^Adam.restore: expected state to be an object, got null/],
    ['no steps', (state) => ({ ...state, steps: Number.NaN }), /^Adam.restore: expected steps to be a whole number ≥ 0, got NaN/],
    ['no shapes', (state) => ({ ...state, shapes: undefined }), /^Adam.restore: expected shapes to be a list/],
    ['no values', (state) => ({ ...state, values: null }), /^Adam.restore: expected values to be an object, got null/],
    [
      'values as they come from JSON',
      (state) => ({ ...state, values: { ...state.values, expAvgSq: Array.from(state.values.expAvgSq) } }),
      /^Adam.restore: expected expAvgSq to be a Float32Array, got \[0, /,
    ],
  ])('a state that is damaged: %s', async (_name, damage, message) => {
    const optimizer = new optim.Adam(two());
    const saved = await optimizer.state();
    saved.values.expAvg[0] = 7;
    expect(() => optimizer.restore(damage(saved) as optim.OptimizerState)).toThrow(message);
    expect((await optimizer.state()).values.expAvg[0]).toBe(0);
  });

  it('restoring drops gradients that were added up', async () => {
    const w = one([0]);
    const sgd = new optim.SGD([w], { lr: 1 });
    const saved = await sgd.state();
    sgd.accumulate([zeros([1]).add(5)]);
    sgd.restore(saved);
    sgd.step([zeros([1]).add(1)]);
    expect(await w.item()).toBe(-1);
  });
});
