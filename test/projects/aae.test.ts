// The adversarial autoencoder: its three losses, the shapes of its priors, the two-sample test, the likelihood; small runs on drawn and on real digits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { gradients, manualSeed, Random, runInMemory, spread, type Tensor, tensor } from '../../src/index.ts';
import { aae } from '../../src/projects/uva/aae/index.ts';
import { AdversarialAutoencoder } from '../../src/projects/uva/aae/model.ts';
import { likelihood, parzen, WIDTHS } from '../../src/projects/uva/aae/parzen.ts';
import { drawn } from '../../src/projects/uva/aae/priors.ts';
import { squaredMmd, twoSampleTest } from '../../src/projects/uva/aae/two-sample.ts';
import { nothing, play, run } from '../train/memory-host.ts';
import { expectImages } from './latent-plane.ts';

const PIXELS = 28 * 28;

beforeEach(() => manualSeed(5));

describe('the losses', () => {
  const model = new AdversarialAutoencoder({ hidden: 6, latentSize: 3 });
  const pixels = Float32Array.from({ length: 4 * PIXELS }, (_, i) => ((i * 7) % 11) / 10);
  const x = tensor(pixels, [4, 1, 28, 28]);
  const draws = tensor(
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    [4, 3],
  );
  const softplus = (value: number) => Math.log1p(Math.exp(value));
  const mean = (values: ArrayLike<number>, f: (value: number, i: number) => number) =>
    Array.from(values, f).reduce((sum, value) => sum + value, 0) / values.length;

  it('are the cross-entropies of pixels, of both sides of the discriminator, and of codes taken for draws, in float64', async () => {
    const { reconstruction, discriminator, generator } = model.losses(x, draws);
    const [logits, odds] = model.forward(x);
    const [out, fake, real] = await Promise.all([logits.data(), odds.data(), model.discriminator.forward(draws).data()]);
    // −x·ln σ(o) − (1 − x)·ln(1 − σ(o)) = softplus(o) − x·o
    expect(await reconstruction.item()).toBeCloseTo(
      mean(out, (o, i) => softplus(o) - pixels[i] * o),
      5,
    );
    const judged = (mean(real, (o) => softplus(-o)) + mean(fake, softplus)) / 2;
    expect(await discriminator.item()).toBeCloseTo(judged, 5);
    expect(await generator.item()).toBeCloseTo(
      mean(fake, (o) => softplus(-o)),
      5,
    );
  });

  it('of the discriminator leaves the encoder alone; the generator’s moves it', async () => {
    const { discriminator, generator } = model.losses(x, draws);
    const steepest = async (loss: Tensor) => {
      const slopes = await Promise.all(gradients(loss, model.encoder.parameters()).map((slope) => slope.data()));
      return Math.max(...slopes.flatMap((slope) => Array.from(slope, Math.abs)));
    };
    expect(await steepest(discriminator)).toBe(0);
    expect(await steepest(generator)).toBeGreaterThan(1e-4);
  });
});

describe('the priors', () => {
  const polar = async (prior: 'mixture' | 'swiss-roll') => {
    const values = await drawn(prior, 4000, 2).data();
    return Array.from({ length: 4000 }, (_, i) => ({
      radius: Math.hypot(values[2 * i], values[2 * i + 1]),
      // 0 … 2π.
      angle: (Math.atan2(values[2 * i + 1], values[2 * i]) + 2 * Math.PI) % (2 * Math.PI),
    }));
  };

  it('the Gaussian, and all dimensions from the third on, are N(0, 1)', async () => {
    for (const [prior, first] of [['gaussian', 0] as const, ['swiss-roll', 2] as const]) {
      const values = (await drawn(prior, 4000, 4).data()) as Float32Array;
      for (let d = first; d < 4; d++) {
        const { mean, deviation } = spread(Array.from(values.filter((_, i) => i % 4 === d)));
        expect(mean).toBeCloseTo(0, 1);
        expect(deviation).toBeCloseTo(1, 1);
      }
    }
  });

  it('the mixture has ten petals that are equally likely, longer than wide', async () => {
    const points = await polar('mixture');
    const petals = points.map(({ angle }) => Math.round(angle / (Math.PI / 5)) % 10);
    for (let petal = 0; petal < 10; petal++) expect(petals.filter((own) => own === petal).length / 4000).toBeCloseTo(0.1, 1);
    // Far out petals don't mix.
    const out = points.filter(({ radius }) => radius > 1.6);
    const across = out.map(({ radius, angle }) => radius * Math.sin(angle - Math.round(angle / (Math.PI / 5)) * (Math.PI / 5)));
    expect(spread(across).deviation).toBeCloseTo(0.12, 1);
    expect(spread(points.map(({ radius }) => radius)).mean).toBeCloseTo(1.9, 1);
  });

  it('the Swiss roll is a spiral, as likely all along', async () => {
    const points = await polar('swiss-roll');
    const off = points.map(({ radius, angle }) => {
      const turns = [0, 1].map((turn) => Math.abs(radius - (2.8 * (angle + 2 * Math.PI * turn)) / (3.5 * Math.PI)));
      return Math.min(...turns);
    });
    expect(off.filter((value) => value > 0.35).length).toBeLessThan(40);
    // Half of the angle is a quarter of the length.
    expect(points.filter(({ radius }) => radius < 1.4).length / 4000).toBeCloseTo(0.25, 1);
  });
});

