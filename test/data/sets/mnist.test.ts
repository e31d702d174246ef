import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { nodePlatform } from '../../../runtime/node/platform.ts';
import { mnist } from '../../../src/data/sets/mnist.ts';
import { openDataSet } from '../../../src/data/sets/open.ts';
import { DataFormatError } from '../../../src/engine/graph/errors.ts';
import { idxFile } from '../idx-files.ts';
import { platformOf } from './platforms.ts';

const pixels = (count: number): Uint8Array => idxFile(8, [count, 28, 28], new Uint8Array(count * 784).fill(7));
const four: Record<string, Uint8Array> = {
  'train-images-idx3-ubyte': pixels(3),
  'train-labels-idx1-ubyte': idxFile(8, [3], [5, 0, 4]),
  't10k-images-idx3-ubyte': pixels(2),
  't10k-labels-idx1-ubyte': idxFile(8, [2], [7, 2]),
};

const under = (files: Record<string, Uint8Array>, zipped: boolean): Record<string, Uint8Array> =>
  Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [`mnist/${name}${zipped ? '.gz' : ''}`, zipped ? gzipSync(bytes) : bytes]),
  );

describe('where it comes from', () => {
  test.each([true, false])('the data folder first (gzipped: %s)', async (zipped) => {
    const platform = platformOf(under(four, zipped), under(four, true));
    const { parts, record } = await openDataSet(platform, mnist);
    expect(parts.train.fields.label.data).toEqual(Uint8Array.of(5, 0, 4));
    expect(parts.train.fields.image.data.length).toBe(3 * 784);
    expect(parts.test.count).toBe(2);
    expect(record).toMatchObject({
      name: 'mnist',
      synthetic: false,
      description: 'MNIST, 3 training and 2 test images, from /data/mnist/',
    });
    expect(record.files.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    expect(platform.requests).toEqual([]);
  });

  test('then the download, by its canonical names and digests', async () => {
    const platform = platformOf({}, under(four, true));
    const { record } = await openDataSet(platform, mnist, { use: { limit: { train: 2 } } });
    expect(record.description).toBe('MNIST, 2 training and 2 test images, from https://ossci-datasets.s3.amazonaws.com/mnist/');
    expect(platform.requests.map(({ path }) => path).sort()).toEqual(Object.keys(under(four, true)).sort());
    for (const { urls, sha256 } of platform.requests) expect([urls.length, sha256.length]).toEqual([2, 64]);
  });

  test('then synthetic digits, which the record says', async () => {
    const platform = platformOf({});
    const { parts, record } = await openDataSet(platform, mnist, { use: { limit: { train: 12, test: 5 } }, seed: 3 });
    expect([parts.train.count, parts.test.count, parts.train.fields.image.data.length]).toEqual([12, 5, 12 * 784]);
    expect(record).toMatchObject({ name: 'mnist', synthetic: true, files: [] });
    expect(record.description).toMatch(
      /^SYNTHETIC digits in place of MNIST \(.*downloaded\): 12 training and 5 test images drawn from seed 3/,
    );
    expect(platform.requests.length).toBe(1);
  });

  test('never a mixture: what is missing is named', async () => {
    const { 'mnist/t10k-labels-idx1-ubyte.gz': _, ...three } = under(four, true);
    await expect(openDataSet(platformOf(three, under(four, true)), mnist)).rejects.toThrow(
      /in the data folder, found .* and no t10k-labels-idx1-ubyte\.gz/,
    );
    const { 'mnist/train-images-idx3-ubyte.gz': __, ...rest } = under(four, true);
    await expect(openDataSet(platformOf({}, rest), mnist)).rejects.toThrow(/from the download, got .* and not train-images-idx3-ubyte\.gz/);
  });
});

describe('what it refuses', () => {
  test.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      'counts that disagree',
      { 'train-labels-idx1-ubyte': idxFile(8, [2], [5, 0]) },
      /train-labels.*one label for each of the 3 images .* found 2/,
    ],
    ['labels over 9', { 't10k-labels-idx1-ubyte': idxFile(8, [2], [7, 10]) }, /labels 0 to 9, found 10 as label 1/],
    [
      'images of another size',
      { 't10k-images-idx3-ubyte': idxFile(8, [2, 2, 2], new Uint8Array(8)) },
      /\[n, 28, 28\], found u8 values of shape \[2, 2, 2\]/,
    ],
    ['images in place of labels', { 't10k-labels-idx1-ubyte': pixels(2) }, /labels of shape \[n\]/],
    [
      'a damaged file',
      { 't10k-images-idx3-ubyte': pixels(2).subarray(0, 900) },
      /\/data\/mnist\/t10k-images-idx3-ubyte\.gz: expected 1,584 bytes/,
    ],
  ])('%s', async (_, changed, message) => {
    const promise = openDataSet(platformOf(under({ ...four, ...changed }, true)), mnist);
    await expect(promise).rejects.toThrow(DataFormatError);
    await expect(promise).rejects.toThrow(message);
  });
});

const data = process.env.TILEGRAD_DATA;

test.skipIf(!data || !existsSync(join(data, 'mnist')))('the real set (skipped without TILEGRAD_DATA)', async () => {
  const { parts, record } = await openDataSet(nodePlatform(), mnist);
  const { train, test: held } = parts;
  expect([train.count, held.count]).toEqual([60_000, 10_000]);
  expect([...train.fields.label.data.subarray(0, 8)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
  expect([...held.fields.label.data.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  // The first image, a 5, begins at row 5 with these values.
  expect([...train.fields.image.data.subarray(5 * 28 + 12, 5 * 28 + 18)]).toEqual([3, 18, 18, 18, 126, 136]);
  expect(record.synthetic).toBe(false);
});
