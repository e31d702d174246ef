// A small real one of each set, in the form it is spread in: what readers are tried on, whole and broken.

import { encode as encodePng } from 'fast-png';
import { gzipSync, strToU8, zipSync } from 'fflate';
import { encode } from 'jpeg-js';
import { idxFile } from '../idx-files.ts';
import type { Files } from './platforms.ts';

export const text = (...lines: readonly string[]) => strToU8(`${lines.join('\n')}\n`);
export const bytes = (count: number, factor = 7) => Uint8Array.from({ length: count }, (_, i) => (i * factor) & 255);

/** A ustar archive of these files. */
export function tarFile(files: Files): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const header = new Uint8Array(512);
    const put = (at: number, field: string) => header.set(strToU8(field), at);
    put(0, name);
    put(100, '0000644\0');
    put(124, `${content.length.toString(8).padStart(11, '0')}\0`);
    put(148, ' '.repeat(8));
    put(156, '0');
    put(257, 'ustar\0' + '00');
    put(
      148,
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
    );
    const padded = new Uint8Array(Math.ceil(content.length / 512) * 512);
    padded.set(content);
    return [header, padded];
  });
  const out = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 1024));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

export const under = (folder: string, files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
export const tarred = (files: Files) => gzipSync(tarFile(files));
export const zipped = (files: Files) => zipSync(files);

export const jpeg = (width: number, height: number, shade = 90): Uint8Array =>
  encode(
    { width, height, data: Uint8Array.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : shade + ((i >> 2) % width))) },
    90,
  ).data;
export const png = (width: number, height: number, channels: 1 | 3 = 1, value: (i: number) => number = (i) => i & 255): Uint8Array =>
  encodePng({ width, height, channels, data: Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)) });

const idx = (prefix: string, count: number, names: readonly [string, string]): Files => ({
  [`${prefix}/${names[0]}`]: gzipSync(idxFile(8, [count, 28, 28], bytes(count * 784))),
  [`${prefix}/${names[1]}`]: gzipSync(
    idxFile(
      8,
      [count],
      Array.from({ length: count }, (_, i) => i % 10),
    ),
  ),
});

/** Records of one label byte or two, and 3,072 bytes. */
export function cifarRecords(labels: readonly number[], coarse = false): Uint8Array {
  const record = coarse ? 3074 : 3073;
  const out = bytes(labels.length * record);
  labels.forEach((label, i) => {
    out[i * record] = coarse ? 1 : label;
    if (coarse) out[i * record + 1] = label;
  });
  return out;
}
const hundred = Array.from({ length: 100 }, (_, i) => `thing_${i}`);

const points = (...images: readonly string[]) =>
  text(
    ['image', ...Array.from({ length: 15 }, (_, i) => `x${i},y${i}`)].join(),
    ...images.map((image, row) => [image, ...Array.from({ length: 30 }, (_, i) => 3 * i + row)].join()),
  );

const annotation = (...objects: readonly (readonly [string, number, number, number, number])[]) =>
  text(
    '<annotation>',
    ...objects.map(
      ([name, ...box]) =>
        `<object><name>${name}</name><bndbox>${['xmin', 'ymin', 'xmax', 'ymax'].map((tag, i) => `<${tag}>${box[i]}</${tag}>`).join('')}</bndbox></object>`,
    ),
    '</annotation>',
  );

