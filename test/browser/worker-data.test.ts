// Where the worker's data comes from: files that were dropped, a server, what the browser kept. And that Node computes the same with it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, expect, it } from 'vitest';
import type { Command } from '../../runtime/browser/protocol.ts';
import { runProject } from '../../runtime/node/run.ts';
import { decodeRows } from '../../runtime/run/metrics.ts';
import { mcDropout } from '../../src/projects/small-scale/mc-dropout/index.ts';
import { idxFile } from '../data/idx-files.ts';
import { describeInChromium } from './chromium.ts';
import { WorkerPage } from './worker-pages.ts';

const steps = 24;
const counts = { train: 16 * steps, test: 50 };

/** Bars whose place tells the digit, as MNIST's four files. */
function digits(count: number): { readonly images: Uint8Array; readonly labels: Uint8Array } {
  const pixels = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7) % 10);
  labels.forEach((label, i) => {
    for (let row = 0; row < 28; row++)
      pixels.fill(120 + ((i * 31 + row) % 100), i * 784 + row * 28 + 2 * label, i * 784 + row * 28 + 2 * label + 5);
  });
  return { images: idxFile(0x08, [count, 28, 28], pixels), labels: idxFile(0x08, [count], labels) };
}
const [train, test] = [digits(counts.train), digits(counts.test)];
const files: Readonly<Record<string, Uint8Array>> = {
  'train-images-idx3-ubyte': train.images,
  'train-labels-idx1-ubyte': train.labels,
  't10k-images-idx3-ubyte': test.images,
  't10k-labels-idx1-ubyte': test.labels,
};

const base = mkdtempSync(join(tmpdir(), 'tilegrad-worker-data-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
mkdirSync(join(base, 'data/mnist'), { recursive: true });
for (const [name, bytes] of Object.entries(files)) writeFileSync(join(base, 'data/mnist', name), bytes);

const start: Extract<Command, { type: 'start' }> = {
  type: 'start',
  project: 'mc-dropout',
  preset: 'quick',
  options: { epochs: 1, passes: 1, batchSize: 16, trainImages: 0 },
  seed: 3,
  data: { kind: 'url', url: 'data' },
};

describeInChromium(
  "the worker's data",
  (chromium) => {
    it('comes from a server, and Node goes on with the run and computes the same, bit for bit', async () => {
      const page = await WorkerPage.open(chromium);
      const whole = await page.storedRows(await page.train(start));
      expect(await page.report('data')).toMatchObject({ record: { name: 'mnist', synthetic: false } });
      expect((await page.report('data')).record.files[0]).toMatchObject({
        source: expect.stringMatching(/^http.*\/data\/mnist\/t10k-/),
      });
      await page.forget();
      await page.send(start);
      await page.step(2);
      await page.send({ type: 'stop' });
      expect(await page.report('ended')).toMatchObject({ status: 'interrupted' });
      const { run } = await page.report('started');
      mkdirSync(join(base, run));
      for (const [name, bytes] of Object.entries(unzipSync(await page.zip(run)))) writeFileSync(join(base, name), bytes);
      const silent = { write: () => {} };
      const where = { resume: join(base, run), data: join(base, 'data'), adapter: 'swiftshader' };
      await runProject(mcDropout, { given: { options: {} }, ...where, output: silent, status: silent });
      const rows = decodeRows(readFileSync(join(base, run, 'metrics.jsonl'), 'utf8'));
      // Not the rates: the cosines of two V8 versions differ in the last bit of a double, which no f32 sees.
      const results = ({ step, values: { lr, ...rest } }: { step: number; values: Readonly<Record<string, number>> }) => ({
        step,
        ...rest,
      });
      expect(rows.map(results)).toEqual(whole.map(results));
    });

    it('comes from dropped files, of the folder or without it, and is kept for the next run', async () => {
      const page = await WorkerPage.open(chromium);
      await page.store('removeKeptData');
      await page.sendWithFiles(start, files);
      await page.step(2);
      await page.send({ type: 'stop' });
      expect(await page.report('ended')).toMatchObject({ status: 'interrupted', resumable: true });
      const { run } = await page.report('started');
      const kept = Object.keys(files).map((name) => `mnist/${name}`);
      expect((await page.store('keptData')).files.map(({ path }) => path)).toEqual(kept.sort());
      await page.train({ type: 'resume', run });
      expect(await page.store('readRun', run)).toMatchObject({ status: 'finished', data: [{ name: 'mnist', synthetic: false }] });

      await page.train({ ...start, data: { kind: 'kept' } });
      expect((await page.report('data')).record.description).toMatch(/from the browser's kept files: mnist/);
      await page.store('removeKeptData');
      await page.forget();
      await page.send({ type: 'resume', run });
      expect((await page.report('ended')).error?.message).toMatch(/has not kept the files of this run: it looked for mnist\/t10k-/);

      await page.forget();
      const inFolders = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`My data/mnist/${name}`, bytes]));
      await page.sendWithFiles(start, { ...inFolders, 'My data/fashion-mnist/train-images-idx3-ubyte': Uint8Array.of(1) });
      expect(await page.report('ended')).toMatchObject({ status: 'finished' });
      expect(page.tab.problems).toEqual([]);
    });

    it('that can not be used is named', async () => {
      const page = await WorkerPage.open(chromium);
      const failure = async (given: Readonly<Record<string, Uint8Array>>) => {
        await page.forget();
        await page.sendWithFiles(start, given);
        const { status, error } = await page.report('ended');
        expect(status).toBe('failed');
        return error;
      };
      expect(await failure({ 'holiday.jpg': Uint8Array.of(1) })).toMatchObject({
        message: expect.stringMatching(
          /none of the 1 given files is one that this project reads: it looked for mnist\/t10k-labels-idx1-ubyte, /,
        ),
      });
      const broken = { ...files, 't10k-labels-idx1-ubyte': test.labels.subarray(0, 20) };
      expect(await failure(broken)).toMatchObject({
        name: 'DataFormatError',
        message: expect.stringMatching(/t10k-labels-idx1-ubyte/),
        advice: expect.stringMatching(/other files/),
      });
      const { 't10k-labels-idx1-ubyte': _, ...three } = files;
      expect(await failure(three)).toMatchObject({ name: 'DataFormatError', message: expect.stringMatching(/t10k-labels-idx1-ubyte/) });
      const twice = { ...files, 'a/train-images-idx3-ubyte': train.images };
      expect(await failure(twice)).toMatchObject({ message: expect.stringMatching(/both .* could be mnist\/train-images-idx3-ubyte/) });

      await page.forget();
      await page.send({ ...start, data: { kind: 'url', url: 'nowhere/' } });
      expect((await page.report('ended')).error?.message).toMatch(/there is none of this project's files at nowhere/);
      await page.forget();
      await page.send({ ...start, data: { kind: 'url', url: 'http://127.0.0.1:9/' } });
      expect((await page.report('ended')).error?.message).toMatch(
        /can't be fetched: the server can't be reached.*Access-Control-Allow-Origin/,
      );
    });
  },
  { data: join(base, 'data') },
);
