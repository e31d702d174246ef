// Pictures in folders that are named after their classes.
import { DataFormatError } from '../../engine/graph/errors.ts';
import { lines } from '../lines.ts';
import { type LabelledImages, shapesTwin } from './image-twin.ts';
import { type ClassFolders, classFolders, classParts, type PictureSize, picturesOf } from './pictures.ts';
import { type DataSet, type Folder, form, type Reading } from './set.ts';

const ending = '[^/]+\\.(?:png|jpe?g)$';

export interface ImageFolders {
  /** Of the set, and of its folder under the data folder. Lower case, without blanks. */
  readonly name: string;
  readonly title?: string;
  readonly licence?: string;
  readonly source?: string;
  /** Every picture is brought to this size: see `PictureSize`. */
  readonly size: PictureSize;
  /** Of the twin; of the real set they are those that its folders name. */
  readonly classes: number;
}

/**
 * A set out of any folder of pictures: `train/<class>/…` and `test/<class>/…` (or `val`), or `<class>/…` alone, of which every fifth of each class
 * becomes `test`. Classes are numbered in the order of their names.
 *
 * ```ts
 * const pets = imageFolders({ name: 'pets', size: { channels: 3, height: 64, width: 64, fit: true }, classes: 2 });
 * ```
 */
export function imageFolders({
  name,
  title = name,
  licence = 'yours',
  source = 'your own pictures',
  size,
  classes,
}: ImageFolders): DataSet<LabelledImages> {
  return {
    ...picturesOf({ name, title, licence, source }),
    forms: [
      form({
        title: 'class folders, split',
        files: {
          pictures: {
            folder: name,
            pattern: new RegExp(`(?:^|/)(?:train|test|val)/[^/]+/${ending}`, 'i'),
            layout: '{train,test}/<class>/<image>.jpg or .png',
          },
        },
        read: ({ pictures }, reading) =>
          splitFolders(pictures, new RegExp(`(?:^|/)(?<part>train|test|val)/(?<class>[^/]+)/${ending}`, 'i'), size, reading),
      }),
      form({
        title: 'class folders',
        files: { pictures: { folder: name, pattern: new RegExp(`(?:^|/)[^/]+/${ending}`, 'i'), layout: '<class>/<image>.jpg or .png' } },
        read: ({ pictures }, reading) => sharedOut(pictures, new RegExp(`(?:^|/)(?<class>[^/]+)/${ending}`, 'i'), size, reading),
      }),
    ],
    synthetic: shapesTwin(classes, size),
  };
}

/** Two classes of cotton plant and two of leaf, fresh and diseased. `val` is the test part. */
export const cottonLeaf = imageFolders({
  name: 'cotton_leaf',
  title: 'Cotton leaves',
  licence: 'none stated',
  source: 'https://github.com/AI-PavanKumar/Cotton-Disease-Prediction-Deep-Learning',
  size: { channels: 3, height: 96, width: 96, fit: true },
  classes: 4,
});

/** Cotton with six states: aphids, army worm, bacterial blight, powdery mildew, target spot, healthy; a folder each. */
export const cottonDisease = imageFolders({
  name: 'cotton_disease',
  title: 'Cotton diseases',
  licence: 'see the source',
  source: 'https://www.kaggle.com/datasets/dhamur/cotton-plant-disease',
  size: { channels: 3, height: 96, width: 96, fit: true },
  classes: 6,
});

const tinySize = { channels: 3, height: 64, width: 64 } as const;

/** 64×64 pictures of ImageNet's classes (Stanford's CS231n). `val`, which has labels, is the test part. `names` are WordNet's first words for the classes. */
export const tinyImageNet: DataSet<LabelledImages> = {
  name: 'tiny_imagenet',
  title: 'Tiny ImageNet',
  samples: 'images',
  licence: 'research only',
  source: 'http://cs231n.stanford.edu/tiny-imagenet-200.zip',
  folder: 'tiny_imagenet',
  forms: [
    form({
      title: 'as published',
      files: {
        pictures: {
          folder: 'tiny_imagenet',
          pattern: new RegExp(`(?:^|/)(?:train/n\\d+/images|val/images)/${ending}|(?:^|/)(?:val/val_annotations|words)\\.txt$`, 'i'),
          layout: 'train/<class>/images/<image>.JPEG, val/images/<image>.JPEG and val/val_annotations.txt',
          needs: ['val_annotations.txt'],
          archive: {
            path: 'tiny_imagenet/tiny-imagenet-200.zip',
            urls: ['http://cs231n.stanford.edu/tiny-imagenet-200.zip'],
            sha256: '6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821',
            size: 248_100_043,
          },
        },
      },
      read: readTinyImageNet,
    }),
    form({
      title: 'class folders',
      files: {
        pictures: {
          folder: 'tiny_imagenet',
          pattern: new RegExp(`(?:^|/)(?:train|val)/n\\d+/${ending}|(?:^|/)classes\\.tsv$`, 'i'),
          layout: '{train,val}/<class>/<image>.JPEG, and classes.tsv for words',
        },
      },
      read: async ({ pictures }, reading) =>
        inWords(
          pictures,
          await splitFolders(pictures, new RegExp(`(?:^|/)(?<part>train|val)/(?<class>n\\d+)/${ending}`, 'i'), tinySize, reading),
        ),
    }),
  ],
  synthetic: shapesTwin(100, tinySize),
};

