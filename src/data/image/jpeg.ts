import decode from 'jpeg-js/lib/decoder.js';
import { formatError, grouped } from '../format-error.ts';
import type { Image } from './image.ts';

/** Blank blocks cost almost nothing, and no photograph is as blank as this: pixels a byte. */
const MOST_PIXELS = 1000;

/** See `decodeImage`. What jpeg-js doesn't know is found here, with its byte; it decodes the rest. */
export function decodeJpeg(bytes: Uint8Array, name: string): Image {
  const { width, height, components, adobeTransform, chroma } = frameOf(bytes, name);
  if (width * height > MOST_PIXELS * bytes.length) {
    throw formatError(name, `pixels that ${grouped(bytes.length)} bytes can hold`, `${grouped(width)}×${grouped(height)} of them`);
  }
  // jpeg-js cuts colours off where they should be rounded, so those of three components are converted here, and it must not: whatever Adobe says.
  const plain = components === 3 && adobeTransform !== undefined ? bytes.with(adobeTransform, 0) : bytes;
  try {
    const { data } = decode(plain, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: Number.POSITIVE_INFINITY,
      maxMemoryUsageInMB: 64 + (64 * width * height) / 2 ** 20,
      ...(components === 3 && { colorTransform: false }),
    });
    if (components === 1) return { width, height, channels: 1, data: data.filter((_, i) => i % 3 === 0) };
    if (chroma) toRgb(data);
    return { width, height, channels: 3, data };
  } catch (error) {
    throw formatError(
      name,
      `a JPEG of ${width}×${height} pixels`,
      `one that does not decode (${error instanceof Error ? error.message : error})`,
    );
  }
}

/** JFIF 1.02, section 7, in place. */
function toRgb(data: Uint8Array): void {
  const level = new Uint8ClampedArray(3);
  for (let i = 0; i < data.length; i += 3) {
    const [y, cb, cr] = [data[i], data[i + 1] - 128, data[i + 2] - 128];
    level[0] = y + 1.402 * cr;
    level[1] = y - 0.344136286 * cb - 0.714136286 * cr;
    level[2] = y + 1.772 * cb;
    data.set(level, i);
  }
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Byte of Adobe's marker that tells how colours are stored. */
  readonly adobeTransform: number | undefined;
  /** Three components are luminance and chroma, not RGB. */
  readonly chroma: boolean;
}

const [START_OF_SCAN, ADOBE, JFIF] = [0xda, 0xee, 0xe0];
/** Start-of-frame markers that jpeg-js does not decode (ITU-T T.81, table B.1). */
const kinds: Readonly<Record<number, string>> = {
  195: 'lossless coding',
  197: 'hierarchical coding',
  198: 'hierarchical coding',
  199: 'hierarchical coding',
  201: 'arithmetic coding',
  202: 'arithmetic coding',
  203: 'arithmetic coding',
  205: 'arithmetic coding',
  206: 'arithmetic coding',
  207: 'arithmetic coding',
};

/** The frame's header, which stands before the first scan. */
function frameOf(bytes: Uint8Array, name: string): Frame {
  let adobe: number | undefined;
  let jfif = false;
  let frame: { readonly width: number; readonly height: number; readonly ids: string } | undefined;
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    if (at + 4 > bytes.length) throw formatError(name, `a JPEG segment at byte ${grouped(at)}`, 'the end of the file');
    if (bytes[at] !== 0xff) throw formatError(name, `a JPEG marker at byte ${grouped(at)}`, `0x${bytes[at].toString(16)}`);
    const marker = bytes[at + 1];
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    const end = at + 2 + length;
    if (end > bytes.length || length < 2) throw formatError(name, `a JPEG segment of ${length} bytes at byte ${grouped(at)}`, 'another');
    if (kinds[marker]) throw formatError(name, 'a baseline or progressive JPEG', kinds[marker], 'Save it again as PNG or baseline JPEG.');
    if (marker === START_OF_SCAN) break;
    const text = String.fromCharCode(...bytes.subarray(at + 4, at + 9));
    if (marker === JFIF && text === 'JFIF\0') jfif = true;
    if (marker === ADOBE && text === 'Adobe' && length >= 14) adobe = at + 15;
    if (marker >= 0xc0 && marker <= 0xc2) {
      const [bits, count] = [bytes[at + 4], bytes[at + 9]];
      if (bits !== 8) throw formatError(name, 'a JPEG of 8 bits a value', `${bits}`, 'Save it again as PNG or with 8 bits.');
      if (frame || length !== 8 + 3 * count) throw formatError(name, `one JPEG frame at byte ${grouped(at)}`, 'a broken or second one');
      const ids = String.fromCharCode(...Array.from({ length: count }, (_, i) => bytes[at + 10 + 3 * i]));
      frame = { height: (bytes[at + 5] << 8) | bytes[at + 6], width: (bytes[at + 7] << 8) | bytes[at + 8], ids };
    }
    at = end;
  }
  if (!frame || frame.width === 0 || frame.height === 0)
    throw formatError(name, 'a JPEG frame with its size before the first scan', 'none');
  const { ids, width, height } = frame;
  const components = ids.length;
  if (![1, 3, 4].includes(components)) throw formatError(name, 'a JPEG of 1, 3 or 4 components', `${components}`);
  if (components === 4 && adobe === undefined) {
    throw formatError(name, "Adobe's marker in a JPEG of four colours", 'none', 'Save it again in RGB.');
  }
  // Without either marker, components called R, G and B are what they say (as libjpeg takes it).
  const rgb = adobe === undefined ? !jfif && ids === 'RGB' : bytes[adobe] === 0;
  return { width, height, components, adobeTransform: adobe, chroma: components === 3 && !rgb };
}
