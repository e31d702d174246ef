import { expect, it } from 'vitest';
import { decodeRows, encodeRow, keptRows } from '../../runtime/run/metrics.ts';
import { TimeLeft } from '../../runtime/run/time-left.ts';

const row = (step: number, values: Readonly<Record<string, number>> = { loss: 1 / step }) => ({ step, time: 1795389840.601, values });

it('rows come back as they were, those with NaN and infinity too; a torn one is left out', () => {
  const rows = [row(1), row(2, { loss: Number.NaN, high: Number.POSITIVE_INFINITY, low: Number.NEGATIVE_INFINITY })];
  const text = rows.map(encodeRow).join('');
  expect(decodeRows(text)).toEqual(rows);
  expect(decodeRows(decodeRows(text).map(encodeRow).join(''))).toEqual(rows);
  expect(decodeRows(`${text}{"step":3,"ti`)).toEqual(rows);
  expect(text.split('\n')[1]).toContain('"loss":"NaN"');
});

it('a run that goes on keeps what its checkpoint knew, and nothing that comes again', () => {
  const rows = [1, 2, 3, 3, 4, 5].map((step) => row(step));
  expect(keptRows(rows, { step: 3, rows: 3 }).map(({ step }) => step)).toEqual([1, 2, 3]);
  expect(keptRows(rows, { step: 3, rows: 4 }).map(({ step }) => step)).toEqual([1, 2, 3, 3]);
  // Losses of earlier steps that were read after the checkpoint was saved.
  expect(keptRows(rows, { step: 3, rows: 1 }).map(({ step }) => step)).toEqual([1, 2]);
});

it('the time left leaves pauses out, and begins anew with each phase', () => {
  let now = 0;
  let paused = 0;
  const left = new TimeLeft(() => now - paused);
  const update = (phase: string, done: number) => left.update({ phase, done, total: 100 }).seconds;
  expect(update('training', 20)).toBeUndefined();
  now = 10_000;
  expect(update('training', 30)).toBe(70);
  now = 50_000;
  paused = 30_000;
  expect(update('training', 40)).toBe(60);
  expect(update('testing', 0)).toBeUndefined();
  expect(update('testing', 100)).toBe(0);
});
