import { type DataFile, DataFormatError, type DataSet, decodeCsv, type Field, form, numbersOf, type Part } from '../../../index.ts';
import { syntheticHouses } from './synthetic.ts';

/** A field for each column of numbers, NaN where a value is missing. `SalePrice`: dollars. */
export type Houses = { readonly houses: Part };

const PRICE = 'SalePrice';
const source = 'https://www.kaggle.com/competitions/house-prices-advanced-regression-techniques/data';

/** Houses in Ames, Iowa (De Cock, "Ames, Iowa: alternative to the Boston housing data", Journal of Statistics Education 19(3), 2011), as Kaggle spreads them. */
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
    make: (seed, { houses }) => ({ houses: partOf(syntheticHouses(seed, houses || 1460)) }),
  },
};

/**
 * Columns in which most cells are numbers, or missing; those of words are left out.
 *
 * @throws DataFormatError where the file isn't a table with prices, or a column has words between its numbers, with line and column
 */
function housesIn(file: DataFile): Part {
  const table = decodeCsv(file.bytes, file.source);
  if (!table.columns.includes(PRICE)) {
    throw new DataFormatError(
      `${file.source}: expected a column '${PRICE}', found ${table.columns.length} others. If it is Kaggle's test.csv, which has no prices: take train.csv, from ${source}.`,
    );
  }
  const mostlyNumbers = (_: string, place: number) => {
    const known = table.rows.map(({ cells }) => cells[place].trim()).filter((cell) => cell !== '' && cell !== 'NA');
    return 2 * known.filter((cell) => !Number.isNaN(Number(cell))).length > known.length;
  };
  const names = table.columns.filter((name, place) => name === PRICE || mostlyNumbers(name, place));
  const columns = new Map(names.map((name) => [name, numbersOf(table, name)]));
  const without = columns.get(PRICE)!.findIndex((price) => !(price > 0));
  if (without >= 0) {
    const { line, cells } = table.rows[without];
    throw new DataFormatError(
      `${file.source}, line ${line}, column '${PRICE}': expected a price, found '${cells[table.columns.indexOf(PRICE)]}'.`,
    );
  }
  return partOf(columns);
}

/** Whole numbers up to 2²⁴ are exact in f32. */
function partOf(columns: ReadonlyMap<string, Float64Array>): Part {
  const fields = [...columns].map(([name, values]): [string, Field] => [name, { data: Float32Array.from(values), shape: [] }]);
  return { fields: Object.fromEntries(fields), count: fields[0][1].data.length };
}
