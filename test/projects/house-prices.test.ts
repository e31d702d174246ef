import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataSet, Random, sets } from '../../src/index.ts';
import { featureNames, fieldOf, type Group, housesOf, labelOf, sharedOut } from '../../src/projects/i2dl/house-prices/houses.ts';
import { housePrices } from '../../src/projects/i2dl/house-prices/index.ts';
import { crossEntropy, descend, objective, optimum, sampleOf, sigmoid } from '../../src/projects/i2dl/house-prices/reference.ts';
import type { Figure } from '../../src/train/figure.ts';
import { platformOf } from '../data/sets/platforms.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const FILE = 'house_prices/train.csv';

/** What is in a data folder with this table, or nothing. */
const open = (csv?: string) => openDataSet(platformOf(csv === undefined ? {} : { [FILE]: new TextEncoder().encode(csv) }), sets.ames);

/** A table of as many houses as there are prices; quality and area follow from the row. */
const tableOf = (prices: readonly (number | string)[], header = 'Id,OverallQual,GrLivArea,Zone,SalePrice') =>
  [header, ...prices.map((price, i) => `${i + 1},${i % 10},${1000 + i},"A, b",${price}`)].join('\n');

const ascending = Array.from({ length: 100 }, (_, i) => 1000 * (i + 1));

describe('the table of houses', () => {
  const load = async (csv?: string, features: readonly string[] = ['OverallQual']) => housesOf((await open(csv)).parts.houses, features);

  it('its cheapest 30 % and dearest 30 % are the classes', async () => {
    const houses = await load(tableOf(ascending));
    // numpy.quantile(range(1000, 100001, 1000), [0.3, 0.7])
    expect(houses.cheap).toBeCloseTo(30_700, 8);
    expect(houses.expensive).toBeCloseTo(70_300, 8);
  });

  it.each([
    ['few houses', tableOf(ascending.slice(0, 20)), /expected at least 100 houses of different prices, found 20/],
    ['one price', tableOf(ascending.map(() => 5)), /at least 100 houses of different prices/],
  ])('with %s is refused', async (_, csv, message) => {
    await expect(load(csv)).rejects.toThrow(message);
  });

  it('a feature that is no column of numbers is refused', async () => {
    for (const name of ['Zone', 'Pools', 'grlivarea']) {
      await expect(load(tableOf(ascending), [name])).rejects.toThrow(
        `features: expected columns of numbers, got ${name}; there are Id, OverallQual, GrLivArea, SalePrice`,
      );
    }
  });

  it('features are named once each, and the price is none of them', () => {
    expect(featureNames(' GrLivArea ,OverallQual,')).toEqual(['GrLivArea', 'OverallQual']);
    expect(() => featureNames(' , ')).toThrow(/expected at least one name/);
    expect(() => featureNames('A,B,A')).toThrow(/got A twice/);
    expect(() => featureNames('SalePrice')).toThrow(/what is predicted/);
  });
});

describe('sharing the houses out', () => {
  const houses = async () => housesOf((await open()).parts.houses, ['LotFrontage', 'OverallQual']);
  const split = async (seed: number) => sharedOut(await houses(), new Random(seed));

  it('60 : 20 : 20, each house once, by the random numbers alone', async () => {
    const { train, validation, test, between } = await split(3);
    const { all, cheap, expensive } = await houses();
    const classed = Array.from(all.fields.price.data).filter((price) => price <= cheap || price >= expensive);
    const pricesOf = ({ fields }: Group) => Array.from(fields.price.data);
    const shared = [train, validation, test].flatMap(pricesOf);
    expect(shared.toSorted()).toEqual(classed.toSorted());
    expect(train.count / shared.length).toBeCloseTo(0.6, 1);
    expect(test.count / shared.length).toBeCloseTo(0.2, 1);
    expect(pricesOf(between).every((price) => price > cheap && price < expensive)).toBe(true);
    for (const group of [train, test]) {
      expect(group.count).toBe(pricesOf(group).length);
      expect([...group.fields.y.data]).toEqual(pricesOf(group).map((price) => (price >= expensive ? 1 : 0)));
    }
    expect(pricesOf((await split(3)).test)).toEqual(pricesOf(test));
    expect(pricesOf((await split(4)).test)).not.toEqual(pricesOf(test));
  });

  it('standardises by the training houses, for which a missing value is the mean', async () => {
    const { train, test, statistics } = await split(0);
    const columns = ({ fields }: Group, f: number) => sampleOf(fields, statistics).rows.map((row) => row[f]);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const f of [0, 1]) expect(mean(columns(train, f))).toBeCloseTo(0, 5);
    expect(mean(columns(train, 1).map((value) => value ** 2))).toBeCloseTo(1, 5);
    expect(columns(train, 0).filter((value) => Math.abs(value) < 1e-6).length).toBeGreaterThan(50);
    expect(mean(columns(test, 1))).not.toBeCloseTo(0, 5);
  });
});

