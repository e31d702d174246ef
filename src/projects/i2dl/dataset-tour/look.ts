// What stands in a part of a data set: samples to look at, class counts, mean and deviation.
import { type Field, type Figure, figures, type Part, type Picture, textsOf, transforms } from '../../../index.ts';

/** Whether a field holds pictures: [1 or 3, height, width]. */
const isPicture = ({ shape, offsets }: Field) => shape.length === 3 && (shape[0] === 1 || shape[0] === 3) && !offsets;

const classOf = ({ data, names }: Field, i: number) => names?.[data[i]] ?? String(data[i]);

/** So many pictures of a part, evenly spread over it, with their classes as captions; none where it has no pictures. */
export function picturesIn({ fields, count: all }: Part, count: number): Picture[] {
  const { image, label } = fields as Partial<Record<string, Field>>;
  if (!image || !isPicture(image)) return [];
  const [channels, height, width] = image.shape;
  const [size, length] = [channels * height * width, Math.min(count, all)];
  return Array.from({ length }, (_, k) => {
    const i = Math.floor((k * all) / length);
    const values = Float32Array.from(image.data.subarray(i * size, (i + 1) * size), (value) => value * (image.scale ?? 1));
    return figures.pictures(values, { width, height, channels: channels as 1 | 3, captions: label ? [classOf(label, i)] : [] })[0];
  });
}

/** The first 160 characters of a part's first texts. */
export const textsIn = ({ fields: { text } }: Part, count: number): string[] =>
  text ? textsOf({ ...text, offsets: text.offsets?.subarray(0, count + 1) as Uint32Array }).map((one) => one.slice(0, 160)) : [];

/** How often there is each class; undefined where samples have none. */
export function classCounts({ fields: { label } }: Part): Readonly<Record<string, number>> | undefined {
  if (!label || label.shape.length > 0 || label.offsets || label.data instanceof Float32Array) return undefined;
  const counts: Record<string, number> = Object.fromEntries((label.names ?? []).map((name) => [name, 0]));
  for (let i = 0; i < label.data.length; i++) counts[classOf(label, i)] = (counts[classOf(label, i)] ?? 0) + 1;
  return counts;
}

/** Mean and deviation of all pixels by channel, as `transforms.normalise` takes them; of numbers of other shapes over all of them, of texts of their lengths. */
export function statisticsIn(field: Field): { readonly mean: number[]; readonly deviation: number[] } {
  const { data, shape, offsets, scale = 1 } = field;
  const values = offsets ? offsets.subarray(1).map((end, i) => end - offsets[i]) : data;
  const [channels, plane, factor] = isPicture(field) ? [shape[0], shape[1] * shape[2], scale] : [1, 1, offsets ? 1 : scale];
  const [sum, squares, n] = [new Float64Array(channels), new Float64Array(channels), values.length / channels];
  for (let i = 0; i < values.length; i++) {
    const [channel, value] = [Math.floor(i / plane) % channels, factor * values[i]];
    sum[channel] += value;
    squares[channel] += value ** 2;
  }
  const mean = Array.from(sum, (total) => total / n);
  return { mean, deviation: Array.from(squares, (total, channel) => Math.sqrt(Math.max(0, total / n - mean[channel] ** 2))) };
}

export const COLUMNS = ['samples', 'fields', 'classes', 'mean', 'deviation'] as const;

/** What the table says of a part: one text for each of the {@link COLUMNS}. */
export function described(part: Part): string[] {
  const counts = Object.values(classCounts(part) ?? {});
  const { mean, deviation } = statisticsIn(part.fields.image ?? part.fields.text ?? Object.values(part.fields)[0]);
  const classes = counts.length > 0 ? `${counts.length}: ${Math.min(...counts)} to ${Math.max(...counts)} each` : '';
  const shown = [mean, deviation].map((values) => values.map((value) => figures.significant(value)).join(', '));
  return [String(part.count), Object.keys(part.fields).join(', '), classes, ...shown];
}

export const sheetFigure = (title: string, pictures: readonly Picture[]): Figure =>
  figures.images(pictures, { title, columns: pictures[0].width > 100 ? 4 : 8, caption: 'Samples evenly spread over the first part.' });

/** How often there are the first 20 classes. */
export function countsFigure(title: string, counts: Readonly<Record<string, number>>): Figure {
  const [names, samples] = [Object.keys(counts).slice(0, 20), Object.values(counts).slice(0, 20)];
  return figures.bars(names, { samples }, { title, y: { label: 'samples', min: 0 } });
}

/** Transforms by name, at a strength from 0 to 1, of pictures `side` pixels wide and high. */
export const changes = {
  flip: () => transforms.flip(),
  crop: (strength: number, side: number) => transforms.crop({ size: side, padding: Math.round((strength * side) / 2) }),
  'resized crop': (strength: number, side: number) => transforms.resizedCrop({ size: side, area: [1 - 0.95 * strength, 1] }),
  rotate: (strength: number) => transforms.rotate({ degrees: 90 * strength }),
  affine: (s: number) => transforms.affine({ degrees: 30 * s, translate: [s / 3, s / 3], scale: [1 - s / 2, 1 + s / 2], shear: 30 * s }),
  'colour jitter': (s: number) => transforms.colourJitter({ brightness: s, contrast: s, saturation: s, hue: s / 2 }),
  'PCA light': (strength: number) => transforms.pcaIntensity({ deviation: strength }),
  erase: (strength: number) => transforms.erase({ p: 1, area: [0.02, 0.02 + 0.5 * strength] }),
} as const;
