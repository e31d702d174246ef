// Optimisers against float64 over many steps, on parameters of sizes that leave gaps in the arena.
import { describe, expect, it } from 'vitest';
import { compile, gradients, nn, optim, State, type Tensor, tensor } from '../../src/index.ts';
import { expectClose, random, toTensor } from '../engine/check.ts';
import { adam, clipped, type Reference, sgd } from './reference.ts';

/** Around the arena's alignment of 64 elements, one, and primes. */
const SIZES = [1, 63, 64, 65, 7, 131];
const STEPS = 25;

/** Σ a·(w − c)² / 2 of each parameter, with factors a that differ widely; the target c moves with x. */
const problem = SIZES.map((size) => ({ start: random([size]), factor: random([size], 0.1, 3), target: random([size]) }));

function makeParameters(): nn.Parameter[] {
  return problem.map(({ start }, i) => new nn.Parameter(`p${i}`, start.shape, 'f32', Float32Array.from(start.data)));
}

function lossOf(parameters: readonly Tensor[], x: Tensor): Tensor {
  return parameters
    .map((w, i) => w.sub(toTensor(problem[i].target).mul(x)).square().mul(toTensor(problem[i].factor)).sum().mul(0.5))
    .reduce((a, b) => a.add(b));
}

function referenceRun(reference: Reference): Float64Array[] {
  const weights = problem.map(({ start }) => start.data.slice());
  for (let step = 0; step < STEPS; step++) {
    const x = moving(step);
    reference.step(
      weights,
      weights.map((w, p) => w.map((value, i) => problem[p].factor.data[i] * (value - problem[p].target.data[i] * x))),
    );
  }
  return weights;
}

const moving = (step: number): number => Math.fround(Math.sin(step));

type Make = (parameters: readonly nn.Parameter[]) => optim.Optimizer;
const decay = optim.schedules.cosine(0.1, 20, 0.01);

const CASES: readonly (readonly [name: string, make: Make, reference: () => Reference])[] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.1 }), () => sgd({ lr: 0.1 })],
  ['SGD with weight decay', (p) => new optim.SGD(p, { lr: 0.1, weightDecay: 0.2 }), () => sgd({ lr: 0.1, weightDecay: 0.2 })],
  ['SGD with momentum', (p) => new optim.SGD(p, { lr: 0.03, momentum: 0.9 }), () => sgd({ lr: 0.03, momentum: 0.9 })],
  [
    'SGD with dampening',
    (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.8, dampening: 0.3, weightDecay: 0.1 }),
    () => sgd({ lr: 0.1, momentum: 0.8, dampening: 0.3, weightDecay: 0.1 }),
  ],
  [
    'SGD, Nesterov',
    (p) => new optim.SGD(p, { lr: 0.03, momentum: 0.9, nesterov: true }),
    () => sgd({ lr: 0.03, momentum: 0.9, nesterov: true }),
  ],
  ['SGD on a schedule', (p) => new optim.SGD(p, { lr: decay, momentum: 0.5 }), () => sgd({ lr: decay, momentum: 0.5 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.05 }), () => adam({ lr: 0.05 })],
  [
    'Adam with weight decay and other betas',
    (p) => new optim.Adam(p, { lr: 0.05, betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.3 }),
    () => adam({ lr: 0.05, betas: [0.8, 0.95], eps: 1e-4, weightDecay: 0.3 }),
  ],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.05, weightDecay: 0.3 }), () => adam({ lr: 0.05, weightDecay: 0.3, decoupled: true })],
  [
    'AdamW, default decay, on a schedule',
    (p) => new optim.AdamW(p, { lr: decay }),
    () => adam({ lr: decay, weightDecay: 0.01, decoupled: true }),
  ],
  ['clipping SGD', (p) => new optim.SGD(p, { lr: 0.1, clipNorm: 2 }), () => clipped(sgd({ lr: 0.1 }), 2)],
  ['clipping that never cuts', (p) => new optim.SGD(p, { lr: 0.1, clipNorm: 1e6 }), () => sgd({ lr: 0.1 })],
  [
    'clipping AdamW',
    (p) => new optim.AdamW(p, { lr: 0.05, clipNorm: 1 }),
    () => clipped(adam({ lr: 0.05, weightDecay: 0.01, decoupled: true }), 1),
  ],
];