export const samples: Readonly<Record<string, readonly Files[]>> = {
  mnist: [
    {
      ...idx('mnist', 12, ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz']),
      ...idx('mnist', 5, ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz']),
    },
  ],
  fashionMnist: [
    {
      ...idx('fashion_mnist', 12, ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz']),
      ...idx('fashion_mnist', 5, ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz']),
    },
    {
      ...idx('fashion_mnist', 12, ['train10k-images-idx3-ubyte.gz', 'train10k-labels-idx1-ubyte.gz']),
      ...idx('fashion_mnist', 5, ['t2k-images-idx3-ubyte.gz', 't2k-labels-idx1-ubyte.gz']),
    },
  ],
  cifar10: [
    {
      'cifar10/cifar-10-binary.tar.gz': tarred(
        under('cifar-10-batches-bin', {
          ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, cifarRecords([i, 9, 0])])),
          'test_batch.bin': cifarRecords([3, 8]),
        }),
      ),
    },
    Object.fromEntries(
      ['train', 'test'].flatMap((part) =>
        ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'].flatMap((name, i) =>
          [0, 1].map((k) => [`cifar10/images-master/${part}/${name}/${k}.jpg`, jpeg(32, 32, 10 * i + k)] as const),
        ),
      ),
    ),
  ],
  cifar100: [
    under('cifar100/cifar-100-binary', {
      'train.bin': cifarRecords([5, 99, 0, 17], true),
      'test.bin': cifarRecords([42], true),
      'fine_label_names.txt': text(...hundred),
    }),
    under('cifar100', {
      'train_100pc.bin.gz': gzipSync(cifarRecords([5, 99, 0, 17], true)),
      'test_20pc.bin.gz': gzipSync(cifarRecords([42], true)),
      'fine_label_names.txt': text(...hundred),
    }),
  ],
  tinyImageNet: [
    {
      'tiny_imagenet/tiny-imagenet-200.zip': zipped(
        under('tiny-imagenet-200', {
          'train/n01443537/images/n01443537_0.JPEG': jpeg(64, 64),
          'train/n01629819/images/n01629819_0.JPEG': jpeg(64, 64),
          'val/images/val_0.JPEG': jpeg(64, 64, 30),
          'val/val_annotations.txt': text('val_0.JPEG\tn01629819\t0\t32\t44\t62'),
          'test/images/test_0.JPEG': jpeg(64, 64),
          'wnids.txt': text('n01443537', 'n01629819'),
          'words.txt': text('n01443537\tgoldfish, Carassius auratus', 'n01629819\tEuropean fire salamander, Salamandra salamandra'),
        }),
      ),
    },
    {
      'tiny_imagenet/tiny.tar.gz': tarred({
        'train/n01443537/a.JPEG': jpeg(64, 64),
        'train/n02/b.JPEG': jpeg(64, 64),
        'val/n02/c.JPEG': jpeg(64, 64),
        'classes.tsv': text('n01443537\tgoldfish, Carassius auratus'),
      }),
    },
  ],
  cottonLeaf: [
    {
      'cotton_leaf/cotton.tar.gz': tarred({
        'train/fresh/0.jpg': jpeg(96, 96),
        'train/ill/0.jpg': jpeg(130, 99),
        'val/ill/1.png': png(96, 96, 3),
      }),
    },
  ],
  cottonDisease: [
    Object.fromEntries(
      ['Aphids', 'Healthy'].flatMap((name) =>
        [0, 1, 2, 3, 4].map((i) => [`cotton_disease/photos/${name}/${i}.jpg`, jpeg(100, 120, 5 * i)] as const),
      ),
    ),
  ],
  imagenetSamples: [
    under('imagenet_samples', {
      '001_n01443537_goldfish.JPEG': jpeg(90, 60),
      '130_n02007558_flamingo.JPEG': jpeg(30, 40),
      'imagenet_classes.txt': text(...Array.from({ length: 1000 }, (_, i) => `thing ${i}`)),
    }),
  ],
  ames: [
    {
      'house_prices/train.csv': text(
        'OverallQual,OverallCond,YearBuilt,GrLivArea,TotalBsmtSF,LotArea,LotFrontage,GarageCars,Fireplaces,Street,SalePrice',
        '7,5,2003,1710,856,8450,65,2,0,Pave,208500',
        '6,8,1976,1262,1262,9600,NA,2,1,Pave,181500',
      ),
    },
  ],
  imdb: [
    {
      'imdb/aclImdb_v1.tar.gz': tarred({
        'aclImdb/train/pos/0_9.txt': text('Good, and très bien.'),
        'aclImdb/train/neg/0_3.txt': text('Bad.'),
        'aclImdb/test/pos/0_10.txt': text('A <br /> B'),
        'aclImdb/train/unsup/0_0.txt': text('none'),
      }),
    },
    {
      'imdb/my_train.jsonl.gz': gzipSync(text('{"id":"a","label":1,"text":"good"}', '{"label":0,"text":"b\\u00e4d"}')),
      'imdb/my_test.jsonl': text('{"label":0,"text":"so so"}'),
    },
    {
      'imdb/IMDB Dataset.csv': text('review,sentiment', '"Good, and très<br />bien.",positive', 'Bad.,negative', '"so ""so"" ",negative'),
    },
  ],
  wikitext2: [
    { 'text/wikitext-2/train.txt': text('', ' = A = ', ' word'), 'text/wikitext-2/test.txt': text('', ' b') },
    { 'text/wikitext-2/valid.txt': text('', ' = A = ', ' word'), 'text/wikitext-2/test.txt': text('', ' b') },
  ],
  tinyShakespeare: [{ 'text/tiny_shakespeare.txt': text('First Citizen:', 'Before we proceed any further', '') }],
  grimm: [{ 'text/book_EN_grimms_fairy_tails.txt': text('THE GOLDEN BIRD', 'A certain king') }],
  earthquakeTweets: [
    { 'text/earthquake_tweets.csv.gz': gzipSync(text('text', ...Array.from({ length: 20 }, (_, i) => `"message, ${i}"`))) },
  ],
  disasterTweets: [
    { 'text/disaster_tweets/train.csv': text('id,text,target', ...Array.from({ length: 20 }, (_, i) => `${i},message ${i},${i % 2}`)) },
  ],
  glove: [
    {
      'glove/glove.zip': zipped({
        'glove.6B.50d.10k.txt': text(...['the', 'of', '\u00e9t\u00e9'].map((word, i) => `${word} ${bytes(50, i + 1).join(' ')}`)),
      }),
    },
    { 'glove/x.50d.txt': text('2 50', ...['the', 'New York'].map((word) => `${word} ${Array(50).fill('-1.5e-2').join(' ')}`)) },
  ],
  facialKeypoints: [
    {
      'facial_keypoints/faces.tar.gz': tarred({ 'train/a.png': png(96, 96), 'train/b.png': png(96, 96), 'test/c.png': png(96, 96) }),
      'facial_keypoints/train_15pts.csv': points('train/a.png', 'train/b.png'),
      'facial_keypoints/test_15pts.csv': points('test/c.png'),
    },
    {
      'facial_keypoints/training.csv': text(
        `${Array.from({ length: 30 }, (_, k) => `point_${k >> 1}_${k % 2 ? 'y' : 'x'}`).join()},Image`,
        // Every seventh face lacks a point.
        ...Array.from({ length: 14 }, (_, i) =>
          [...Array.from({ length: 30 }, (_, k) => (i % 7 === 6 && k === 3 ? '' : 20.5 + k + i)), bytes(96 * 96, i).join(' ')].join(),
        ),
      ),
    },
  ],
  msrc: [
    {
      'msrc_v2/msrc.tar.gz': tarred(
        Object.fromEntries(
          [0, 1, 2, 3, 4].flatMap((i) => [
            [`images/${i}_s.jpg`, i % 2 ? jpeg(64, 43) : jpeg(43, 64)],
            [`labels/${i}_s.png`, i % 2 ? png(64, 43, 1, (p) => p % 3) : png(43, 64, 1, (p) => p % 3)],
          ]),
        ),
      ),
      'msrc_v2/classes.txt': text('0 void', '1 building', '2 grass'),
    },
  ],
  nuclei: [
    under(
      'nuclei/stage1_train',
      Object.fromEntries(
        [0, 1, 2, 3, 4, 5].flatMap((i) => {
          const name = (digit: string) => digit.repeat(64);
          const folder = name(`${i}`);
          return [
            [`${folder}/images/${folder}.png`, i === 0 ? png(64, 64) : png(256, 256, 3)],
            ...['a', 'b'].map((digit, k) => [`${folder}/masks/${name(digit)}.png`, png(256, 256, 1, (p) => (p >> 4 === i + k ? 255 : 0))]),
          ] as [string, Uint8Array][];
        }),
      ),
    ),
    under(
      'nuclei/data',
      Object.fromEntries(
        [0, 1, 2, 3, 4].flatMap((i) => [
          [`images/${i}.png`, png(256, 256)],
          [`instances/${i}.png`, png(256, 256, 1, (p) => (p >> 8) & 3)],
        ]),
      ),
    ),
  ],
  bccd: [
    under('bccd/BCCD', {
      ...Object.fromEntries(
        ['a', 'b', 'c'].flatMap((name) => [
          [`JPEGImages/${name}.jpg`, jpeg(80, 60)],
          [`Annotations/${name}.xml`, annotation(['RBC', 10, 20, 50, 60], ['WBC', 60, 40, 90, 70], ['Platelets', 5, 5, 5, 9])],
        ]),
      ),
      'ImageSets/Main/train.txt': text('a'),
      'ImageSets/Main/val.txt': text('b'),
      'ImageSets/Main/test.txt': text('c'),
    }),
  ],
  cora: [
    {
      'cora/cora.json': strToU8(
        JSON.stringify({
          n: 3,
          f: 5,
          classes: 2,
          labels: [0, 1, 1],
          edges: [
            [0, 1],
            [2, 1],
          ],
          features_csr_indptr: [0, 2, 3, 3],
          features_csr_indices: [0, 4, 2],
          train: [0],
          val: [1],
          test: [2],
        }),
      ),
    },
  ],
  citeseer: [
    {
      'citeseer/citeseer.json': strToU8(
        JSON.stringify({
          num_nodes: 3,
          num_features: 5,
          num_classes: 2,
          labels: [0, 1, -1],
          edges: [[0, 1]],
          features: [[1, 2], [0], []],
          train: [0],
          val: [1],
          test: [2],
        }),
      ),
    },
  ],
};
