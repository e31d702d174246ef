// The autoencoder and the classifier that begins with its encoder: the few labels, holes, what is moved; small runs on drawn and on real digits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/synthetic-digits.ts';
import { manualSeed, runInMemory, tensor } from '../../src/index.ts';
import { mnistAutoencoder } from '../../src/projects/i2dl/mnist-autoencoder/index.ts';
import { disturbed, Transfer } from '../../src/projects/i2dl/mnist-autoencoder/model.ts';
import { nothing, type Outcome, onlyFigure, play, run } from '../train/memory-host.ts';

it('holes take their share of the pixels and leave the others as they are; bending moves them', async () => {
  manualSeed(3);
  const values = Float32Array.from({ length: 30 * 784 }, (_, i) => 0.1 + (i % 9) / 10);
  const x = tensor(values, [30, 1, 28, 28]);
  const holed = await disturbed(x, { noise: 0.3, distortion: 0 }).data();
  expect(holed.every((value, i) => value === 0 || value === values[i])).toBe(true);
  expect(holed.filter((value) => value === 0).length / values.length).toBeCloseTo(0.3, 1);
  expect([...(await disturbed(x, { noise: 0, distortion: 0 }).data())]).toEqual([...values]);
  // A dot in the middle stays within 2 pixels of it, whichever way a picture is turned.
  const dot = Float32Array.from({ length: 30 * 784 }, (_, i) =>
    [13, 14].includes(i % 28) && [13, 14].includes(Math.floor(i / 28) % 28) ? 1 : 0,
  );
  const bent = await disturbed(tensor(dot, [30, 1, 28, 28]), { noise: 0, distortion: 1 }).data();
  expect(
    bent.every((value, i) => value < 0.01 || Math.max(Math.abs((i % 28) - 13.5), Math.abs((Math.floor(i / 28) % 28) - 13.5)) < 4.5),
  ).toBe(true);
  expect(new Set(bent).size).toBeGreaterThan(50);
});

it('the network is a mirror around the latent space, with a classifier behind the same encoder', () => {
  const model = new Transfer({ hidden: 100, latentSize: 7 });
  const encoder = 784 * 100 + 100 + (100 * 25 + 25) + (25 * 7 + 7);
  const decoder = 7 * 25 + 25 + (25 * 100 + 100) + (100 * 784 + 784);
  expect(model.autoencoder.parameterCount).toBe(encoder + decoder);
  expect(model.classifier.parameterCount).toBe(encoder + (7 * 64 + 64) + (64 * 10 + 10));
  const [pixels, classes] = model.forward(tensor(new Float32Array(2 * 784), [2, 1, 28, 28]));
  expect([pixels.shape, classes.shape]).toEqual([
    [2, 1, 28, 28],
    [2, 10],
  ]);
});

/** Weights of the two encoders of what a run has left. */
const encoders = ({ weights }: Pick<Outcome, 'weights'>) =>
  ['autoencoder', 'classifier'].map((network) => Array.from(weights![`${network}.encoder.1.0.weight`].data));

/** All runs have one shape: their kernels are compiled once. */
const small = {
  ...{ labels: 100, labelledSteps: 60, runs: 1, trainImages: 2000, testImages: 300 },
  ...{ hidden: 64, latentSize: 12, epochs: 6, batchSize: 16, lr: 5e-3, noise: 0, distortion: 0.5 },
};
const short = { ...small, trainImages: 400, epochs: 1, labelledSteps: 5 };

