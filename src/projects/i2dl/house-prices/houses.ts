// Which houses are cheap and which expensive, and how they are shared out.
import { DataFormatError, namesIn, type Part, quantile, type Random, statisticsOf, TilegradError, taken } from '../../../index.ts';

const PRICE = 'SalePrice';

/** What a column means, for axes, and from where to where houses of one's own may be moved in it, in which steps. */
const meanings: Readonly<Record<string, readonly [label: string, min: number, max: number, step: number]>> = {
  OverallQual: ['overall quality (1 … 10)', 1, 10, 1],
  OverallCond: ['overall condition (1 … 9)', 1, 9, 1],
  GrLivArea: ['living area (square feet)', 500, 3500, 10],
  TotalBsmtSF: ['basement (square feet)', 0, 3000, 10],
  LotArea: ['lot (square feet)', 1000, 40_000, 100],
  GarageCars: ['garage (cars)', 0, 4, 1],
  YearBuilt: ['year built', 1870, 2010, 1],
};
export const labelOf = (feature: string) => meanings[feature]?.[0] ?? feature;

/** A feature as a person may change it, from the mean house on: as far as `meanings` says, else three deviations, in round steps. */
export function fieldOf(feature: string, mean: number, deviation: number) {
  const unit = 10 ** Math.floor(Math.log10(deviation));
  const around = [mean - 3 * deviation, mean + 3 * deviation].map((end) => unit * Math.round(end / unit));
  const [label, min, max, step] = meanings[feature] ?? [feature, around[0], around[1], unit / 10];
  const start = Number((step * Math.round(mean / step)).toPrecision(12));
  return { label, min, max, step, start: Math.min(max, Math.max(min, start)) };
}

/** Names of the columns to go by, out of the option's text. */
export function featureNames(text: string): readonly string[] {
  const names = namesIn('features', text);
  if (names.includes(PRICE)) throw new TilegradError(`features: ${PRICE} is what is predicted; it can't be one of them`);
  return names;
}

/** Some of the houses: features; 1 for expensive; dollars. */
export type Group = Part<'x' | 'y' | 'price'>;

/** Prices up to `cheap` and from `expensive` on make the two classes: three tenths of the houses each, as in the course. Those between are left out. */
export type Houses = ReturnType<typeof housesOf>;

/** All of them, from the set's columns of numbers. */
export function housesOf({ fields, count }: Part, features: readonly string[]) {
  const price = fields[PRICE];
  const [cheap, expensive] = [0.3, 0.7].map((share) => quantile(price.data, share));
  if (count < 100 || !(cheap < expensive)) throw new DataFormatError(`expected at least 100 houses of different prices, found ${count}`);
  const columns = features.map((name) => {
    const column = fields[name]?.data;
    if (!column) throw new TilegradError(`features: expected columns of numbers, got ${name}; there are ${Object.keys(fields).join(', ')}`);
    if (column.every(Number.isNaN)) throw new DataFormatError(`column '${name}': expected numbers, found only missing values`);
    return column;
  });
  const x = Float32Array.from({ length: count * columns.length }, (_, i) => columns[i % columns.length][Math.floor(i / columns.length)]);
  const y = Float32Array.from(price.data, (dollars) => (dollars >= expensive ? 1 : 0));
  const all: Group = { fields: { x: { data: x, shape: [columns.length] }, y: { data: y, shape: [] }, price }, count };
  return { features, all, cheap, expensive };
}

/** The houses of one run. */
export type Split = ReturnType<typeof sharedOut>;

/** 60 % for training, 20 % for validation, 20 % for testing, at random, less those between the classes. A missing value becomes the training houses' mean. */
export function sharedOut({ features, all, cheap, expensive }: Houses, random: Random) {
  const prices = all.fields.price.data;
  const order = Uint32Array.from(prices, (_, i) => i);
  random.shuffle(order);
  const [first, second] = [Math.round(0.6 * order.length), Math.round(0.8 * order.length)];
  const between = (i: number) => prices[i] > cheap && prices[i] < expensive;
  const classed = (from: number, to?: number) => order.subarray(from, to).filter((i) => !between(i));
  const statistics = statisticsOf(taken(all, classed(0, first)).fields.x.data, features.length);
  const group = (chosen: Uint32Array): Group => {
    const { fields, count } = taken(all, chosen);
    const filled = Float32Array.from(fields.x.data, (value, i) => (Number.isNaN(value) ? statistics.mean[i % features.length] : value));
    return { fields: { ...fields, x: { ...fields.x, data: filled } }, count };
  };
  const [train, validation, test] = [classed(0, first), classed(first, second), classed(second)].map(group);
  /** `between`: those of the test share that are neither cheap nor expensive. */
  return { train, validation, test, between: group(order.subarray(second).filter(between)), statistics };
}
