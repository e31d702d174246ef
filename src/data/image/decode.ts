// Pictures as they come out of a file, on every platform the same: JavaScript decodes them, and only when one is asked for.
import { formatError } from '../format-error.ts';
import type { Image } from './image.ts';

/**
 * Decodes a PNG (every colour type and depth; animated ones give their first picture) or a JPEG (baseline and progressive; grey, YCbCr, RGB, CMYK and
 * YCCK as Adobe writes them, the latter two as RGB). Colour profiles, gamma and the orientation in Exif data are not applied.
 *
 * @throws DataFormatError naming file and byte: for another format, damage, an interlaced PNG under 8 bits, a JPEG with 12 bits, lossless or
 *   arithmetic coding, and for pictures that claim more pixels than so short a file can hold
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Image> {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return (await import('./png.ts')).decodePng(bytes, name);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return (await import('./jpeg.ts')).decodeJpeg(bytes, name);
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw formatError(
    name,
    'a PNG or JPEG picture (it starts 89 50 4e 47 or ff d8)',
    bytes.length ? `a file that starts ${start}` : 'an empty file',
    'Convert it to PNG.',
  );
}
