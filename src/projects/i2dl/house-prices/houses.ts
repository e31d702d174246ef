// Which houses are cheap and which expensive, and how they are shared out.
import { DataFormatError, type Part, type Random, TilegradError } from '../../../index.ts';

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
export function featureNames(text: string): string[] {
  const names = text.split(',').flatMap((name) => name.trim() || []);
  const double = names.find((name, i) => names.indexOf(name) < i);
  if (names.length === 0) throw new TilegradError('features: expected at least one column, such as OverallQual');
  if (double !== undefined) throw new TilegradError(`features: expected each column once, got ${double} twice`);
  if (names.includes(PRICE)) throw new TilegradError(`features: ${PRICE} is what is predicted; it can't be one of them`);
  return names;
}

export interface Houses {
  readonly features: readonly string[];
  /** A column for each feature, NaN where a value is missing. */
  readonly columns: readonly ArrayLike<number>[];
  readonly prices: ArrayLike<number>;
  /** Prices up to `cheap` and from `expensive` on make the two classes. */
  readonly cheap: number;
  readonly expensive: number;
}

/** The limits of the two classes are where the course has them: at quantiles of all prices. */
export function housesOf({ fields, count }: Part, features: readonly string[]): Houses {
  const prices = fields[PRICE].data;
  const [cheap, expensive] = SHARES.map((share) => quantile(Float64Array.from(prices), share));
  if (count < 100 || !(cheap < expensive)) throw new DataFormatError(`expected at least 100 houses of different prices, found ${count}`);
  const columns = features.map((name) => {
    const column = fields[name]?.data;
    if (!column) throw new TilegradError(`features: expected columns of numbers, got ${name}; there are ${Object.keys(fields).join(', ')}`);
    if (column.every(Number.isNaN)) throw new DataFormatError(`column '${name}': expected numbers, found only missing values`);
    return column;
  });
  return { features, columns, prices, cheap, expensive };
}

/** The value below which this share of the values lies, between neighbours linearly, as numpy.quantile. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (place % 1) * ((sorted[Math.floor(place) + 1] ?? below) - below);
}

/** Some of the houses. */
export interface Group {
  /** [houses, features], row after row; missing values filled. */
  readonly x: Float32Array;
  /** 1 for expensive. */
  readonly y: Float32Array;
  readonly prices: Float64Array;
}

/** Of each feature, over the training houses. */
export interface Statistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** 60 % for training, 20 % for validation, 20 % for testing, at random, less those between the classes. A missing value becomes the training houses' mean. */
export function sharedOut({ columns, prices, cheap, expensive }: Houses, random: Random) {
  const order = Uint32Array.from(prices, (_, i) => i);
  random.shuffle(order);
  const [first, second] = [Math.round(0.6 * order.length), Math.round(0.8 * order.length)];
  const between = (i: number) => prices[i] > cheap && prices[i] < expensive;
  const classed = (from: number, to?: number) => order.subarray(from, to).filter((i) => !between(i));
  const training = classed(0, first);
  const statistics = statisticsOf(columns.map((column) => Array.from(training, (i) => column[i]).filter((value) => !Number.isNaN(value))));
  const group = (chosen: Uint32Array): Group => ({
    x: Float32Array.from(
      [...chosen].flatMap((i) => columns.map((column, f) => (Number.isNaN(column[i]) ? statistics.mean[f] : column[i]))),
    ),
    y: Float32Array.from(chosen, (i) => (prices[i] >= expensive ? 1 : 0)),
    prices: Float64Array.from(chosen, (i) => prices[i]),
  });
  return {
    train: group(training),
    validation: group(classed(first, second)),
    test: group(classed(second)),
    /** Those of the test share that are neither cheap nor expensive. */
    between: group(order.subarray(second).filter(between)),
    statistics,
  };
}

function statisticsOf(known: readonly (readonly number[])[]): Statistics {
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const mean = Float64Array.from(known, meanOf);
  // A column that is the same for all houses says nothing, and must not divide by 0.
  const deviation = Float64Array.from(known, (values, f) => Math.sqrt(meanOf(values.map((value) => (value - mean[f]) ** 2))) || 1);
  return { mean, deviation };
}

/** Features less their mean, over their deviation. */
export const standardised = (x: ArrayLike<number>, { mean, deviation }: Statistics): Float64Array =>
  Float64Array.from(x, (value, i) => (value - mean[i % mean.length]) / deviation[i % mean.length]);
