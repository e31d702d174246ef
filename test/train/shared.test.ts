// Stages that several runs share: each run finds the same, whoever does it, and takes what another has left.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { RunFolder } from '../../runtime/node/run-folder.ts';
import { adapterRecord, newConfig } from '../../runtime/run/record.ts';
import { Run } from '../../runtime/run/run.ts';
import { nn, optim, option, type Project, project, rand, setPlatform } from '../../src/index.ts';
import { nothing, type Outcome, run } from './memory-host.ts';

const base = mkdtempSync(join(tmpdir(), 'tilegrad-shared-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const numbers = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
/** Times that the shared stage was done. */
let done = 0;

const made = (name: string, first = 0): Project =>
  project({
    ...{ name, title: name, summary: 'For a test.', document: 'test', tags: [], headline: { metric: 'own', better: 'lower' }, data: {} },
    options: { width: option.integer(3, 'outputs', { min: 1 }) },
    presets: { quick: {}, full: {}, smallest: {} },
    model: ({ width }) => new nn.Linear(2, width),
    async run(run, { width }) {
      const train = { fields: { x: { data: Float32Array.of(first, ...numbers.slice(1)), shape: [2] } }, count: 12 };
      const found = await run.shared('small network', { width, train }, async (run) => {
        done++;
        const model = new nn.Linear(2, width);
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
        const draw = await rand([2]).data();
        await run.fit('training', {
          ...{ model, train, batchSize: 5, epochs: 2, optimizer },
          loss: ({ x }) =>
            model
              .forward(x.add(rand(x.shape)))
              .square()
              .mean(),
        });
        return { draw, host: run.random('host').normal(0, 1), weights: await model.stateDict() };
      });
      const model = run.model();
      model.loadStateDict(found.weights);
      run.table('found', { title: 'Found', columns: ['what', 'value'], rows: [['all', JSON.stringify(found)]] });
      run.summary({ own: await rand([]).item() });
    },
  });

const allOf = ({ shown }: Pick<Outcome, 'shown'>) => shown.tables.found?.rows[0]?.[1];

/** As the command line runs it, with this folder as its cache. */
async function onDisk(what: Project, name: string, seed: number, cache: string, options = { width: 3 }) {
  const folder = RunFolder.create(join(base, name));
  const platform = nodePlatform({ cache });
  const choice = await platform.peekAdapter();
  const session = { started: 'now', argv: [], adapter: adapterRecord(choice), versions: { tilegrad: '1' }, machine: '' };
  const config = newConfig(what, { preset: 'quick', seed, options }, session, {});
  const log: string[] = [];
  const report = (event: { readonly type: string; readonly text?: string }) => void (event.text && log.push(event.text));
  const before = done;
  const summary = await new Run(what, config, { platform, store: folder, stopping: false, ready: async () => {}, report }).execute();
  folder.close();
  const model = readFileSync(join(base, name, 'model.safetensors'));
  return { found: summary.tables.found?.rows[0]?.[1], own: summary.results.own, times: done - before, log: log.join('\n'), model };
}

it('is found the same by any project and seed, and taken from where the first one left it', async () => {
  const cache = join(base, 'cache');
  const first = await onDisk(made('one'), 'first', 1, cache);
  expect(first.times).toBe(1);
  expect(first.log).toContain(`small network: kept for other runs in ${cache}`);
  const second = await onDisk(made('two'), 'second', 2, cache);
  expect(second.times).toBe(0);
  expect(second.log).toContain(`small network: as an earlier run left it in ${cache}`);
  expect(second.found).toBe(first.found);
  expect(second.model.equals(first.model)).toBe(true);
  // What comes after is the run's own.
  expect(second.own).not.toBe(first.own);
  const alone = await onDisk(made('two'), 'alone', 2, join(base, 'other'));
  expect([alone.times, alone.found, alone.own]).toEqual([1, first.found, second.own]);

  // What it goes by counts: an option, one number of the data.
  for (const [name, project, options] of [
    ['option', made('one'), { width: 2 }],
    ['number', made('one', 1e-7), { width: 3 }],
  ] as const) {
    const other = await onDisk(project, name, 1, cache, options);
    expect([other.times, other.found === first.found]).toEqual([1, false]);
  }
  expect(readdirSync(join(cache, 'results'))).toHaveLength(3);

  // Damaged: done anew, and whole again.
  for (const file of readdirSync(join(cache, 'results'))) writeFileSync(join(cache, 'results', file), 'nothing');
  const again = await onDisk(made('one'), 'again', 1, cache);
  expect([again.times, again.found]).toEqual([1, first.found]);
  expect(again.log).toMatch(/small network: done anew: .*safetensors/);
  expect((await onDisk(made('one'), 'whole', 1, cache)).times).toBe(0);
});

it('goes on without a place to keep it', async () => {
  writeFileSync(join(base, 'file'), '');
  const { times, log } = await onDisk(made('one'), 'nowhere', 1, join(base, 'file'));
  expect(times).toBe(1);
  expect(log).toContain('small network: not kept for other runs: ');
});

it('ends the same from wherever it was stopped', async () => {
  setPlatform(nodePlatform());
  const whole = await run(made('one'), nothing, { seed: 1 });
  expect(allOf(whole)).toBe(allOf(await run(made('two'), nothing, { seed: 2 })));
  for (let stop = 1; stop < whole.asked; stop++) {
    const left = await run(made('one'), nothing, { seed: 1, stopAt: (asked) => asked >= stop });
    const { rows, weights, shown } = await run(made('one'), left, { seed: 1 });
    expect({ rows, weights, shown }).toEqual({ rows: whole.rows, weights: whole.weights, shown: whole.shown });
  }
});

it('is a stage of the whole run', async () => {
  const within = {
    ...made('one'),
    run: (run: Parameters<Project['run']>[0]) => run.stage('outer', (run) => run.shared('inner', 0, async () => 1)),
  };
  await expect(run(within as unknown as Project)).rejects.toThrow('shared inner: expected a stage of the whole run, got one within outer/');
});

it('a model that is trained within a stage stays as it was trained, also where a run goes on after that stage', async () => {
  const trainedWithin = project({
    ...{ name: 'within', title: 'Within', summary: 'For a test.', document: 'test', tags: [] },
    ...{ headline: { metric: 'loss', better: 'lower' as const }, data: {}, options: {}, presets: { quick: {}, full: {}, smallest: {} } },
    model: () => new nn.Linear(2, 3),
    async run(run) {
      run.model();
      await run.stage('within', async (run) => {
        const model = run.model();
        const train = { fields: { x: { data: numbers, shape: [2] } }, count: 12 };
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
        await run.fit('training', {
          ...{ model, train, batchSize: 6, epochs: 1, optimizer },
          loss: ({ x }) => model.forward(x).square().mean(),
        });
      });
      await run.stage('after', async () => 1);
    },
  });
  const whole = await run(trainedWithin, nothing, { seed: 1, dueAt: () => true });
  for (const left of whole.checkpoints) expect((await run(trainedWithin, left, { seed: 1 })).weights).toEqual(whole.weights);
});
