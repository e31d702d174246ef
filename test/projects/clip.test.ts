// What the projects with CLIP share: captions, their truth, the loss and prompt ensembling by hand; the published layout.
import { expect, it } from 'vitest';
import { textField } from '../../src/data/sets/texts.ts';
import { SHAPES, TEXTURES } from '../../src/data/synthetic-shapes.ts';
import { manualSeed, tensor } from '../../src/index.ts';
import { classesOfWord, inPrompt, namesOf, prompts } from '../../src/projects/shared/clip/captions.ts';
import { clipOf, clipPixels, PUBLISHED, rowsOf, SMALL, scaleOf } from '../../src/projects/shared/clip/model.ts';
import { contrastive, truthOf } from '../../src/projects/shared/clip/pretraining.ts';
import { idsOf, nearestWords, smallTokenizer, textFeatures, wordTable } from '../../src/projects/shared/clip/texts.ts';

const sizes = { weights: 'none', patch: 16, width: 32, depth: 1, vectors: 'none', words: 0 } as const;

it('every synthetic class is captioned as the shape that it has', () => {
  for (const shape of SHAPES) {
    expect(namesOf(shape)).toEqual([shape, shape, shape, shape]);
    for (const texture of TEXTURES) expect(namesOf(`${texture} ${shape}`)[2]).toBe(shape);
  }
});

it('captions say what a class is, from its name to the widest word', () => {
  expect(prompts).toHaveLength(18);
  expect(new Set(prompts).size).toBe(18);
  expect(inPrompt(prompts[2], 'cat')).toBe('a black and white photo of a cat.');
  expect(inPrompt(prompts[17], 'cat')).toBe('a photo of the big cat.');
  expect(namesOf('beach wagon')).toEqual(['beach wagon', 'beach wagon, a type of vehicle', 'automobile', 'vehicle']);
  expect(namesOf('pine_tree')).toEqual(['pine tree', 'pine tree, a type of plant', 'tree', 'plant']);
  expect(namesOf('striped disc')).toEqual(['striped disc', 'striped disc, a type of disc', 'disc', 'disc']);
  expect(classesOfWord(['bullfrog', 'tailed frog', 'pine_tree', 'pickup_truck'], 'frog')).toEqual(['bullfrog', 'tailed frog']);
  expect(classesOfWord(['bullfrog', 'pickup_truck'], 'truck')).toEqual(['pickup truck']);
});

it('a target is spread over all captions that are true of a picture', async () => {
  // A dog (5, a kind of 7), a cat (6, a kind of 7); said: dog, animal.
  const truth = truthOf(tensor(Int32Array.of(5, 5, 7, 7, 6, 6, 7, 7), [2, 4]), tensor(Int32Array.of(5, 7)));
  expect([...(await truth.data())]).toEqual([1, 1, 0, 1]);
  // One true pair each is cross-entropy both ways: ln(1 + e⁻²) of rows and columns.
  const scores = tensor(Float32Array.of(2, 0, 0, 2), [2, 2]);
  const plain = await contrastive(scores, tensor(Float32Array.of(1, 0, 0, 1), [2, 2])).data();
  expect(plain[0]).toBeCloseTo(Math.log(1 + Math.exp(-2)), 5);
  // Rows: (ln(1 + e⁻²) + ln(1 + e²)) / 2 and ln(1 + e⁻²); columns: ln(1 + e⁻²) and the first again.
  const [near, far] = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(2))];
  expect((await contrastive(scores, truth).data())[0]).toBeCloseTo((near + (near + far) / 2) / 2, 5);
});

it('small networks take a file of the published layout, under both kinds of names', async () => {
  expect(clipOf({ ...sizes, weights: PUBLISHED }).parameterCount).toBe(151_277_313);
  manualSeed(1);
  const [published, clip] = [clipOf(sizes), clipOf(sizes)];
  const dict = await published.stateDict();
  clip.loadStateDict(dict);
  const picture = clipPixels(
    clip,
    tensor(
      Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i) ** 2),
      [1, 3, 32, 32],
    ),
  );
  expect(await clip.encodeImage(picture).data()).toEqual(await published.encodeImage(picture).data());
  expect(Object.keys(dict)).toContain('visual.transformer.resblocks.0.attn.in_proj_weight');
  expect((await scaleOf(clip).data())[0]).toBeCloseTo(1 / 0.07, 3);
});

