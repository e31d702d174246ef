// What a chart shows.
import { expect, test } from 'vitest';
import { appendRows, emptyCurve } from '../../runtime/browser/page/curve.ts';
import { plotLines, usualRange } from '../../runtime/browser/page/plot-data.ts';

const line = (label: string, values: readonly number[]) => ({
  label,
  curve: appendRows(
    emptyCurve,
    values.map((value, step) => ({ step, value })),
  ),
});
const plain = { hidden: new Set<string>(), log: false, clip: false, zoom: undefined, smoothing: 0 };
const flat = (count: number, value: number) => Array.from({ length: count }, (_, i) => value + (i % 10) / 10);

test('curves are raw unless an average is asked for', () => {
  const lines = [line('loss', [3, 1, 2])];
  expect(plotLines(lines, plain).data.slice(0, 2)).toEqual([
    [0, 1, 2],
    [3, 1, 2],
  ]);
  expect(plotLines(lines, plain).averages).toEqual([]);
  expect(plotLines(lines, { ...plain, smoothing: 0.5 }).averages[0]).toHaveLength(3);
});

test('a line that is off takes no room', () => {
  const lines = [line('sgd', [0, 1]), line('adam', [50, 99])];
  expect(plotLines(lines, plain).y[1]).toBeGreaterThan(99);
  expect(plotLines(lines, { ...plain, hidden: new Set(['adam']) }).y[1]).toBeLessThan(2);
});

test('a part of the steps has an axis of its own', () => {
  const { x, y } = plotLines([line('loss', [100, 3, 2, 1])], { ...plain, zoom: [1, 3] });
  expect(x).toEqual([1, 3]);
  expect(y[1]).toBeLessThan(4);
});

test('outliers are named, and clipped when that is asked for', () => {
  const values = [...flat(50, 1), 5000, ...flat(50, 1)];
  const lines = [line('loss', values)];
  const all = plotLines(lines, plain);
  expect(all.outlier).toEqual({ step: 50, value: 5000 });
  expect(all.y[1]).toBeGreaterThan(5000);
  expect(plotLines(lines, { ...plain, clip: true }).y[1]).toBeLessThan(5);
});

test('what falls steadily or is short has no outliers', () => {
  expect(
    plotLines(
      [
        line(
          'loss',
          Array.from({ length: 100 }, (_, i) => 100 - i),
        ),
      ],
      plain,
    ).outlier,
  ).toBeUndefined();
  expect(usualRange([1, 1, 1, 900])).toBeUndefined();
  expect(usualRange(Array.from({ length: 100 }, () => 1))).toBeUndefined();
});

test('the logarithmic axis is offered where it shows more, and takes zeros and negative values', () => {
  expect(plotLines([line('loss', [3, 2])], plain).canLog).toBe(false);
  const { scale, data } = plotLines([line('loss', [100, 0, -1])], { ...plain, log: true });
  expect(scale.kind).toBe('symlog');
  expect(data[1]).toEqual([100, 0, -1].map(scale.forward));
  expect(plotLines([line('loss', [100, 1])], { ...plain, log: true }).data[1]).toEqual([2, 0]);
});

test('lines with steps of their own stand in one table', () => {
  const other = { label: 'validation', curve: appendRows(emptyCurve, [{ step: 1, value: 7 }]) };
  const { data } = plotLines([line('training', [3, 1, 2]), other], plain);
  expect([data[0], data[1], data[3]]).toEqual([
    [0, 1, 2],
    [3, 1, 2],
    [undefined, 7, undefined],
  ]);
});

test('a value that is no number is a gap', () => {
  expect(plotLines([line('loss', [1, Number.NaN, 3])], plain).data[1]).toEqual([1, null, 3]);
});
