import { shapeClasses, shapeNames } from '../synthetic-shapes.ts';
import { imagePart } from './pictures.ts';
import type { Limit, Part } from './set.ts';

/** `image`: u8 [channels, height, width], 0 … 1 in a batch; `label`: 0 … classes − 1, i32. */
export type LabelledImages = { readonly train: Part<'image' | 'label'>; readonly test: Part<'image' | 'label'> };

/** Shapes in place of photographs: 10,000 and 2,000 unless told otherwise. */
export function shapesTwin(classes: number, size: { readonly channels: 1 | 3; readonly height: number; readonly width: number }) {
  const part = (count: number, seed: number, stream: number) => {
    const { images, labels } = shapeClasses(count, classes, size, seed, stream);
    return imagePart(images, labels, [size.channels, size.height, size.width], shapeNames(classes));
  };
  return {
    title: 'shapes',
    make: (seed: number, { train, test }: Limit<LabelledImages>): LabelledImages => ({
      train: part(train || 10_000, seed, 1),
      test: part(test || 2_000, seed, 2),
    }),
  };
}
