// What goes wrong in the worker is told in words, and the worker stays alive.
import { expect, it } from 'vitest';
import type { Command } from '../../runtime/browser/protocol.ts';
import { describeInChromium } from './chromium.ts';
import { WorkerPage } from './worker-pages.ts';

const start: Extract<Command, { type: 'start' }> = {
  type: 'start',
  project: 'mc-dropout',
  preset: 'quick',
  options: { epochs: 1, passes: 1, batchSize: 16, trainImages: 320, testImages: 50 },
  seed: 3,
  data: { kind: 'synthetic' },
};
/** Ends at the first step. */
const short = { ...start, options: { ...start.options, trainImages: 16 } };

describeInChromium('a failing worker', (chromium) => {
  it('says how much memory was asked for, what would fit, and which options to lower', async () => {
    const page = await WorkerPage.open(chromium);
    await page.send({ ...start, options: { ...start.options, batchSize: 3000, width: 64, trainImages: 3000 } });
    const { status, error, resumable } = await page.report('ended');
    expect({ status, resumable, name: error?.name }).toEqual({ status: 'failed', resumable: false, name: 'OutOfMemoryError' });
    expect(error?.message).toMatch(/at most 1073741824 bytes .*got f32 \[3000, .* of \d{10} bytes/);
    expect(error?.advice).toMatch(/^Lower batchSize \(3000\) or width \(64\), or close other/);
    expect(await page.store('readRun', (await page.report('started')).run)).toMatchObject({ status: 'failed', error: error?.message });
    await page.train(short);
    expect(page.tab.problems).toEqual([]);
  });

  it('shows where an unforeseen error came from, and goes on with the next run', async () => {
    const page = await WorkerPage.open(chromium);
    await page.report('adapter');
    await page.inWorker(`{
      const create = GPUDevice.prototype.createBindGroup;
      GPUDevice.prototype.createBindGroup = () => {
        GPUDevice.prototype.createBindGroup = create;
        return undefined.oops;
      };
    }`);
    await page.send(start);
    const { status, error } = await page.report('ended');
    expect({ status, name: error?.name }).toEqual({ status: 'failed', name: 'TypeError' });
    expect(error?.message).toMatch(/oops/);
    expect(error?.stack).toMatch(/\n\s+at /);
    await page.send(undefined as never);
    expect((await page.report('log')).text).toMatch(/^Adapter/);
    await expect.poll(async () => (await page.reports('log')).at(-1)?.text).toMatch(/^Uncaught TypeError: .*undefined/);
    await page.inWorker(`void Promise.reject(new Error('let go'))`);
    await expect.poll(async () => (await page.reports('log')).at(-1)?.text).toMatch(/^Uncaught Error: let go\n/);
    await page.train(short);
    await page.forget();
    await page.send({ ...start, project: 'nothing' });
    expect((await page.report('ended')).error?.message).toMatch(/no project nothing/);
  });

  it('keeps the last checkpoint when the storage is full', async () => {
    const page = await WorkerPage.open(chromium);
    const session = await page.tab.page.createCDPSession();
    const origin = new URL(chromium.url).origin;
    await page.send({ ...start, options: { ...start.options, trainImages: 16 * 400, epochs: 10 } });
    const saved = await page.save();
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    await page.send({ type: 'save' });
    const { status, error, resumable } = await page.report('ended');
    expect({ status, resumable, name: error?.name }).toEqual({ status: 'failed', resumable: true, name: 'QuotaExceededError' });
    expect(error?.message).toMatch(/storage for this page is full/);
    expect(error?.advice).toMatch(/delete stored runs/);
    const { run } = await page.report('started');
    await page.forget();
    await page.send(start);
    expect(await page.report('ended')).toMatchObject({ status: 'failed', resumable: false, error: { name: 'QuotaExceededError' } });
    const folders = `(async () => (await Array.fromAsync((await (await navigator.storage.getDirectory()).getDirectoryHandle('runs')).keys())).sort())()`;
    expect(await page.tab.page.evaluate(folders)).toEqual((await page.store('listRuns')).map(({ id }) => id).sort());
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    const stored = await page.store('readRun', run);
    expect(stored?.checkpoint).toBeGreaterThanOrEqual(saved);
    await page.forget();
    await page.send({ type: 'resume', run });
    await page.step((stored?.checkpoint ?? 0) + 3);
    await page.send({ type: 'stop' });
    expect(await page.report('ended')).toMatchObject({ status: 'interrupted' });
  });

  it('gives up with advice when the device is lost again and again', async () => {
    const page = await WorkerPage.open(chromium);
    await page.report('adapter');
    await page.inWorker(`{
      const submit = GPUQueue.prototype.submit;
      const open = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        const device = await open.apply(this, args);
        let count = 0;
        device.queue.submit = function (...commands) {
          submit.apply(this, commands);
          if (++count === 3) device.destroy();
        };
        return device;
      };
    }`);
    await page.send(start);
    const { status, error } = await page.report('ended');
    expect({ status, name: error?.name }).toEqual({ status: 'failed', name: 'DeviceLostError' });
    expect(error?.message).toMatch(/lost 4 times without a checkpoint in between/);
    expect(await page.reports('recovering')).toHaveLength(3);
  });
});

describeInChromium(
  'a browser without an adapter',
  (chromium) => {
    it('is told to the page, as the reason why nothing can be trained', async () => {
      const page = await WorkerPage.open(chromium);
      const { reason, message } = await page.report('noAdapter');
      expect(['noWebGPU', 'noAdapter']).toContain(reason);
      expect(message).toMatch(/WebGPU/);
      await page.send(start);
      expect(await page.report('ended')).toMatchObject({ status: 'failed', resumable: false, error: { name: 'NoAdapterError', message } });
      expect(await page.store('listRuns')).toEqual([]);
    });
  },
  { webgpu: false },
);
