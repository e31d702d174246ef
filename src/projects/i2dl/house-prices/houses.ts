// Which houses are cheap and which expensive, and how they are shared out.
import {
  DataFormatError,
  namesIn,
  type Part,
  quantile,
  type Random,
  type Statistics,
  statisticsOf,
  TilegradError,
} from '../../../index.ts';
import type { Sample } from './reference.ts';

const PRICE = 'SalePrice';
/** Houses up to the first share of all prices are cheap, from the second on expensive. Those between are left out. */
const SHARES = [0.3, 0.7] as const;

/** What a column means, for axes. */
const meanings: Readonly<Record<string, string>> = {
  OverallQual: 'quality of material and finish (1 … 10)',
  OverallCond: 'condition (1 … 9)',
  GrLivArea: 'living area (square feet)',
  TotalBsmtSF: 'basement (square feet)',
  LotArea: 'lot (square feet)',
  GarageCars: 'garage (cars)',
  YearBuilt: 'year built',
};
export const labelOf = (feature: string) => meanings[feature] ?? feature;

/** Names of the columns to go by, out of the option's text. */
export function featureNames(text: string): readonly string[] {
  const names = namesIn('features', text);
  if (names.includes(PRICE)) throw new TilegradError(`features: ${PRICE} is what is predicted; it can't be one of them`);
  return names;
}

/** Prices up to `cheap` and from `expensive` on make the two classes: the limits are where the course has them, at quantiles of all prices. */
export type Houses = ReturnType<typeof housesOf>;

/** A column for each feature, NaN where a value is missing, and the prices. */
export function housesOf({ fields, count }: Part, features: readonly string[]) {
  const prices = fields[PRICE].data;
  const [cheap, expensive] = SHARES.map((share) => quantile(prices, share));
  if (count < 100 || !(cheap < expensive)) throw new DataFormatError(`expected at least 100 houses of different prices, found ${count}`);
  const columns = features.map((name) => {
    const column = fields[name]?.data;
    if (!column) throw new TilegradError(`features: expected columns of numbers, got ${name}; there are ${Object.keys(fields).join(', ')}`);
    if (column.every(Number.isNaN)) throw new DataFormatError(`column '${name}': expected numbers, found only missing values`);
    return column;
  });
  return { features, columns, prices, cheap, expensive };
}

/** Some of the houses: features, missing values filled; 1 for expensive; dollars. */
export type Group = Part<'x' | 'y' | 'price'>;

/** 60 % for training, 20 % for validation, 20 % for testing, at random, less those between the classes. A missing value becomes the training houses' mean. */
export function sharedOut({ columns, prices, cheap, expensive }: Houses, random: Random) {
  const order = Uint32Array.from(prices, (_, i) => i);
  random.shuffle(order);
  const [first, second] = [Math.round(0.6 * order.length), Math.round(0.8 * order.length)];
  const between = (i: number) => prices[i] > cheap && prices[i] < expensive;
  const classed = (from: number, to?: number) => order.subarray(from, to).filter((i) => !between(i));
  const rows = (chosen: Uint32Array) => Array.from(chosen, (i) => columns.map((column) => column[i])).flat();
  const training = classed(0, first);
  const statistics = statisticsOf(rows(training), columns.length);
  const group = (chosen: Uint32Array): Group => {
    const filled = rows(chosen).map((value, i) => (Number.isNaN(value) ? statistics.mean[i % columns.length] : value));
    const x = { data: Float32Array.from(filled), shape: [columns.length] };
    const y = { data: Float32Array.from(chosen, (i) => (prices[i] >= expensive ? 1 : 0)), shape: [] };
    return { fields: { x, y, price: { data: Float32Array.from(chosen, (i) => prices[i]), shape: [] } }, count: chosen.length };
  };
  const [validation, test] = [group(classed(first, second)), group(classed(second))];
  /** `between`: those of the test share that are neither cheap nor expensive. */
  return { train: group(training), validation, test, between: group(order.subarray(second).filter(between)), statistics };
}

/** Houses for the regression in float64. */
export function sampleOf({ x, y }: Readonly<Record<'x' | 'y', { readonly data: ArrayLike<number> }>>, statistics: Statistics): Sample {
  const { mean, deviation } = statistics;
  const row = (i: number) => [...Array.from(mean, (_, f) => (x.data[i * mean.length + f] - mean[f]) / deviation[f]), 1];
  return { rows: Array.from(y.data, (_, i) => row(i)), y: y.data };
}
