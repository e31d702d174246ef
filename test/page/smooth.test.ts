// Averages over curves.
import { expect, test } from 'vitest';
import { appendRows, emptyCurve } from '../../runtime/browser/page/curve.ts';
import { linear, log, symlog } from '../../runtime/browser/page/scale.ts';
import { smoothed } from '../../runtime/browser/page/smooth.ts';

const curveOf = (values: readonly number[]) =>
  appendRows(
    emptyCurve,
    values.map((value, step) => ({ step, value })),
  );
const rough = (count: number) => Array.from({ length: count }, (_, i) => 2 + Math.sin(i * i) + Math.cos(i / 50));

test('a short curve is averaged as TensorBoard does it', () => {
  // vz_line_chart2's resmoothDataset, row by row.
  let last = 0;
  const expected = [3, 1, 4, 1, 5].map((value, i) => {
    last = last * 0.6 + 0.4 * value;
    return last / (1 - 0.6 ** (i + 1));
  });
  smoothed(curveOf([3, 1, 4, 1, 5]), 0.6, linear).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
});

test('no weight leaves the values as they are', () => {
  expect(smoothed(curveOf([3, 1, 4]), 0, linear)).toEqual([3, 1, 4]);
});

test('on a logarithmic scale logarithms are averaged: a spike lifts the line little', () => {
  const values = [1, 1, 1000, 1];
  const [, , third] = smoothed(curveOf(values), 0.5, log);
  // (3 · 4 / 7) of three decades, by the weights 1, 2, 4 of three rows.
  expect(third).toBeCloseTo((3 * 4) / 7, 12);
  expect(smoothed(curveOf([-3, 0, 3]), 0, symlog(0.1))).toEqual([-3, 0, 3].map((value) => Math.asinh(value / 0.1)));
});

test.each([
  ['linear', linear],
  ['logarithmic', log],
])('a long curve that is halved on its way keeps its average (%s)', (_, scale) => {
  const at = (count: number) => smoothed(curveOf(rough(count)), 0.9, scale).at(-1)!;
  // 1024 buckets of one row, and 513 of two.
  expect(at(1025)).toBeCloseTo(at(1024), 1);
  const exact = (() => {
    const [keep, n] = [0.9 ** (1000 / 20_000), 20_000];
    const average = rough(n).reduce((sum, value) => sum * keep + scale.forward(value) * (1 - keep), 0);
    return average / (1 - keep ** n);
  })();
  expect(at(20_000)).toBeCloseTo(exact, 2);
});

test('a value that is no number leaves a gap and the average behind it as it was', () => {
  const [, gap, after] = smoothed(curveOf([2, Number.NaN, 2]), 0.9, linear);
  expect(gap).toBeNaN();
  expect(after).toBeCloseTo(2, 12);
});
