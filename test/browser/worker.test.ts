// The worker that trains and the runs it keeps, in a real browser, without the page.
import { strFromU8, unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import type { Command } from '../../runtime/browser/protocol.ts';
import { decodeRows } from '../../runtime/run/metrics.ts';
import { describeInChromium } from './chromium.ts';
import { WorkerPage } from './worker-pages.ts';

const steps = 30;
const every = 10;
const start: Extract<Command, { type: 'start' }> = {
  type: 'start',
  project: 'mc-dropout',
  preset: 'quick',
  options: { epochs: 1, passes: 1, batchSize: 16, trainImages: 16 * steps, testImages: 50, checkpointEvery: every },
  seed: 3,
  data: { kind: 'synthetic' },
};

describeInChromium('the worker', (chromium) => {
  it('trains, tells the page, and keeps the run', async () => {
    const page = await WorkerPage.open(chromium);
    expect(await page.report('adapter')).toMatchObject({ kind: 'cpu' });
    await page.send(start);
    const { run } = await page.report('started');
    expect(run).toMatch(/^mc-dropout-\d{8}-\d{6}$/);
    expect(await page.report('ended')).toMatchObject({ status: 'finished', resumable: true });
    const rows = await page.rows();
    expect(rows.map(({ step }) => step)).toEqual([...Array.from({ length: steps }, (_, i) => i + 1), steps]);
    expect((await page.reports('checkpoint')).map(({ step }) => step)).toContain(every);
    expect((await page.reports('progress')).at(-1)).toMatchObject({ update: { phase: 'testing', done: 2, total: 2 }, secondsLeft: 0 });
    expect((await page.reports('progress'))[0].gpuBytes).toBeGreaterThan(100_000);

    const [listed] = await page.store('listRuns');
    expect(listed).toMatchObject({ id: run, status: 'finished', step: steps, checkpoint: steps, seed: 3, preset: 'quick' });
    const record = await page.store('readRun', run);
    expect(record).toMatchObject(listed);
    expect(record?.rows.map(({ step, values }) => ({ step, values }))).toEqual(rows);
    expect(record?.figures).toEqual((await page.reports('figure')).map(({ name, svg }) => ({ name, svg })));
    expect(record?.log).toEqual((await page.reports('log')).map(({ text }) => text));
    expect(record?.tables.accuracy).toEqual((await page.reports('table'))[0].table);
    expect(record?.results).toEqual((await page.reports('summary'))[0].values);
    const zip = unzipSync(await page.zip(run));
    const files = ['config.json', 'checkpoint.safetensors', 'metrics.jsonl', 'log.txt', 'summary.json'];
    const figures = ['uncertainty.svg', 'rotation.svg', 'accuracy.svg'];
    expect(Object.keys(zip).sort()).toEqual([...files, ...figures].map((name) => `${run}/${name}`).sort());
    expect(decodeRows(strFromU8(zip[`${run}/metrics.jsonl`]))).toEqual(record?.rows);
    await page.store('removeRun', run);
    expect(await page.store('listRuns')).toEqual([]);
    expect(page.tab.problems).toEqual([]);
    expect(page.tab.outside).toEqual([]);
  });
});
