// Zip archives (PKWARE APPNOTE 6.3): only what their central directory says, so that no entry can pretend to be another. Stored entries are
// views of the file, which is why no library reads them here.
import { inflateSync } from 'fflate';
import type { DataFormatError } from '../engine/graph/errors.ts';
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
/** Of the record at the end, and of an entry's header, without names and comments. */
const [END_BYTES, HEADER_BYTES] = [22, 30];

/**
 * The entries of a zip archive by name, folders left out. Contents are checked when they are asked for.
 * @throws DataFormatError for what is no archive, is cut off, encrypted, in several parts, over 4 GB or packed otherwise than by deflate; for
 *   entries that overlap, stand twice, or whose names lead out of the archive.
 */
export function readZip(bytes: Uint8Array, file: string): ReadonlyMap<string, ZipEntry> {
  const entries = directory(bytes, 0, file, beginOf(bytes, 0, file));
  return new Map(
    entries.map((entry) => {
      const content = contentOf(bytes.subarray(entry.begin, entry.end), entry, file);
      return [entry.name, { name: entry.name, size: entry.size, bytes: () => unpack(content, entry, file) }];
    }),
  );
}

/** An entry of an archive that lies elsewhere. */
export interface DistantEntry {
  readonly name: string;
  /** Bytes of the archive that it takes. */
  readonly packed: number;
  /** As that of a {@link ZipEntry}: fetches these bytes alone. */
  readonly bytes: () => Promise<Uint8Array>;
}

/**
 * {@link readZip} of an archive of `size` bytes of which only ranges are read: its directory, and each entry that is asked for.
 * @param read gives the bytes from `begin` to before `end`
 */
export async function openZip(
  size: number,
  read: (begin: number, end: number) => Promise<Uint8Array>,
  file: string,
): Promise<readonly DistantEntry[]> {
  let from = Math.max(0, size - END_BYTES - 0xffff);
  let tail = await read(from, size);
  const start = beginOf(tail, from, file);
  if (start < from) {
    from = start;
    tail = await read(from, size);
  }
  return directory(tail, from, file, start).map((entry) => ({
    name: entry.name,
    packed: entry.end - entry.begin,
    bytes: async () => unpack(contentOf(await read(entry.begin, entry.end), entry, file), entry, file),
  }));
}

/** What the directory says of an entry. */
interface Listed {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  /** Where its header and content stand: from here to the next entry's header, or the directory. */
  readonly begin: number;
  readonly end: number;
}

/** Where the directory begins in the archive, of which `tail` is what stands from byte `from` on. */
function beginOf(tail: Uint8Array, from: number, file: string): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const end = endRecord(view, file);
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (view.getUint16(end + 8, true) !== view.getUint16(end + 10, true))
    throw formatError(file, 'a zip archive in one part', 'a part of several');
  if (start + size > from + end) {
    throw formatError(
      file,
      `a zip directory of ${grouped(size)} bytes at byte ${grouped(start)}`,
      start === 0xffffffff ? 'one of an archive over 4 GB' : `a file whose directory ends at byte ${grouped(from + end)}`,
    );
  }
  return start;
}