describe('the two-sample test', () => {
  it('has the unbiased MMD² by hand', () => {
    // Points a, b on one side, c, d on the other.
    const [ab, cd, ac, ad, bc, bd] = [0.7, 0.4, 0.3, 0.1, 0.2, 0.05];
    const kernel = Float64Array.from([1, ab, ac, ad, ab, 1, bc, bd, ac, bc, 1, cd, ad, bd, cd, 1]);
    const across = (ac + ad + bc + bd) / 4;
    expect(squaredMmd(kernel, Int8Array.of(1, 1, -1, -1))).toBeCloseTo(ab + cd - 2 * across, 12);
  });

  it('tells a ring from a disc of the same spread, but not two draws of one distribution', () => {
    const random = new Random(2);
    const normal = () => Float32Array.from({ length: 400 }, () => random.normal());
    const ring = normal().map((value, i, all) => (value / Math.hypot(all[i - (i % 2)], all[i - (i % 2) + 1])) * Math.SQRT2);
    const [same, other] = [normal(), ring].map((points) => twoSampleTest(points, normal(), 2, new Random(1)));
    expect([same.toldApart, other.toldApart]).toEqual([false, true]);
    expect(same.p).toBeGreaterThan(0.05);
    expect(other.p).toBeCloseTo(1 / 201, 10);
    expect(other.distance).toBeGreaterThan(other.threshold);
  });
});

describe('the likelihood', () => {
  it('is that of Gaussian windows in float64', async () => {
    const [images, samples] = [
      [0.1, 0.9, 0.4, 0.2, 0.2, 0.7],
      [0, 1, 0.5, 0.3, 0.1, 0.8, 1, 0, 0],
    ].map((values) => Float32Array.from(values));
    const found = await parzen(tensor(images, [2, 3]), tensor(samples, [3, 3])).data();
    [0, 1].forEach((n) => {
      WIDTHS.forEach((width, k) => {
        const densities = [0, 1, 2].map((m) => {
          const square = [0, 1, 2].reduce((sum, d) => sum + (images[3 * n + d] - samples[3 * m + d]) ** 2, 0);
          return Math.exp(-square / (2 * width ** 2)) / (2 * Math.PI * width ** 2) ** 1.5;
        });
        expect(found[n * WIDTHS.length + k]).toBeCloseTo(Math.log((densities[0] + densities[1] + densities[2]) / 3), 3);
      });
    });
  });

  it('takes the width that suits the validation images', () => {
    const validation = Float32Array.from({ length: 2 * WIDTHS.length }, (_, i) => -Math.abs((i % WIDTHS.length) - 3));
    const test = Float32Array.from({ length: 4 * WIDTHS.length }, (_, i) => (i % WIDTHS.length === 3 ? Math.floor(i / WIDTHS.length) : 99));
    expect(likelihood(validation, test)).toEqual({ width: WIDTHS[3], mean: 1.5, error: Math.sqrt(5 / 3) / 2 });
  });
});

// Of few images the generator asks too much at the default λ: codes may fall together.
const small = { latentSize: 3, lambda: 0.985, hidden: 64, epochs: 10, batchSize: 50, trainImages: 2000, testImages: 250, samples: 200 };

describe('a small run', () => {
  it('brings the codes near their prior, and what they hold comes out again; every point of the plane is an image', async () => {
    const outcome = await run(aae, nothing, { options: small, seed: 1 });
    const found = outcome.shown.values as Readonly<Record<string, number>>;
    expect(outcome.shown.values.toldApartBefore).toBe(true);
    expect(found.distanceAfter).toBeLessThan(found.distanceBefore / 3);
    const losses = outcome.rows.flatMap(({ reconstruction }) => reconstruction ?? []);
    expect(spread(losses.slice(-36)).mean).toBeLessThan(0.5 * losses[0]);
    expect([...outcome.figures.keys()]).toEqual(['latent', 'samples', 'losses', 'test', 'manifold', 'interpolation']);

    await expectImages(await play(aae, outcome));
  });

  it.each(['mixture', 'swiss-roll'])('goes through with a prior of the shape %s, and with clothes', async (prior) => {
    const { shown } = await run(aae, nothing, { options: { ...small, prior, pictures: 'clothes', epochs: 1, trainImages: 250 } });
    expect(Number.isFinite(shown.values.logLikelihood)).toBe(true);
  });
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'mnist')))('on real digits (skipped without TILEGRAD_DATA)', () => {
  it('brings their codes near the prior', async () => {
    const { summary } = await runInMemory(aae, { options: { ...small, epochs: 7, samples: 100 }, log: () => {} });
    expect(summary.distanceAfter).toBeLessThan(Number(summary.distanceBefore) / 3);
  });
});
