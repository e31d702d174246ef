// The Ames houses: which of them are cheap and which expensive, and how they are shared out.
import { DataFormatError, type DataRecord, decodeCsv, grouped, numbersOf, type Platform, Random, TilegradError } from '../../../index.ts';
import { syntheticHouses } from './synthetic.ts';

const FILE = 'house_prices/train.csv';
const SOURCE = 'https://www.kaggle.com/competitions/house-prices-advanced-regression-techniques/data';
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

export interface Houses {
  readonly features: readonly string[];
  readonly prices: Float64Array;
  /** A column for each feature, NaN where a value is missing. */
  readonly columns: readonly Float64Array[];
  /** Prices up to `cheap` and from `expensive` on make the two classes. */
  readonly cheap: number;
  readonly expensive: number;
  readonly record: DataRecord;
}

/** Some of the houses. */
export interface Part {
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

export interface Split {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
  /** Those of the test share that are neither cheap nor expensive. */
  readonly between: Part;
  readonly statistics: Statistics;
}

/** Names of the columns to go by, out of the option's text. */
export function featureNames(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const double = names.find((name, i) => names.indexOf(name) < i);
  if (names.length === 0) throw new TilegradError('features: expected at least one column, such as OverallQual');
  if (double !== undefined) throw new TilegradError(`features: expected each column once, got ${double} twice`);
  if (names.includes(PRICE)) throw new TilegradError(`features: ${PRICE} is what is predicted; it can't be one of them`);
  return names;
}

/**
 * The houses of Kaggle's "House Prices" (De Cock's Ames housing data, Journal of Statistics Education 19(3), 2011) from the user's data folder,
 * else synthetic ones, which `record` says. There is no download: Kaggle wants a login.
 *
 * @throws DataFormatError where the file isn't that table, with line and column
 */
export async function loadHouses(platform: Platform, features: readonly string[]): Promise<Houses> {
  const file = await platform.readData(FILE);
  if (!file) return synthetic(features);
  const table = decodeCsv(file.bytes, file.source);
  if (!table.columns.includes(PRICE)) {
    throw new DataFormatError(
      `${file.source}: expected a column '${PRICE}', found ${table.columns.length} others. If it is Kaggle's test.csv, which has no prices: take train.csv, from ${SOURCE}.`,
    );
  }
  const prices = numbersOf(table, PRICE);
  const without = prices.findIndex((price) => !(price > 0));
  if (without >= 0) {
    throw new DataFormatError(
      `${file.source}, line ${table.rows[without].line}, column '${PRICE}': expected a price, found '${table.rows[without].cells[table.columns.indexOf(PRICE)]}'.`,
    );
  }
  const columns = features.map((name) => numbersOf(table, name));
  const houses = classed(features, prices, columns, file.source);
  const count = prices.filter((price) => price <= houses.cheap || price >= houses.expensive).length;
  const description = `Ames house prices, ${grouped(prices.length)} houses (${grouped(count)} cheap or expensive), from ${file.source}`;
  return {
    ...houses,
    record: { name: 'house-prices', synthetic: false, description, files: [{ source: file.source, sha256: file.sha256 }] },
  };
}

function synthetic(features: readonly string[]): Houses {
  const { prices, columns } = syntheticHouses(1460);
  const chosen = features.map((name) => {
    const column = columns.get(name);
    if (column) return column;
    throw new TilegradError(
      `features: the synthetic houses have no column ${name}, only ${[...columns.keys()].join(', ')}. For the real table put train.csv from ${SOURCE} (a free login) into the data folder as ${FILE}.`,
    );
  });
  const description = `SYNTHETIC houses in place of the Ames table, whose columns they imitate: ${grouped(prices.length)}. Accuracies don't compare with Ames. For the real ones put train.csv from ${SOURCE} (a free login) into the data folder as ${FILE}`;
  return {
    ...classed(features, prices, chosen, 'synthetic houses'),
    record: { name: 'house-prices', synthetic: true, description, files: [] },
  };
}

/** Puts the limits of the two classes where the course has them: at quantiles of all prices. */
function classed(
  features: readonly string[],
  prices: Float64Array,
  columns: readonly Float64Array[],
  source: string,
): Omit<Houses, 'record'> {
  const [cheap, expensive] = SHARES.map((share) => quantile(prices, share));
  if (prices.length < 100 || !(cheap < expensive)) {
    throw new DataFormatError(`${source}: expected at least 100 houses of different prices, found ${prices.length}.`);
  }
  for (const [f, column] of columns.entries()) {
    if (column.every(Number.isNaN))
      throw new DataFormatError(`${source}, column '${features[f]}': expected numbers, found only missing values.`);
  }
  return { features, prices, columns, cheap, expensive };
}

/** The value below which this share of the values lies, between neighbours linearly, as numpy.quantile. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (place % 1) * ((sorted[Math.floor(place) + 1] ?? below) - below);
}

/**
 * Shares the houses out at random, 60 % for training, 20 % for validation, 20 % for testing, and leaves out those between the classes. The
 * seed and the number of the run fix who goes where. A missing value becomes the training houses' mean.
 */
export function splitHouses(houses: Houses, seed: number, run: number): Split {
  const { prices, cheap, expensive } = houses;
  const order = Uint32Array.from(prices, (_, i) => i);
  new Random(seed, run).shuffle(order);
  const [first, second] = [Math.round(0.6 * order.length), Math.round(0.8 * order.length)];
  const classed = (share: Uint32Array) => share.filter((i) => prices[i] <= cheap || prices[i] >= expensive);
  const training = classed(order.subarray(0, first));
  const tested = order.subarray(second);
  const statistics = statisticsOf(houses, training);
  const part = (chosen: Uint32Array) => partOf(houses, chosen, statistics);
  return {
    train: part(training),
    validation: part(classed(order.subarray(first, second))),
    test: part(classed(tested)),
    between: part(tested.filter((i) => prices[i] > cheap && prices[i] < expensive)),
    statistics,
  };
}

function statisticsOf({ columns }: Houses, chosen: Uint32Array): Statistics {
  const known = columns.map((column) => Array.from(chosen, (i) => column[i]).filter((value) => !Number.isNaN(value)));
  const mean = Float64Array.from(known, (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
  const deviation = Float64Array.from(known, (values, f) => {
    const variance = values.reduce((sum, value) => sum + (value - mean[f]) ** 2, 0) / Math.max(1, values.length);
    // A column that is the same for all houses says nothing, and must not divide by 0.
    return Math.sqrt(variance) || 1;
  });
  return { mean, deviation };
}

function partOf({ columns, prices, expensive }: Houses, chosen: Uint32Array, { mean }: Statistics): Part {
  const features = columns.length;
  const x = new Float32Array(chosen.length * features);
  chosen.forEach((house, row) => {
    columns.forEach((column, f) => {
      x[row * features + f] = Number.isNaN(column[house]) ? mean[f] : column[house];
    });
  });
  return {
    x,
    y: Float32Array.from(chosen, (i) => (prices[i] >= expensive ? 1 : 0)),
    prices: Float64Array.from(chosen, (i) => prices[i]),
  };
}

/** Features less their mean, over their deviation. */
export function standardised({ x }: Pick<Part, 'x'>, { mean, deviation }: Statistics): Float64Array {
  return Float64Array.from(x, (value, i) => (value - mean[i % mean.length]) / deviation[i % mean.length]);
}