async function readTinyImageNet({ pictures }: { readonly pictures: Folder }, reading: Reading): Promise<LabelledImages> {
  const { names, parts } = classFolders(pictures.paths, new RegExp(`(?:^|/)(?<part>train)/(?<class>n\\d+)/images/${ending}`, 'i'));
  const list = await pictures.read(pictures.paths.find((path) => path.endsWith('val_annotations.txt')) as string);
  const folder =
    list.source &&
    (pictures.paths.find((path) => path.endsWith('val_annotations.txt')) as string).replace(/val_annotations\.txt$/, 'images/');
  const there = new Set(pictures.paths);
  const test = lines(list.bytes, list.source).map((line, i) => {
    const [file = '', name = ''] = line.split('\t');
    const label = names.indexOf(name);
    const path = folder + file;
    if (label >= 0 && there.has(path)) return { path, label };
    throw new DataFormatError(
      `${list.source}, line ${i + 1}: expected an image of val/images and one of the ${names.length} classes of train, found ${JSON.stringify(line.slice(0, 60))}. The set is cut off, or the list is of another one.`,
    );
  });
  return inWords(pictures, await build(pictures, names, { train: parts.train ?? [], test }, tinySize, reading));
}

/** WordNet's first word for each class, from a list of number, tab, words between commas; without one the numbers stay. */
async function inWords(pictures: Folder, parts: LabelledImages): Promise<LabelledImages> {
  const path = pictures.paths.find((name) => /(?:words\.txt|classes\.tsv)$/.test(name));
  if (!path) return parts;
  const list = await pictures.read(path);
  const words = new Map(lines(list.bytes, list.source).map((line) => line.split('\t', 2) as [string, string]));
  const named = ({ fields: { image, label }, ...part }: LabelledImages['train']): LabelledImages['train'] => {
    const names = label.names?.map((name) => (words.get(name) ?? name).split(',', 1).join().trim());
    return { ...part, fields: { image, label: { ...label, ...(names && { names }) } } };
  };
  return { train: named(parts.train), test: named(parts.test) };
}

function splitFolders(pictures: Folder, pattern: RegExp, size: PictureSize, reading: Reading): Promise<LabelledImages> {
  const { names, parts } = classFolders(pictures.paths, pattern);
  return build(pictures, names, { train: parts.train ?? [], test: parts.test ?? parts.val ?? [] }, size, reading);
}

function sharedOut(pictures: Folder, pattern: RegExp, size: PictureSize, reading: Reading): Promise<LabelledImages> {
  const { names, parts } = classFolders(pictures.paths, pattern);
  const all = parts.train ?? [];
  const turns = new Map<number, number>();
  const held = all.map(({ label }) => {
    const turn = turns.get(label) ?? 0;
    turns.set(label, turn + 1);
    return turn % 5 === 4;
  });
  return build(pictures, names, { train: all.filter((_, i) => !held[i]), test: all.filter((_, i) => held[i]) }, size, reading);
}

async function build(
  pictures: Folder,
  names: readonly string[],
  { train, test }: { readonly train: ClassFolders['parts'][string]; readonly test: ClassFolders['parts'][string] },
  size: PictureSize,
  reading: Reading,
): Promise<LabelledImages> {
  for (const [name, samples] of Object.entries({ train, test })) {
    if (samples.length === 0)
      throw new DataFormatError(`${pictures.source}: expected pictures to train and to test with, found none for ${name}.`);
  }
  if (names.length < 2 || names.length > 256) {
    throw new DataFormatError(`${pictures.source}: expected 2 to 256 classes, a folder each, found ${names.length}.`);
  }
  return classParts(pictures, names, { train, test }, size, reading);
}