it('a class stands for the mean of its prompts, as a unit vector', async () => {
  manualSeed(2);
  const clip = clipOf(sizes);
  const tokenizer = await smallTokenizer(undefined, ['cat', 'dog'], 1536);
  const [both, ...each] = await Promise.all(
    [prompts.slice(0, 2), [prompts[0]], [prompts[1]]].map((own) => textFeatures(clip, tokenizer, ['cat', 'dog'], own)),
  );
  const sum = Array.from(both, (_, i) => each[0][i] + each[1][i]).slice(0, 32);
  const norm = Math.hypot(...sum);
  sum.forEach((value, i) => expect(both[i]).toBeCloseTo(value / norm, 5));
  // Begin, words, end, and the end is the largest number.
  const { data, shape } = idsOf(clip, tokenizer, ['a cat', 'a dog.']);
  expect(shape).toEqual([2, 8]);
  expect([data[0], Math.max(...data)]).toEqual([tokenizer.start, tokenizer.end]);
});

it('words that are alike have rows that are alike, and what is no word has a row of its own', async () => {
  manualSeed(3);
  const tokenizer = await smallTokenizer(undefined, ['cat', 'dog', 'ship'], 1536);
  const vectors = (words: readonly string[], rows: readonly (readonly number[])[]) => ({
    fields: { word: textField(words), vector: { data: Float32Array.from(rows.flat()), shape: [2] } },
    count: words.length,
  });
  const width = 256;
  const common = ['photo', 'of', 'the', 'blurry', 'black', 'and', 'white', 'contrast'];
  const directions = [[9, 1], [9, 2], [-9, 1], ...common.map((_, i) => [0, (i % 2) - 0.5])];
  const table = await wordTable(tokenizer, vectors(['cat', 'dog', 'ship', ...common], directions), [600, width]);
  const row = (word: string) => {
    const [, id] = tokenizer.encode(word);
    return Array.from(table!.subarray(id! * width, (id! + 1) * width));
  };
  const cosine = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  expect(tokenizer.encode('ship')).toHaveLength(3);
  expect(cosine(row('cat'), row('dog'))).toBeGreaterThan(0.95);
  expect(cosine(row('cat'), row('ship'))).toBeLessThan(-0.9);
  expect(Math.hypot(...row('cat')) / Math.sqrt(width)).toBeCloseTo(0.1, 1);
  expect(table).toHaveLength(600 * width);
  expect(table!.subarray(tokenizer.size * width).every((value) => value === 0)).toBe(true);
  // One word with a vector among many: the others' would be left to chance.
  expect(
    await wordTable(
      tokenizer,
      vectors(
        ['cat', 'zebra'],
        [
          [1, 2],
          [2, 1],
        ],
      ),
      [600, width],
    ),
  ).toBeUndefined();
});

it('of words with vectors the nearest to the captions come first', async () => {
  // Two directions: of animals and of offices. What stands between them is near to neither.
  const rows = { cat: [9, 1], memo: [1, 9], dog: [9, 2], deer: [8, 1], desk: [1, 8], plum: [5, 5.4] };
  const words = {
    fields: { word: textField(Object.keys(rows)), vector: { data: Float32Array.from(Object.values(rows).flat()), shape: [2] } },
    count: 6,
  };
  expect(await nearestWords(words, ['Cat', 'dog, a type of unicorn'], 3)).toEqual(['dog', 'cat', 'deer']);
  expect(await nearestWords(words, ['Cat'], 6)).toEqual(Object.keys(rows));
  expect(await nearestWords(words, ['unicorn'], 2)).toEqual(['cat', 'memo']);
});

it('the weights that come with clip-zero-shot are of one network, whatever the other options', () => {
  const small = clipOf({ ...sizes, weights: SMALL });
  expect(small.visual.conv1.weight.shape).toEqual([64, 3, 8, 8]);
  expect(small.tokenEmbedding.weight.shape).toEqual([rowsOf({ vectors: 'glove', words: 400 }), 64]);
  expect(rowsOf({ vectors: 'none', words: 400 })).toBe(1536);
});
