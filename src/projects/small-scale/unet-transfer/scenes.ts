// Pictures with masks of two kinds, brought to one form: something, or not.
import { type Field, namesIn, type Part, taken } from '../../../index.ts';

export type Scenes = Part<'image' | 'mask'>;

/** Of pixels that nobody labelled: they count nothing. */
export const VOID = 2;

/** What is told from its background; how many pixels of a file, and of how many of their channels, become one; the side of a whole picture then. */
export const subjects = {
  nuclei: { channels: 1, step: 1, side: 256, names: ['background', 'nucleus'] },
  photographs: { channels: 3, step: 2, side: 104, names: ['background', 'foreground'] },
} as const;

const ANIMALS = ['cow', 'sheep', 'horse', 'cat', 'dog', 'bird'];

/** The classes that are foreground: those asked for, else the animals, else, in drawn scenes, what is striped. */
export function foregroundIn(names: readonly string[], asked: string): readonly string[] {
  if (asked.trim() !== '') return namesIn('foreground', asked, names.slice(1));
  const animals = names.filter((name) => ANIMALS.includes(name));
  return animals.length > 0 ? animals : names.filter((name) => name.startsWith('striped'));
}

/** Masks of background, foreground and void: of numbered nuclei, or of classes by name, among which 0 is void. */
export function labelled(mask: Field, asked: string): Field {
  const { names } = mask;
  const wanted = names && foregroundIn(names, asked).map((name) => names.indexOf(name));
  const of = (value: number) => (wanted ? (value === 0 ? VOID : Number(wanted.includes(value))) : Number(value > 0));
  return { ...mask, data: Uint8Array.from(mask.data, of) };
}

/**
 * The squares about the middle of pictures and masks [.., h, w], of bytes: `side` rows and columns, each pixel the mean of `step` × `step` of a picture's, of a mask
 * the first of these.
 */
export function cut(field: Field, side: number, step = 1): Field {
  const { data, shape } = field;
  const [height, width] = shape.slice(-2);
  const [top, left] = [height, width].map((size) => Math.floor((size - side * step) / 2));
  const out = new Uint8Array((data.length / (height * width)) * side ** 2);
  const reach = shape.length === 3 ? step : 1;
  for (let at = 0; at < out.length; at++) {
    const [plane, row, column] = [Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side];
    let sum = 0;
    for (let y = 0; y < reach; y++) {
      const start = (plane * height + top + row * step + y) * width + left + column * step;
      for (let x = 0; x < reach; x++) sum += data[start + x];
    }
    out[at] = Math.round(sum / reach ** 2);
  }
  return { ...field, data: out, shape: [...shape.slice(0, -2), side, side] };
}

/** Their middles, of so many pixels a side. */
export const middle = ({ fields: { image, mask }, count }: Scenes, side: number): Scenes => ({
  fields: { image: cut(image, side), mask: cut(mask, side) },
  count,
});

/** As many of them as fill whole batches: a batch of another size has kernels of its own. */
export const whole = (scenes: Scenes, batchSize: number): Scenes => {
  const count = Math.max(1, Math.floor(scenes.count / batchSize)) * batchSize;
  return taken(
    scenes,
    Uint32Array.from({ length: Math.min(count, scenes.count) }, (_, i) => i),
  );
};

/** Those in which there is any foreground. */
export function withSome(scenes: Scenes): Scenes {
  const { data } = scenes.fields.mask;
  const size = data.length / scenes.count;
  const places = Uint32Array.from({ length: scenes.count }, (_, i) => i);
  return taken(
    scenes,
    places.filter((i) => data.subarray(i * size, (i + 1) * size).includes(1)),
  );
}
