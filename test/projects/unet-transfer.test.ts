// A U-Net in three stages: masks, crops, standardised pictures, what changed of an encoder, by hand; a small run on drawn cells, one on a slice of the real data.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { manualSeed, models, runInMemory, type Tensor, tensor } from '../../src/index.ts';
import { differing } from '../../src/projects/shared/frozen.ts';
import { unetTransfer } from '../../src/projects/small-scale/unet-transfer/index.ts';
import { encoderOf, parametersOf, standardised, TransferUnet } from '../../src/projects/small-scale/unet-transfer/model.ts';
import { cut, foregroundIn, labelled, middle, withSome } from '../../src/projects/small-scale/unet-transfer/scenes.ts';
import { pixelLoss } from '../../src/projects/small-scale/unet-transfer/stages.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const numbers = async (x: Tensor) => Array.from(await x.data());
const count = (n: number) => Uint8Array.from({ length: n }, (_, i) => i);

describe('pictures and masks', () => {
  it('are cut about their middle; of two by two pixels a picture keeps the mean, a mask the first', () => {
    const image = cut({ data: count(32), shape: [2, 4, 4], scale: 1 / 255 }, 2, 2);
    expect([image.shape, image.scale, ...image.data]).toEqual([[2, 2, 2], 1 / 255, 3, 5, 11, 13, 19, 21, 27, 29]);
    expect([...cut({ data: count(16), shape: [4, 4], dtype: 'i32' }, 2, 2).data]).toEqual([0, 2, 8, 10]);
    expect([...cut({ data: count(32), shape: [4, 4], dtype: 'i32' }, 2).data]).toEqual([5, 6, 9, 10, 21, 22, 25, 26]);
    const both = { fields: { image: { data: count(32), shape: [1, 4, 4] }, mask: { data: count(32), shape: [4, 4] } }, count: 2 };
    expect(middle(both, 2).fields.image.data).toEqual(Uint8Array.from([5, 6, 9, 10, 21, 22, 25, 26]));
  });

  it('know foreground, background and void; those without foreground are left out', () => {
    expect([...labelled({ data: Uint8Array.of(0, 7, 255), shape: [3] }, '').data]).toEqual([0, 1, 1]);
    const names = ['void', 'grass', 'cow', 'car', 'dog'];
    const mask = labelled({ data: Uint8Array.of(0, 1, 2, 3, 4), shape: [5], names }, '');
    expect([...mask.data]).toEqual([2, 0, 1, 0, 1]);
    expect([...labelled({ data: count(5), shape: [5], names }, 'grass, car').data]).toEqual([2, 1, 0, 1, 0]);
    expect(foregroundIn(['void', 'ground', 'plain disc', 'striped disc'], '')).toEqual(['striped disc']);
    expect(() => foregroundIn(names, 'cows')).toThrow('foreground: there is no cows');
    const image = { data: count(3), shape: [1, 1, 1] };
    const some = withSome({ fields: { image, mask: { data: Uint8Array.of(0, 1, 2), shape: [1, 1] } }, count: 3 });
    expect([some.count, ...some.fields.image.data]).toEqual([1, 1]);
  });

  it('void counts nothing in the loss', async () => {
    // ln 3 for the foreground above 0: it is worth 3/4.
    const logits = tensor([0, 0, 0, Math.log(3), Math.log(3), Math.log(3)], [1, 2, 1, 3]);
    const loss = (...mask: number[]) => pixelLoss(logits, tensor(Int32Array.from(mask), [1, 1, 3])).item();
    expect(await loss(1, 2, 2)).toBeCloseTo(Math.log(4 / 3), 5);
    expect(await loss(1, 0, 2)).toBeCloseTo((Math.log(4 / 3) + Math.log(4)) / 2, 5);
  });
});

