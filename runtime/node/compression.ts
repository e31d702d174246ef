// Brotli and gzip for the files of the page.

import { promisify } from 'node:util';
import { brotliCompressSync, brotliCompress as brotliOf, constants, gzip as gzipOf, gzipSync } from 'node:zlib';
import { lookup } from 'mrmime';

export type Encoding = 'br' | 'gzip';

/** Text in its widest sense; pictures are compressed already. */
export const isCompressible = (name: string) => /^text\/|javascript|json|svg|wasm/.test(lookup(name) ?? '');

/** What a request takes, the smaller first; undefined for the file as it stands. A quality of 0 is a no (RFC 9110, 12.5.3). */
export function acceptedEncoding(header: string | string[] | undefined): Encoding | undefined {
  const accepted = String(header ?? '')
    .split(',')
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
    .map((part) => part.replace(/;.*$/s, '').trim().toLowerCase());
  return (['br', 'gzip'] as const).find((encoding) => accepted.includes(encoding));
}

const brotli = promisify(brotliOf);
const gzip = promisify(gzipOf);

/** Quick: while a person waits. */
export async function compress(bytes: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  return encoding === 'br' ? brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }) : gzip(bytes);
}

/** As small as it gets: once for all. */
export function compressWell(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  return encoding === 'br' ? brotliCompressSync(bytes) : gzipSync(bytes, { level: 9 });
}
