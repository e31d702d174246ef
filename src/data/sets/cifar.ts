import { formatError, grouped } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import { lines } from '../lines.ts';
import { type LabelledImages, shapesTwin } from './image-twin.ts';
import { classFolders, classParts, imagePart } from './pictures.ts';
import { type DataSet, type Folder, form, type Part, type Reading } from './set.ts';

const SIDE = 32;
const PIXELS = 3 * SIDE * SIDE;
const size = { channels: 3, height: SIDE, width: SIDE } as const;
const licence = 'none stated; for research';
const source = 'https://www.cs.toronto.edu/~kriz/cifar.html';

const cifar10Names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'] as const;

/** Photographs of ten kinds of things, 32×32 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009). */
export const cifar10: DataSet<LabelledImages> = {
  name: 'cifar10',
  title: 'CIFAR-10',
  samples: 'images',
  licence,
  source,
  folder: 'cifar10',
  forms: [
    form({
      title: 'binary records',
      files: {
        batches: {
          folder: 'cifar10',
          pattern: /(?:^|\/)(?:data_batch_[1-5]|test_batch)\.bin$/,
          layout: 'data_batch_{1,2,3,4,5}.bin and test_batch.bin',
          needs: ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin', 'test_batch.bin'],
          archive: {
            path: 'cifar10/cifar-10-binary.tar.gz',
            urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
            sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
            size: 170_052_171,
          },
        },
      },
      async read({ batches }, { limit }) {
        const part = (pattern: RegExp, most = 0) =>
          records(
            batches,
            batches.paths.filter((path) => pattern.test(path)),
            { most, labels: 1, names: cifar10Names },
          );
        return { train: await part(/data_batch_\d\.bin$/, limit.train), test: await part(/test_batch\.bin$/, limit.test) };
      },
    }),
    form({
      title: 'class folders',
      note: 'as JPEG, which costs a network trained on the originals about ten points',
      files: {
        pictures: {
          folder: 'cifar10',
          pattern: /(?:^|\/)(?:train|test)\/(?:airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck)\/[^/]+\.(?:png|jpe?g)$/i,
          layout: '{train,test}/<class>/<image>.jpg or .png',
        },
      },
      read: ({ pictures }, reading) => folders(pictures, reading),
    }),
  ],
  synthetic: shapesTwin(10, size),
};

/** As CIFAR-10, of 100 classes in 20 groups: `label` is the class. */
export const cifar100: DataSet<LabelledImages> = {
  name: 'cifar100',
  title: 'CIFAR-100',
  samples: 'images',
  licence,
  source,
  folder: 'cifar100',
  forms: [
    form({
      title: 'binary records',
      files: {
        batches: {
          folder: 'cifar100',
          pattern: /(?:^|\/)(?:train|test)\.bin$|(?:^|\/)fine_label_names\.txt$/,
          layout: 'train.bin, test.bin and fine_label_names.txt',
          needs: ['train.bin', 'test.bin', 'fine_label_names.txt'],
          archive: {
            path: 'cifar100/cifar-100-binary.tar.gz',
            urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
            sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
            size: 168_513_733,
          },
        },
      },
      read: ({ batches }, reading) => fine(batches, /(?:^|\/)train\.bin$/, /(?:^|\/)test\.bin$/, reading),
    }),
    form({
      title: 'records of a part of it',
      note: 'a fifth of it, not split as the original',
      files: {
        batches: {
          folder: 'cifar100',
          pattern: /(?:^|\/)(?:train_100pc|test_20pc)\.bin\.gz$|(?:^|\/)fine_label_names\.txt$/,
          layout: 'train_100pc.bin.gz, test_20pc.bin.gz and fine_label_names.txt',
          needs: ['train_100pc.bin.gz', 'test_20pc.bin.gz', 'fine_label_names.txt'],
        },
      },
      read: ({ batches }, reading) => fine(batches, /train_100pc\.bin\.gz$/, /test_20pc\.bin\.gz$/, reading),
    }),
    form({
      title: 'class folders',
      files: {
        pictures: {
          folder: 'cifar100',
          pattern: /(?:^|\/)(?:train|test)\/[^/]+\/[^/]+\.(?:png|jpe?g)$/i,
          layout: '{train,test}/<class>/<image>.png or .jpg',
        },
      },
      read: ({ pictures }, reading) => folders(pictures, reading),
    }),
  ],
  synthetic: shapesTwin(100, size),
};

async function folders(pictures: Folder, reading: Reading): Promise<LabelledImages> {
  const { names, parts } = classFolders(pictures.paths, /(?:^|\/)(?<part>train|test)\/(?<class>[^/]+)\/[^/]+$/i);
  if (!parts.train || !parts.test) throw formatError(pictures.source, 'folders train and test', Object.keys(parts).join(', '));
  return classParts(pictures, names, { train: parts.train, test: parts.test }, size, reading);
}

async function fine(batches: Folder, train: RegExp, test: RegExp, { limit }: Reading): Promise<LabelledImages> {
  const list = await batches.read(batches.paths.find((path) => path.endsWith('fine_label_names.txt')) as string);
  const names = lines(list.bytes, list.source).filter((name) => name !== '');
  if (names.length !== 100) throw formatError(list.source, '100 names, a line each', `${names.length}`);
  const part = (pattern: RegExp, most = 0) =>
    records(
      batches,
      batches.paths.filter((path) => pattern.test(path)),
      { most, labels: 2, names },
    );
  return { train: await part(train, limit.train), test: await part(test, limit.test) };
}

interface Records {
  /** 0: all. */
  readonly most: number;
  /** Bytes of labels before each picture; the last one counts. */
  readonly labels: 1 | 2;
  readonly names: readonly string[];
}

/** Records of labels and 3,072 bytes: red, green and blue plane. */
async function records(folder: Folder, paths: readonly string[], { most, labels, names }: Records): Promise<Part<'image' | 'label'>> {
  const record = labels + PIXELS;
  const files: { readonly bytes: Uint8Array; readonly source: string }[] = [];
  for (const path of paths) {
    const { bytes: packed, source: name } = await folder.read(path);
    const bytes = isGzip(packed) ? gunzip(packed, name) : packed;
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw formatError(name, `records of ${grouped(record)} bytes, at least one`, `${grouped(bytes.length)} bytes`);
    }
    files.push({ bytes, source: name });
    if (most && files.reduce((sum, file) => sum + file.bytes.length, 0) >= most * record) break;
  }
  const all = files.reduce((sum, { bytes }) => sum + bytes.length / record, 0);
  const count = Math.min(most || all, all);
  const image = new Uint8Array(count * PIXELS);
  const label = new Uint8Array(count);
  let i = 0;
  for (const { bytes, source: name } of files) {
    for (let at = 0; at < bytes.length && i < count; at += record, i++) {
      label[i] = bytes[at + labels - 1];
      if (label[i] >= names.length) {
        throw formatError(name, `labels 0 to ${names.length - 1}`, `${label[i]} at byte ${grouped(at + labels - 1)}`);
      }
      image.set(bytes.subarray(at + labels, at + record), i * PIXELS);
    }
  }
  return imagePart(image, label, [3, SIDE, SIDE], names);
}
