// Small parts of the worker that need no browser.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { errorReport } from '../../runtime/browser/error-report.ts';
import { GivenFiles } from '../../runtime/browser/given-files.ts';
import { Outbox } from '../../runtime/browser/outbox.ts';
import { theOne } from '../../runtime/browser/platform.ts';
import type { Report } from '../../runtime/browser/protocol.ts';
import { OutOfMemoryError, ShapeError } from '../../src/index.ts';
import { mcDropout } from '../../src/projects/small-scale/mc-dropout/index.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('rows are gathered and progress thinned to ten a second; nothing is lost and the order stays', () => {
  const sent: Report[] = [];
  const outbox = new Outbox((report) => sent.push(report));
  const progress = (done: number) => () =>
    ({ type: 'progress', update: { phase: 'training', fraction: done / 100 }, secondsLeft: undefined, gpuBytes: 0 }) as const;
  for (let step = 1; step <= 100; step++) {
    outbox.addRow({ step, values: { loss: step } });
    outbox.setProgress(progress(step));
    vi.advanceTimersByTime(10);
  }
  outbox.addRow({ step: 101, values: { loss: 0 } });
  outbox.post({ type: 'log', text: 'done' });
  const scalars = sent.flatMap((report) => (report.type === 'scalars' ? [report.rows.map(({ step }) => step)] : []));
  expect(scalars.flat()).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
  expect(scalars.length).toBeLessThanOrEqual(12);
  const shown = sent.filter(({ type }) => type === 'progress');
  expect(shown.length).toBeLessThanOrEqual(12);
  expect(shown.at(-1)).toMatchObject({ update: { fraction: 1 } });
  expect(sent.at(-1)).toMatchObject({ type: 'log' });
});

it('a file is found by the end of its path, the most alike first', () => {
  const find = (path: string, ...paths: string[]) => theOne(path, new GivenFiles(paths.map((one) => ({ path: one }))).find(path))?.path;
  expect(find('mnist/images.gz', 'data/mnist/images.gz')).toBe('data/mnist/images.gz');
  expect(find('mnist/images.gz', 'images.gz')).toBe('images.gz');
  expect(find('mnist/images.gz', 'my mnist/images.gz', 'labels.gz')).toBe('my mnist/images.gz');
  expect(find('mnist/images.gz', 'fashion-mnist/images.gz', 'mnist/images.gz')).toBe('mnist/images.gz');
  expect(find('mnist/images.gz', 'mnist/images', 'images.gz.part')).toBeUndefined();
  expect(() => find('mnist/images.gz', 'a/images.gz', 'b/images.gz')).toThrow(/both a\/images\.gz and b\/images\.gz could be mnist/);
});

it('a folder among the given files, or all of them where none has its name', () => {
  const list = (...paths: string[]) => new GivenFiles(paths.map((path) => ({ path }))).list('cifar10', ({ path }) => path.length);
  expect(list('my/cifar10/train/1.jpg', 'cifar10/2.jpg', 'mnist/3')).toEqual({
    files: [
      { path: 'train/1.jpg', size: 22 },
      { path: '2.jpg', size: 13 },
    ],
    named: true,
  });
  expect(list('train/cat/1.jpg')).toEqual({ files: [{ path: 'train/cat/1.jpg', size: 15 }], named: false });
  expect(list()).toBeUndefined();
});

it('an error names what can be done; only one that nobody foresaw shows its stack', () => {
  const memory = errorReport(new OutOfMemoryError('too much'), { project: mcDropout, options: { batchSize: 64, width: 2 } });
  expect(memory).toEqual({
    name: 'OutOfMemoryError',
    message: 'too much',
    advice: expect.stringMatching(/^Lower batchSize \(64\) or width \(2\)/),
  });
  expect(errorReport(new ShapeError('matmul: …'))).toEqual({ name: 'ShapeError', message: 'matmul: …' });
  expect(errorReport(new RangeError('odd'))).toMatchObject({ name: 'RangeError', stack: expect.stringMatching(/worker-parts\.test/) });
  expect(errorReport('thrown text')).toEqual({ name: 'Error', message: 'thrown text' });
});
