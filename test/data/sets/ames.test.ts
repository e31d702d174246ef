// What is taken from the table of houses, and what is said where it isn't one.
import { expect, it } from 'vitest';
import { sets } from '../../../src/data/sets/index.ts';
import { openDataSet } from '../../../src/data/sets/open.ts';
import { platformOf } from './platforms.ts';
import { text } from './samples.ts';

const HEADER = 'Id,OverallQual,Alley,Zone,SalePrice';
const open = (...lines: readonly string[]) => openDataSet(platformOf({ 'house_prices/train.csv': text(...lines) }), sets.ames);

it('has the columns of numbers, and NaN where one is missing', async () => {
  const { parts, record } = await open(HEADER, '1,7,NA,"A, b",208500', '2,NA,3,C,181500');
  const columns = Object.entries(parts.houses.fields).map(([name, { data }]) => [name, ...data]);
  expect(columns).toEqual([
    ['Id', 1, 2],
    ['OverallQual', 7, Number.NaN],
    ['Alley', Number.NaN, 3],
    ['SalePrice', 208_500, 181_500],
  ]);
  expect(record.description).toBe('Ames house prices, 2 houses, from /data/house_prices/train.csv');
});

it.each([
  ['a price that is no number', [HEADER, '1,7,1,A,x'], /train\.csv, line 2, column 'SalePrice': expected a number, or NA, found 'x'/],
  [
    'a word between numbers',
    [HEADER, '1,7,1,A,5', '2,good,1,A,5', '3,6,1,A,5'],
    /line 3, column 'OverallQual': expected a number, or NA, found 'good'/,
  ],
  ['a missing price', [HEADER, '1,7,1,A,5', '2,7,1,A,NA'], /train\.csv, line 3, column 'SalePrice': expected a price, found 'NA'/],
  ['a price of nothing', [HEADER, '1,7,1,A,0'], /line 2, column 'SalePrice': expected a price, found '0'/],
  ['no prices', ['Id,OverallQual', '1,7'], /expected a column 'SalePrice', found 2 others.*test\.csv.*take train\.csv, from https/],
  ['no houses', [HEADER], /expected houses, found a header alone/],
  ['a file cut off', [HEADER, '1,7,1,A,5', '2,5'], /line 3: expected 5 cells, as the header has, found 2.*cut off/],
  ['an open quote', [HEADER, '1,7,1,A b",5'], /line 2, cell 4: expected/],
])('with %s is refused', async (_, lines, message) => {
  await expect(open(...lines)).rejects.toThrow(message);
});

it('made-up houses stand in and say so; fewer of them are the first of many', async () => {
  const twin = async (houses?: number) => openDataSet(platformOf({}), sets.ames, { use: { limit: houses ? { houses } : {} } });
  const { parts, record } = await twin();
  expect(record.description).toMatch(/^SYNTHETIC .*house_prices\/train\.csv.*kaggle\.com/);
  expect(parts.houses.count).toBe(1460);
  const few = (await twin(20)).parts.houses.fields;
  expect([...few.SalePrice.data]).toEqual([...parts.houses.fields.SalePrice.data.subarray(0, 20)]);
});
