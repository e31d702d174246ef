// Houses in Ames, Iowa, and what they were sold for.
import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { type CsvTable, decodeCsv, numbersOf } from '../csv.ts';
import { formatError, quoted } from '../format-error.ts';
import { type DataSet, type Field, form, type Part } from './set.ts';

/** A field for each column of numbers, NaN where a value is missing. `SalePrice`: dollars. */
export type Houses = { readonly houses: Part };

const PRICE = 'SalePrice';
const source = 'https://www.kaggle.com/competitions/house-prices-advanced-regression-techniques/data';

/** De Cock, "Ames, Iowa: alternative to the Boston housing data", Journal of Statistics Education 19(3), 2011, as Kaggle spreads it. */
export const ames: DataSet<Houses> = {
  name: 'ames',
  title: 'Ames house prices',
  samples: 'houses',
  licence: "Kaggle's rules of the competition; a free login",
  source,
  forms: [
    form({ title: 'CSV table', files: { table: { path: 'house_prices/train.csv' } }, read: ({ table }) => ({ houses: housesIn(table) }) }),
  ],
  synthetic: {
    title: 'houses',
    make: (seed, { houses }) => ({ houses: madeUp(seed, houses || 1460) }),
  },
};

/**
 * Columns in which most cells are numbers, or missing; those of words are left out.
 *
 * @throws DataFormatError where the file isn't a table with prices, or a column has words between its numbers, with line and column
 */
function housesIn({ bytes, source: name }: DataFile): Part {
  const table = decodeCsv(bytes, name);
  const { columns, rows } = table;
  const at = columns.indexOf(PRICE);
  if (at < 0) {
    const advice = `If it is Kaggle's test.csv, which has no prices: take train.csv, from ${source}.`;
    throw formatError(name, `a column '${PRICE}'`, `${columns.length} others`, advice);
  }
  if (rows.length === 0) throw formatError(name, 'houses', 'a header alone');
  const names = columns.filter((_, place) => place === at || mostlyNumbers(table, place));
  const values = new Map(names.map((column) => [column, numbersOf(table, column)]));
  const without = values.get(PRICE)!.findIndex((price) => !(price > 0));
  if (without < 0) return partOf(values);
  const { line, cells } = rows[without];
  throw formatError(`${name}, line ${line}, column '${PRICE}'`, 'a price', quoted(cells[at]));
}

function mostlyNumbers({ rows }: CsvTable, place: number): boolean {
  const known = rows.map(({ cells }) => cells[place].trim()).filter((cell) => cell !== '' && cell !== 'NA');
  return 2 * known.filter((cell) => !Number.isNaN(Number(cell))).length > known.length;
}

/** Whole numbers up to 2²⁴ are exact in f32. */
function partOf(columns: ReadonlyMap<string, ArrayLike<number>>): Part {
  const fields = [...columns].map(([name, values]): [string, Field] => [name, { data: Float32Array.from(values), shape: [] }]);
  return { fields: Object.fromEntries(fields), count: fields[0][1].data.length };
}

const YEAR_OF_SALE = 2010;

/**
 * Houses with the columns that regressions use. Their price follows from quality, size, age and some luck; spread and correlations are like
 * those of Ames: quality says most, and living area most of the rest.
 */
function madeUp(seed: number, count: number): Part {
  const random = new Random(seed);
  const limited = (value: number, low: number, high: number) => Math.min(high, Math.max(low, Math.round(value)));
  const houses = Array.from({ length: count }, () => {
    const quality = random.normal();
    const size = 0.55 * quality + 0.84 * random.normal();
    const newness = 0.57 * quality + 0.82 * random.normal();
    const condition = random.normal();
    const lot = 0.3 * size + 0.95 * random.normal();
    const house = {
      OverallQual: limited(6.1 + 1.4 * quality, 1, 10),
      OverallCond: limited(5.6 + 1.1 * condition, 1, 9),
      YearBuilt: limited(1973 + 30 * newness, 1872, YEAR_OF_SALE),
      GrLivArea: limited(Math.exp(7.27 + 0.33 * size), 334, 5000),
      TotalBsmtSF: limited(1050 + 320 * size + 200 * random.normal(), 0, 4000),
      LotArea: limited(Math.exp(9.1 + 0.4 * lot), 1300, 100_000),
      LotFrontage: random.uniform() < 0.18 ? Number.NaN : limited(70 + 20 * lot, 21, 250),
      GarageCars: limited(1.8 + 0.45 * newness + 0.4 * random.normal(), 0, 4),
      Fireplaces: limited(0.5 + 0.4 * size + 0.4 * random.normal(), 0, 3),
    };
    const worth = 0.22 * quality + 0.14 * size + 0.08 * newness + 0.04 * condition + 0.05 * lot + 0.14 * random.normal();
    return { ...house, [PRICE]: 100 * Math.round(Math.exp(12.02 + worth) / 100) };
  });
  const names = Object.keys(houses[0]) as (keyof (typeof houses)[number])[];
  return partOf(new Map(names.map((name) => [name, houses.map((house) => house[name])])));
}