/** The entries in the order of the directory, which begins at byte `start`. */
function directory(tail: Uint8Array, from: number, file: string, start: number): readonly Listed[] {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const end = endRecord(view, file);
  const close = start - from + view.getUint32(end + 12, true);
  const entries = new Map<string, Omit<Listed, 'end'>>();
  let at = start - from;
  let count = 0;
  for (; at < close; count++) {
    if (at + 46 > close || view.getUint32(at, true) !== CENTRAL) {
      throw formatError(file, `entry ${count + 1} in the zip directory at byte ${grouped(from + at)}`, 'something else');
    }
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const checksum = view.getUint32(at + 16, true);
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const begin = view.getUint32(at + 42, true);
    const next = at + 46 + lengths[0] + lengths[1] + lengths[2];
    if (next > close) {
      throw formatError(file, `a zip directory that ends at byte ${grouped(from + close)}`, `an entry up to byte ${grouped(from + next)}`);
    }
    const name = new TextDecoder().decode(tail.subarray(at + 46, at + 46 + lengths[0]));
    at = next;
    expectPlainPath(name, file);
    if (name.endsWith('/')) continue;
    if (flags & 1) throw formatError(file, `entry ${quoted(name)} to be open`, 'an encrypted one', 'Unpack it with its password.');
    if (method !== 0 && method !== 8) {
      throw formatError(file, `entry ${quoted(name)} to be stored or deflated`, `method ${method}`, 'Pack it anew.');
    }
    if (begin + HEADER_BYTES > start) throw formatError(file, `entry ${quoted(name)} at byte ${grouped(begin)}`, 'something else');
    if (method === 0 ? packed !== size : size > packed * maxDeflateRatio) {
      throw formatError(file, `entry ${quoted(name)} to hold what its ${grouped(packed)} bytes can`, `a size of ${grouped(size)} bytes`);
    }
    if (entries.has(name)) throw formatError(file, 'every name once in the zip directory', `${quoted(name)} twice`);
    entries.set(name, { name, method, checksum, packed, size, begin });
  }
  // Of more than 65,535 entries the record at the end holds the lower 16 bits, or all ones.
  const promised = view.getUint16(end + 10, true);
  if (promised !== count % 0x10000 && !(promised === 0xffff && count > promised)) {
    throw formatError(file, `${promised} entries in the zip directory`, `${count}`);
  }
  const sorted = [...entries.values()].sort((a, b) => a.begin - b.begin);
  const ends = new Map(sorted.map((entry, i) => [entry, sorted[i + 1]?.begin ?? start]));
  for (const [i, { name, begin, packed }] of sorted.entries()) {
    const end = begin + HEADER_BYTES + packed;
    const next = sorted[i + 1];
    if (next && next.begin < end) {
      throw formatError(
        file,
        `entry ${quoted(next.name)} to begin behind the one before it`,
        `byte ${grouped(next.begin)}, within ${quoted(name)}`,
      );
    }
    if (end > start) throw tooShort(name, packed, begin + HEADER_BYTES, start, file);
  }
  return [...entries.values()].map((entry) => ({ ...entry, end: ends.get(entry) as number }));
}

const tooShort = (name: string, packed: number, at: number, end: number, file: string): DataFormatError =>
  formatError(file, `${grouped(packed)} bytes for entry ${quoted(name)} from byte ${grouped(at)} on`, grouped(Math.max(0, end - at)));

/** What an entry holds, as it is packed; `bytes` are those between its begin and its end. */
function contentOf(bytes: Uint8Array, { name, begin, packed }: Listed, file: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== LOCAL) throw formatError(file, `entry ${quoted(name)} at byte ${grouped(begin)}`, 'something else');
  const offset = HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + packed > bytes.length) throw tooShort(name, packed, begin + offset, begin + bytes.length, file);
  return bytes.subarray(offset, offset + packed);
}

/** @throws DataFormatError for a path that is absolute or leads upwards. */
export function expectPlainPath(path: string, file: string): void {
  const bad = path === '' || /^[/\\]|^[a-z]:|\\|\0/i.test(path) || path.split('/').includes('..');
  if (bad) throw formatError(file, 'names of files within it', quoted(path), 'Nothing was read or written: such a file may be an attack.');
}

function endRecord(view: DataView, file: string): number {
  // The record stands at the end, before a comment of at most 65,535 bytes.
  for (let at = view.byteLength - END_BYTES; at >= Math.max(0, view.byteLength - END_BYTES - 0xffff); at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw formatError(file, 'a zip archive with its directory at the end', 'none: the file is cut off, or no zip archive');
}

function unpack(content: Uint8Array, { name, method, size, checksum }: Listed, file: string): Uint8Array {
  const bytes = method === 0 ? content : inflated(content, file, name, size);
  if (bytes.length !== size) {
    throw formatError(file, `${grouped(size)} bytes in entry ${quoted(name)}`, `deflated data of ${grouped(bytes.length)}`);
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
