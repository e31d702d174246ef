import { expect, it } from 'vitest';
import { decodeRows, encodeRow } from '../../runtime/run/metrics.ts';
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

it('the time left is that of the whole run, and leaves pauses out', () => {
  let now = 0;
  let paused = 0;
  const left = new TimeLeft(() => now - paused);
  const update = (phase: string, fraction: number) => left.update({ phase, fraction });
  expect(update('training', 0.2)).toBeUndefined();
  now = 10_000;
  expect(update('training', 0.3)).toBeCloseTo(70);
  now = 50_000;
  paused = 30_000;
  expect(update('testing', 0.4)).toBeCloseTo(60);
  expect(update('testing', 1)).toBe(0);
});

it('what was foretold counts until the run itself tells, whose first step compiles', () => {
  let now = 0;
  const left = new TimeLeft(() => now, { seconds: 100, by: 'card' });
  const update = (seconds: number, fraction: number) => {
    now = 1000 * seconds;
    return left.update({ phase: 'training', fraction });
  };
  expect(update(0, 0)).toBe(100);
  expect(update(8, 0.001)).toBeCloseTo(99.9);
  expect(update(9, 0.011)).toBeCloseTo((98.9 + 99) / 2, 0);
  expect(update(10, 0.021)).toBeCloseTo(97.9, 0);
  expect(update(58, 0.501)).toBeCloseTo(49.9);
});

it('what is left does not rise, but where the run has become far slower', () => {
  let now = 0;
  const left = new TimeLeft(() => now);
  const update = (seconds: number, fraction: number) => {
    now = 1000 * seconds;
    return left.update({ phase: 'training', fraction });
  };
  update(0, 0);
  expect(update(100, 0.5)).toBeCloseTo(100);
  expect(update(110, 0.51)).toBeCloseTo(100);
  expect(update(400, 0.52)).toBeCloseTo((400 * 0.48) / 0.52);
});
