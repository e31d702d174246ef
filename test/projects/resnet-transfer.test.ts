// A network that moves on: layers folded, weights compared, pictures changed, by hand; published names load; small runs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { manualSeed, models, Random, runInMemory, tensor } from '../../src/index.ts';
import { noisy } from '../../src/projects/shared/noise.ts';
import { folded } from '../../src/projects/uva/resnet-transfer/heads.ts';
import { resnetTransfer } from '../../src/projects/uva/resnet-transfer/index.ts';
import { Classifier, changedIn, pretrainedIn } from '../../src/projects/uva/resnet-transfer/model.ts';
import { augmentations, changed } from '../../src/projects/uva/resnet-transfer/pictures.ts';
import { readStarter } from '../../src/train/starter.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

const tiny = { weights: 'none', width: 1, stride: 4, side: 32 };
const photos = (data: Uint8Array) => ({
  fields: {
    image: { data, shape: [3, 32, 32], scale: 1 / 255 },
    label: { data: new Uint8Array(data.length / 3072), shape: [], dtype: 'i32' as const },
  },
  count: data.length / 3072,
});

it('a layer for standardised features is folded into one for features as they are', () => {
  // Features 3 and 5 are (3 − 1) / 2 = 1 and (5 − 9) / 4 = −1: 1 · 6 − 1 · 8 + .5 = −1.5.
  const { 'fc.weight': weight, 'fc.bias': bias } = folded([6, 8], [0.5], { mean: Float64Array.of(1, 9), deviation: Float64Array.of(2, 4) });
  expect([...weight.data]).toEqual([3, 2]);
  expect([...bias.data]).toEqual([0.5 - 3 - 18]);
  expect(3 * 3 + 2 * 5 + bias.data[0]).toBe(-1.5);
});

