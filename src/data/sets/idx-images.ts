import type { DataFile } from '../../platform.ts';
import { formatError } from '../format-error.ts';
import { decodeIdx } from '../idx.ts';
import type { DigitSet } from '../synthetic-digits.ts';
import type { Part } from './set.ts';

/** Pixels across and down. */
const digitSize = 28;

/**
 * Grey 28×28 images of ten classes and their labels, as MNIST and the sets made after it have them.
 *
 * @throws DataFormatError where a file is of another shape, or there isn't one label for each image
 */
export function idxPart(imageFile: DataFile, labelFile: DataFile, names?: readonly string[]): Part<'image' | 'label'> {
  const images = decodeIdx(imageFile.bytes, imageFile.source);
  const labels = decodeIdx(labelFile.bytes, labelFile.source);
  const [imageCount, height, width] = images.shape;
  if (images.dtype !== 'u8' || images.shape.length !== 3 || height !== digitSize || width !== digitSize) {
    throw formatError(imageFile.source, 'u8 images of shape [n, 28, 28]', `${images.dtype} values of shape [${images.shape.join(', ')}]`);
  }
  if (labels.dtype !== 'u8' || labels.shape.length !== 1)
    throw formatError(labelFile.source, 'u8 labels of shape [n]', `${labels.dtype} values of shape [${labels.shape.join(', ')}]`);
  if (imageCount !== labels.data.length || imageCount === 0)
    throw formatError(
      labelFile.source,
      `one label for each of the ${imageCount} images of ${imageFile.source}, at least one`,
      `${labels.data.length}`,
    );
  const wrong = labels.data.findIndex((label) => label > 9);
  if (wrong >= 0) throw formatError(labelFile.source, 'labels 0 to 9', `${labels.data[wrong]} as label ${wrong}`);
  return digitsPart({ images: images.data, labels: labels.data, count: imageCount }, names);
}

export function digitsPart({ images, labels, count }: DigitSet, names?: readonly string[]): Part<'image' | 'label'> {
  return {
    fields: {
      image: { data: images, shape: [1, digitSize, digitSize], scale: 1 / 255 },
      label: { data: labels, shape: [], dtype: 'i32', ...(names && { names }) },
    },
    count,
  };
}
