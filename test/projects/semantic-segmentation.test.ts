// Semantic segmentation: what counts, and how often it is right, by hand; a small run on drawn scenes, one on a slice of the real photographs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { manualSeed, runInMemory, tensor } from '../../src/index.ts';
import { accuracyOf, byClass, pixelLoss, sharesOf, varied } from '../../src/projects/i2dl/semantic-segmentation/classes.ts';
import { semanticSegmentation } from '../../src/projects/i2dl/semantic-segmentation/index.ts';
import { Segmenter } from '../../src/projects/i2dl/semantic-segmentation/model.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const [SIDE, CLASSES] = [208, 23];

it('void counts nothing in the loss, whatever is said of it', async () => {
  // Class 2 (3 in the mask) has the logit ln 3 above 22 zeros; the upper half of the mask is void.
  const logits = Float32Array.from({ length: CLASSES * 26 ** 2 }, (_, i) => (Math.floor(i / 26 ** 2) === 2 ? Math.log(3) : 0));
  const mask = (lower: number) =>
    tensor(
      Int32Array.from({ length: SIDE ** 2 }, (_, p) => (p < SIDE ** 2 / 2 ? 0 : lower)),
      [1, SIDE, SIDE],
    );
  const loss = async (lower: number) => pixelLoss(tensor(logits, [1, CLASSES, 26, 26]), mask(lower)).item();
  expect(await loss(3)).toBeCloseTo(Math.log(25 / 3), 5);
  expect(await loss(4)).toBeCloseTo(Math.log(25), 5);
});

it('classes by hand: share, recognised, intersection over union, and what they are taken for', () => {
  const [first, second, third] = byClass([6, 2, 0, 1, 1, 0, 0, 0, 0]);
  expect(first).toEqual({ pixels: 0.8, recognised: 6 / 8, iou: 6 / 9, mistaken: 1 });
  expect(second).toEqual({ pixels: 0.2, recognised: 1 / 2, iou: 1 / 4, mistaken: 0 });
  expect(third).toEqual({ pixels: 0, recognised: Number.NaN, iou: Number.NaN, mistaken: undefined });
  expect(accuracyOf([0, 1, 2, 2], [1, 0, 3, 2])).toBeCloseTo(2 / 3, 10);
  expect(accuracyOf([0, 1], [0, 0])).toBe(1);
  expect(sharesOf([1, 1, 1, 0], ['sky', 'cow'])).toBe('cow 75.0 %, sky 25.0 %');
});

it('pictures and masks are mirrored together, and of maps the mask and what says so', async () => {
  manualSeed(2);
  const ramp = Int32Array.from({ length: 8 * SIDE ** 2 }, (_, p) => (p % SIDE < SIDE / 2 ? 1 : 2));
  const masks = tensor(ramp, [8, SIDE, SIDE]);
  const { mask, mirror } = varied({ image: tensor(new Float32Array(8 * 5), [8, 5]), mask: masks }, 1) as ReturnType<typeof varied> & {
    mirror: typeof masks;
  };
  const [seen, turned] = [await mask.data(), await mirror.cast('i32').data()];
  expect(Array.from(turned, (_, n) => seen[n * SIDE ** 2])).toEqual(Array.from(turned, (one) => 1 + one));
  expect(new Set(turned)).toEqual(new Set([0, 1]));
});

it('the maps of a picture in one row give what the picture gives, and mirrored ones what they say', async () => {
  manualSeed(1);
  const model = new Segmenter({ encoder: 'small', width: 1, decoder: 2, dropout: 0 });
  model.eval();
  const picture = tensor(
    Float32Array.from({ length: 3 * SIDE ** 2 }, (_, i) => Math.sin(i / 50) ** 2),
    [1, 3, SIDE, SIDE],
  );
  const [whole, byMaps] = [model.forward(picture), model.forward(model.encode(picture))];
  expect(whole.shape).toEqual([1, CLASSES, 26, 26]);
  expect([...(await byMaps.data())]).toEqual([...(await whole.data())]);
});

it('has fewer than five million parameters at its published size', () => {
  const { decoder } = semanticSegmentation.presets.full as { decoder: number };
  expect(new Segmenter({ encoder: 'pretrained', width: 16, decoder, dropout: 0 }).parameterCount).toBeLessThan(5e6);
});

const size = {
  ...{ encoder: 'small' as const, width: 2, decoder: 8, epochs: 4, batchSize: 6, variation: 0, lr: 1e-2 },
  ...{ trainImages: 40, testImages: 6 },
};

describe('a small run on drawn scenes', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(semanticSegmentation, nothing, { options: size });
  });

  it('learns, and says what it found', () => {
    const { shown, figures } = finished;
    const { pixelAccuracy, meanIou } = shown.values as Readonly<Record<string, number>>;
    const costs = finished.rows.flatMap(({ loss }) => loss ?? []);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(costs.slice(-6))).toBeLessThan(mean(costs.slice(0, 6)) - 0.4);
    // Of few scenes it has learned little but the ground, which is about 70 % of the pixels.
    expect(pixelAccuracy).toBeGreaterThan(0.4);
    expect(meanIou).toBeGreaterThan(0);
    expect([...figures.keys()]).toEqual(['training', 'overlays', 'classes', 'confusion']);
    expect(shown.tables.classes.rows.map(([name]) => name)).toContain('ground');
  });

  it('answers a picture with its colours and names', async () => {
    const { answer, offers } = await play(semanticSegmentation, finished);
    const { pixels } = offers!.picture!.samples[0];
    const [panel] = onlyFigure(await answer({ picture: { values: pixels as Float32Array } })).panels;
    if (panel.kind !== 'pictures') throw new Error('expected pictures');
    expect(panel.pictures).toHaveLength(2);
    const classes = finished.shown.tables.classes.rows.map(([name]) => String(name));
    for (const { name } of panel.legend!) expect(classes).toContain(name);
  });
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'msrc_v2')))('on photographs (skipped without TILEGRAD_DATA)', () => {
  it('learns more of a few of them than which class is the most frequent, and names all', async () => {
    const { summary, tables } = await runInMemory(semanticSegmentation, {
      options: { ...size, trainImages: 48, testImages: 12 },
      log: () => {},
    });
    expect(summary.pixelAccuracy).toBeGreaterThan(Number(summary.commonestClass));
    expect(tables.classes.rows).toHaveLength(CLASSES);
  });
});