it('weights are compared bit by bit, the last layer left out', () => {
  const of = (...values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  const before = { 'conv1.weight': of(1, 0, 3), 'fc.bias': of(1) };
  expect(changedIn(before, { 'conv1.weight': of(1, 0, 3), 'fc.bias': of(2) })).toBe(0);
  expect(changedIn(before, { 'conv1.weight': of(1, -0, 3.0000005), 'fc.bias': of(1) })).toBe(2);
});

it('noise has the deviation that is asked for, and stays among the colours', () => {
  const grey = noisy(photos(new Uint8Array(4 * 3072).fill(128)), 0.1, new Random(1)).fields.image.data;
  const deviation = Math.sqrt(Array.from(grey).reduce((sum, value) => sum + (value - 128) ** 2 / grey.length, 0));
  expect(Math.abs(deviation / 25.5 - 1)).toBeLessThan(0.03);
  const black = noisy(photos(new Uint8Array(3072)), 0.1, new Random(1)).fields.image.data;
  expect(black.filter((value) => value === 0).length / 3072).toBeCloseTo(0.5, 1);
});

it('pictures are changed by chance, the same for the same seed', async () => {
  const part = photos(Uint8Array.from({ length: 8 * 3072 }, (_, i) => i % 251));
  expect(await changed(part, augmentations.none)).toBe(part);
  const bytes = async (name: string, seed: number) => (await changed(part, augmentations[name], seed)).fields.image.data;
  const flipped = await bytes('flip', 1);
  const own = part.fields.image.data;
  // Each as it is, or mirrored.
  for (let i = 0; i < 8; i++) expect([own[i * 3072], own[i * 3072 + 31]]).toContain(flipped[i * 3072]);
  for (const name of ['flip', 'crop + flip', 'AutoAugment']) {
    const first = await bytes(name, 5);
    expect(first).toEqual(await bytes(name, 5));
    expect(first).not.toEqual(await bytes(name, 6));
  }
});

it('loads a file of the published layout but for its last layer', async () => {
  // As torchvision writes it, 1,000 classes.
  const published = await models.resnet18({ width: 2 }).stateDict();
  manualSeed(1);
  const network = new Classifier({ ...tiny, weights: 'resnet18-imagenet', width: 2 }, 10);
  const { 'fc.weight': last } = await network.stateDict();
  await network.takeBody({ ...published, 'bn1.num_batches_tracked': { shape: [], data: Int32Array.of(3) } });
  const now = await network.stateDict();
  expect(changedIn(published, now)).toBe(0);
  expect(now['fc.weight']).toEqual(last);
  network.eval();
  expect(network.forward(tensor(new Float32Array(3072), [1, 3, 32, 32])).shape).toEqual([1, 10]);
  // At its full size it is torchvision's, to the last parameter.
  expect(new Classifier({ weights: 'resnet18-imagenet', width: 64, stride: 1, side: 224 }, 1000).parameterCount).toBe(11_689_512);
  const { 'conv1.weight': _, ...rest } = published;
  await expect(network.takeBody(rest)).rejects.toThrow('missing [conv1.weight]');
});

it('begins with the pretrained network that comes with the project, whatever its sizes are said to be', async () => {
  const file = join(import.meta.dirname, '../../src/projects/uva/resnet-transfer/starter.safetensors');
  const pretrained = pretrainedIn((await readStarter(readFileSync(file), file)).weights);
  const network = new Classifier({ weights: 'small', width: 64, stride: 1, side: 224 }, 100);
  await network.takeBody(pretrained);
  expect(changedIn(pretrained, await network.stateDict())).toBe(0);
  expect(network.fc.weight.shape).toEqual([100, 64]);
});

/** Both runs have the same shapes, so that they share their kernels. */
const size = { width: 4, pretrainEpochs: 3, headEpochs: 15, epochs: 3, sourceImages: 200, trainImages: 200, testImages: 200 };

describe('a small run on drawn shapes', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(resnetTransfer, nothing, { options: size });
  });

  it('learns, and trains the last layer without moving any other weight', () => {
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
    for (const name of ['loss', 'loss, fine-tuned', 'loss, from scratch']) {
      const all = finished.rows.flatMap(({ [name]: loss }) => loss ?? []);
      expect([name, mean(all.slice(-6)) < mean(all.slice(0, 6)) - 0.03]).toEqual([name, true]);
    }
    const { values, tables } = finished.shown as Outcome['shown'] & { readonly values: Readonly<Record<string, number>> };
    expect(values.frozenWeightsChanged).toBe(0);
    expect(values.tunedWeightsChanged).toBeGreaterThan(1000);
    expect(tables.accuracy.columns).toEqual(['what is trained', 'CIFAR-10', 'CIFAR-10 with noise']);
    expect(tables.accuracy.rows.map(([name]) => name)).toEqual([
      'last layer',
      'last layer, flip',
      'last layer, crop + flip',
      'last layer, AutoAugment',
      'last layer, random network',
      'all layers, fine-tuned',
      'all layers, from scratch',
    ]);
    expect([...finished.figures.keys()]).toEqual(['augmentations', 'accuracy', 'training']);
  });

  it('answers a picture, the noisier the less like itself', async () => {
    const { answer } = await play(resnetTransfer, finished);
    const values = Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i) ** 2);
    const ask = async (noise: number) => onlyFigure(await answer({ picture: { values }, noise })).panels;
    const [picture, last, all] = await ask(0);
    if (picture.kind !== 'pictures' || last.kind !== 'chart' || all.kind !== 'chart') throw new Error('expected a picture and two charts');
    for (const { series } of [last, all]) expect(series[0].y).toEqual(series[0].y.toSorted((a, b) => b - a));
    const [noisy] = await ask(0.5);
    expect(noisy).not.toEqual(picture);
  });
});

const data = process.env.TILEGRAD_DATA;
const there = data && ['cifar10', 'tiny_imagenet'].every((name) => existsSync(join(data, name)));
it.skipIf(!there)('names photographs by what it learned of others (skipped without TILEGRAD_DATA)', async () => {
  const options = { ...resnetTransfer.presets.smallest, weights: 'small', headEpochs: 15, trainImages: 200, testImages: 200 };
  const { summary } = await runInMemory(resnetTransfer, { options, log: () => {} });
  // By chance a tenth would be right.
  expect(summary.frozenAccuracy).toBeGreaterThan(0.2);
  expect(summary.frozenAccuracy).toBeGreaterThan((summary.randomAccuracy as number) + 0.03);
  expect(summary.frozenWeightsChanged).toBe(0);
});
