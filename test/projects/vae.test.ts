// The variational autoencoder: its bound and its parts, the derivative through the drawn z, its figures' points; and whole small runs.
import { beforeEach, describe, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/synthetic-digits.ts';
import { gradients, manualSeed, type Tensor, tensor } from '../../src/index.ts';
import { inPlane } from '../../src/projects/shared/latent-plane.ts';
import { vae } from '../../src/projects/uva/vae/index.ts';
import { busiestPlane, klToStandardNormal, Vae, type VaeShape } from '../../src/projects/uva/vae/model.ts';
import { play, run } from '../train/memory-host.ts';
import { expectImages } from './latent-plane.ts';

const PIXELS = 28 * 28;

/** Digits of so many bits a pixel, as values and as u32 [count, 28, 28]. */
function digits(count: number, bits: number): { readonly levels: Uint8Array; readonly x: Tensor } {
  const levels = syntheticDigits({ count, seed: 3, split: 'train' }).images.map((value) => value >> (8 - bits));
  return { levels, x: tensor(Uint32Array.from(levels), [count, 28, 28]) };
}

/** A model whose heads and last layer are no longer zero. `logStd` moves the deviations of q(z | x). */
async function stirred(shape: VaeShape, logStd = -0.5): Promise<Vae> {
  const model = new Vae(shape);
  const values = await model.stateDict();
  const wave = (size: number, height: number) => Float32Array.from({ length: size }, (_, i) => height * Math.sin(1 + 1.7 * i));
  const changed = Object.entries(values).map(([name, { shape, data }]) => {
    if (name === 'logStd.bias') return [name, { shape, data: new Float32Array(data.length).fill(logStd) }] as const;
    return [name, { shape, data: data.every((value) => value === 0) ? wave(data.length, 0.05) : data }] as const;
  });
  model.loadStateDict(Object.fromEntries(changed));
  return model;
}

beforeEach(() => manualSeed(11));

describe('the bound', () => {
  it.each([4, 1])('is %i bits per dimension before training', async (bits) => {
    const [reconstruction, kl] = new Vae({ latentSize: 3, filters: 2, bits }).forward(digits(5, bits).x);
    for (const nats of await reconstruction.data()) expect(nats / (PIXELS * Math.LN2)).toBeCloseTo(bits, 5);
    expect([...(await kl.data())]).toEqual(new Array(15).fill(0));
  });

  it("has the decoder's −log p(x | z) in float64 as its reconstruction", async () => {
    // Deviations of e⁻⁴⁰ leave z = mean.
    const model = await stirred({ latentSize: 3, filters: 2, bits: 4 }, -40);
    const { levels, x } = digits(4, 4);
    const [reconstruction] = model.forward(x);
    const { mean } = model.encode(x);
    const found = await reconstruction.data();
    const logits = await model.decode(tensor(await mean.data(), [4, 3])).data();
    found.forEach((value, n) => {
      let nats = 0;
      for (let p = 0; p < PIXELS; p++) {
        const at = (level: number) => logits[(n * 16 + level) * PIXELS + p];
        const total = Array.from({ length: 16 }, (_, level) => Math.exp(at(level))).reduce((sum, one) => sum + one);
        nats += Math.log(total) - at(levels[n * PIXELS + p]);
      }
      expect(Math.abs(value / nats - 1)).toBeLessThan(1e-5);
    });
  });

  it('has a KL that is ∫ q log(q / p), and 0 only where q is the prior', async () => {
    const mean = [0, 0, 1.5, -0.7, 2];
    const logStd = [0, -1, 0, 0.4, -2];
    const found = await klToStandardNormal(tensor(mean), tensor(logStd)).data();
    mean.forEach((m, i) => {
      const s = Math.exp(logStd[i]);
      let integral = 0;
      const step = s / 200;
      for (let z = m - 12 * s; z < m + 12 * s; z += step) {
        const q = Math.exp(-(((z - m) / s) ** 2) / 2) / (s * Math.sqrt(2 * Math.PI));
        integral += q * ((z * z) / 2 - ((z - m) / s) ** 2 / 2 - logStd[i]) * step;
      }
      expect(found[i]).toBeCloseTo(integral, 5);
    });
    expect(found[0]).toBe(0);
    expect(Math.min(...found.subarray(1))).toBeGreaterThan(0.05);
  });

  it('has a derivative through the drawn z: every parameter moves it, by as much as differences say', async () => {
    const model = await stirred({ latentSize: 2, filters: 2, bits: 4 });
    const { x } = digits(8, 4);
    const bound = () => {
      // The same draws of z every time.
      manualSeed(17);
      const [reconstruction, kl] = model.forward(x);
      return reconstruction.sum().add(kl.sum());
    };
    const parameters = model.parameters();
    const slopes = await Promise.all(gradients(bound(), parameters).map((slope) => slope.data()));
    const names = model.namedStates().map(([name]) => name);
    slopes.forEach((slope, i) => expect(Math.hypot(...slope), names[i]).toBeGreaterThan(0));

    for (const part of ['encoder', 'mean', 'logStd', 'decoder']) {
      const moved = parameters.map((_, i) => names[i].startsWith(part));
      const length = Math.hypot(...slopes.flatMap((slope, i) => (moved[i] ? [...slope] : [])));
      const start = await Promise.all(parameters.map((parameter) => parameter.data()));
      const along = async (distance: number) => {
        parameters.forEach((parameter, i) => {
          if (moved[i]) parameter.set(Float32Array.from(start[i], (value, k) => value + (distance * slopes[i][k]) / length));
        });
        const value = await bound().item();
        parameters.forEach((parameter, i) => {
          parameter.set(start[i]);
        });
        return value;
      };
      const distance = 0.03;
      const difference = ((await along(distance)) - (await along(-distance))) / (2 * distance);
      expect(Math.abs(difference / length - 1), part).toBeLessThan(0.02);
    }
  });
});

describe('images from latent points', () => {
  it('the expected intensity is the mean of the levels; drawn images have it on average', async () => {
    const model = await stirred({ latentSize: 2, filters: 2, bits: 2 });
    const z = tensor(new Float32Array(400).fill(0.3), [200, 2]);
    const logits = await model.decode(z).data();
    const [expected, drawn] = await Promise.all([model.expected(z).data(), model.drawn(z).data()]);
    let [wanted, found] = [0, 0];
    for (let p = 0; p < PIXELS; p++) {
      const weights = [0, 1, 2, 3].map((level) => Math.exp(logits[level * PIXELS + p]));
      const mean = weights.reduce((sum, weight, level) => sum + weight * level, 0) / weights.reduce((sum, weight) => sum + weight) / 3;
      expect(expected[p]).toBeCloseTo(mean, 5);
      wanted += mean / PIXELS;
    }
    for (const value of drawn) found += value / drawn.length;
    expect(found).toBeCloseTo(wanted, 2);
    expect([...new Set(drawn)].map((value) => Math.round(value * 3)).sort()).toEqual([0, 1, 2, 3]);
  });
});

describe('points of the latent space', () => {
  it('the plane is that of the dimensions with the most KL, the others are 0', () => {
    const plane = busiestPlane([0.1, 3, 0, 4]);
    expect(plane).toEqual([1, 3]);
    expect([...inPlane([[5, 6]], plane, 4)]).toEqual([0, 5, 0, 6]);
  });
});

describe('a small run', () => {
  it('describes digits in fewer bits than any model of single pixels, and shows what it learned', async () => {
    const options = { latentSize: 8, filters: 8, bits: 1, epochs: 2, batchSize: 16, lr: 6e-3, trainImages: 1200, testImages: 250 };
    const outcome = await run(vae, undefined, { options, seed: 1 });
    const { figures, rows, shown } = outcome;
    const { values: summary } = shown;
    const losses = rows.flatMap(({ loss }) => loss ?? []);
    expect(losses[0]).toBeCloseTo(1, 5);
    expect(summary.bitsAtStart).toBeCloseTo(1, 5);
    // The entropy of each pixel's own histogram, of the very test images: no constant distribution of pixels does with less.
    const { images } = syntheticDigits({ count: 250, seed: 0, split: 'test' });
    let entropy = 0;
    for (let p = 0; p < PIXELS; p++) {
      let white = 0;
      for (let n = 0; n < 250; n++) white += (images[n * PIXELS + p] >> 7) / 250;
      for (const share of [white, 1 - white]) if (share > 0) entropy -= (share * Math.log2(share)) / PIXELS;
    }
    expect(summary.testBits).toBeLessThan(0.92 * entropy);
    expect(summary.testBits).toBeCloseTo((summary.testReconstruction as number) + (summary.testKl as number), 6);
    expect([...figures.keys()]).toEqual(['curve', 'samples', 'manifold', 'latent', 'reconstruction']);

    await expectImages(await play(vae, outcome));
  });
});
