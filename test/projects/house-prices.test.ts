import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DataRecord } from '../../src/data/record.ts';
import { manualSeed, renderFigureSvg } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import { featureNames, loadHouses, splitHouses, standardised } from '../../src/projects/i2dl/house-prices/houses.ts';
import { housePrices } from '../../src/projects/i2dl/house-prices/index.ts';
import { descend, measure, optimum, penalty, scoresOf } from '../../src/projects/i2dl/house-prices/reference.ts';
import { syntheticHouses } from '../../src/projects/i2dl/house-prices/synthetic.ts';
import type { Figure } from '../../src/train/figure.ts';
import type { Checkpoint, ProjectContext, Table } from '../../src/train/project.ts';

/** A platform whose data folder holds this train.csv, or nothing. */
const folderWith = (csv?: string) =>
  ({
    listData: async () => undefined,
    readData: async (path: string) =>
      csv === undefined || path !== 'house_prices/train.csv'
        ? undefined
        : { bytes: new TextEncoder().encode(csv), source: 'data/train.csv', sha256: '0' },
  }) as unknown as Platform;

/** A table of as many houses as there are prices; quality and area follow from the row. */
const tableOf = (prices: readonly (number | string)[], header = 'Id,OverallQual,GrLivArea,Zone,SalePrice') =>
  [header, ...prices.map((price, i) => `${i + 1},${i % 10},${1000 + i},"A, b",${price}`)].join('\n');

const ascending = Array.from({ length: 100 }, (_, i) => 1000 * (i + 1));

describe('the table of houses', () => {
  const load = (csv: string, features: readonly string[] = ['OverallQual']) => loadHouses(folderWith(csv), features);

  it('its cheapest 30 % and dearest 30 % are the classes', async () => {
    const houses = await load(tableOf(ascending));
    // numpy.quantile(range(1000, 100001, 1000), [0.3, 0.7])
    expect(houses.cheap).toBeCloseTo(30_700, 8);
    expect(houses.expensive).toBeCloseTo(70_300, 8);
    expect(houses.record).toMatchObject({ synthetic: false, description: expect.stringMatching(/100 houses \(60 cheap or expensive\)/) });
  });

  it.each([
    ['a number that is none', tableOf(['x', ...ascending]), /train\.csv, line 2, column 'SalePrice': expected a number, or NA, found 'x'/],
    ['a missing price', tableOf([...ascending, 'NA']), /train\.csv, line 102, column 'SalePrice': expected a price, found 'NA'/],
    [
      'no prices',
      tableOf(ascending, 'Id,OverallQual,GrLivArea,Zone,Other'),
      /expected a column 'SalePrice'.*test\.csv.*take train\.csv, from https/,
    ],
    ['a file cut off', `${tableOf(ascending)}\n101,5`, /line 102: expected 5 cells, as the header has, found 2.*cut off/],
    ['an open quote', tableOf(ascending).replace('b",7000', 'b,7000'), /line \d+, cell 4: expected/],
    ['few houses', tableOf(ascending.slice(0, 20)), /expected at least 100 houses of different prices, found 20/],
    ['one price', tableOf(ascending.map(() => 5)), /at least 100 houses of different prices/],
  ])('with %s is refused', async (_, csv, message) => {
    await expect(load(csv)).rejects.toThrow(message);
  });

  it('a feature that is no column of numbers is refused', async () => {
    await expect(load(tableOf(ascending), ['Zone'])).rejects.toThrow(/line 2, column 'Zone': expected a number, or NA, found 'A, b'/);
    await expect(load(tableOf(ascending), ['grlivarea'])).rejects.toThrow(/Write it as 'GrLivArea'/);
    await expect(load(tableOf(ascending), ['Pools'])).rejects.toThrow(/expected a column 'Pools', found 5 others\. Its columns: 'Id', /);
  });

  it('features are named once each, and the price is none of them', () => {
    expect(featureNames(' GrLivArea ,OverallQual,')).toEqual(['GrLivArea', 'OverallQual']);
    expect(() => featureNames(' , ')).toThrow(/expected at least one column/);
    expect(() => featureNames('A,B,A')).toThrow(/got A twice/);
    expect(() => featureNames('SalePrice')).toThrow(/what is predicted/);
  });

  it('synthetic houses stand in, always the same, and say so', async () => {
    const houses = await loadHouses(folderWith(), ['OverallQual', 'LotFrontage']);
    expect(houses.record).toMatchObject({
      synthetic: true,
      description: expect.stringMatching(/^SYNTHETIC .*kaggle\.com.*house_prices\/train\.csv$/),
    });
    expect(syntheticHouses(20).prices).toEqual(syntheticHouses(1460).prices.slice(0, 20));
    await expect(loadHouses(folderWith(), ['PoolArea'])).rejects.toThrow(/synthetic houses have no column PoolArea, only OverallQual, /);
  });
});

