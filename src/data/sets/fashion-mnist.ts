import type { DataFile } from '../../platform.ts';
import { idxPart } from './idx-images.ts';
import { type LabelledImages, shapesTwin } from './image-twin.ts';
import { type DataSet, form, type SetFile } from './set.ts';

const mirror = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/';
const file = (name: string, size: number, sha256: string): SetFile => ({
  path: `fashion_mnist/${name}.gz`,
  download: { urls: [`${mirror}${name}.gz`], sha256, size },
});

const names = ['T-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'];
const read = ({ trainImages, trainLabels, testImages, testLabels }: Readonly<Record<Key, DataFile>>): LabelledImages => ({
  train: idxPart(trainImages, trainLabels, names),
  test: idxPart(testImages, testLabels, names),
});
type Key = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';

/** Ten kinds of clothes in MNIST's form (Xiao, Rasul and Vollgraf, 2017). */
export const fashionMnist: DataSet<LabelledImages> = {
  name: 'fashion_mnist',
  title: 'Fashion-MNIST',
  samples: 'images',
  licence: 'MIT',
  source: 'https://github.com/zalandoresearch/fashion-mnist',
  folder: 'fashion_mnist',
  forms: [
    form({
      title: 'four IDX files',
      files: {
        testLabels: file('t10k-labels-idx1-ubyte', 5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'),
        trainLabels: file('train-labels-idx1-ubyte', 29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'),
        testImages: file('t10k-images-idx3-ubyte', 4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'),
        trainImages: file('train-images-idx3-ubyte', 26_421_880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'),
      },
      read,
    }),
    form({
      title: 'four IDX files of a part of it',
      note: 'a sixth of it',
      files: {
        trainImages: { path: 'fashion_mnist/train10k-images-idx3-ubyte.gz' },
        trainLabels: { path: 'fashion_mnist/train10k-labels-idx1-ubyte.gz' },
        testImages: { path: 'fashion_mnist/t2k-images-idx3-ubyte.gz' },
        testLabels: { path: 'fashion_mnist/t2k-labels-idx1-ubyte.gz' },
      },
      read,
    }),
  ],
  synthetic: shapesTwin(10, { channels: 1, height: 28, width: 28 }),
};
