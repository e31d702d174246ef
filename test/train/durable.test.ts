// A run that is stopped anywhere, or goes on from any of its checkpoints, ends as one that was left alone: rows, results, weights.
import { describe, expect, it } from 'vitest';
import { encodeCheckpoint } from '../../runtime/run/checkpoint.ts';
import {
  ArrayDataset,
  compile,
  DataLoader,
  type DoneRecord,
  figures,
  losses,
  nn,
  optim,
  randn,
  randomState,
  StageDone,
  setRandomState,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { Averages } from '../../src/train/averages.ts';
import type { RunCheckpoint } from '../../src/train/host.ts';
import { project } from '../../src/train/project.ts';
import type { Run } from '../../src/train/run.ts';
import { type Left, nothing, type Outcome, run, type Wishes } from './memory-host.ts';

const samples = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
const part = { fields: { x: { data: samples, shape: [2] } }, count: 12 };
const made = {
  name: 'made',
  title: 'Made up',
  summary: 'For a test.',
  document: 'test',
  tags: [],
  headline: { metric: 'loss', better: 'lower' as const },
  options: {},
  data: {},
  presets: { quick: {}, full: {}, smallest: {} },
};

/** As a GAN: two networks, two optimisers, draws in the step, averages, and a stage before and after. */
const twoOptimisers = project({
  ...made,
  model: () => new nn.Linear(2, 2),
  parts: () => ({ before: 1, training: 8, after: 1 }),
  async run(run) {
    const scale = await run.stage('before', async () => ({
      scale: await randn([2]).data(),
      odd: [Number.NaN, -0, Number.POSITIVE_INFINITY],
    }));
    expect(scale.odd.map((value) => Object.is(value, -0) || String(value))).toEqual(['NaN', true, 'Infinity']);
    const [g, d] = [run.model(), new nn.Linear(2, 1)];
    const gOptimizer = new optim.Adam(g.parameters(), { lr: 0.05 });
    const dOptimizer = new optim.SGD(d.parameters(), { lr: 0.05, momentum: 0.9 });
    const update = compile((real: Tensor) => {
      const fake = g.forward(randn([real.shape[0], 2]).mul(tensor(scale.scale)));
      const one = d.forward(real).mul(0).add(1);
      const dLoss = losses.bceWithLogits(d.forward(real), one).add(losses.bceWithLogits(d.forward(fake.stopGradient()), one.mul(0)));
      const gLoss = losses.bceWithLogits(d.forward(fake), one);
      dOptimizer.minimize(dLoss);
      gOptimizer.minimize(gLoss);
      return { dLoss, gLoss };
    });
    const averages = new Averages();
    const history = run.cell<Record<string, number>[]>([]);
    for await (const epoch of run.epochs('training', {
      over: part,
      batchSize: 7,
      epochs: 2,
      keep: { g, d, gOptimizer, dOptimizer, averages, history },
    })) {
      // Done once more by a resumed run: it must not count.
      const noise = await randn([1]).item();
      averages.restore({ weight: 0, sums: {} });
      for await (const { x } of epoch) averages.add(run.log(update(x as Tensor)), x!.shape[0]!);
      history.value.push({ ...(await averages.take()), noise: epoch.number === 1 ? 0 : noise * 0 });
      run.log({ 'epoch loss': history.value.at(-1)!.gLoss! });
    }
    const after = await run.stage('after', async (run) => {
      run.log({ 'test draw': randn([]) });
      return { draw: await randn([3]).data(), weights: await g.stateDict() };
    });
    run.summary({ last: JSON.stringify(history.value), draw: after.draw.join(), weights: JSON.stringify(after.weights) });
  },
});

/** As an architecture search: a population, a child trained in each round, nested loops. */
const search = project({
  ...made,
  async run(run) {
    const controller = new nn.Linear(2, 1);
    const tuned = new optim.SGD(controller.parameters(), { lr: 0.1 });
    const tune = compile((score: Tensor) => tuned.minimize(controller.forward(score.reshape([1, 1]).expand([1, 2])).sum()));
    const population = run.cell<{ gene: number; score: number }[]>([]);
    for await (const round of run.steps('evolution', { count: 3, keep: { population, controller, tuned } })) {
      const gene = await randn([]).item();
      run.log({ gene });
      const score = await run.stage('child', (run) => child(run, gene));
      tune(tensor(score));
      population.value.push({ gene, score });
      run.log({ [`score ${round % 2}`]: score });
    }
    run.summary({ population: JSON.stringify(population.value), controller: (await controller.weight.data()).join() });
  },
});

async function child(run: Run<unknown>, gene: number): Promise<number> {
  const model = new nn.Linear(2, 1);
  const optimizer = new optim.Adam(model.parameters(), { lr: Math.abs(gene) / 10 });
  const results = await run.fit('fit', {
    ...{ model, optimizer, train: part, batchSize: 6, epochs: 1, validation: part },
    loss: ({ x }) => model.forward(x).square().mean(),
  });
  return results.at(-1)!.validation.loss;
}

/** As seeds of one experiment: independent stages, the best weights, an early stop. */
const seeds = project({
  ...made,
  parts: () => ({ runs: 1 }),
  async run(run) {
    const found = await run.each('runs', [0.5, 0.05], async (run, lr) => {
      const model = new nn.Sequential(new nn.Dropout(0.3), new nn.Linear(2, 1));
      const optimizer = new optim.AdamW(model.parameters(), { lr });
      const loader = new DataLoader(new ArrayDataset(part.fields), { batchSize: 4, shuffle: true, seed: 5 });
      const loss = ({ x }: { readonly x: Tensor }) => model.forward(x).sub(1).square().mean();
      const results = await run.fit('training', {
        ...{ model, optimizer, train: loader, epochs: 3, validation: part, loss, best: { metric: 'loss' }, patience: 1 },
      });
      const rows = await run.map('rows', part, ({ x }) => model.forward(x), { batchSize: 5 });
      return { epochs: results.length, weights: await model.stateDict(), rows };
    });
    run.table('runs', { title: 'runs', columns: ['epochs'], rows: found.map(({ epochs }) => [epochs]) });
    run.summary({ rows: found.map(({ rows }) => rows.join()).join(';') });
  },
});

/** As seeds whose stages tell all that a run can tell. */
const telling = project({
  ...made,
  model: () => new nn.Linear(2, 1),
  async run(run) {
    run.log({ beginning: 1 });
    const found = await run.each('runs', [0.5, 0.05], async (run, lr, index) => {
      const model = run.model();
      const optimizer = new optim.AdamW(model.parameters(), { lr });
      const loss = ({ x }: { readonly x: Tensor }) => model.forward(x).sub(1).square().mean();
      await run.fit('training', { model, optimizer, train: part, batchSize: 4, epochs: 2, validation: part, loss });
      const inner = await run.stage('inner', async (run) => {
        run.log({ inner: index });
        return randn([2]).data();
      });
      await run.figure('weights', figures.curves({ weights: Array.from(await model.parameters()[0].data()) }, { x: 'place', y: 'weight' }));
      run.table(`of ${index}`, figures.table('inner', 'place', { first: inner[0] }, { value: (value) => value }));
      run.summary({ latest: index, [`draw ${index}`]: inner[1] });
      return inner;
    });
    run.summary({ latest: 'the end', sum: found.map((draws) => draws.join()).join() });
    run.log({ end: 1 });
  },
});

/** As a comparison: two optimisers on the same batches, seven steps through two passes and a bit of twelve samples. */
const contest = project({
  ...made,
  async run(run) {
    const contenders = Object.fromEntries(
      [0.1, 0.01].map((lr) => {
        const model = new nn.Linear(2, 1, { bias: false, weight: nn.init.constant(0.5) });
        return [`rate ${lr}`, { lr, model, optimizer: new optim.SGD(model.parameters(), { lr, momentum: 0.9 }) }];
      }),
    );
    const looks: number[] = [];
    const contest = await run.sideBySide('contest', {
      ...{ contenders, train: part, batchSize: 4, steps: 7 },
      loss: (model, { x }) => model.forward(x).square().mean(),
      look: async (contest) => void looks.push(contest['rate 0.1'].losses.length),
    });
    // The same weights and the same batch: no rule has had its say in the first loss.
    expect(contest['rate 0.1'].losses[0]).toBe(contest['rate 0.01'].losses[0]);
    expect(Object.values(contest).map(({ lr, losses }) => [lr, losses.length])).toEqual([
      [0.1, 7],
      [0.01, 7],
    ]);
    expect(looks).toEqual([2, 4, 6, 7].slice(4 - looks.length));
    run.summary({ losses: JSON.stringify(Object.values(contest).map(({ losses }) => losses)) });
  },
});

it('what stages give is written once, to records of their own: a checkpoint stays small, however many there are', async () => {
  const values = 10_000;
  const many = project({
    ...made,
    async run(run) {
      for (let i = 1; i <= 12; i++) await run.stage(`part ${i}`, async () => new Float32Array(values).fill(i));
      run.summary({ loss: 1 });
    },
  });
  const { written, checkpoints } = await run(many, nothing, { dueAt: () => true });
  expect(written).toEqual(Array.from({ length: 12 }, (_, i) => `part ${i + 1}`));
  const sizes = checkpoints.map(({ checkpoint }) => {
    const results = { values: {}, tables: {}, figures: [] };
    const parts = encodeCheckpoint(checkpoint as RunCheckpoint, { step: 0, seconds: 0, results });
    return parts.reduce((sum, { length }) => sum + length, 0);
  });
  expect(sizes).toHaveLength(13);
  // Of each only its name.
  expect(sizes[12] - sizes[0]).toBeLessThan(12 * 16);
});

it('a run that is looked into with its newest weights wherever it stands still ends as one that was left alone', async () => {
  const alone = await run(twoOptimisers);
  const looker = new nn.Linear(2, 2);
  const look = compile(() => looker.forward(randn([1, 2])).sum());
  const seen = new Set<number>();
  const stages = new Set<boolean>();
  const looked = await run(twoOptimisers, nothing, {
    dueAt: (asked) => asked % 3 === 0,
    async look(live) {
      stages.add((await live.resultOf('before')) !== undefined);
      const { model } = live;
      if (!model) return;
      const outside = randomState();
      const newest = new Map(model.namedStates());
      for (const [name, state] of looker.namedStates()) state.assign(newest.get(name) as nn.Parameter);
      expect(await look().item()).not.toBeNaN();
      expect(await looker.weight.data()).toEqual(await (model as nn.Linear).weight.data());
      seen.add((await looker.weight.data())[0]);
      setRandomState(outside);
    },
  });
  expect([...stages]).toEqual([true]);
  // Before the first epoch and after each of four steps, at least.
  expect(seen.size).toBeGreaterThanOrEqual(4);
  expect(looked.rows).toEqual(alone.rows);
  expect(looked.shown).toEqual(alone.shown);
  expect(looked.weights).toEqual(alone.weights);
});

describe('a run of stages that were done elsewhere', () => {
  const alone = async (only: string, elsewhere?: ReadonlyMap<string, DoneRecord>) => {
    const end = await run(telling, nothing, { only, ...(elsewhere && { elsewhere }) }).catch((error: unknown) => error);
    if (!(end instanceof StageDone)) throw end;
    return [only, end.record] as const;
  };
  const left = ({ rows, weights, shown, figures }: Outcome) => ({ rows, weights, shown, figures });

  it('is the run that did them itself, and so is each that goes on from one of its checkpoints', async () => {
    const whole = left(await run(telling));
    expect(whole.rows.map(({ step }) => step)).toEqual([...whole.rows.map(({ step }) => step)].sort((a, b) => a - b));
    const elsewhere = new Map([await alone('runs/2'), await alone('runs/1')]);
    const assembled = await run(telling, nothing, { elsewhere, dueAt: () => true });
    expect(left(assembled)).toEqual(whole);
    for (const place of assembled.checkpoints) {
      const { figures: _, ...again } = left(await run(telling, place, { elsewhere }));
      expect(again).toEqual({ rows: whole.rows, weights: whole.weights, shown: whole.shown });
    }
  });

  it('may take in one, do others, and a stage done elsewhere may be of such', async () => {
    const whole = left(await run(telling));
    expect(left(await run(telling, nothing, { elsewhere: new Map([await alone('runs/2')]) }))).toEqual(whole);
    const inner = new Map([await alone('runs/1'), await alone('runs/2')]);
    expect(left(await run(telling, nothing, { elsewhere: new Map([await alone('runs', inner)]) }))).toEqual(whole);
  });
});

describe('what a run gives a project', () => {
  const withRun = (body: (run: Run<unknown>) => Promise<void>, wishes?: Wishes, left?: Left) =>
    run(
      project({
        ...made,
        async run(run) {
          await body(run as Run<unknown>);
        },
      }),
      left,
      wishes,
    );

  it('weights that can’t be had are undefined; a name that nothing has is refused', async () => {
    await withRun(async (run) => expect(await run.weights('squeezenet1.1-imagenet')).toBeUndefined());
    await expect(withRun(async (run) => void (await run.weights('squeezenet1.1')))).rejects.toThrow(
      /no published weights squeezenet1.1.*squeezenet1.1-imagenet/,
    );
    await expect(withRun(async (run) => void (await run.tokenizer('clipp')))).rejects.toThrow(
      'published tokenizer clipp; did you mean clip?',
    );
  });

  it('a name has one meaning', async () => {
    const twice = withRun(async (run) => {
      await run.stage('a', async () => 1);
      await run.stage('a', async () => 2);
    });
    await expect(twice).rejects.toThrow('stage a: expected a name of its own for each, got a twice');
    await expect(withRun(async (run) => void (await run.stage('a/b', async () => 1)))).rejects.toThrow('without /');
  });

  it('batches come pass after pass', async () => {
    await withRun(async (run) => {
      const seen: number[] = [];
      for await (const { x } of run.batches('b', { over: part, batchSize: 5, steps: 4, keep: {} })) seen.push(x.shape[0]);
      expect(seen).toEqual([5, 5, 2, 5]);
    });
  });

  it('the outer run is busy while a stage is being done', async () => {
    const wrong = withRun(async (run) => void (await run.stage('a', () => run.stage('b', async () => 1))));
    await expect(wrong).rejects.toThrow('stage b: expected a to be done first');
  });

  it('an optimiser is kept together with what it trains', async () => {
    const model = new nn.Linear(2, 1);
    const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
    const forgotten = withRun(async (run) => {
      for await (const _ of run.steps('training', { count: 1, keep: { optimizer } }));
    });
    await expect(forgotten).rejects.toThrow('keep optimizer trains weight, which nothing kept holds');
    const strange = withRun(async (run) => {
      for await (const _ of run.steps('training', { count: 1, keep: { best: 3 as never } }));
    });
    await expect(strange).rejects.toThrow('keep best: expected a module, an optimiser, a state');
  });

  it('a result that can’t be kept is refused, with its place', async () => {
    const wrong = withRun(async (run) => void (await run.stage('a', async () => ({ list: [1, new Date()] }))));
    await expect(wrong).rejects.toThrow(/the result of stage a: expected JSON.* at result.list.1/);
  });

  it('results come back as they were, from the first time on', async () => {
    const given = {
      numbers: [0.1, Number.NaN, -0, Number.NEGATIVE_INFINITY],
      arrays: [Float64Array.of(1 / 3), BigInt64Array.of(-5n), Uint8Array.of(255), new Int32Array(0)],
      dict: { weight: { shape: [1, 2], data: Float32Array.of(1, 2) } },
      odd: { $number: 'no number', nothing: null },
      list: [undefined, { $array: { $object: 1 } }],
    };
    let first: unknown;
    let second: unknown;
    const what = (keep: (value: unknown) => void) =>
      withRun(
        async (run) => {
          keep(await run.stage('a', async () => given));
        },
        {},
        undefined,
      );
    await what((value) => (first = value));
    expect(first).toEqual(given);
    const two = project({
      ...made,
      async run(run) {
        second = await run.stage('a', async () => given);
      },
    });
    const left = await run(two);
    await run(
      project({
        ...made,
        async run(run) {
          second = await run.stage('a', async () => {
            throw new Error('done twice');
          });
        },
      }),
      left,
    );
    expect(second).toEqual(given);
  });

  it('a loop that keeps other things than it did says so', async () => {
    const loop = (keep: (run: Run<unknown>) => Record<string, ReturnType<Run<unknown>['cell']>>) => (run: Run<unknown>) =>
      (async () => {
        for await (const _ of run.steps('walk', { count: 2, keep: keep(run) }));
      })();
    const left = await withRun(loop((run) => ({ a: run.cell(1) })));
    await expect(
      withRun(
        loop((run) => ({ b: run.cell(1) })),
        {},
        left,
      ),
    ).rejects.toThrow('loop walk: it kept a when it was saved, and keeps b now');
  });

  it('whoever catches the stop gets it again', async () => {
    let caught = 0;
    const stubborn = await withRun(
      async (run) => {
        for (let i = 0; i < 3; i++) {
          try {
            await run.stage(`s${i}`, async () => 1);
          } catch {
            caught++;
          }
        }
        run.log({ end: 1 });
      },
      { stopAt: () => true },
    );
    expect([stubborn.stopped, caught, stubborn.rows]).toEqual([true, 3, []]);
  });
});

const compared = ({ rows, weights, shown }: Outcome) => ({ rows, weights, shown });

/** Stops at each of these askings, one after another, going on in between. */
async function inPieces(what: Parameters<typeof run>[0], every: number, wishes: Wishes = {}): Promise<Outcome> {
  let left: Left = nothing;
  for (let pieces = 0; pieces < 200; pieces++) {
    const outcome = await run(what, left, { ...wishes, stopAt: (asked) => asked >= every });
    if (!outcome.stopped) return outcome;
    left = outcome;
  }
  throw new Error('it never ends');
}

describe.each([
  ['a comparison', contest],
  ['two optimisers', twoOptimisers],
  ['a search', search],
  ['seeds', seeds],
])('%s', (_name, what) => {
  it('ends the same from each stop, each checkpoint, and in pieces', async () => {
    const whole = await run(what, nothing, { dueAt: () => true });
    const expected = compared(whole);
    expect(whole.rows.length).toBeGreaterThan(5);
    expect(whole.stopped).toBe(false);
    for (let at = 1; at <= whole.asked; at++) {
      const stopped = await run(what, nothing, { stopAt: (asked) => asked === at });
      expect([at, stopped.stopped]).toEqual([at, true]);
      expect([at, compared(await run(what, stopped))]).toEqual([at, expected]);
    }
    for (const [i, left] of whole.checkpoints.entries()) {
      // A process that was killed has left rows behind that its checkpoint doesn't know.
      const rows = [...left.rows, { step: 999, stray: 1 }];
      expect([i, compared(await run(what, { ...left, rows }))]).toEqual([i, expected]);
    }
    expect(compared(await inPieces(what, 7))).toEqual(expected);
  });

  it('its bar never goes back, and ends at 1', async () => {
    const { progress } = await run(what);
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    if (what.parts) expect(fractions.at(-1)).toBeCloseTo(1, 9);
  });
});
