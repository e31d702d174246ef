// Gunzip that never trusts a stream to say how long it is.
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

/** Of the whole: 64 MiB and 200 times the file's size, which no archive of data comes near, and bombs do. */
const mostInflated = (bytes: number) => 2 ** 26 + 200 * bytes;

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
  const { length, checkEnd } = inflate(bytes, name, (chunk, length) => {
    if (!out) {
      // The head fills up until `sizeOf` can tell; only then is there an array of the promised size.
      const had = Math.min(length, headBytes);
      head.set(chunk.subarray(0, headBytes - had), had);
      const known = Math.min(length + chunk.length, headBytes);
      const size = sizeOf(head.subarray(0, known));
      if (size === undefined) {
        if (length + chunk.length >= headBytes) throw formatError(name, `a header within ${headBytes} bytes`, 'none');
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
  });
  if (!out) throw formatError(name, 'gzip data with a header inside', `only ${grouped(length)} decompressed bytes`);
  if (length < out.length)
    throw formatError(name, `${grouped(out.length)} bytes, as its header says`, `gzip data that ends after ${grouped(length)}`);
  checkEnd();
  return out;
}

/**
 * Inflates a gzip file of any content.
 *
 * @throws DataFormatError as `gunzipSized`, and for what grows beyond 64 MiB and 200 times the file's size
 */
export function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  const most = mostInflated(bytes.length);
  const chunks: Uint8Array[] = [];
  const { length: size, checkEnd } = inflate(bytes, name, (chunk, length) => {
    if (length + chunk.length > most)
      throw formatError(name, `at most ${grouped(most)} bytes in ${grouped(bytes.length)} gzip bytes`, 'more');
    chunks.push(chunk);
  });
  checkEnd();
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Hands the content out piece by piece, with the number of bytes before each. `checkEnd` has to be called when all else about it is right. */
function inflate(bytes: Uint8Array, name: string, take: (chunk: Uint8Array, length: number) => void) {
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

  const stream = new Gunzip((chunk) => {
    if (!chunk.length) return;
    crc = crc32(chunk, crc);
    take(chunk, length);
    length += chunk.length;
  });
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
  // Of the last member, whose end is that of the file.
  return { length, checkEnd: () => checkMember(bytes.length) };
}

function hex(value: number): string {
  return value < 0 ? 'none' : value.toString(16).padStart(8, '0');
}
