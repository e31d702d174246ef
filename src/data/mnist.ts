import { DataFormatError } from '../engine/graph/errors.ts';
import type { DataFile, Platform } from '../platform.ts';
import type { DataRecord } from '../train/project.ts';
import { formatError, grouped } from './format-error.ts';
import { decodeIdx } from './idx.ts';
import { type DigitSet, digitSize, syntheticDigits } from './synthetic-digits.ts';

export interface MnistOptions {
  /** Use only the first so many images. Default: all 60,000 and 10,000. */
  readonly trainCount?: number;
  readonly testCount?: number;
  /** Of the synthetic digits, where those have to stand in. Default 0. */
  readonly seed?: number;
}

export interface Mnist {
  readonly train: DigitSet;
  readonly test: DigitSet;
  /** Which data this is; hand it to `context.data`. */
  readonly record: DataRecord;
}

/** LeCun's own server no longer gives the files out; these are the mirrors that torchvision and TensorFlow's examples use. */
const mirrors = ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'];

/** Small files first: where a download breaks, it breaks before the long ones are fetched. */
const files = {
  testLabels: { name: 't10k-labels-idx1-ubyte', size: 4_542, sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6' },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    size: 28_881,
    sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    size: 1_648_877,
    sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  },
  trainImages: {
    name: 'train-images-idx3-ubyte',
    size: 9_912_422,
    sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  },
} as const;

type FileKey = keyof typeof files;
const keys = Object.keys(files) as FileKey[];

/**
 * MNIST (LeCun, Cortes and Burges; http://yann.lecun.com/exdb/mnist): from the user's data folder (`mnist/`, gzipped or not), else from the
 * cache or the mirrors, else synthetic digits in its place, which `record` says. Real and synthetic data never mix.
 *
 * @throws DataFormatError when some of the four files are there and others not, or when one is damaged or does not fit the others.
 */
export async function loadMnist(platform: Platform, options: MnistOptions = {}): Promise<Mnist> {
  const found = (await fromDataFolder(platform)) ?? (await fromDownload(platform));
  return found ? real(found, options) : synthetic(options);
}

async function fromDataFolder(platform: Platform): Promise<Record<FileKey, DataFile> | undefined> {
  return gather(
    async ({ name }) => (await platform.readData(`mnist/${name}.gz`)) ?? (await platform.readData(`mnist/${name}`)),
    (have, missing) =>
      `mnist: expected all four files in the data folder, found ${have} and no ${missing}. Add what is missing, or move the mnist folder away to have the set downloaded.`,
  );
}

async function fromDownload(platform: Platform): Promise<Record<FileKey, DataFile> | undefined> {
  return gather(
    ({ name, size, sha256 }) =>
      platform.fetchCached({ urls: mirrors.map((mirror) => `${mirror}${name}.gz`), path: `mnist/${name}.gz`, sha256, size }),
    (have, missing) =>
      `mnist: expected all four files from the download, got ${have} and not ${missing}: the network can't be reached any more. Run again when it can; what has arrived is kept.`,
    true,
  );
}

/** All four files, or none. `stopEarly`: with nothing found so far, one miss is enough (each may cost a connection's timeout). */
async function gather(
  get: (file: { readonly name: string; readonly size: number; readonly sha256: string }) => Promise<DataFile | undefined>,
  complaint: (have: string, missing: string) => string,
  stopEarly = false,
): Promise<Record<FileKey, DataFile> | undefined> {
  const found: Partial<Record<FileKey, DataFile>> = {};
  const missing: string[] = [];
  for (const key of keys) {
    const file = await get(files[key]);
    if (file) found[key] = file;
    else missing.push(`${files[key].name}.gz`);
    if (stopEarly && missing.length) break;
  }
  const have = keys.filter((key) => found[key]);
  if (!have.length) return undefined;
  if (missing.length) throw new DataFormatError(complaint(have.map((key) => files[key].name).join(', '), missing.join(', ')));
  return found as Record<FileKey, DataFile>;
}

function real(found: Record<FileKey, DataFile>, options: MnistOptions): Mnist {
  const train = checkedSet(found.trainImages, found.trainLabels, options.trainCount);
  const test = checkedSet(found.testImages, found.testLabels, options.testCount);
  const place = found.trainImages.source.replace(/[^/\\]*$/, '') || found.trainImages.source;
  return {
    train,
    test,
    record: {
      name: 'mnist',
      synthetic: false,
      description: `MNIST, ${grouped(train.count)} training and ${grouped(test.count)} test images, from ${place}`,
      files: keys.map((key) => ({ source: found[key].source, sha256: found[key].sha256 })),
    },
  };
}

function checkedSet(imageFile: DataFile, labelFile: DataFile, limit = Number.POSITIVE_INFINITY): DigitSet {
  const images = decodeIdx(imageFile.bytes, imageFile.source);
  const labels = decodeIdx(labelFile.bytes, labelFile.source);
  const [imageCount, height, width] = images.shape;
  if (images.dtype !== 'u8' || images.shape.length !== 3 || height !== digitSize || width !== digitSize) {
    throw formatError(imageFile.source, 'u8 images of shape [n, 28, 28]', `${images.dtype} values of shape [${images.shape.join(', ')}]`);
  }
  if (labels.dtype !== 'u8' || labels.shape.length !== 1)
    throw formatError(labelFile.source, 'u8 labels of shape [n]', `${labels.dtype} values of shape [${labels.shape.join(', ')}]`);
  if (imageCount !== labels.data.length || imageCount === 0)
    throw formatError(
      labelFile.source,
      `one label for each of the ${imageCount} images of ${imageFile.source}, at least one`,
      `${labels.data.length}`,
    );
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) throw formatError(labelFile.source, 'labels 0 to 9', `${labels.data[wrong]} as label ${wrong}`);
  const count = Math.min(limit, labels.data.length);
  return { images: images.data.subarray(0, count * digitSize * digitSize), labels: labels.data.subarray(0, count), count };
}

function synthetic({ trainCount = 60000, testCount = 10000, seed = 0 }: MnistOptions): Mnist {
  const train = syntheticDigits({ count: trainCount, seed, split: 'train' });
  const test = syntheticDigits({ count: testCount, seed, split: 'test' });
  return {
    train,
    test,
    record: {
      name: 'synthetic-digits',
      synthetic: true,
      description: `SYNTHETIC digits in place of MNIST (no data folder holds it and it can't be downloaded): ${grouped(train.count)} training and ${grouped(test.count)} test images drawn from seed ${seed}. Accuracies don't compare with MNIST's.`,
      files: [],
    },
  };
}
