// Pixels of a picture as figures have them, and as networks take them.
import type { Picture } from '../../../../src/train/figure.ts';

/** [channels, height, width] of pixels whose channels stand beside each other. */
export function planarOf({ width, height, channels, pixels }: Picture): Float32Array {
  const plane = width * height;
  return Float32Array.from({ length: channels * plane }, (_, i) => pixels[(i % plane) * channels + Math.floor(i / plane)]);
}

/** The other way round. */
export function pictureOf(values: Float32Array, { width, height, channels }: Pick<Picture, 'width' | 'height' | 'channels'>): Picture {
  const plane = width * height;
  const pixels = Float32Array.from({ length: channels * plane }, (_, i) => values[(i % channels) * plane + Math.floor(i / channels)]);
  return { width, height, channels, pixels };
}
