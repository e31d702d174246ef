import { expect, test } from 'vitest';
import { syntheticDigits } from '../../src/data/synthetic-digits.ts';

test('images depend on seed, split and number alone', () => {
  const long = syntheticDigits({ count: 50, seed: 4, split: 'train' });
  const short = syntheticDigits({ count: 20, seed: 4, split: 'train' });
  expect(long.images.subarray(0, short.images.length)).toEqual(short.images);
  expect(syntheticDigits({ count: 20, seed: 4, split: 'test' }).images).not.toEqual(short.images);
  expect(syntheticDigits({ count: 20, seed: 5, split: 'train' }).images).not.toEqual(short.images);
});

test('3,000 images take less than a second of CPU', () => {
  // Not of the clock, and the quickest of some rounds: other work on the machine delays each, but hardly all of them.
  const rounds = Array.from({ length: 6 }, (_, seed) => {
    const began = process.cpuUsage();
    syntheticDigits({ count: 500, seed, split: 'train' });
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  });
  expect(6 * Math.min(...rounds)).toBeLessThan(1);
});

test('every digit is there, drawn within the picture', () => {
  const { images, labels } = syntheticDigits({ count: 3000, seed: 1, split: 'train' });
  for (let digit = 0; digit < 10; digit++) {
    expect(Math.abs(labels.filter((label) => label === digit).length - 300)).toBeLessThan(60);
  }
  let cut = 0;
  for (let i = 0; i < 3000; i++) {
    const image = images.subarray(i * 784, (i + 1) * 784);
    const inked = image.filter((value) => value > 100).length;
    expect(inked).toBeGreaterThan(20);
    expect(inked).toBeLessThan(230);
    if (image.subarray(0, 28).some((value) => value > 100) || image.subarray(756).some((value) => value > 100)) cut++;
  }
  // A few reach the edge, as in any scanned form.
  expect(cut).toBeLessThan(40);
});

test('a linear model stays under 88 %, and does learn', () => {
  const train = syntheticDigits({ count: 10_000, seed: 0, split: 'train' });
  const test = syntheticDigits({ count: 2000, seed: 0, split: 'test' });
  const weights = new Float32Array(10 * 785);
  const scores = new Float32Array(10);
  const classify = (images: Uint8Array, i: number): number => {
    let best = 0;
    for (let k = 0; k < 10; k++) {
      let sum = weights[k * 785 + 784]!;
      for (let p = 0; p < 784; p++) sum += (weights[k * 785 + p]! * images[i * 784 + p]!) / 255;
      scores[k] = sum;
      if (sum > scores[best]!) best = k;
    }
    return best;
  };
  // Softmax regression, one image a step, its rate falling: within a percent of converged after six epochs.
  for (let epoch = 0; epoch < 6; epoch++) {
    const rate = 0.05 / (1 + epoch / 2);
    for (let i = 0; i < train.count; i++) {
      const top = scores[classify(train.images, i)]!;
      let total = 0;
      for (let k = 0; k < 10; k++) total += scores[k] = Math.exp(scores[k]! - top);
      for (let k = 0; k < 10; k++) {
        const slope = rate * (scores[k]! / total - (train.labels[i] === k ? 1 : 0));
        weights[k * 785 + 784]! -= slope;
        for (let p = 0; p < 784; p++) weights[k * 785 + p]! -= (slope * train.images[i * 784 + p]!) / 255;
      }
    }
  }
  let right = 0;
  for (let i = 0; i < test.count; i++) if (classify(test.images, i) === test.labels[i]) right++;
  const accuracy = right / test.count;
  expect(accuracy).toBeLessThan(0.88);
  expect(accuracy).toBeGreaterThan(0.83);
});
