// Numbers as people read them, and tables of them.
import type { Table } from '../host.ts';
import { spread } from '../spread.ts';

/** With so many digits behind the point, a real minus sign, none before zero, and – for NaN. */
export const fixed = (value: number, digits = 2): string =>
  Number.isNaN(value)
    ? '–'
    : value
        .toFixed(digits)
        .replace(/^-(?=.*[1-9I])/, '−')
        .replace(/^-/, '');

/** With so many digits that count, none of them a 0 at the end of a fraction; nothing for NaN. */
export const significant = (value: number, digits = 5): string => (Number.isNaN(value) ? '' : String(Number(value.toPrecision(digits))));

/** `97.6 %`, of a share 0 … 1. */
export const percent = (share: number, digits = 1): string => `${fixed(100 * share, digits)} %`;

/** `97.6 %` of a probability; what lies within a thousandth of 0 or 1 is `below 0.1 %` or `above 99.9 %`: a model is never that sure. */
export function probability(p: number): string {
  if (p < 0.001) return 'below 0.1 %';
  return p > 0.999 ? 'above 99.9 %' : percent(p, p > 0.01 && p < 0.99 ? 0 : 1);
}

/** Several runs' values as `0.123 ± 0.004`, or of shares as `97.61 % ± 0.32`: mean and standard deviation. One value stands alone. */
export function plusMinus(values: readonly number[], { digits = 2, shares = false } = {}): string {
  const { mean, deviation } = spread(values);
  const range = values.length > 1 ? ` ± ${fixed((shares ? 100 : 1) * deviation, digits)}` : '';
  return (shares ? percent : fixed)(mean, digits) + range;
}

/**
 * A table for `run.table`: a row for each of `rows`, whose names stand in the column called `of`, and a column for each way to show one.
 *
 * ```ts
 * figures.table('Bits per dimension', 'images', { validation, test }, { '−ELBO': ({ loss }) => figures.fixed(loss, 4) })
 * ```
 */
export function table<R>(
  title: string,
  of: string,
  rows: Readonly<Record<string, R>>,
  columns: Readonly<Record<string, (row: R) => string | number>>,
): Table {
  const shown = Object.entries(rows).map(([name, row]) => [name, ...Object.values(columns).map((show) => show(row))]);
  return { title, columns: [of, ...Object.keys(columns)], rows: shown };
}

/** The mean of each value and those before it, `window` in all: a curve of noisy steps. */
export function runningMean(values: readonly number[], window: number): number[] {
  // Each window anew: what was added to a sum that goes on, infinite or far larger, can't be taken from it again.
  return values.map((_, i) => {
    const seen = values.slice(Math.max(0, i + 1 - window), i + 1);
    return seen.reduce((sum, value) => sum + value, 0) / seen.length;
  });
}