describe('sharing the houses out', () => {
  const split = async (seed: number, run: number) => splitHouses(await loadHouses(folderWith(), ['LotFrontage', 'OverallQual']), seed, run);

  it('60 : 20 : 20, each house once, by seed and run alone', async () => {
    const { train, validation, test, between } = await split(3, 0);
    const houses = await loadHouses(folderWith(), ['OverallQual']);
    const classed = houses.prices.filter((price) => price <= houses.cheap || price >= houses.expensive);
    const shared = [train, validation, test].flatMap(({ prices }) => [...prices]);
    expect(shared.toSorted()).toEqual([...classed].toSorted());
    expect(train.prices.length / shared.length).toBeCloseTo(0.6, 1);
    expect(test.prices.length / shared.length).toBeCloseTo(0.2, 1);
    expect(between.prices.every((price) => price > houses.cheap && price < houses.expensive)).toBe(true);
    for (const { prices, y } of [train, test]) expect([...y]).toEqual(Array.from(prices, (price) => (price >= houses.expensive ? 1 : 0)));
    expect((await split(3, 0)).test.prices).toEqual(test.prices);
    expect((await split(3, 1)).test.prices).not.toEqual(test.prices);
    expect((await split(4, 0)).test.prices).not.toEqual(test.prices);
  });

  it('standardises by the training houses, for which a missing value is the mean', async () => {
    const { train, test, statistics } = await split(0, 0);
    const columns = (part: typeof train, f: number) => standardised(part, statistics).filter((_, i) => i % 2 === f);
    const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const f of [0, 1]) expect(mean(columns(train, f))).toBeCloseTo(0, 5);
    expect(mean(columns(train, 1).map((value) => value ** 2))).toBeCloseTo(1, 5);
    expect(columns(train, 0).filter((value) => Math.abs(value) < 1e-6).length).toBeGreaterThan(50);
    expect(mean(columns(test, 1))).not.toBeCloseTo(0, 5);
  });
});

describe('the regression in float64', () => {
  it('loss and accuracy of scores', () => {
    const { loss, accuracy } = measure([0, Math.log(3), -Math.log(3)], [1, 1, 1]);
    expect(loss).toBeCloseTo((Math.log(2) + Math.log(4 / 3) + Math.log(4)) / 3, 14);
    expect(accuracy).toBeCloseTo(1 / 3, 14);
    expect(measure([-1000, 1000], [0, 1])).toEqual({ loss: 0, accuracy: 1 });
    expect(measure([1000], [0]).loss).toBe(1000);
  });

  it('a step goes down the gradient of loss and penalty', () => {
    const sample = { x: [0.3, -1, 2, 0.5, -0.7, 0.1, 1.5, -2], y: [1, 0, 0, 1] };
    const weights = Float64Array.of(0.4, -0.3, 0.2);
    const objective = (at: Float64Array) => measure(scoresOf(sample, at), sample.y).loss + penalty(at, 0.1);
    const after = weights.slice();
    descend(sample, after, 1, 0.1);
    weights.forEach((_, f) => {
      const [up, down] = [1e-6, -1e-6].map((change) => objective(weights.map((weight, i) => (i === f ? weight + change : weight))));
      expect(weights[f] - after[f]).toBeCloseTo((up - down) / 2e-6, 8);
    });
  });

  it('its optimum is where the shares say', () => {
    // x = 0: 1 of 4 are ones; x = 1: 3 of 5. Then σ(b) = 1/4 and σ(w + b) = 3/5.
    const best = optimum({ x: [0, 0, 0, 0, 1, 1, 1, 1, 1], y: [1, 0, 0, 0, 1, 1, 1, 0, 0] }, 1, 0);
    expect(best?.[1]).toBeCloseTo(Math.log(1 / 3), 12);
    expect(best?.[0]).toBeCloseTo(Math.log(3 / 2) - Math.log(1 / 3), 12);
  });

  it('there is none for classes that part without a fault, unless weights decay', () => {
    const parted = { x: [-2, -1, 1, 3], y: [0, 0, 1, 1] };
    expect(optimum(parted, 1, 0)).toBeUndefined();
    const best = optimum(parted, 1, 0.01) as Float64Array;
    const after = best.slice();
    descend(parted, after, 1, 0.01);
    after.forEach((weight, f) => expect(weight).toBeCloseTo(best[f], 10));
    // Two columns of the same values: nothing says which of them to go by.
    expect(optimum({ x: [1, 1, 0, 0, 1, 1, 0, 0], y: [1, 0, 0, 1] }, 2, 0)).toBeUndefined();
  });
});

