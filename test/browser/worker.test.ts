// The worker that trains and the runs it keeps, in a real browser, without the page.
import { strFromU8, unzipSync } from 'fflate';
import { expect, it } from 'vitest';
import type { Command } from '../../runtime/browser/protocol.ts';
import { recordFile } from '../../runtime/run/checkpoint.ts';
import { decodeRows } from '../../runtime/run/metrics.ts';
import { describeInChromium } from './chromium.ts';
import { WorkerPage } from './worker-pages.ts';

const steps = 30;
const start: Extract<Command, { type: 'start' }> = {
  type: 'start',
  project: 'mc-dropout',
  preset: 'quick',
  options: { epochs: 1, passes: 1, batchSize: 16, trainImages: 16 * steps, testImages: 50 },
  seed: 3,
  data: { kind: 'synthetic' },
};
/** Long enough to be caught at work. */
const long = { ...start, options: { ...start.options, trainImages: 16 * 400, epochs: 10 } };

describeInChromium('the worker', (chromium) => {
  let undisturbed: Awaited<ReturnType<WorkerPage['rows']>> | undefined;
  /** The rows of a run that was left alone. */
  const wholeRun = async (page: WorkerPage) => {
    undisturbed ??= await page.storedRows(await page.train(start));
    return undisturbed;
  };

  it('lists the whole runs beside damaged ones', async () => {
    const page = await WorkerPage.open(chromium);
    const run = await page.train(start);
    await page.report('ended');
    const damage = async (id: string, file: string, content: string) => {
      await page.tab.page.evaluate(
        `(async () => {
          const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
          const [whole, folder] = [await runs.getDirectoryHandle(${JSON.stringify(run)}), await runs.getDirectoryHandle(${JSON.stringify(id)}, { create: true })];
          const write = async (name, content) => {
            const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
            await file.write(content);
            await file.close();
          };
          for (const name of ['config.json', 'summary.json']) await write(name, await (await whole.getFileHandle(name)).getFile());
          await write(${JSON.stringify(file)}, ${JSON.stringify(content)});
        })()`,
      );
    };
    for (const [i, content] of ['null', '{}', '[]', '"run"', '{"project":3,"resumed":null}', '{"seed":0'].entries())
      await damage(`damaged-config-${i}`, 'config.json', content);
    await damage('damaged-summary', 'summary.json', '{"status":"finished","figures":7}');
    const listed = await page.store('listRuns');
    // A run whose end can't be read counts as cut off; one whose config can't be read is only good to be deleted.
    expect(listed.map(({ id, status }) => [id, status]).sort()).toEqual(
      [
        ['damaged-summary', 'cutOff'],
        [run, 'finished'],
      ].sort(),
    );
    const damaged = await page.store('listDamagedRuns');
    expect(damaged.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4, 5].map((i) => `damaged-config-${i}`));
    expect(Math.min(...damaged.map(({ bytes }) => bytes))).toBeGreaterThan(100);
    for (const { id } of [...listed, ...damaged]) if (id !== run) await page.store('removeRun', id);
    expect(await page.store('listDamagedRuns')).toEqual([]);
  });

  it('trains, tells the page, and keeps the run', async () => {
    const page = await WorkerPage.open(chromium);
    expect(await page.report('adapter')).toMatchObject({ kind: 'cpu', name: expect.stringMatching(/swiftshader/i) });
    await page.send(start);
    const first = await page.save();
    expect(first).toBeGreaterThan(0);
    const { run } = await page.report('started');
    expect(run).toMatch(/^mc-dropout-\d{8}-\d{6}(-2)?$/);
    expect(await page.report('ended')).toMatchObject({ status: 'finished', resumable: true });
    const rows = await page.rows();
    expect(rows.map(({ step }) => step)).toEqual([...Array.from({ length: steps }, (_, i) => i + 1), steps]);
    const saved = (await page.reports('checkpoint')).map(({ step }) => step);
    expect([saved[0], saved.at(-1)]).toEqual([first, steps]);
    // Compiling is told in between.
    const progress = (await page.reports('progress')).filter(({ update }) => !update.phase.startsWith('compiling'));
    const fractions = progress.map(({ update }) => update.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions[0]).toBeLessThan(0.5);
    expect(progress.find(({ update }) => update.loss !== undefined)).toMatchObject({
      update: { phase: 'run 1 › training', unit: 'samples', rate: expect.any(Number), loss: expect.any(Number) },
    });
    expect(progress.at(-1)).toMatchObject({ update: { fraction: 1 }, secondsLeft: 0 });
    expect(progress.at(-1)?.gpuBytes).toBeGreaterThan(100_000);

    const listed = (await page.store('listRuns')).find(({ id }) => id === run);
    expect(listed).toMatchObject({ status: 'finished', step: steps, checkpoint: steps, seed: 3, preset: 'quick' });
    const record = await page.store('readRun', run);
    expect(record).toMatchObject(listed ?? {});
    expect(await page.storedRows(run)).toEqual(rows);
    undisturbed = rows;
    for (const { name, svg } of await page.reports('figure')) expect(record?.figures[name].at(-1)).toMatchObject({ name, svg });
    expect(record?.log).toEqual((await page.reports('log')).map(({ text }) => text));
    expect(record?.tables.accuracy).toEqual((await page.reports('table'))[0].table);
    expect(record?.results).toEqual((await page.reports('summary'))[0].values);
    const zip = unzipSync(await page.zip(run));
    const files = [
      'config.json',
      'checkpoint.safetensors',
      'model.safetensors',
      recordFile('run'),
      'metrics.jsonl',
      'log.txt',
      'summary.json',
    ];
    const figures = ['uncertainty.svg', 'rotation.svg', 'accuracy.svg', 'drawings.jsonl'];
    expect(Object.keys(zip).sort()).toEqual([...files, ...figures].map((name) => `${run}/${name}`).sort());
    expect(decodeRows(strFromU8(zip[`${run}/metrics.jsonl`]))).toEqual(record?.rows);
    await page.store('removeRun', run);
    expect(await page.store('readRun', run)).toBeUndefined();
    expect(page.tab.problems).toEqual([]);
    expect(page.tab.outside).toEqual([]);
  });

  it('goes on by itself, bit for bit, after the device was destroyed', async () => {
    const page = await WorkerPage.open(chromium);
    await page.report('adapter');
    await page.watchDevice();
    await page.hold(start);
    await page.destroyDevice();
    await page.send({ type: 'unpause' });
    expect(await page.report('ended')).toMatchObject({ status: 'finished' });
    const [recovering] = await page.reports('recovering');
    expect(recovering.step).toBeGreaterThan(0);
    expect(recovering.step).toBeLessThan(steps);
    expect((await page.reports('checkpoint')).map(({ step }) => step)).toContain(recovering.step);
    expect(recovering.message).toContain('GPU device was lost');
    expect(recovering.message).toContain(`Going on from the checkpoint of step ${recovering.step} on a new device`);
    expect(await page.storedRows((await page.report('started')).run)).toEqual(await wholeRun(page));
    expect(page.tab.problems).toEqual([]);
  });

  it('pauses, goes on, stops with a checkpoint, and resumes bit for bit', async () => {
    const page = await WorkerPage.open(chromium);
    await page.hold(start);
    expect(await page.report('paused')).toMatchObject({ paused: true });
    // Losses of steps that were under way still come in.
    await new Promise((done) => setTimeout(done, 500));
    const before = (await page.rows()).length;
    await new Promise((done) => setTimeout(done, 700));
    expect((await page.rows()).length).toBe(before);
    await page.forget();
    await page.send({ type: 'unpause' });
    await page.send({ type: 'stop' });
    expect(await page.report('paused')).toMatchObject({ paused: false });
    const ended = await page.report('ended');
    expect(ended).toMatchObject({ status: 'interrupted', resumable: true });
    // A pause is not work.
    const [stored] = await page.store('listRuns');
    expect(stored).toMatchObject({ status: 'interrupted' });
    expect(stored.step).toBeGreaterThanOrEqual(before);
    expect(stored.step).toBeLessThan(steps);
    expect(await page.train({ type: 'resume', run: stored.id })).toBe(stored.id);
    expect(await page.storedRows(stored.id)).toEqual(await wholeRun(page));
    expect(await page.store('readRun', stored.id)).toMatchObject({ status: 'finished', data: [{ synthetic: true }] });
  });

  it('stops while it is paused', async () => {
    const page = await WorkerPage.open(chromium);
    await page.send(long);
    await page.send({ type: 'pause' });
    await page.report('paused');
    await page.send({ type: 'stop' });
    expect(await page.report('ended')).toMatchObject({ status: 'interrupted', resumable: true });
  });

  it('leaves a run that can be gone on with when its tab is closed; while it is at work, no other tab may', async () => {
    const page = await WorkerPage.open(chromium);
    await page.send(long);
    const { run } = await page.report('started');
    const saved = await page.save();
    const other = await WorkerPage.open(chromium);
    expect(await other.store('readRun', run)).toMatchObject({ status: 'running', step: expect.any(Number) });
    expect((await other.storedRows(run)).length).toBeGreaterThanOrEqual(saved);
    await expect(other.store('removeRun', run)).rejects.toThrow(/still running/);
    await other.send({ type: 'resume', run });
    const refused = await other.report('ended');
    expect(refused).toMatchObject({ status: 'failed', resumable: true, error: { name: 'StorageError' } });
    expect(refused.error?.message).toMatch(/at work in another tab/);
    await page.tab.close();

    await other.forget();
    await other.send({ type: 'resume', run });
    await other.step(saved + 3);
    await other.kill();
    await expect.poll(() => other.store('readRun', run)).toMatchObject({ status: 'cutOff', checkpoint: expect.any(Number) });
    expect((await other.store('readRun', run))?.log.join('\n')).toMatch(/going on after step \d+/);
  });

  it('answers what is asked of a trained network', async () => {
    const page = await WorkerPage.open(chromium);
    const run = await page.train(start);
    for (const id of [1, 2, 3]) await page.ask(run, id, 56 * 56, 0.5);
    const { id, parts } = await page.report('answer');
    expect(parts).toEqual([{ svg: expect.stringMatching(/^<svg/) }]);
    await expect.poll(async () => (await page.reports('answer')).map((answer) => answer.id)).toContain(3);
    const answered = (await page.reports('answer')).map((answer) => answer.id);
    const overtaken = await page.reports('noAnswer');
    expect(overtaken.every(({ error }) => error.name === 'Overtaken')).toBe(true);
    expect([...answered, ...overtaken.map((none) => none.id)].sort()).toEqual([1, 2, 3]);
    expect(answered).toContain(id);
    await page.forget();
    await page.ask('nothing', 4, 56 * 56, 0.5);
    expect(await page.report('noAnswer')).toMatchObject({ id: 4, error: { message: /no run nothing/ } });
  });

  it('answers with what comes with the project, and with the newest weights of the run at work, which ends as one that was left alone', async () => {
    const page = await WorkerPage.open(chromium);
    const whole = await wholeRun(page);
    await page.forget();
    await page.ask(undefined, 1, 56 * 56, 0.5);
    const before = await page.report('answer');
    expect(before).toMatchObject({ id: 1, parts: [{ svg: expect.stringMatching(/^<svg/) }] });
    expect(before).not.toHaveProperty('step');
    await page.forget();
    await page.sendAndAsk(start, 2, 56 * 56, 0.5);
    await page.report('ended');
    const { run } = await page.report('started');
    const live = await page.reports('answer');
    const at = live.flatMap(({ step }) => (step === undefined ? [] : [step]));
    expect(new Set(at).size).toBeGreaterThan(1);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(new Set(live.map(({ parts }) => JSON.stringify(parts))).size).toBeGreaterThan(1);
    expect(await page.storedRows(run)).toEqual(whole);
    expect(await page.reports('noAnswer')).toEqual([]);
    expect(page.tab.problems).toEqual([]);
  });

  it("outlives a crash of the browser's GPU process", async () => {
    const page = await WorkerPage.open(chromium);
    const whole = await wholeRun(page);
    await page.forget();
    await page.hold(start);
    const session = await chromium.browser.target().createCDPSession();
    // Its answer would come from the process that it ends.
    session.send('Browser.crashGpuProcess').catch(() => {});
    await page.send({ type: 'unpause' });
    expect(await page.report('ended')).toMatchObject({ status: 'finished' });
    expect(await page.reports('recovering')).toHaveLength(1);
    expect(await page.storedRows((await page.report('started')).run)).toEqual(whole);
    expect(page.tab.problems).toEqual([]);
  });
});
