// The tour: what it finds in parts by hand, orders and speeds; small runs on drawn and on real data, and transforms live.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Part, runInMemory } from '../../src/index.ts';
import { datasetTour } from '../../src/projects/i2dl/dataset-tour/index.ts';
import { changes, classCounts, described, picturesIn, statisticsIn, textsIn } from '../../src/projects/i2dl/dataset-tour/look.ts';
import { byClass, imagesPerSecond } from '../../src/projects/i2dl/dataset-tour/measures.ts';
import { nothing, onlyFigure, play, run } from '../train/memory-host.ts';

/** Four pictures of 2 × 1 pixels and three channels. */
const photographs: Part<'image' | 'label'> = {
  count: 4,
  fields: {
    image: { data: Uint8Array.from({ length: 24 }, (_, i) => 10 * i), shape: [3, 1, 2], scale: 1 / 255 },
    label: { data: Uint8Array.of(2, 0, 2, 1), shape: [], dtype: 'i32', names: ['cat', 'dog', 'eel', 'fox'] },
  },
};
const texts: Part<'text'> = {
  count: 2,
  fields: { text: { data: new TextEncoder().encode('short longer one'), shape: [], offsets: Uint32Array.of(0, 6, 16) } },
};

it('counts classes, those that are missing too', () => {
  expect(classCounts(photographs)).toEqual({ cat: 1, dog: 1, eel: 2, fox: 0 });
  expect(classCounts(texts)).toBeUndefined();
});

it('finds mean and deviation by channel, and of texts those of their lengths', () => {
  // Channel 0 holds 0, 10, 60, 70, 120, 130, 180, 190; the others 20 and 40 more.
  const values = [0, 10, 60, 70, 120, 130, 180, 190];
  const mean = values.reduce((sum, value) => sum + value / 8, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / 8, 0));
  const found = statisticsIn(photographs.fields.image);
  found.mean.forEach((value, channel) => {
    expect(value).toBeCloseTo((mean + 20 * channel) / 255, 10);
  });
  for (const value of found.deviation) expect(value).toBeCloseTo(deviation / 255, 10);
  expect(statisticsIn(texts.fields.text)).toEqual({ mean: [8], deviation: [2] });
  expect(described(texts)).toEqual(['2', 'text', '', '8', '2']);
});

it('takes pictures evenly spread over a part, with their classes, and the beginnings of texts', () => {
  const pictures = picturesIn(photographs, 2);
  expect(pictures.map(({ caption }) => caption)).toEqual(['eel', 'eel']);
  // The channels of a pixel beside each other: those of picture 2, which begins at 120.
  Array.from(pictures[1].pixels).forEach((value, i) => {
    expect(value).toBeCloseTo([120, 140, 160, 130, 150, 170][i] / 255, 6);
  });
  expect(picturesIn(texts, 3)).toEqual([]);
  expect(textsIn(texts, 5)).toEqual(['short ', 'longer one']);
});

it('sorts by class, and keeps the order within one', () => {
  const sorted = byClass(photographs);
  expect([...sorted.fields.label.data]).toEqual([0, 1, 2, 2]);
  expect([0, 6, 12, 18].map((at) => sorted.fields.image.data[at])).toEqual([60, 180, 0, 120]);
});

it('has a loader hand out pictures with as many threads as one likes', async () => {
  const data = Uint8Array.from({ length: 40 * 784 }, (_, i) => i % 251);
  const label = { data: new Uint8Array(40), shape: [] };
  const part = { count: 40, fields: { image: { data, shape: [1, 28, 28], scale: 1 / 255 }, label } };
  for (const workers of [0, 1]) expect(await imagesPerSecond(part, workers, 50)).toBeGreaterThan(0);
});

const size = { sets: 'cifar10, imdb', samples: 40, timed: 64, trainImages: 1000, epochs: 3, batchSize: 20 };

it('shows what sets hold, and what order and normalisation are worth; transforms act on its samples', async () => {
  const outcome = await run(datasetTour, nothing, { options: size, seed: 1 });
  const { shown, figures } = outcome;
  expect([...figures.keys()]).toEqual(['sheet-cifar10', 'classes-cifar10', 'classes-imdb', 'speed', 'order']);
  expect(shown.tables.sets.rows.map(([name, samples]) => [name, samples])).toEqual([
    ['cifar10, train', '40'],
    ['cifar10, test', '40'],
    ['imdb, train', '40'],
    ['imdb, test', '40'],
  ]);
  expect(shown.tables['texts-imdb'].rows).toHaveLength(5);
  const found = shown.values as Readonly<Record<string, number>>;
  expect(found.accuracy).toBeGreaterThan(found.accuracyByClass + 0.1);
  expect(found.accuracy).toBeGreaterThan(found.accuracyRaw);

  const { offers, answer } = await play(datasetTour, outcome);
  const samples = offers?.picture?.samples ?? [];
  expect(samples).toHaveLength(6);
  const values = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => (i % 64) / 64);
  for (const transform of Object.keys(changes) as (keyof typeof changes)[]) {
    const { panels } = onlyFigure(await answer({ picture: { values }, transform, strength: 0.8 }));
    const [given, changed] = panels.map((panel) =>
      panel.kind === 'pictures' ? panel.pictures.map(({ pixels }) => Array.from(pixels)) : [],
    );
    expect(changed, transform).toHaveLength(8);
    expect(
      changed.some((pixels) => pixels.some((value, i) => Math.abs(value - given[0][i]) > 0.05)),
      transform,
    ).toBe(true);
  }
});

const data = process.env.TILEGRAD_DATA;
it.skipIf(!data || !existsSync(join(data, 'mnist')))(
  'shuffled digits teach more than sorted ones, real ones too (skipped without TILEGRAD_DATA)',
  async () => {
    const { summary } = await runInMemory(datasetTour, { options: { ...size, sets: 'mnist' }, log: () => {} });
    expect(summary.accuracy).toBeGreaterThan(Number(summary.accuracyByClass) + 0.1);
  },
);