/** Runs the project in this process and keeps what it tells; it is asked to stop after step `stopAt` of the metrics. */
async function runHouses(
  options: Partial<Parameters<typeof housePrices.run>[1]> = {},
  {
    csv,
    resume,
    stopAt = Number.POSITIVE_INFINITY,
  }: { readonly csv?: string; readonly resume?: Checkpoint; readonly stopAt?: number } = {},
) {
  manualSeed(0);
  const told = {
    data: [] as DataRecord[],
    scalars: [] as { step: number; values: Readonly<Record<string, number>> }[],
    figures: new Map<string, Figure>(),
    tables: new Map<string, Table>(),
    summary: {} as Record<string, number | string | boolean>,
    checkpoint: undefined as Checkpoint | undefined,
  };
  let stopping = false;
  const context: ProjectContext = {
    platform: folderWith(csv),
    seed: 0,
    get stopping() {
      return stopping;
    },
    ready: async () => {},
    resume,
    log() {},
    data: (record) => told.data.push(record),
    scalars(step, values) {
      told.scalars.push({ step, values });
      if (step >= stopAt) stopping = true;
    },
    progress() {},
    async figure(name, figure) {
      expect(renderFigureSvg(figure)).toMatch(/^<svg/);
      told.figures.set(name, figure);
    },
    table: (name, table) => told.tables.set(name, table),
    summary: (values) => Object.assign(told.summary, values),
    async checkpoint(checkpoint) {
      // As it comes back from a file.
      told.checkpoint = { ...checkpoint, state: JSON.parse(JSON.stringify(checkpoint.state)) };
    },
  };
  const defaults = Object.fromEntries(Object.entries(housePrices.options).map(([name, spec]) => [name, spec.default]));
  await housePrices.run(context, { ...defaults, ...housePrices.presets.quick, ...options } as Parameters<typeof housePrices.run>[1]);
  return told;
}