describe('the regression in float64', () => {
  const rows =
    (...features: readonly (readonly number[])[]) =>
    (...y: readonly number[]) => ({ rows: features.map((row) => [...row, 1]), y });

  it('loss of scores', () => {
    const loss = crossEntropy([0, Math.log(3), -Math.log(3)], [1, 1, 1]);
    expect(loss).toBeCloseTo((Math.log(2) + Math.log(4 / 3) + Math.log(4)) / 3, 14);
    expect(crossEntropy([-1000, 1000], [0, 1])).toBe(0);
    expect(crossEntropy([1000], [0])).toBe(1000);
  });

  it('a step goes down the gradient of loss and penalty', () => {
    const sample = rows([0.3, -1], [2, 0.5], [-0.7, 0.1], [1.5, -2])(1, 0, 0, 1);
    const weights = Float64Array.of(0.4, -0.3, 0.2);
    const after = weights.slice();
    descend(sample, after, 1, [0.1, 0.1, 0]);
    weights.forEach((_, f) => {
      const at = (change: number) => weights.map((weight, i) => (i === f ? weight + change : weight));
      const [up, down] = [1e-6, -1e-6].map((change) => objective(sample, at(change), [0.1, 0.1, 0]));
      expect(weights[f] - after[f]).toBeCloseTo((up - down) / 2e-6, 8);
    });
  });

  it('its optimum is where the shares say', () => {
    // x = 0: 1 of 4 are ones; x = 1: 3 of 5. Then σ(b) = 1/4 and σ(w + b) = 3/5.
    const best = optimum(rows([0], [0], [0], [0], [1], [1], [1], [1], [1])(1, 0, 0, 0, 1, 1, 1, 0, 0), [0, 0]);
    expect(best?.[1]).toBeCloseTo(Math.log(1 / 3), 12);
    expect(best?.[0]).toBeCloseTo(Math.log(3 / 2) - Math.log(1 / 3), 12);
  });

  it('there is none for classes that part without a fault, unless weights decay', () => {
    const parted = rows([-2], [-1], [1], [3])(0, 0, 1, 1);
    expect(optimum(parted, [0, 0])).toBeUndefined();
    const best = optimum(parted, [0.01, 0]) as Float64Array;
    const after = best.slice();
    descend(parted, after, 1, [0.01, 0]);
    after.forEach((weight, f) => expect(weight).toBeCloseTo(best[f], 10));
    // Two columns of the same values: nothing says which of them to go by.
    expect(optimum(rows([1, 1], [0, 0], [1, 1], [0, 0])(1, 0, 0, 1), [0, 0, 0])).toBeUndefined();
    expect(optimum(rows([0.1, 0.7], [0.3, 2.1], [0.7, 4.9], [-0.2, -1.4])(1, 0, 1, 1), [0, 0, 0])).toBeUndefined();
  });
});

const runHouses = (options: Readonly<Record<string, unknown>> = {}, csv?: string) =>
  run(housePrices, nothing, {
    options: { batchSize: 0, ...housePrices.presets.quick, ...options },
    seed: 0,
    ...(csv !== undefined && { files: { [FILE]: csv } }),
  });

