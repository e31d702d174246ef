// Made-up data is hard enough for a comparison to mean something: what sees no more than single pixels or words is far from right on it.
import { expect, it } from 'vitest';
import { sets } from '../../src/data/sets/index.ts';
import { openDataSet } from '../../src/data/sets/open.ts';
import { textsOf } from '../../src/data/sets/texts.ts';
import { words } from '../../src/data/text/words.ts';
import { platformOf } from './sets/platforms.ts';

it('pictures, to a linear model', async () => {
  const { parts } = await openDataSet(platformOf({}), sets.cifar10, { use: { limit: { train: 400, test: 300 } } });
  const pixels = 3 * 32 * 32;
  const weights = new Float32Array(10 * pixels);
  const scores = (image: Uint8Array) =>
    Array.from({ length: 10 }, (_, k) => {
      let sum = 0;
      for (let p = 0; p < pixels; p++) sum += weights[k * pixels + p] * (image[p] / 255 - 0.5);
      return sum;
    });
  const { train, test } = parts;
  const imageOf = (part: typeof train, i: number) => part.fields.image.data.subarray(i * pixels, (i + 1) * pixels) as Uint8Array;
  // Softmax regression, one image a step, its rate falling.
  for (let epoch = 0; epoch < 3; epoch++) {
    const rate = 0.003 / (1 + epoch);
    for (let i = 0; i < train.count; i++) {
      const image = imageOf(train, i);
      const found = scores(image);
      const top = Math.max(...found);
      const powers = found.map((score) => Math.exp(score - top));
      const total = powers.reduce((a, b) => a + b, 0);
      for (let k = 0; k < 10; k++) {
        const step = rate * (Number(train.fields.label.data[i] === k) - powers[k] / total);
        for (let p = 0; p < pixels; p++) weights[k * pixels + p] += step * (image[p] / 255 - 0.5);
      }
    }
  }
  let right = 0;
  for (let i = 0; i < test.count; i++) {
    const found = scores(imageOf(test, i));
    if (found.indexOf(Math.max(...found)) === test.fields.label.data[i]) right++;
  }
  // A network with convolutions learns them: see the test of carlini-wagner.
  expect(right / test.count).toBeLessThan(0.3);
});

it('reviews, to their words alone', async () => {
  const { parts } = await openDataSet(platformOf({}), sets.imdb, { use: { limit: { train: 2000, test: 600 } } });
  const bags = (part: typeof parts.train) => textsOf(part.fields.text).map((text) => words(text.toLowerCase()));
  const labels = (part: typeof parts.train) => [...part.fields.label.data];
  // Naive Bayes.
  const counts = [new Map<string, number>(), new Map<string, number>()];
  const [bagsOf, of] = [bags(parts.train), labels(parts.train)];
  bagsOf.forEach((bag, i) => {
    for (const word of bag) counts[of[i]].set(word, (counts[of[i]].get(word) ?? 0) + 1);
  });
  const asked = labels(parts.test);
  const right = bags(parts.test).filter((bag, i) => {
    const leaning = bag.reduce((sum, word) => sum + Math.log(((counts[1].get(word) ?? 0) + 1) / ((counts[0].get(word) ?? 0) + 1)), 0);
    return Number(leaning > 0) === asked[i];
  }).length;
  expect(right / asked.length).toBeGreaterThan(0.55);
  expect(right / asked.length).toBeLessThan(0.9);
});
