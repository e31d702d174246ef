// Made-up houses with the columns of the Ames table that regressions use, for where the real one can't be had.
import { Random } from '../../../index.ts';

const YEAR_OF_SALE = 2010;

/**
 * Houses whose price follows from quality, size, age and some luck. Spread and correlations are like those of Ames: quality says most, and
 * living area most of the rest.
 */
export function syntheticHouses(seed: number, count: number): ReadonlyMap<string, Float64Array> {
  const random = new Random(seed);
  const names = [
    'OverallQual',
    'OverallCond',
    'YearBuilt',
    'GrLivArea',
    'TotalBsmtSF',
    'LotArea',
    'LotFrontage',
    'GarageCars',
    'Fireplaces',
    'SalePrice',
  ];
  const columns = new Map(names.map((name) => [name, new Float64Array(count)]));
  const limited = (value: number, low: number, high: number) => Math.min(high, Math.max(low, Math.round(value)));
  for (let i = 0; i < count; i++) {
    const quality = random.normal();
    const size = 0.55 * quality + 0.84 * random.normal();
    const newness = 0.57 * quality + 0.82 * random.normal();
    const condition = random.normal();
    const lot = 0.3 * size + 0.95 * random.normal();
    const house: Record<string, number> = {
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
    house.SalePrice = 100 * Math.round(Math.exp(12.02 + worth) / 100);
    for (const [name, values] of columns) values[i] = house[name];
  }
  return columns;
}
