// A small CNN trained by Adam, against a float64 network written here by hand: forward, backward and update.
import { expect, it } from 'vitest';
import { compile, losses, manualSeed, nn, optim, type Tensor, tensor } from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { adam } from '../optim/reference.ts';

const [BATCH, SIDE, CHANNELS, KERNEL, CLASSES] = [6, 8, 3, 3, 4];
const OUT = SIDE - KERNEL + 1;
const POOLED = OUT / 2;
const FEATURES = CHANNELS * POOLED * POOLED;

/** Loss, and the gradients of [convolution weight, its bias, linear weight, its bias], for one batch. */
function network(
  [cw, cb, lw, lb]: readonly Float64Array[],
  x: Float64Array,
  labels: Uint32Array,
): { loss: number; gradients: Float64Array[] } {
  const gradients = [cw, cb, lw, lb].map(({ length }) => new Float64Array(length));
  const [dcw, dcb, dlw, dlb] = gradients;
  let loss = 0;
  for (let n = 0; n < BATCH; n++) {
    const image = (y: number, x0: number) => x[(n * SIDE + y) * SIDE + x0];
    const activation = new Float64Array(CHANNELS * OUT * OUT);
    for (let c = 0; c < CHANNELS; c++)
      for (let i = 0; i < OUT; i++)
        for (let j = 0; j < OUT; j++) {
          let sum = cb[c];
          for (let ky = 0; ky < KERNEL; ky++)
            for (let kx = 0; kx < KERNEL; kx++) sum += image(i + ky, j + kx) * cw[(c * KERNEL + ky) * KERNEL + kx];
          activation[(c * OUT + i) * OUT + j] = Math.max(0, sum);
        }
    const winners = new Int32Array(FEATURES);
    const features = new Float64Array(FEATURES);
    for (let c = 0; c < CHANNELS; c++)
      for (let i = 0; i < POOLED; i++)
        for (let j = 0; j < POOLED; j++) {
          const window = [0, 1, 2, 3].map((k) => (c * OUT + 2 * i + (k >> 1)) * OUT + 2 * j + (k & 1));
          const best = window.reduce((a, b) => (activation[b] > activation[a] ? b : a));
          winners[(c * POOLED + i) * POOLED + j] = best;
          features[(c * POOLED + i) * POOLED + j] = activation[best];
        }
    const logits = Array.from(
      { length: CLASSES },
      (_, k) => lb[k] + features.reduce((sum, value, f) => sum + value * lw[k * FEATURES + f], 0),
    );
    const peak = Math.max(...logits);
    const total = logits.reduce((sum, z) => sum + Math.exp(z - peak), 0);
    loss += (Math.log(total) + peak - logits[labels[n]]) / BATCH;

    const dlogits = logits.map((z, k) => (Math.exp(z - peak) / total - (k === labels[n] ? 1 : 0)) / BATCH);
    const dfeatures = new Float64Array(FEATURES);
    dlogits.forEach((dz, k) => {
      dlb[k] += dz;
      for (let f = 0; f < FEATURES; f++) {
        dlw[k * FEATURES + f] += dz * features[f];
        dfeatures[f] += dz * lw[k * FEATURES + f];
      }
    });
    winners.forEach((at, f) => {
      if (activation[at] <= 0) return;
      const c = Math.floor(at / (OUT * OUT));
      const [i, j] = [Math.floor(at / OUT) % OUT, at % OUT];
      dcb[c] += dfeatures[f];
      for (let ky = 0; ky < KERNEL; ky++)
        for (let kx = 0; kx < KERNEL; kx++) dcw[(c * KERNEL + ky) * KERNEL + kx] += dfeatures[f] * image(i + ky, j + kx);
    });
  }
  return { loss, gradients };
}

it('20 Adam steps of a CNN: losses within 2e-6 of float64', async () => {
  manualSeed(7);
  const source = new Random(3);
  const batches = Array.from({ length: 4 }, () => ({
    x: Float32Array.from({ length: BATCH * SIDE * SIDE }, () => source.normal()),
    labels: Uint32Array.from({ length: BATCH }, () => source.integer(CLASSES)),
  }));
  const model = new nn.Sequential(
    new nn.Conv2d(1, CHANNELS, KERNEL),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(FEATURES, CLASSES),
  );
  const weights = (await Promise.all(model.parameters().map((p) => p.data()))).map((values) => Float64Array.from(values));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const step = compile((x: Tensor, labels: Tensor) => {
    const loss = losses.crossEntropy(model.forward(x), labels);
    optimizer.minimize(loss);
    return loss;
  });
  const reference = adam();
  const kept = weights.map(() => ({}));
  for (let i = 0; i < 20; i++) {
    const { x, labels } = batches[i % 4];
    const found = await step(tensor(x, [BATCH, 1, SIDE, SIDE]), tensor(labels)).item();
    const expected = network(weights, Float64Array.from(x), labels);
    for (const [p, w] of weights.entries()) reference(w, expected.gradients[p], 0.01, i + 1, kept[p], [w.length]);
    expect(Math.abs(found - expected.loss) / expected.loss, `step ${i}`).toBeLessThan(2e-6);
  }
});
