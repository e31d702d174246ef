// The sets as people have them, read whole. Needs TILEGRAD_DATA.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodePlatform } from '../../../runtime/node/platform.ts';
import { sets } from '../../../src/data/sets/index.ts';
import { openDataSet } from '../../../src/data/sets/open.ts';
import type { DataSet, Part, Parts } from '../../../src/data/sets/set.ts';
import { textsOf } from '../../../src/data/sets/texts.ts';

const data = process.env.TILEGRAD_DATA;

/** The set's parts out of the data folder, of which files whose names match `without` aren't there. */
async function read<S extends Parts>(set: () => Promise<DataSet<S>>, without?: RegExp): Promise<S> {
  const platform = nodePlatform();
  const { parts, record } = await openDataSet(
    {
      ...platform,
      listData: async (path) => {
        const listing = await platform.listData(path);
        return listing && { ...listing, files: listing.files.filter((file) => !without?.test(file.path)) };
      },
    },
    set,
  );
  expect(record.synthetic).toBe(false);
  return parts;
}

const real = (folder: string, name: string, run: () => Promise<void>) =>
  test.skipIf(!data || !existsSync(join(data, folder)))(`${name} (skipped without TILEGRAD_DATA)`, run, 120_000);

const counts = (parts: Parts) => Object.fromEntries(Object.entries(parts).map(([name, { count }]) => [name, count]));
const labels = ({ fields: { label } }: Part<'label'>, count: number) => [...label.data.subarray(0, count)];
const histogram = ({ fields: { label } }: Part<'label'>) => {
  const sums = new Array(label.names?.length).fill(0);
  for (const value of label.data) sums[value]++;
  return sums;
};
const mean = (values: Iterable<number> & ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

real('fashion_mnist', 'Fashion-MNIST', async () => {
  const parts = await read(sets.fashionMnist);
  expect(counts(parts)).toEqual({ train: 10_000, test: 2_000 });
  // The canonical test set begins with these.
  expect(labels(parts.test, 10)).toEqual([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]);
  expect(histogram(parts.train)).toEqual(new Array(10).fill(1000));
});

real('cifar10', 'CIFAR-10 as JPEG', async () => {
  const parts = await read(sets.cifar10, /60k/);
  expect(counts(parts)).toEqual({ train: 10_000, test: 2_000 });
  expect(histogram(parts.test)).toEqual(new Array(10).fill(200));
  expect(labels(parts.train, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  // The published means of CIFAR-10 are 0.4914, 0.4822, 0.4465.
  const { data: pixels } = parts.train.fields.image;
  [0.4914, 0.4822, 0.4465].forEach((published, channel) => {
    const values = pixels.filter((_, i) => Math.floor(i / 1024) % 3 === channel);
    expect(Math.abs(mean(values) / 255 - published)).toBeLessThan(0.005);
  });
});

real('cifar10', 'the first 4,000 images of CIFAR-10, lossless, in the place of each batch', async () => {
  const platform = nodePlatform();
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  const file = 'cifar10/data_batch_first4000.bin';
  const { parts, record } = await openDataSet(
    {
      ...platform,
      readData: (path) => platform.readData(/_batch/.test(path) ? file : path),
      listData: async () => ({ files: [...names, 'test_batch.bin'].map((path) => ({ path, size: 4000 * 3073 })), named: true }),
    },
    sets.cifar10,
  );
  expect([counts(parts), record.synthetic]).toEqual([{ train: 20_000, test: 4_000 }, false]);
  expect(labels(parts.test, 8)).toEqual([6, 9, 9, 4, 1, 1, 2, 7]);
  // The published mean of red.
  const red = parts.test.fields.image.data.filter((_, i) => Math.floor(i / 1024) % 3 === 0);
  expect(Math.abs(mean(red) / 255 - 0.4914)).toBeLessThan(0.005);
});

real('cifar100', 'CIFAR-100', async () => {
  const parts = await read(sets.cifar100);
  expect(counts(parts)).toEqual({ train: 10_000, test: 2_000 });
  expect(histogram(parts.train)).toEqual(new Array(100).fill(100));
  expect(parts.train.fields.label.names?.slice(0, 3)).toEqual(['apple', 'aquarium_fish', 'baby']);
});

real('tiny_imagenet', 'Tiny ImageNet', async () => {
  const parts = await read(sets.tinyImageNet);
  expect(counts(parts)).toEqual({ train: 5_000, test: 1_000 });
  expect(parts.train.fields.label.names).toHaveLength(100);
  expect(parts.train.fields.label.names?.slice(0, 2)).toEqual(['goldfish', 'European fire salamander']);
  expect(histogram(parts.test)).toEqual(new Array(100).fill(10));
});

real('cotton_leaf', 'cotton leaves', async () => {
  const parts = await read(sets.cottonLeaf);
  expect(counts(parts)).toEqual({ train: 1_951, test: 324 });
  expect(parts.train.fields.label.names).toEqual([
    'diseased_cotton_leaf',
    'diseased_cotton_plant',
    'fresh_cotton_leaf',
    'fresh_cotton_plant',
  ]);
});

real('cotton_leaf', 'six classes of cotton, of photographs of any size', async () => {
  const platform = nodePlatform({ data: join(data as string, 'cotton_leaf') });
  const moved = (path: string) => path.replace('cotton_disease', 'six_class_samples');
  const { parts } = await openDataSet(
    { ...platform, readData: (path) => platform.readData(moved(path)), listData: (path) => platform.listData(moved(path)) },
    sets.cottonDisease,
  );
  expect(parts.train.fields.label.names).toEqual(['Aphids', 'ArmyWorm', 'BacterialBlight', 'Healthy', 'Powdery_Mildew', 'TargetSpot']);
  expect(parts.train.count + parts.test.count).toBeGreaterThan(28);
});

real('imagenet_samples', "photographs of ImageNet's classes", async () => {
  const { test } = await read(sets.imagenetSamples);
  expect(test.count).toBe(43);
  const named = labels(test, 43).map((label) => test.fields.label.names?.[label]);
  expect([named[1], named[14], named[20]]).toEqual(['goldfish', 'flamingo', 'tabby']);
});

real('house_prices', 'the houses of Ames', async () => {
  const { houses } = await read(sets.ames);
  const { SalePrice: price, LotFrontage: street, ...others } = houses.fields;
  expect([houses.count, Object.keys(others).length]).toEqual([1_460, 36]);
  expect(mean(price.data)).toBeCloseTo(180_921.2, 1);
  expect([...street.data].filter(Number.isNaN)).toHaveLength(259);
});

real('imdb', 'IMDb as JSON lines', async () => {
  const parts = await read(sets.imdb);
  expect(counts(parts)).toEqual({ train: 7_500, test: 2_500 });
  expect([histogram(parts.train), histogram(parts.test)]).toEqual([
    [3750, 3750],
    [1250, 1250],
  ]);
  expect(textsOf(parts.test.fields.text)[0]).toMatch(/^I absolutely loved this show\./);
});

real('text', 'WikiText-2, plain texts and tweets', async () => {
  const wiki = await read(sets.wikitext2);
  expect(textsOf(wiki.test.fields.text).join(' ').split(/\s+/).length).toBeGreaterThan(200_000);
  const shakespeare = await read(sets.tinyShakespeare);
  const whole = [...textsOf(shakespeare.train.fields.text), ...textsOf(shakespeare.test.fields.text)].join('\n');
  expect([whole.length, whole.slice(0, 14)]).toEqual([1_115_393, 'First Citizen:']);
  expect((await read(sets.grimm)).train.count).toBeGreaterThan(5_000);
  const quakes = await read(sets.earthquakeTweets);
  expect(quakes.train.count + quakes.test.count).toBe(36_481);
  const disasters = await read(sets.disasterTweets);
  expect(disasters.train.count + disasters.test.count).toBe(7_613);
});

real('glove', 'GloVe: king − man + woman is queen', async () => {
  const { words } = await read(sets.glove);
  expect(counts({ words })).toEqual({ words: 10_000 });
  const names = textsOf(words.fields.word);
  const vector = (word: string) => words.fields.vector.data.subarray(50 * names.indexOf(word), 50 * (names.indexOf(word) + 1));
  const [king, man, woman] = ['king', 'man', 'woman'].map(vector);
  const wanted = king.map((value, i) => value - man[i] + woman[i]);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a, (value, i) => value * b[i]).reduce((sum, value) => sum + value, 0);
  const likeness = names.map((word) => dot(vector(word), wanted) / Math.sqrt(dot(vector(word), vector(word))));
  const best = names.map((word, i) => [word, likeness[i]] as const).sort((a, b) => b[1] - a[1]);
  expect(best.slice(0, 2).map(([word]) => word)).toEqual(['king', 'queen']);
});

real('facial_keypoints', 'faces and their points', async () => {
  const { train, test: held } = await read(sets.facialKeypoints);
  expect([train.count, held.count]).toEqual([1_600, 400]);
  const [points, tested] = [train.fields.points.data, held.fields.points.data];
  const average = Array.from({ length: 30 }, (_, k) => mean(points.filter((_, i) => i % 30 === k)));
  // What predicting the mean scores.
  expect(mean(tested.map((value, i) => (value - average[i % 30]) ** 2))).toBeCloseTo(0.0173, 3);
});

real('msrc_v2', 'MSRC-v2', async () => {
  const { train, test: held } = await read(sets.msrc);
  expect([train.count, held.count, train.fields.mask.names?.length]).toEqual([473, 118, 24]);
  const { data: mask, names = [] } = train.fields.mask;
  const share = (name: string) => mask.filter((value: number) => value === names.indexOf(name)).length / mask.length;
  // 19.4 % and 18.8 % of all pixels; the cut takes some away.
  expect(share('void')).toBeCloseTo(0.194, 1);
  expect(share('grass')).toBeCloseTo(0.188, 1);
});

real('nuclei', 'nuclei', async () => {
  const { train, test: held } = await read(sets.nuclei);
  expect(train.count + held.count).toBe(334);
  const objects = [train, held].flatMap(({ fields: { mask }, count }) =>
    Array.from({ length: count }, (_, i) => new Set(mask.data.subarray(i * 65_536, (i + 1) * 65_536)).size - 1),
  );
  expect(objects.reduce((sum, value) => sum + value, 0)).toBe(9_543);
});

real('bccd', 'BCCD', async () => {
  const parts = await read(sets.bccd);
  expect(counts(parts)).toEqual({ train: 205, validation: 87, test: 72 });
  const classes = Object.values(parts).flatMap(({ fields }) => [...fields.class.data]);
  // 4,155, 372 and 361, less the two boxes that are empty.
  expect([0, 1, 2].map((label) => classes.filter((value) => value === label).length)).toEqual([4_153, 372, 361]);
});

test.skipIf(!data || !existsSync(join(data, 'citeseer'))).each([
  ['cora', 2_708, 1_433, 5_278, [2_708 - 1_640, 140, 500, 1_000]],
  ['citeseer', 3_327, 3_703, 4_552, [3_327 - 1_620, 120, 500, 1_000]],
] as const)('%s, as pickles and as JSON (skipped without TILEGRAD_DATA)', async (name, nodes, words, edges, splits) => {
  const pickled = await read(sets[name]);
  const { nodes: found } = pickled;
  expect([counts(pickled), found.fields.features.shape]).toEqual([{ nodes, edges }, [words]]);
  expect([0, 1, 2, 3].map((part) => [...found.fields.split.data].filter((value) => value === part).length)).toEqual(splits);
  const platform = nodePlatform();
  const json = { ...platform, readData: async (path: string) => (path.endsWith('.json') ? platform.readData(path) : undefined) };
  const { parts } = await openDataSet(json, sets[name]);
  expect([...parts.edges.fields.edge.data].join()).toBe([...pickled.edges.fields.edge.data].join());
  expect(Buffer.compare(parts.nodes.fields.features.data as Uint8Array, found.fields.features.data as Uint8Array)).toBe(0);
  expect([...parts.nodes.fields.split.data].join()).toBe([...found.fields.split.data].join());
  const told = [...found.fields.label.data].map((label, i) => (label < 0 ? parts.nodes.fields.label.data[i] : label));
  expect([...parts.nodes.fields.label.data].join()).toBe(told.join());
  expect([...found.fields.label.data].filter((label) => label < 0).length).toBe(name === 'citeseer' ? 15 : 0);
});