describe('the network', () => {
  it('sees a picture in units of its own contrast, in grey where it has one channel', async () => {
    const values = Float32Array.from({ length: 3 * 64 }, (_, i) => 0.5 + 0.3 * Math.sin(i));
    const [once, brighter] = [values, values.map((value) => 2 * value - 0.4)].map((each) => tensor(each, [1, 3, 8, 8]));
    const seen = await numbers(standardised(once, 3));
    const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
    expect(mean(seen)).toBeCloseTo(0, 4);
    // A thousandth is added to the variance, about 45 thousandths.
    expect(mean(seen.map((value) => value ** 2))).toBeCloseTo(0.045 / 0.046, 2);
    (await numbers(standardised(brighter, 3))).forEach((value, i) => expect(Math.abs(value - seen[i])).toBeLessThan(0.03));
    const grey = values.subarray(0, 64).map((_, p) => (values[p] + values[64 + p] + values[128 + p]) / 3);
    const asGrey = await numbers(standardised(tensor(grey, [1, 1, 8, 8]), 1));
    (await numbers(standardised(once, 1))).forEach((value, i) => expect(value).toBeCloseTo(asGrey[i], 4));
  });

  it('is an encoder, a decoder and a head, and nothing else', async () => {
    manualSeed(1);
    const model = new TransferUnet({ channels: 3, width: 2, depth: 1, classes: 5 });
    const all = parametersOf([...model.encoder, ...model.decoder, model.head]);
    expect(new Set(all)).toEqual(new Set(model.parameters()));
    expect(all).toHaveLength(model.parameters().length);
    const [pixels, classes] = model.forward(
      tensor(
        Float32Array.from({ length: 2 * 3 * 256 }, (_, i) => Math.sin(i) ** 2),
        [2, 3, 16, 16],
      ),
    );
    expect([pixels.shape, classes.shape]).toEqual([
      [2, 2, 16, 16],
      [2, 5],
    ]);
    const encoder = encoderOf(await model.stateDict());
    // Four convolutions, and weight, bias, mean and variance of as many normalisations.
    expect(Object.keys(encoder)).toHaveLength(20);
    expect(differing(encoder, await model.stateDict()).changed).toBe(0);
  });

  it('is the published one where it has four levels', () => {
    const width = 4;
    const { parameterCount, head } = new TransferUnet({ channels: 3, width, depth: 4, classes: 5 });
    expect(parameterCount - head.parameterCount).toBe(new models.UNet(3, 2, { width }).parameterCount);
  });

  it('changes of an encoder are counted bit by bit', () => {
    const of = (...data: number[]) => ({ weight: { shape: [data.length], data: Float32Array.from(data) } });
    expect(differing(of(0, 1, Number.NaN, 2), of(-0, 1, Number.NaN, 2 + 2 ** -22))).toEqual({ values: 4, changed: 2 });
  });
});

/** Of one shape, so that all compile the same kernels. */
const small = {
  width: 2,
  depth: 1,
  pretrainImages: 128,
  side: 32,
  batchSize: 4,
  trainImages: 40,
  testImages: 8,
  decoderSteps: 30,
  tuneSteps: 60,
  lr: 0.02,
};

describe('a small run on drawn cells', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(unetTransfer, nothing, { options: small });
  });

  it('finds cells, and keeps every bit of the encoder in stage 2', () => {
    const { values, tables } = finished.shown as Outcome['shown'] & { readonly values: Readonly<Record<string, number>> };
    // All called background would have a mean IoU of less than .5.
    expect(values.fineTunedIou).toBeGreaterThan(0.6);
    expect(values.changedWhileKept).toBe(0);
    for (const [, all, kept, tuned] of tables.encoder.rows) {
      expect(kept).toBe(0);
      expect(tuned).toBeGreaterThan(0.9 * (all as number));
    }
    expect(tables.masks.rows.map(([name]) => name)).toHaveLength(8);
    expect(values.gained).toBeCloseTo(values.fineTunedIou - values.scratchIou, 10);
  });

  it('draws the stages, and masks for few and for all', () => {
    expect([...finished.figures.keys()]).toEqual(['stages', 'overlays, 18 masks', 'overlays, 36 masks']);
    expect(finished.figures.get('stages')!.panels).toHaveLength(6);
  });

  it('answers a picture with its mask', async () => {
    const { answer, offers } = await play(unetTransfer, finished);
    expect(offers!.picture!.samples.length).toBeGreaterThan(2);
    const values = Float32Array.from({ length: 3 * 96 ** 2 }, (_, i) => Math.sin(i / 40) ** 2);
    const figure = onlyFigure(await answer({ picture: { values } }));
    const [panel] = figure.panels;
    if (panel.kind !== 'pictures') throw new Error('expected pictures');
    expect(panel.pictures).toHaveLength(2);
    expect(figure.title).toMatch(/^nucleus: .* % of the pixels$/);
  });
});

const data = process.env.TILEGRAD_DATA;
const there = data && ['nuclei', 'cifar100'].every((name) => existsSync(join(data, name)));
describe.skipIf(!there)('on real data (skipped without TILEGRAD_DATA)', () => {
  it('finds nuclei', async () => {
    // So narrow a network may begin with dead units, as it does with seed 0.
    const { summary } = await runInMemory(unetTransfer, { preset: 'smallest', seed: 1, options: { ...small, few: 0 }, log: () => {} });
    // All called background would have a mean IoU of less than .5.
    expect(summary.fineTunedIou).toBeGreaterThan(0.6);
    expect(summary.changedWhileKept).toBe(0);
  });
});