describe('a run', () => {
  it('tells houses apart, agrees with float64, and shows it', async () => {
    const { summary, figures, tables, scalars, data } = await runHouses();
    expect(data).toMatchObject([{ synthetic: true }]);
    expect(summary.testAccuracy).toBeGreaterThan(0.9);
    expect(summary.weightError).toBeLessThan(1e-5);
    expect(summary.lossError).toBeLessThan(1e-6);
    expect([...figures.keys()].sort()).toEqual(['check', 'decision', 'loss', 'plane']);
    expect(tables.get('accuracy')?.rows.map(([name]) => name)).toEqual(['training', 'validation', 'test']);
    const looks = scalars.filter(({ values }) => 'validation loss' in values);
    expect(looks.map(({ step }) => step)).toEqual(Array.from({ length: 101 }, (_, i) => 3 * i));
    expect(looks[100].values['validation loss']).toBeLessThan(0.3);
    expect(looks[0].values['validation loss']).toBeCloseTo(Math.log(2), 1);
    expect(scalars.filter(({ values }) => 'loss' in values)).toHaveLength(300);
  });

  it('in batches and with weight decay agrees with float64 too', async () => {
    const { summary, tables } = await runHouses({
      batchSize: 64,
      epochs: 30,
      weightDecay: 0.01,
      features: 'OverallQual, YearBuilt, LotArea',
    });
    expect(summary.weightError).toBeLessThan(1e-5);
    expect(summary.lossError).toBeLessThan(1e-6);
    expect(tables.get('weights')?.rows).toHaveLength(4);
  });

  it('stopped and resumed, at any of these steps, it ends as a whole one does', async () => {
    const options = { runs: 2, epochs: 7, batchSize: 200 };
    const whole = await runHouses(options);
    const steps = Math.max(...whole.scalars.map(({ step }) => step));
    for (const stopAt of [2, steps / 2, steps / 2 + 1, steps - 1]) {
      const { checkpoint, summary } = await runHouses(options, { stopAt });
      expect(summary).toEqual({});
      const resumed = await runHouses(options, { resume: checkpoint as Checkpoint });
      expect(resumed.summary).toEqual(whole.summary);
      expect(resumed.checkpoint).toEqual(whole.checkpoint);
      expect(resumed.figures).toEqual(whole.figures);
    }
  });

  it('on one feature shows the feature itself; where classes part without a fault there is no optimum to show', async () => {
    const { figures, tables } = await runHouses({ features: 'GrLivArea' }, { csv: tableOf(ascending) });
    expect(figures.get('decision')?.panels[0]).toMatchObject({ x: { label: 'living area (square feet)' } });
    expect([...figures.keys()]).not.toContain('check');
    expect(tables.get('weights')?.rows[0].at(-1)).toBe('none');
    expect(tables.get('check')?.rows.at(-1)?.[1]).toBe('no single optimum');
  });

  it('with weights that run away it ends with what to do', async () => {
    await expect(runHouses({ lr: 10, weightDecay: 1e9, epochs: 50 })).rejects.toThrow(
      /the loss is (NaN|Infinity) at step \d+; lower the learning rate/,
    );
  });

  const data = join(process.env.TILEGRAD_DATA ?? '', 'house_prices/train.csv');
  it.skipIf(!process.env.TILEGRAD_DATA || !existsSync(data))('on the Ames houses is right for nine of ten', async () => {
    const csv = readFileSync(data, 'utf8');
    const two = await runHouses({ runs: 3 }, { csv });
    expect(two.summary.testAccuracy).toBeGreaterThan(0.94);
    expect((await runHouses({ runs: 3, features: 'OverallQual' }, { csv })).summary.testAccuracy).toBeGreaterThan(0.9);
  });
});

describe('a house to move', () => {
  let checkpoint: Checkpoint;
  const open = (features: string) => {
    if (!housePrices.interaction) throw new Error('no interaction');
    return housePrices.interaction.open(checkpoint, { features } as never);
  };
  const probability = (figure: Figure) => Number(/([\d.]+) %/.exec(figure.title)?.[1]);

  beforeEach(async () => {
    checkpoint ??= (await runHouses({ epochs: 60 })).checkpoint as Checkpoint;
  });

  it('is the likelier expensive the larger and better it is, and stands among the test houses', async () => {
    const ask = await open('GrLivArea, OverallQual');
    const shares: number[] = [];
    for (const at of [
      [900, 4],
      [1500, 6],
      [2500, 9],
    ]) {
      const figure = await ask(Float32Array.from(at));
      expect(renderFigureSvg(figure)).toMatch(/^<svg/);
      const [panel] = figure.panels;
      if (panel.kind !== 'chart') throw new Error('expected a chart');
      expect(panel.series.map(({ name }) => name)).toEqual(['cheap', 'expensive', 'your house']);
      expect(panel.series[2]).toMatchObject({ x: [at[0]], y: [at[1]] });
      shares.push(probability(figure));
    }
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeLessThan(10);
    expect(shares[2]).toBeGreaterThan(90);
  });

  it('needs one of its axes among the features, and a checkpoint of these features', async () => {
    await expect(open('YearBuilt')).rejects.toThrow(/expected GrLivArea or OverallQual among them/);
    await expect(open('OverallQual')).rejects.toThrow(/weight: expected \[1\], got \[2\]/);
  });
});