describe('a run', () => {
  it('tells houses apart, agrees with float64, and shows it', async () => {
    const { shown, rows, progress } = await runHouses();
    const { values, tables, figures } = shown;
    expect(values.testAccuracy).toBeGreaterThan(0.9);
    expect(values.weightError).toBeLessThan(1e-5);
    expect(values.lossError).toBeLessThan(1e-6);
    expect([...figures].sort()).toEqual(['check', 'decision', 'loss', 'plane']);
    expect(tables.accuracy.rows.map(([name]) => name)).toEqual(['training', 'validation', 'test']);
    const looks = rows.filter((row) => 'validation loss' in row);
    expect(looks.map(({ step }) => step)).toEqual(Array.from({ length: 101 }, (_, i) => 3 * i));
    expect(looks[100]['validation loss']).toBeLessThan(0.3);
    expect(looks[0]['validation loss']).toBeCloseTo(Math.log(2), 1);
    expect(rows.filter((row) => 'loss' in row)).toHaveLength(300);
    expect(progress.at(-1)?.fraction).toBeCloseTo(1, 6);
  });

  it('in batches and with weight decay agrees with float64 too', async () => {
    const { shown } = await runHouses({ batchSize: 64, epochs: 30, weightDecay: 0.01, features: 'OverallQual, YearBuilt, LotArea' });
    expect(shown.values.weightError).toBeLessThan(1e-5);
    expect(shown.values.lossError).toBeLessThan(1e-6);
    expect(shown.tables.weights.rows).toHaveLength(4);
  });

  it('on one feature shows the feature itself; where classes part without a fault there is no optimum to show', async () => {
    const { figures, shown } = await runHouses({ features: 'GrLivArea', epochs: 30 }, tableOf(ascending));
    expect(figures.get('decision')?.panels[0]).toMatchObject({ x: { label: 'living area (square feet)' } });
    expect([...figures.keys()]).not.toContain('check');
    expect(shown.tables.weights.rows[0].at(-1)).toBe('none');
    expect(shown.tables.check.rows.at(-1)?.at(-1)).toBe('no single optimum');
  });

  it('with weights that run away it ends with what to do', async () => {
    await expect(runHouses({ lr: 10, weightDecay: 1e9, epochs: 50 })).rejects.toThrow(
      /the loss is (NaN|Infinity) at step \d+; lower the learning rate/,
    );
  });

  const data = join(process.env.TILEGRAD_DATA ?? '', FILE);
  it.skipIf(!process.env.TILEGRAD_DATA || !existsSync(data))('on the Ames houses is right for nine of ten', async () => {
    const csv = readFileSync(data, 'utf8');
    expect((await runHouses({ runs: 3 }, csv)).shown.values.testAccuracy).toBeGreaterThan(0.94);
    expect((await runHouses({ runs: 3, features: 'OverallQual' }, csv)).shown.values.testAccuracy).toBeGreaterThan(0.9);
  });
});

describe("a house of one's own", () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await runHouses({ epochs: 60 });
  });
  const probability = ({ title }: Figure) => Number(/([\d.]+) %/.exec(title)?.[1]);
  const chartOf = ({ panels: [panel] }: Figure) => {
    if (panel.kind !== 'chart') throw new Error('expected a chart');
    return panel;
  };

  it('is the likelier expensive the larger and better it is: its features add up to that; it stands among the test houses', async () => {
    const { answer, offers } = await play(housePrices, finished);
    expect(offers?.house?.fields.OverallQual).toMatchObject({ label: labelOf('OverallQual'), min: 1, max: 10, step: 1 });
    const shares: number[] = [];
    for (const [GrLivArea, OverallQual] of [
      [900, 4],
      [1500, 6],
      [2500, 9],
    ]) {
      const [added, plane] = (await answer({ house: { GrLivArea, OverallQual } })) as Figure[];
      const [{ y: bars }] = chartOf(added).series;
      expect(bars).toHaveLength(3);
      expect(100 * sigmoid(bars.reduce((sum, bar) => sum + bar, 0))).toBeCloseTo(probability(added), -0.5);
      expect(chartOf(plane).series.map(({ name }) => name)).toEqual(['cheap', 'expensive', 'your house']);
      expect(chartOf(plane).series[2]).toMatchObject({ x: [GrLivArea], y: [OverallQual] });
      shares.push(probability(added));
    }
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeLessThan(10);
    expect(shares[2]).toBeGreaterThan(90);
  });

  it('may have any features; where the plane is not theirs, there is none', async () => {
    const { answer, offers } = await play(housePrices, await runHouses({ epochs: 3, features: 'YearBuilt' }));
    const { start } = offers!.house!.fields.YearBuilt;
    expect(onlyFigure(await answer({ house: { YearBuilt: start } })).title).toMatch(/^Expensive with a probability of/);
  });

  it('begins at the mean house, and moves as far as its column is wide', () => {
    expect(fieldOf('GrLivArea', 1513.4, 520)).toMatchObject({ min: 500, max: 3500, step: 10, start: 1510 });
    expect(fieldOf('PoolArea', 0.0347, 0.0021)).toEqual({ label: 'PoolArea', min: 0.028, max: 0.041, step: 0.0001, start: 0.0347 });
  });
});