async function train(make: Make, steps = STEPS): Promise<{ parameters: nn.Parameter[]; optimizer: optim.Optimizer }> {
  const parameters = makeParameters();
  const optimizer = make(parameters);
  const step = compile((x: Tensor) => {
    const loss = lossOf(parameters, x);
    optimizer.step(gradients(loss, parameters));
    return loss;
  });
  for (let i = 0; i < steps; i++) step(tensor(moving(i)));
  await Promise.all(parameters.map((p) => p.data()));
  return { parameters, optimizer };
}

describe(`${STEPS} steps equal the float64 reference`, () => {
  it.each(CASES)('%s', async (_name, make, reference) => {
    const { parameters, optimizer } = await train(make);
    expect(optimizer.steps).toBe(STEPS);
    const expected = referenceRun(reference());
    for (const [i, parameter] of parameters.entries()) expectClose(parameter.name, await parameter.data(), expected[i], 1e-4);
  });
});

describe('the arena', () => {
  it('keeps its gaps at zero', async () => {
    const { optimizer } = await train((p) => new optim.AdamW(p, { lr: 0.05, weightDecay: 0.3, clipNorm: 1 }));
    const { arena } = await optimizer.state();
    const row = arena.length / 3;
    let end = 0;
    for (const size of SIZES) {
      const next = end + Math.ceil(size / 64) * 64;
      for (const start of [end, row + end, 2 * row + end]) {
        expect(arena.slice(start + size, start + next - end).every((value) => value === 0)).toBe(true);
        expect(arena.slice(start, start + size).every((value) => value !== 0)).toBe(true);
      }
      end = next;
    }
    expect(row).toBe(end);
  });
});

describe('going on', () => {
  it('a state saved before the first step holds the parameters', async () => {
    const [a, b] = [1, 2].map((value) => new nn.Parameter('p', [2], 'f32', Float32Array.of(value, value)));
    const { arena, steps } = await new optim.Adam([a, b]).state();
    expect([steps, arena.length, arena[0], arena[1], arena[2], arena[64], arena[65], arena[128]]).toEqual([0, 384, 1, 1, 0, 2, 2, 0]);
  });

  it.each(CASES.filter(([name]) => /Nesterov|AdamW|dampening/.test(name)))('from a saved state, bit for bit: %s', async (_name, make) => {
    const whole = await train(make, 12);
    const half = await train(make, 6);
    const saved = await half.optimizer.state();

    const parameters = makeParameters();
    const optimizer = make(parameters);
    optimizer.restore(saved);
    const step = compile((x: Tensor) => optimizer.step(gradients(lossOf(parameters, x), parameters)));
    for (let i = 6; i < 12; i++) step(tensor(moving(i)));
    for (const [i, parameter] of parameters.entries()) expect(await parameter.data()).toEqual(await whole.parameters[i].data());
    expect(optimizer.steps).toBe(12);
  });
});

describe('the learning rate', () => {
  it('may be set between steps, without tracing anew', async () => {
    const [w] = [new nn.Parameter('w', [1], 'f32', Float32Array.of(0))];
    const optimizer = new optim.SGD([w], { lr: 1 });
    let traces = 0;
    const step = compile(() => {
      traces++;
      optimizer.step(gradients(w.sum(), [w]));
    });
    const found: number[] = [];
    for (const lr of [1, 0.5, 0.25]) {
      optimizer.lr = lr;
      step();
      found.push(await w.item());
    }
    expect(found).toEqual([-1, -1.5, -1.75]);
    expect(traces).toBe(1);
  });

  it('two steps in one function, and two optimisers', async () => {
    const [a, b] = ['a', 'b'].map((name) => new nn.Parameter(name, [2], 'f32', Float32Array.of(3, 4)));
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

  it('a state that is no parameter can be trained beside', async () => {
    const average = new State('average', [1], 'f32');
    const w = new nn.Parameter('w', [1], 'f32', Float32Array.of(1));
    const optimizer = new optim.SGD([w], { lr: 0.5 });
    const step = compile(() => {
      optimizer.step(gradients(w.square().sum(), [w]));
      average.assign(average.mul(0.5).add(w.mul(0.5)));
    });
    for (let i = 0; i < 3; i++) step();
    expect([await w.item(), await average.item()]).toEqual([0, 0]);
  });
});
