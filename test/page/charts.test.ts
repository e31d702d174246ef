import { expect, it } from 'vitest';
import { chartsOf } from '../../runtime/browser/page/charts.ts';
import { appendRows, emptyCurve } from '../../runtime/browser/page/curve.ts';

const curve = appendRows(emptyCurve, [
  { step: 1, value: 2 },
  { step: 2, value: 1 },
]);
const shown = (...metrics: readonly string[]) =>
  chartsOf(Object.fromEntries(metrics.map((metric) => [metric, curve]))).map(({ name, lines }) => [
    name,
    ...lines.map(({ label }) => label),
  ]);

it('training and validation share a chart', () => {
  expect(shown('loss', 'lr', 'validation loss', 'training accuracy', 'validation accuracy')).toEqual([
    ['loss', 'training', 'validation'],
    ['lr', undefined],
    ['accuracy', 'training', 'validation'],
  ]);
});

it('variants of a metric share a chart', () => {
  expect(shown('loss, adam', 'loss, sgd', 'valley, adam')).toEqual([
    ['loss', 'adam', 'sgd'],
    ['valley, adam', undefined],
  ]);
});

it('so do variants of a part, which then is said once', () => {
  expect(shown('test accuracy, plain', 'test accuracy, ensemble', 'validation kl, a')).toEqual([
    ['test accuracy', 'plain', 'ensemble'],
    ['validation kl, a', undefined],
  ]);
  expect(shown('accuracy', 'validation accuracy', 'validation accuracy, sgd')).toEqual([
    ['accuracy', 'training', 'validation', 'validation, sgd'],
  ]);
});

it('a metric alone keeps its name', () => {
  expect(shown('validation kl')).toEqual([['validation kl', undefined]]);
  expect(shown('training accuracy')).toEqual([['training accuracy', undefined]]);
});

it('single values make no chart', () => {
  expect(chartsOf({ accuracy: appendRows(emptyCurve, [{ step: 9, value: 0.9 }]) })).toEqual([]);
});
