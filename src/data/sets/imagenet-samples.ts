import { formatError } from '../format-error.ts';
import { fitImage } from '../image/resize.ts';
import { lines } from '../lines.ts';
import { shapeClasses } from '../synthetic-shapes.ts';
import { eachPicture, picturesOf } from './pictures.ts';
import { type DataSet, type Folder, form, type Part } from './set.ts';

/** `image`: u8 [3, 224, 224], 0 … 1 in a batch; `label`: 0 … 999, i32. */
export type Samples = { readonly test: Part<'image' | 'label'> };

const CLASSES = 1000;
/** The shorter side becomes 256 pixels, and the middle square of 224 is what networks for ImageNet get, as published. */
const [SCALED, SIDE] = [256, 224];
const names = { path: 'imagenet_samples/imagenet_classes.txt' } as const;

/** A photograph of each of some of ImageNet's classes, as networks trained on it take them. Too few to train with. */
export const imagenetSamples: DataSet<Samples> = {
  ...picturesOf({
    name: 'imagenet_samples',
    title: 'ImageNet samples',
    licence: 'research only',
    source: 'https://github.com/EliSchwartz/imagenet-sample-images',
  }),
  forms: [
    form({
      title: 'numbered by class',
      files: {
        pictures: {
          folder: 'imagenet_samples',
          pattern: /(?:^|\/)\d{3}_n\d{8}_[^/]+\.jpe?g$/i,
          layout: '<class 000 … 999>_<WordNet number>_<name>.JPEG',
        },
        names,
      },
      read: async ({ pictures, names }, { limit, progress }) => {
        const words = lines(names.bytes, names.source).filter((name) => name !== '');
        if (words.length !== CLASSES) throw formatError(names.source, `${CLASSES} names, a line each`, `${words.length}`);
        return { test: await samples(pictures, words, limit.test || pictures.paths.length, progress) };
      },
    }),
  ],
  synthetic: {
    title: 'shapes',
    make: (seed, { test }) => {
      const size = { channels: 3, height: SIDE, width: SIDE } as const;
      const { images, labels } = shapeClasses(test || 40, 100, size, seed, 2);
      return {
        test: part(
          images,
          Int32Array.from(labels),
          Array.from({ length: CLASSES }, (_, i) => `class ${i}`),
        ),
      };
    },
  },
};

async function samples(
  folder: Folder,
  names: readonly string[],
  most: number,
  progress: (done: number, total: number) => void,
): Promise<Samples['test']> {
  const wanted = folder.paths.slice(0, most);
  const bytes = 3 * SIDE * SIDE;
  const out = new Uint8Array(wanted.length * bytes);
  await eachPicture(
    folder,
    wanted,
    (image, i) => {
      const scaled = fitImage(image, { channels: 3, height: SCALED, width: SCALED });
      const from = (SCALED - SIDE) / 2;
      for (let row = 0; row < 3 * SIDE; row++) {
        const at = Math.floor(row / SIDE) * SCALED ** 2 + (from + (row % SIDE)) * SCALED + from;
        out.set(scaled.subarray(at, at + SIDE), i * bytes + row * SIDE);
      }
      return undefined;
    },
    progress,
  );
  const labels = wanted.map((path) => Number(/(\d{3})_n\d{8}_[^/]+$/.exec(path)![1]));
  return part(out, Int32Array.from(labels), names);
}

const part = (image: Uint8Array, label: Int32Array, names: readonly string[]): Samples['test'] => ({
  fields: { image: { data: image, shape: [3, SIDE, SIDE], scale: 1 / 255 }, label: { data: label, shape: [], dtype: 'i32', names } },
  count: label.length,
});
