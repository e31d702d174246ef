import { type DataSet, form, type Part, type SetFile } from './set.ts';

/** `image`: u8 [1, 28, 28], 0 … 1 in a batch; `label`: 0 … 9. */
export type Digits = { readonly train: Part<'image' | 'label'>; readonly test: Part<'image' | 'label'> };

/** LeCun's own server no longer gives the files out; these are the mirrors that torchvision and TensorFlow's examples use. */
const mirrors = ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'];

/** What reads and draws is loaded where it is needed. */
const reader = () => import('./idx-images.ts');

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
      async read({ trainImages, trainLabels, testImages, testLabels }) {
        const { idxPart } = await reader();
        return { train: idxPart(trainImages, trainLabels), test: idxPart(testImages, testLabels) };
      },
    }),
  ],
  synthetic: {
    title: 'digits',
    async make(seed, { train, test }) {
      const [{ syntheticDigits }, { digitsPart }] = await Promise.all([import('../synthetic-digits.ts'), reader()]);
      return {
        train: digitsPart(syntheticDigits({ count: train || 60_000, seed, split: 'train' })),
        test: digitsPart(syntheticDigits({ count: test || 10_000, seed, split: 'test' })),
      };
    },
  },
};
