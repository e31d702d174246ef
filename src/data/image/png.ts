import { decode } from 'fast-png';
import { Unzlib } from 'fflate';
import { DataFormatError } from '../../engine/graph/errors.ts';
import { crc32 } from '../crc.ts';
import { formatError, grouped, quoted } from '../format-error.ts';
import { maxDeflateRatio } from '../gzip.ts';
import type { Image } from './image.ts';

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly interlaced: boolean;
  readonly indexed: boolean;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER = 'IHDR';
/** All that the picture needs. The rest (text, colour profiles, more frames) isn't handed on: each could be a bomb of its own. */
const wanted = [HEADER, 'PLTE', 'tRNS', 'IDAT', 'IEND'];
/** Compressed data that can't inflate beyond this needs no look before it is inflated. Bytes. */
const harmless = 2 ** 26;

/** See `decodeImage`. What is wrong in the file is found here, with its byte; fast-png decodes the rest. */
export function decodePng(bytes: Uint8Array, name: string): Image {
  const { header, kept, data } = chunksOf(bytes, name);
  const rows = rowBytes(header);
  const packed = data.reduce((sum, { length }) => sum + length, 0);
  const claim = `${grouped(header.width)}×${grouped(header.height)} pixels`;
  if (rows > packed * maxDeflateRatio) throw formatError(name, `pixels that ${grouped(packed)} bytes can hold`, claim);
  if (packed * maxDeflateRatio > harmless + 4 * rows) expectInflated(data, rows, name);
  let decoded: ReturnType<typeof decode>;
  try {
    decoded = decode(joined(kept));
  } catch (error) {
    throw formatError(name, `a PNG of ${claim}`, `one that does not decode (${error instanceof Error ? error.message : error})`);
  }
  const { width, height, channels, depth, indexed } = header;
  const values = depth < 8 ? unpacked(decoded.data as Uint8Array, header) : (decoded.data as Uint8Array | Uint16Array);
  if (!indexed) return { width, height, channels, data: values };
  const palette = decoded.palette ?? [];
  const outside = values.findIndex((value) => value >= palette.length);
  if (outside >= 0) throw formatError(name, `colours out of its palette of ${palette.length}`, `colour ${values[outside]}`);
  return { width, height, channels, data: values, palette };
}

function chunksOf(bytes: Uint8Array, name: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (signature.some((byte, i) => bytes[i] !== byte)) throw formatError(name, "PNG's signature in the first 8 bytes", 'others');
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  let header: Header | undefined;
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw formatError(name, `a PNG chunk at byte ${grouped(at)}`, 'the end of the file');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) {
      throw formatError(
        name,
        `${grouped(length)} bytes in the ${quoted(type)} chunk at byte ${grouped(at)}`,
        `${grouped(bytes.length - at - 12)}`,
      );
    }
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw formatError(name, `the checksum of the ${quoted(type)} chunk at byte ${grouped(at)}`, 'another one');
    }
    if ((type === HEADER) !== (header === undefined))
      throw formatError(name, header ? 'one PNG header' : 'a PNG header first', quoted(type));
    header ??= headerOf(view, at + 8, length, name);
    // An animated PNG's first picture is the one of its IDAT chunks.
    if (wanted.includes(type)) kept.push(bytes.subarray(at, end));
    else if (type[0] >= 'A' && type[0] <= 'Z') throw formatError(name, 'chunks that PNG knows', quoted(type));
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, end - 4));
    if (type === 'IEND') break;
    at = end;
  }
  return { header, kept, data };
}

function headerOf(view: DataView, at: number, length: number, name: string): Header {
  if (length !== 13) throw formatError(name, 'a PNG header of 13 bytes', `${length}`);
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)];
  const [depth, type, , , interlace] = Array.from({ length: 5 }, (_, i) => view.getUint8(at + 8 + i));
  const channels = ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const)[type];
  if (!channels || !depths[type]?.includes(depth)) {
    throw formatError(name, "one of PNG's colour types and a depth that it allows", `type ${type} with ${depth} bits`);
  }
  if (width === 0 || height === 0) throw formatError(name, 'at least one pixel', `${width}×${height}`);
  const interlaced = interlace !== 0;
  if (interlaced && depth < 8)
    throw formatError(name, 'at least 8 bits in an interlaced PNG', `${depth}`, 'Save it again without interlacing.');
  return { width, height, depth, channels, interlaced, indexed: type === 3 };
}

/** Of each colour type (PNG specification, table 11.1). */
const depths: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

/** Bytes of all rows, each with its filter's byte. */
function rowBytes({ width, height, depth, channels, interlaced }: Header): number {
  const rows = (w: number, h: number) => (w > 0 && h > 0 ? h * (1 + Math.ceil((w * channels * depth) / 8)) : 0);
  if (!interlaced) return rows(width, height);
  const passes = ['0088', '4088', '0448', '2044', '0224', '1022', '0112'].map((pass) => [...pass].map(Number));
  return passes.reduce((sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)), 0);
}

/** Inflates for the length alone, and no further than the picture needs. */
function expectInflated(data: readonly Uint8Array[], rows: number, name: string): void {
  let length = 0;
  const stream = new Unzlib((chunk) => {
    length += chunk.length;
    if (length > rows) throw formatError(name, `pixel data of ${grouped(rows)} bytes`, 'data that inflates beyond');
  });
  try {
    for (const chunk of data) for (let at = 0; at < chunk.length; at += 8192) stream.push(chunk.subarray(at, at + 8192));
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw formatError(name, 'pixel data', `what does not inflate (${error instanceof Error ? error.message : error})`);
  }
}

/** Values of 1, 2 and 4 bits, one a byte. Grey ones are spread over 0 … 255, indices stay what they are. */
function unpacked(packed: Uint8Array, { width, height, depth, indexed }: Header): Uint8Array {
  const row = Math.ceil((width * depth) / 8);
  const most = 2 ** depth - 1;
  const spread = indexed ? 1 : 255 / most;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      out[y * width + x] = ((packed[y * row + (bit >> 3)] >> (8 - depth - (bit & 7))) & most) * spread;
    }
  }
  return out;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
