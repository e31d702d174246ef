import type { Part, Random } from '../../index.ts';

/** Each colour, 0 … 1, with Gaussian noise of this deviation, cut to what there is. */
export function noisy(part: Part<'image' | 'label'>, deviation: number, random: Random): Part<'image' | 'label'> {
  const { image } = part.fields;
  const level = (value: number) => Math.round(Math.min(255, Math.max(0, value + random.normal(0, 255 * deviation))));
  return { ...part, fields: { ...part.fields, image: { ...image, data: Uint8Array.from(image.data, level) } } };
}
