import { zlibSync } from 'fflate';
import { crc32 } from '../data/crc.ts';
import type { Picture } from './figure.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** An 8-bit grey or RGB PNG (RFC 2083) of a picture; values outside 0 … 1 are cut off, NaN is black. */
export function encodePng({ width, height, channels, pixels }: Picture): Uint8Array {
  const row = width * channels;
  // Each row starts with its filter: 0, none.
  const raw = new Uint8Array((row + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < row; i++) raw[y * (row + 1) + 1 + i] = Math.round(255 * Math.min(1, Math.max(0, pixels[y * row + i] ?? 0)));
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = channels === 1 ? 0 : 2;
  const chunks = [chunk('IHDR', header), chunk('IDAT', zlibSync(raw, { level: 9 })), chunk('IEND', new Uint8Array(0))];
  const out = new Uint8Array(signature.length + chunks.reduce((sum, part) => sum + part.length, 0));
  out.set(signature);
  let at = signature.length;
  for (const part of chunks) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A picture as an address that holds it. */
export const pictureUrl = (picture: Picture): string => `data:image/png;base64,${base64(encodePng(picture))}`;

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648; `btoa` is not a global of every platform. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const left = bytes.length - i;
    text += alphabet[word >> 18]! + alphabet[(word >> 12) & 63]!;
    text += left > 1 ? alphabet[(word >> 6) & 63]! : '=';
    text += left > 2 ? alphabet[word & 63]! : '=';
  }
  return text;
}
