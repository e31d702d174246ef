// Curves in bounded space.
import { expect, test } from 'vitest';
import { appendRows, emptyCurve, pointsOf, readingAt } from '../../runtime/browser/page/curve.ts';

const rows = (count: number, from = 1) => Array.from({ length: count }, (_, i) => ({ step: from + i, value: from + i }));
const noise = (step: number) => ({ step, value: Math.sin(step * step) });

test('a short curve holds every row', () => {
  expect(pointsOf(appendRows(emptyCurve, rows(3)))).toEqual(rows(3));
});

test('a long curve stays small, and keeps its ends, extrema and means', () => {
  let curve = emptyCurve;
  for (let from = 1; from <= 100_000; from += 1000) curve = appendRows(curve, rows(1000, from));
  const { buckets } = curve;
  expect(buckets.length).toBeLessThanOrEqual(1024);
  expect(buckets.length).toBeGreaterThan(500);
  expect(buckets[0]).toMatchObject({ first: { step: 1 }, low: { step: 1, value: 1 } });
  expect(buckets.at(-1)).toMatchObject({ last: { step: 100_000 }, high: { step: 100_000, value: 100_000 } });
  expect(buckets.reduce((sum, bucket) => sum + bucket.rows, 0)).toBe(100_000);
  expect(buckets.reduce((sum, bucket) => sum + bucket.mean * bucket.rows, 0) / 100_000).toBeCloseTo(50_000.5, 6);
  expect(curve.last).toBe(100_000);
});

test('a long curve is drawn through values that were recorded, each bucket’s first, last and extrema among them', () => {
  const all = Array.from({ length: 50_000 }, (_, i) => noise(i));
  const curve = appendRows(emptyCurve, all);
  const points = pointsOf(curve);
  for (const { step, value } of points) expect(value).toBe(noise(step).value);
  expect(points.every(({ step }, i) => i === 0 || step > points[i - 1].step)).toBe(true);
  for (const { first, last, low, high } of curve.buckets) {
    const within = all.slice(first.step, last.step + 1).map(({ value }) => value);
    expect([low.value, high.value]).toEqual([Math.min(...within), Math.max(...within)]);
    for (const point of [first, last, low, high]) expect(points).toContain(point);
  }
});

test('what is read from a curve was recorded, or is the range of the rows that fell together', () => {
  const curve = appendRows(
    emptyCurve,
    Array.from({ length: 50_000 }, (_, i) => noise(i)),
  );
  const { first, last, low, high } = curve.buckets[7];
  expect(readingAt(curve, high.step)).toEqual({ reading: high, bucket: 7 });
  const between = Array.from({ length: last.step - first.step }, (_, i) => first.step + i).find(
    (step) => ![first, last, low, high].some((point) => point.step === step),
  )!;
  expect(readingAt(curve, between)).toEqual({ reading: { from: first.step, to: last.step, low: low.value, high: high.value }, bucket: 7 });
});

test('a curve of few rows is read at the nearest one', () => {
  const curve = appendRows(emptyCurve, [
    { step: 10, value: 1 },
    { step: 20, value: 2 },
  ]);
  expect([-5, 14, 16, 99].map((step) => readingAt(curve, step)?.reading)).toEqual([
    { step: 10, value: 1 },
    { step: 10, value: 1 },
    { step: 20, value: 2 },
    { step: 20, value: 2 },
  ]);
  expect(readingAt(emptyCurve, 1)).toBeUndefined();
});

test('a peak of one step is still seen among a hundred thousand', () => {
  const curve = appendRows(
    emptyCurve,
    Array.from({ length: 100_000 }, (_, step) => ({ step, value: step === 77_777 ? 1 : 0 })),
  );
  expect(pointsOf(curve)).toContainEqual({ step: 77_777, value: 1 });
});

test('a value that is no number hides none beside it', () => {
  const values = Array.from({ length: 4096 }, (_, step) => ({ step, value: step % 2 === 0 ? Number.NaN : step }));
  const { buckets } = appendRows(emptyCurve, values);
  expect(buckets[0]).toMatchObject({ rows: 4, finite: 2, mean: 2, low: { step: 1 }, high: { step: 3 } });
  const lost = appendRows(
    emptyCurve,
    values.map(({ step }) => ({ step, value: Number.NaN })),
  );
  expect(lost.buckets[0]).toMatchObject({ finite: 0, low: { value: Number.NaN } });
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
