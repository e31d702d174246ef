// Pictures named by their nearest text: intervals, confusions and cosines by hand; small runs, on shapes and on photographs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, runInMemory } from '../../src/index.ts';
import { clipZeroShot } from '../../src/projects/uva/clip-zero-shot/index.ts';
import { accuracyOf, calibrated, confusionOf, cosines, kindAccuracyOf, meanOf } from '../../src/projects/uva/clip-zero-shot/judging.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

it('the nearest text decides, and shares have intervals', () => {
  // Two pictures, three texts in the plane.
  const near = cosines(Float32Array.of(1, 0, 0.6, 0.8), Float32Array.of(1, 0, 0, 1, -1, 0), 2);
  expect([...near].map((value) => Math.fround(value))).toEqual([1, 0, -1, 0.6, 0.8, -0.6].map(Math.fround));
  const counts = confusionOf(Float32Array.of(...near, 0, 0, 0.5), [0, 2, 2]);
  expect([...counts]).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 1]);
  expect(accuracyOf(counts)).toMatchObject({ right: 2, count: 3 });
  expect(accuracyOf(counts, 2)).toMatchObject({ right: 1, count: 2, share: 0.5 });
  // Between the first and the last alone, of the two pictures of those.
  expect([...confusionOf(Float32Array.of(...near, 0, 0, 0.5), [0, 1, 2], [0, 2])]).toEqual([1, 0, 0, 1]);
  // A text that is near to all pictures, of another set as well, has no advantage any more.
  const usual = cosines(meanOf(Float32Array.of(1, 0, 0, 0.5), 2), Float32Array.of(1, 0, 0, 1), 2);
  expect([...usual]).toEqual([0.5, 0.25]);
  expect([...calibrated(Float32Array.of(0.5, 0.75, 0.25, 0.75), usual)]).toEqual([0, 0.5, -0.25, 0.5]);
  // Of the three two are decided to be of their own kind, one is between the first two, which are of one.
  expect(kindAccuracyOf(Float64Array.of(0, 1, 0, 0, 0, 1, 0, 0, 1), ['animal', 'animal', 'vehicle'])).toMatchObject({ right: 2, count: 3 });
});

describe('a small run on drawn shapes', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(clipZeroShot, nothing, { options: { pretrainEpochs: 24, pretrainLr: 4e-3 } });
  });

  it('learns which captions are true, and how sharply to tell', () => {
    const values = finished.shown.values as Readonly<Record<string, number>>;
    const losses = finished.rows.flatMap(({ loss }) => loss ?? []);
    const mean = (own: readonly number[]) => own.reduce((sum, value) => sum + value / own.length, 0);
    expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)) - 0.2);
    expect(values.low).toBeLessThan(values.accuracy!);
    expect(values.high).toBeGreaterThan(values.accuracy!);
    expect(Math.abs(values.temperature! - 0.07)).toBeGreaterThan(1e-4);
    expect([...finished.figures.keys()]).toEqual(['pretraining', 'confusion', 'similarity']);
    expect(finished.shown.tables.classes!.rows[0]).toEqual([
      'disc',
      expect.anything(),
      expect.anything(),
      expect.stringContaining('striped disc'),
    ]);
  });

  it('answers in a person’s own words', async () => {
    const { answer } = await play(clipZeroShot, finished);
    const values = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i) ** 2);
    const [first, said] = (await answer({ picture: { values }, names: 'a ring, star ,a łódź' })) as readonly Answer[];
    expect(said).toBe('No caption that it learned from was of: a łódź.');
    const panels = onlyFigure(first!).panels;
    const [picture, bars] = panels;
    if (picture?.kind !== 'pictures' || bars?.kind !== 'chart') throw new Error('expected a picture and bars');
    expect(bars.series[0]!.y.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(bars.series[0]!.y).toHaveLength(3);
    onlyFigure(await answer({ picture: { values }, names: 'ring, star' }));
    await expect(answer({ picture: { values }, names: 'star' })).rejects.toThrow('at least two names');
  });
});

const data = process.env.TILEGRAD_DATA;
const there = data && ['cifar10', 'cifar100', 'tiny_imagenet', 'clip', 'glove'].every((name) => existsSync(join(data, name)));
it.skipIf(!there)('learns from photographs, with words that keep the vectors of GloVe (skipped without TILEGRAD_DATA)', async () => {
  const few = {
    ...clipZeroShot.presets.smallest,
    pretrainEpochs: 5,
    pretrainImages: 100,
    pretrainLr: 4e-3,
    testImages: 100,
    vectors: 'glove' as const,
  };
  const { summary, tables, rows, weights } = await runInMemory(clipZeroShot, { options: few, log: () => {} });
  const losses = rows.flatMap(({ loss }) => loss ?? []);
  const mean = (own: readonly number[]) => own.reduce((sum, value) => sum + value / own.length, 0);
  expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) - 0.1);
  expect(summary.classesRead).toBe(6);
  expect(tables.classes!.rows.find(([name]) => name === 'frog')).toContain('bullfrog, tailed frog');
  // Every row of a word is as long as its vector was made, turned by numbers of a deviation of .1: none has moved.
  const { data: table, shape } = weights!['token_embedding.weight']!;
  expect(shape).toEqual([16536, 32]);
  const lengths = Array.from({ length: 16536 }, (_, row) => Math.hypot(...table.subarray(row * 32, (row + 1) * 32)));
  const used = lengths.filter((length) => length > 0);
  expect(used.length).toBeGreaterThan(12_000);
  expect(Math.hypot(...used) / Math.sqrt(32 * used.length)).toBeCloseTo(0.1, 1);
});

it.skipIf(!there)('the weights that come with it name photographs well above chance (skipped without TILEGRAD_DATA)', async () => {
  const log: string[] = [];
  const options = { ...clipZeroShot.presets.smallest, weights: 'small', testImages: 500 };
  const { summary } = await runInMemory(clipZeroShot, { options, log: (line) => log.push(line) });
  expect(log.join('\n')).toMatch(/weights that come with clip-zero-shot/);
  expect(summary.low).toBeGreaterThan(0.15);
  expect(summary.calibratedLow).toBeGreaterThan(0.2);
  expect(summary.classesRead).toBe(6);
});
