// Pictures to train and to test on, changed once, on the CPU.
import { ArrayDataset, DataLoader, transforms } from '../../../index.ts';
import type { Photographs } from '../../shared/photographs.ts';

const moved = [transforms.flip(), transforms.crop({ size: 32, padding: 4 })];

/** What is done to training pictures, by name. */
export const augmentations: Readonly<Record<string, readonly transforms.Transform[]>> = {
  none: [],
  flip: [transforms.flip()],
  'crop + flip': moved,
  AutoAugment: [...moved, transforms.autoAugment()],
};
export type Augmentation = keyof typeof augmentations;

const withBytes = (part: Photographs, data: Uint8Array, shape = part.fields.image.shape): Photographs => {
  const { image, label } = part.fields;
  return { ...part, fields: { image: { ...image, data, shape }, label } };
};

/** Each picture changed, as bytes again. */
export async function changed(part: Photographs, transform: readonly transforms.Transform[], seed = 0): Promise<Photographs> {
  if (transform.length === 0) return part;
  const batches: Uint8Array[] = [];
  let shape: readonly number[] = [];
  for await (const { image } of new DataLoader(new ArrayDataset(part.fields), { batchSize: 250, transform, seed })) {
    batches.push(Uint8Array.from(image.data, (value) => Math.round(255 * value)));
    shape = image.shape.slice(1);
  }
  const bytes = new Uint8Array(batches.reduce((sum, { length }) => sum + length, 0));
  batches.forEach((batch, i) => {
    bytes.set(batch, i * batches[0].length);
  });
  return withBytes(part, bytes, shape);
}
