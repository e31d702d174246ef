// Pictures as a published model wants them.
import { readFileSync } from 'node:fs';
import { decodeImage } from '../../src/data/image/decode.ts';
import { planes } from '../../src/data/image/image.ts';

export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The middle square of a picture, `share` of its shorter side, as [3, size, size] in 0 … 255: each pixel the mean of those that it covers. */
export async function middle(path: string, size: number, share = 1): Promise<Float32Array> {
  return square(await decodeImage(readFileSync(path), path), size, share);
}

export function square(image: Awaited<ReturnType<typeof decodeImage>>, size: number, share = 1): Float32Array {
  const { width, height } = image;
  const source = planes(image, 3);
  const side = share * Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const out = new Float32Array(3 * size * size);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const [x0, y0] = [Math.floor(left + (x * side) / size), Math.floor(top + (y * side) / size)];
        const [x1, y1] = [
          Math.max(x0 + 1, Math.floor(left + ((x + 1) * side) / size)),
          Math.max(y0 + 1, Math.floor(top + ((y + 1) * side) / size)),
        ];
        let sum = 0;
        for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += source[(c * height + v) * width + u];
        out[(c * size + y) * size + x] = sum / ((x1 - x0) * (y1 - y0));
      }
    }
  }
  return out;
}

/** (x / 255 − mean) / std of each channel of [.., 3, size, size], in place. */
export function normalised(pixels: Float32Array, { mean, std } = IMAGENET): Float32Array {
  const plane = pixels.length / 3;
  for (let c = 0; c < 3; c++) for (let i = c * plane; i < (c + 1) * plane; i++) pixels[i] = (pixels[i] / 255 - mean[c]) / std[c];
  return pixels;
}
