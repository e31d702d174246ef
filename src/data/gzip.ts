// Gunzip for files whose decompressed size stands in their own first bytes: it never trusts a stream to say how long it is.
import { Gunzip } from 'fflate';
import { DataFormatError } from '../engine/graph/errors.ts';
import { crc32 } from './crc.ts';
import { formatError, grouped } from './format-error.ts';

/** Deflate can't do better than 258 bytes for 2 bits (RFC 1951; zlib's technical notes give 1032:1). */
export const maxDeflateRatio = 1032;

/** Compressed bytes handed to fflate at once: bounds what one call can inflate before the checks run again (8 KiB · 1032 ≈ 8 MiB). */
const chunkBytes = 8192;

/** Bytes in a row that may hold no content: a member's header (its name and comment have no limit in the format), or empty blocks. */
const maxQuietBytes = 65_536;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates a gzip file (RFC 1952, one or more members) to exactly the size its content promises.
 *
 * @param sizeOf given the first decompressed bytes, the whole decompressed size, or `undefined` while it needs more bytes
 *   (it gets at most `headBytes`). It may throw.
 * @returns the decompressed bytes. Nothing is allocated for them before `sizeOf` has spoken, and never more than 1032 times the
 *   file's own size.
 * @throws DataFormatError when the stream is corrupt, ends early, runs past the promised size, has a header over 64 KiB, or fails its checksum.
 */
export function gunzipSized(
  bytes: Uint8Array,
  name: string,
  headBytes: number,
  sizeOf: (head: Uint8Array) => number | undefined,
): Uint8Array {
  const head = new Uint8Array(headBytes);
  let out: Uint8Array | undefined;
  let length = 0;
  let crc = 0;
  let memberStart = 0;

  const checkMember = (end: number): void => {
    const trailer = new DataView(bytes.buffer, bytes.byteOffset + Math.max(0, end - 8), Math.min(8, end));
    const expected = trailer.byteLength === 8 ? trailer.getUint32(0, true) : -1;
    const size = trailer.byteLength === 8 ? trailer.getUint32(4, true) : -1;
    if (expected !== crc || size !== (length - memberStart) >>> 0) {
      throw formatError(
        name,
        `gzip data with checksum ${hex(expected)} and ${grouped(size)} bytes`,
        `checksum ${hex(crc)} and ${grouped(length - memberStart)} bytes`,
      );
    }
    crc = 0;
    memberStart = length;
  };

  const take = (chunk: Uint8Array): void => {
    if (!chunk.length) return;
    crc = crc32(chunk, crc);
    if (!out) {
      // The head fills up until `sizeOf` can tell; only then is there an array of the promised size.
      const had = Math.min(length, headBytes);
      head.set(chunk.subarray(0, headBytes - had), had);
      const known = Math.min(length + chunk.length, headBytes);
      const size = sizeOf(head.subarray(0, known));
      if (size === undefined) {
        if (length + chunk.length >= headBytes) throw formatError(name, `a header within ${headBytes} bytes`, 'none');
        length += chunk.length;
        return;
      }
      if (size > bytes.length * maxDeflateRatio) {
        throw formatError(
          name,
          `content that ${grouped(bytes.length)} gzip bytes can hold`,
          `a header that promises ${grouped(size)} bytes`,
        );
      }
      out = new Uint8Array(size);
      out.set(head.subarray(0, Math.min(length, size)));
    }
    if (length + chunk.length > out.length)
      throw formatError(name, `${grouped(out.length)} bytes, as its header says`, 'gzip data that goes on past them');
    out.set(chunk, length);
    length += chunk.length;
  };

  const stream = new Gunzip((chunk) => take(chunk));
  stream.onmember = checkMember;
  try {
    let quiet = 0;
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const before = length;
      stream.push(bytes.subarray(at, at + chunkBytes), at + chunkBytes >= bytes.length);
      quiet = length > before ? 0 : quiet + chunkBytes;
      // fflate keeps a header until it is whole, and looks through it again at every push.
      if (quiet > maxQuietBytes) throw formatError(name, `content within ${grouped(maxQuietBytes)} bytes of gzip data`, 'none');
    }
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw formatError(name, 'gzip data', `a stream that does not inflate (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!out) throw formatError(name, 'gzip data with a header inside', `only ${grouped(length)} decompressed bytes`);
  if (length < out.length)
    throw formatError(name, `${grouped(out.length)} bytes, as its header says`, `gzip data that ends after ${grouped(length)}`);
  checkMember(bytes.length);
  return out;
}

function hex(value: number): string {
  return value < 0 ? 'none' : value.toString(16).padStart(8, '0');
}
