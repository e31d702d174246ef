// Tar archives (POSIX.1-1988 ustar, with GNU's and pax's long names): files by name, each a view of the archive.
import { formatError, grouped, quoted } from './format-error.ts';
import { expectPlainPath } from './zip.ts';

const BLOCK = 512;
const text = new TextDecoder();

export const isTar = (bytes: Uint8Array): boolean => bytes.length >= 2 * BLOCK && checksum(bytes, 0) !== undefined;

/**
 * The files of a tar archive by name; folders, links and devices are left out.
 * @throws DataFormatError for damage, names that stand twice or lead out of the archive.
 */
export function readTar(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (checksum(bytes, at) === undefined) throw formatError(file, `the header of a file at byte ${grouped(at)}`, 'something else');
    const size = octal(header, 124, 12);
    const begin = at + BLOCK;
    if (size === undefined || size > bytes.length - begin) {
      throw formatError(
        file,
        `the ${size === undefined ? 'size' : `${grouped(size)} bytes`} of a file at byte ${grouped(begin)}`,
        `${grouped(bytes.length - begin)} bytes`,
      );
    }
    const content = bytes.subarray(begin, begin + size);
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]);
    if (type === 'L') longName = field(content, 0, content.length);
    else if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text.decode(content.subarray(0, 65_536)))?.[1] ?? longName;
    else if (type !== 'g') {
      const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
      const name = longName ?? (prefix ? `${prefix}/` : '') + field(header, 0, 100);
      longName = undefined;
      if (type !== '0' && type !== '\0' && type !== '7') continue;
      expectPlainPath(name, file);
      if (name.endsWith('/')) continue;
      if (files.has(name)) throw formatError(file, 'every name once', `${quoted(name)} twice`);
      files.set(name, content);
    }
  }
  return files;
}

function field(bytes: Uint8Array, begin: number, length: number): string {
  const whole = bytes.subarray(begin, begin + length);
  const end = whole.indexOf(0);
  return text.decode(end < 0 ? whole : whole.subarray(0, end));
}

function octal(bytes: Uint8Array, begin: number, length: number): number | undefined {
  const digits = field(bytes, begin, length).trim();
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** The checksum of the header at `at`, if it is the one that stands there. */
function checksum(bytes: Uint8Array, at: number): number | undefined {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : bytes[at + i];
  return octal(bytes, at + 148, 8) === sum ? sum : undefined;
}
