import { type Image, planes } from './image.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a network takes. */
export interface PictureSize extends Size {
  readonly channels: 1 | 3;
}

/** Bytes [channels, height, width] of a picture of any size: scaled until it covers this one, and cut around its middle. */
export const fitImage = (image: Image, size: PictureSize): Uint8Array => covering(planes(image, size.channels), image, size);

/**
 * Planes of bytes [channels, height, width], scaled until they cover the target and cut around their middle. Each pixel is the mean of those
 * under a triangle as wide as the scale (at least one pixel), as PIL's and torchvision's antialiased bilinear resizing has it.
 */
export function covering(pixels: Uint8Array, from: Size, to: Size & { readonly channels: number }): Uint8Array {
  if (from.width === to.width && from.height === to.height) return pixels;
  const scale = Math.min(from.width / to.width, from.height / to.height);
  const columns = taps(from.width, to.width, scale);
  const rows = taps(from.height, to.height, scale);
  const out = new Uint8Array(to.channels * to.height * to.width);
  const row = new Float32Array(from.height * to.width);
  for (let channel = 0; channel < to.channels; channel++) {
    const plane = pixels.subarray(channel * from.width * from.height);
    for (let y = 0; y < from.height; y++) {
      for (let x = 0; x < to.width; x++) {
        const { start, weights } = columns[x];
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * plane[y * from.width + start + k];
        row[y * to.width + x] = sum;
      }
    }
    for (let y = 0; y < to.height; y++) {
      const { start, weights } = rows[y];
      for (let x = 0; x < to.width; x++) {
        let sum = 0.5;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * row[(start + k) * to.width + x];
        out[(channel * to.height + y) * to.width + x] = Math.min(255, sum);
      }
    }
  }
  return out;
}

/** As `covering`, of one plane whose values can't be mixed: each is that of the nearest pixel. */
export function coveringNearest(values: Uint8Array, from: Size, to: Size): Uint8Array {
  if (from.width === to.width && from.height === to.height) return values;
  const scale = Math.min(from.width / to.width, from.height / to.height);
  const nearest = (i: number, length: number, target: number) =>
    Math.min(length - 1, Math.max(0, Math.floor((length - target * scale) / 2 + (i + 0.5) * scale)));
  const out = new Uint8Array(to.height * to.width);
  for (let y = 0; y < to.height; y++) {
    const row = nearest(y, from.height, to.height) * from.width;
    for (let x = 0; x < to.width; x++) out[y * to.width + x] = values[row + nearest(x, from.width, to.width)];
  }
  return out;
}

/** For each place of the result: the first place it is made of, and the weights from there on, which sum to 1. */
function taps(from: number, to: number, scale: number): { readonly start: number; readonly weights: Float32Array }[] {
  const reach = Math.max(1, scale);
  const cut = (from - to * scale) / 2;
  return Array.from({ length: to }, (_, i) => {
    const middle = cut + (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(middle - reach));
    const end = Math.min(from, Math.ceil(middle + reach));
    const weights = Float32Array.from({ length: end - start }, (_, k) => Math.max(0, 1 - Math.abs(start + k + 0.5 - middle) / reach));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}
