import { type Field, figures, type Part, type Picture } from '../../index.ts';

/** Some pictures of a field of bytes [n, channels, height, width], by their places, in three channels. */
export function picturesOf({ data, shape }: Field, places: readonly number[], captions: readonly string[] = []): Picture[] {
  const [channels, height, width] = shape;
  const size = height * width;
  const plane = (n: number, c: number) => Array.from(data.subarray((n * channels + c) * size, (n * channels + c + 1) * size));
  const values = places.flatMap((n) => [0, 1, 2].flatMap((c) => plane(n, Math.min(c, channels - 1))));
  return figures.pictures(values, { width, height, channels: 3, range: [0, 255], captions });
}

/** What a person who asks a network of pictures can choose from: the first ones, as bytes, what they are, and names of the classes. */
export interface Samples {
  readonly pictures: Uint8Array;
  readonly labels: readonly number[];
  readonly names: readonly string[];
}

/** A run keeps it as its stage `samples`. */
export async function samplesOf({ fields: { image, label }, count }: Part<'image' | 'label'>, most = 12): Promise<Samples> {
  const labels = [...label.data.subarray(0, most)];
  const size = image.data.length / count;
  return { pictures: Uint8Array.from(image.data.subarray(0, labels.length * size)), labels, names: label.names ?? [] };
}

/** They as the page offers them, out of that stage: square, in three channels. Weights that come with a project may have come without them. */
export function offered(result: unknown): { readonly names: readonly string[]; readonly samples: readonly Picture[] } {
  const { pictures, labels, names } = result as Samples;
  if (pictures.length === 0) return { names, samples: [] };
  const side = Math.sqrt(pictures.length / labels.length / 3);
  const captions = labels.map((label) => names[label]);
  return { names, samples: figures.pictures(pictures, { width: side, height: side, channels: 3, range: [0, 255], captions }) };
}