describe('a small run', () => {
  let finished: Outcome;
  beforeAll(async () => {
    finished = await run(mnistAutoencoder, nothing, { options: small, seed: 1 });
  });

  it('has features that tell digits apart better than those of random weights, and shows it', () => {
    const { shown, figures, rows } = finished;
    const found = shown.values as Readonly<Record<string, number>>;
    expect(found.gained).toBeCloseTo(found.pretrainedAccuracy - found.randomAccuracy, 10);
    expect(found.frozenAccuracy).toBeGreaterThan(found.frozenRandomAccuracy + 0.04);
    expect(shown.tables.accuracy.rows.map(([name]) => name)).toEqual([
      'pretrained encoder',
      'pretrained encoder, kept as it is',
      'random encoder',
      'random encoder, kept as it is',
      'gained by pretraining',
    ]);
    expect([...figures.keys()].sort()).toEqual(['accuracy', 'latent', 'reconstructions']);
    expect(rows.filter((row) => 'validation accuracy, random encoder' in row)).toHaveLength(5);
    // The mean picture for every picture would cost the variance of the pixels.
    const { images } = syntheticDigits({ count: 300, seed: 1, split: 'test' });
    let variance = 0;
    for (let p = 0; p < 784; p++) {
      const values = Array.from({ length: 300 }, (_, n) => images[n * 784 + p] / 255);
      const mean = values.reduce((sum, value) => sum + value / 300, 0);
      variance += values.reduce((sum, value) => sum + (value - mean) ** 2 / 300, 0) / 784;
    }
    expect(found.reconstructionError).toBeLessThan(0.8 * variance);
  });

  it('leaves the encoder as the pictures made it, and as the labels changed it', () => {
    const [before, after] = encoders(finished);
    const change = Math.hypot(...before.map((value, i) => value - after[i])) / Math.hypot(...before);
    expect(change).toBeGreaterThan(0.001);
    expect(change).toBeLessThan(0.5);
  });

  it('has its networks answer drawings: what comes out is nearest to what was drawn, and has a name', async () => {
    const { answer } = await play(mnistAutoencoder, finished);
    const { images } = syntheticDigits({ count: 10, seed: 1, split: 'test' });
    const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a, (value, i) => (value - b[i]) ** 2).reduce((sum, one) => sum + one);
    const seen: { drawn: ArrayLike<number>; out: ArrayLike<number> }[] = [];
    for (let n = 0; n < 10; n++) {
      const drawing = Float32Array.from(
        { length: 56 * 56 },
        (_, i) => images[n * 784 + 28 * Math.floor(i / 112) + Math.floor((i % 56) / 2)] / 255,
      );
      const { title, panels } = onlyFigure(await answer({ drawing }));
      expect(title).toMatch(/ % a \d$/);
      const [both, chart] = panels;
      if (both.kind !== 'pictures' || chart.kind !== 'chart') throw new Error('expected pictures and a chart');
      expect(both.pictures.map(({ caption }) => caption)).toEqual(['drawn', 'reconstructed']);
      expect(chart.series[0].y.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      seen.push({ drawn: both.pictures[0].pixels, out: both.pictures[1].pixels });
    }
    const nearest = seen.filter(({ drawn, out }) => seen.every((other) => apart(out, drawn) <= apart(out, other.drawn)));
    // By chance one would be.
    expect(nearest.length).toBeGreaterThanOrEqual(4);
  });
});

it('moves the encoder into the classifier bit for bit: labels that teach nothing leave it so', async () => {
  const [before, after] = encoders(await run(mnistAutoencoder, nothing, { options: { ...short, labelledLr: 0 } }));
  expect(after).toEqual(before);
});

it('draws clothes too, and says nothing of classes before there is a classifier', async () => {
  const outcome = await run(mnistAutoencoder, nothing, { options: { ...short, pictures: 'clothes' } });
  const drawing = Float32Array.from({ length: 56 * 56 }, (_, i) => (Math.floor(i / 112) % 2 ? 1 : 0));
  const { answer } = await play(mnistAutoencoder, outcome);
  expect(onlyFigure(await answer({ drawing })).panels).toHaveLength(2);
  const early = await play(mnistAutoencoder, { ...outcome, shown: { ...outcome.shown, values: {} } });
  const [pictures, ...rest] = onlyFigure(await early.answer({ drawing })).panels;
  expect(rest).toEqual([]);
  // Not centred and scaled as a digit would be: two rows of the drawing are one of the picture's.
  if (pictures.kind !== 'pictures') throw new Error('expected pictures');
  const row = (value: number) => new Array(28).fill(value);
  expect(Array.from(pictures.pictures[0].pixels).slice(0, 3 * 28)).toEqual([...row(0), ...row(1), ...row(0)]);
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'mnist')))('on real pictures (skipped without TILEGRAD_DATA)', () => {
  it('pretrained features tell digits apart far better than random ones', async () => {
    const { summary } = await runInMemory(mnistAutoencoder, { options: { ...small, trainImages: 1000, epochs: 4 }, log: () => {} });
    expect(summary.frozenAccuracy).toBeGreaterThan(Number(summary.frozenRandomAccuracy) + 0.08);
  });
});
