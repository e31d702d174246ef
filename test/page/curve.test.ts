// Curves in bounded space.
import { expect, test } from 'vitest';
import { appendRows, emptyCurve, trend } from '../../runtime/browser/page/curve.ts';

const rows = (count: number, from = 1) => Array.from({ length: count }, (_, i) => ({ step: from + i, value: from + i }));

test('a short curve holds every row', () => {
  expect(appendRows(emptyCurve, rows(3)).buckets.map(({ mean, to }) => [to, mean])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test('a long curve stays small, and keeps its ends, extrema and means', () => {
  let curve = emptyCurve;
  for (let from = 1; from <= 100_000; from += 1000) curve = appendRows(curve, rows(1000, from));
  const { buckets } = curve;
  expect(buckets.length).toBeLessThanOrEqual(1024);
  expect(buckets.length).toBeGreaterThan(500);
  expect(buckets[0]).toMatchObject({ from: 1, low: 1 });
  expect(buckets.at(-1)).toMatchObject({ to: 100_000, high: 100_000 });
  expect(buckets.reduce((sum, bucket) => sum + bucket.rows, 0)).toBe(100_000);
  expect(buckets.reduce((sum, bucket) => sum + bucket.mean * bucket.rows, 0) / 100_000).toBeCloseTo(50_000.5, 6);
  expect(curve.last).toBe(100_000);
});

test('a peak of one step is still seen among a hundred thousand', () => {
  const curve = appendRows(
    emptyCurve,
    Array.from({ length: 100_000 }, (_, step) => ({ step, value: step === 77_777 ? 1 : 0 })),
  );
  expect(Math.max(...curve.buckets.map(({ high }) => high))).toBe(1);
});

test('steps that come again replace those that stood there', () => {
  const curve = appendRows(appendRows(emptyCurve, rows(10)), [{ step: 6, value: -6 }]);
  expect(curve.buckets.map(({ mean }) => mean)).toEqual([1, 2, 3, 4, 5, -6]);
});

test('appending leaves the curve before untouched', () => {
  const before = appendRows(emptyCurve, rows(5));
  const copy = structuredClone(before);
  appendRows(before, rows(2000, 3));
  expect(before).toEqual(copy);
});

test('the trend of a straight line is the line, without a lag at its ends', () => {
  const curve = appendRows(emptyCurve, rows(500));
  const smooth = trend(curve)!;
  curve.buckets.forEach(({ mean }, i) => expect(smooth[i]).toBeCloseTo(mean, 9));
  expect(trend(appendRows(emptyCurve, rows(50)))).toBeUndefined();
});
