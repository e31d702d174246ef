// Zip archives (PKWARE APPNOTE 6.3): only what their central directory says, so that no entry can pretend to be another. Stored entries are
// views of the file, which is why no library reads them here.
import { inflateSync } from 'fflate';
import { crc32 } from './crc.ts';
import { formatError, grouped, quoted } from './format-error.ts';
import { maxDeflateRatio } from './gzip.ts';

export interface ZipEntry {
  readonly name: string;
  /** Bytes of the content. */
  readonly size: number;
  /**
   * The content: a view of the archive if it is stored, else inflated, to at most 1032 times its share of the archive.
   * @throws DataFormatError when it doesn't inflate to its size, or has another checksum.
   */
  readonly bytes: () => Uint8Array;
}

export const isZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6));

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/**
 * The entries of a zip archive by name, folders left out. Contents are checked when they are asked for.
 * @throws DataFormatError for what is no archive, is cut off, encrypted, in several parts, over 4 GB or packed otherwise than by deflate; for
 *   entries that overlap, stand twice, or whose names lead out of the archive.
 */
export function readZip(bytes: Uint8Array, file: string): ReadonlyMap<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endRecord(view, file);
  const [count, size, start] = [view.getUint16(end + 10, true), view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (view.getUint16(end + 8, true) !== count) throw formatError(file, 'a zip archive in one part', 'a part of several');
  if (start + size > end) {
    throw formatError(
      file,
      `a zip directory of ${grouped(size)} bytes at byte ${grouped(start)}`,
      start === 0xffffffff ? 'one of an archive over 4 GB' : `a file whose directory ends at byte ${grouped(end)}`,
    );
  }
  const entries = new Map<string, ZipEntry>();
  const taken: { readonly name: string; readonly begin: number; readonly end: number }[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) {
      throw formatError(file, `entry ${i + 1} of ${count} in the zip directory at byte ${grouped(at)}`, 'something else');
    }
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const checksum = view.getUint32(at + 16, true);
    const [packed, unpacked] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const header = view.getUint32(at + 42, true);
    const next = at + 46 + lengths[0] + lengths[1] + lengths[2];
    if (next > end) throw formatError(file, `a zip directory that ends at byte ${grouped(end)}`, `an entry up to byte ${grouped(next)}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0]));
    at = next;
    expectPlainPath(name, file);
    if (name.endsWith('/')) continue;
    if (flags & 1) throw formatError(file, `entry ${quoted(name)} to be open`, 'an encrypted one', 'Unpack it with its password.');
    if (method !== 0 && method !== 8) {
      throw formatError(file, `entry ${quoted(name)} to be stored or deflated`, `method ${method}`, 'Pack it anew.');
    }
    if (header + 30 > start || view.getUint32(header, true) !== LOCAL) {
      throw formatError(file, `entry ${quoted(name)} at byte ${grouped(header)}`, 'something else');
    }
    const offset = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    if (offset + packed > start) {
      throw formatError(
        file,
        `${grouped(packed)} bytes for entry ${quoted(name)} from byte ${grouped(offset)} on`,
        `${grouped(start - offset)}`,
      );
    }
    if (method === 0 ? packed !== unpacked : unpacked > packed * maxDeflateRatio) {
      throw formatError(
        file,
        `entry ${quoted(name)} to hold what its ${grouped(packed)} bytes can`,
        `a size of ${grouped(unpacked)} bytes`,
      );
    }
    if (entries.has(name)) throw formatError(file, 'every name once in the zip directory', `${quoted(name)} twice`);
    taken.push({ name, begin: header, end: offset + packed });
    const content = bytes.subarray(offset, offset + packed);
    entries.set(name, { name, size: unpacked, bytes: () => unpack(content, { file, name, method, unpacked, checksum }) });
  }
  taken.sort((a, b) => a.begin - b.begin);
  const crossed = taken.findIndex((entry, i) => i > 0 && entry.begin < taken[i - 1].end);
  if (crossed > 0) {
    throw formatError(
      file,
      `entry ${quoted(taken[crossed].name)} to begin behind the one before it`,
      `byte ${grouped(taken[crossed].begin)}, within ${quoted(taken[crossed - 1].name)}`,
    );
  }
  return entries;
}

/** @throws DataFormatError for a path that is absolute or leads upwards. */
export function expectPlainPath(path: string, file: string): void {
  const bad = path === '' || /^[/\\]|^[a-z]:|\\|\0/i.test(path) || path.split('/').includes('..');
  if (bad) throw formatError(file, 'names of files within it', quoted(path), 'Nothing was read or written: such a file may be an attack.');
}

function endRecord(view: DataView, file: string): number {
  // The record stands at the end, before a comment of at most 65,535 bytes.
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--) {
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw formatError(file, 'a zip archive with its directory at the end', 'none: the file is cut off, or no zip archive');
}

interface Packed {
  readonly file: string;
  readonly name: string;
  readonly method: number;
  readonly unpacked: number;
  readonly checksum: number;
}

function unpack(content: Uint8Array, { file, name, method, unpacked, checksum }: Packed): Uint8Array {
  const bytes = method === 0 ? content : inflated(content, file, name, unpacked);
  if (bytes.length !== unpacked) {
    throw formatError(file, `${grouped(unpacked)} bytes in entry ${quoted(name)}`, `deflated data of ${grouped(bytes.length)}`);
  }
  const found = crc32(bytes);
  if (found === checksum) return bytes;
  throw formatError(file, `checksum ${checksum.toString(16)} of entry ${quoted(name)}`, found.toString(16));
}

function inflated(content: Uint8Array, file: string, name: string, size: number): Uint8Array {
  try {
    return inflateSync(content, { out: new Uint8Array(size) });
  } catch (error) {
    throw formatError(file, `deflated data in entry ${quoted(name)}`, `what does not inflate (${(error as Error).message})`);
  }
}
