import type { DataFile } from '../../platform.ts';
import { formatError } from '../format-error.ts';
import { decodeIdx } from '../idx.ts';
import type { DigitSet } from '../synthetic-digits.ts';
import { type DataSet, form, type Part, type SetFile } from './set.ts';

/** Pixels across and down. */
const digitSize = 28;

/** `image`: u8 [1, 28, 28], 0 … 1 in a batch; `label`: 0 … 9. */
export type Digits = { readonly train: Part<'image' | 'label'>; readonly test: Part<'image' | 'label'> };

/** LeCun's own server no longer gives the files out; these are the mirrors that torchvision and TensorFlow's examples use. */
const mirrors = ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'];

const file = (name: string, size: number, sha256: string): SetFile => ({
  path: `mnist/${name}.gz`,
  download: { urls: mirrors.map((mirror) => `${mirror}${name}.gz`), sha256, size },
});

/** Handwritten digits (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998). */
export const mnist: DataSet<Digits> = {
  name: 'mnist',
  title: 'MNIST',
  samples: 'images',
  licence: 'CC BY-SA 3.0',
  source: 'http://yann.lecun.com/exdb/mnist',
  forms: [
    form({
      title: 'four IDX files',
      // Small files first: where a download breaks, it breaks before the long ones are fetched.
      files: {
        testLabels: file('t10k-labels-idx1-ubyte', 4_542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'),
        trainLabels: file('train-labels-idx1-ubyte', 28_881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'),
        testImages: file('t10k-images-idx3-ubyte', 1_648_877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'),
        trainImages: file('train-images-idx3-ubyte', 9_912_422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'),
      },
      read: ({ trainImages, trainLabels, testImages, testLabels }) => ({
        train: idxPart(trainImages, trainLabels),
        test: idxPart(testImages, testLabels),
      }),
    }),
  ],
  synthetic: {
    title: 'digits',
    // Loaded where it is needed.
    async make(seed, { train, test }) {
      const { syntheticDigits } = await import('../synthetic-digits.ts');
      return {
        train: digitsPart(syntheticDigits({ count: train || 60_000, seed, split: 'train' })),
        test: digitsPart(syntheticDigits({ count: test || 10_000, seed, split: 'test' })),
      };
    },
  },
};

/**
 * Grey 28×28 images of ten classes and their labels, as MNIST and the sets made after it have them.
 *
 * @throws DataFormatError where a file is of another shape, or there isn't one label for each image
 */
export function idxPart(imageFile: DataFile, labelFile: DataFile, names?: readonly string[]): Part<'image' | 'label'> {
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
  return digitsPart({ images: images.data, labels: labels.data, count: imageCount }, names);
}

export function digitsPart({ images, labels, count }: DigitSet, names?: readonly string[]): Part<'image' | 'label'> {
  return {
    fields: {
      image: { data: images, shape: [1, digitSize, digitSize], scale: 1 / 255 },
      label: { data: labels, shape: [], dtype: 'i32', ...(names && { names }) },
    },
    count,
  };
}
