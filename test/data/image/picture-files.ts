import { zlibSync } from 'fflate';
import { crc32 } from '../../../src/data/crc.ts';

const joined = (parts: readonly (Uint8Array | readonly number[])[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

export function pngChunk(type: string, content: Uint8Array | readonly number[]): Uint8Array {
  const named = joined([[...type].map((letter) => letter.charCodeAt(0)), content]);
  return joined([u32(content.length), named, u32(crc32(named))]);
}

export interface PngParts {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly type: number;
  readonly interlace?: boolean;
  readonly palette?: readonly (readonly [number, number, number])[];
  /** All values, row by row, channels side by side. */
  readonly values: ArrayLike<number>;
  /** Between header and pixels. */
  readonly extra?: readonly Uint8Array[];
  /** In place of the deflated rows. */
  readonly data?: Uint8Array;
}

const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A PNG without filters. */
export function pngFile({ width, height, depth, type, interlace = false, palette, values, extra = [], data }: PngParts): Uint8Array {
  const channels = channelsOf[type];
  const row = (y: number, xs: readonly number[]): number[] => {
    const bits = xs.flatMap((x) => Array.from({ length: channels }, (_, c) => values[(y * width + x) * channels + c] ?? 0));
    if (depth === 16) return [0, ...bits.flatMap((value) => [value >> 8, value & 255])];
    const text = bits.map((value) => value.toString(2).padStart(depth, '0')).join('');
    return [0, ...(text.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))];
  };
  const steps = (from: number, by: number, end: number) =>
    Array.from({ length: Math.max(0, Math.ceil((end - from) / by)) }, (_, i) => from + i * by);
  const passes = data ? [] : interlace ? ['0088', '4088', '0448', '2044', '0224', '1022', '0112'] : ['0011'];
  const rows = passes.flatMap((pass) => {
    const [x, y, dx, dy] = [...pass].map(Number);
    const xs = steps(x, dx, width);
    return xs.length ? steps(y, dy, height).flatMap((at) => row(at, xs)) : [];
  });
  return joined([
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    pngChunk('IHDR', [...u32(width), ...u32(height), depth, type, 0, 0, interlace ? 1 : 0]),
    ...extra,
    ...(palette ? [pngChunk('PLTE', palette.flat())] : []),
    pngChunk('IDAT', data ?? zlibSync(Uint8Array.from(rows))),
    pngChunk('IEND', []),
  ]);
}

export interface JpegParts {
  readonly width: number;
  readonly height: number;
  /** Of each component, the one value that all of its pixels have; its id is its place from 1 unless `ids` says otherwise. */
  readonly components: readonly number[];
  readonly ids?: readonly number[];
  readonly jfif?: boolean;
  /** The colour transform in Adobe's marker. */
  readonly adobe?: number;
  readonly precision?: number;
  /** The frame's marker: 0xc0 baseline, 0xc2 progressive. */
  readonly frame?: number;
}

/** A JPEG of one colour: each 8×8 block has its mean alone. */
export function jpegFile(parts: JpegParts): Uint8Array {
  const { width, height, components, ids = components.map((_, i) => i + 1), jfif = false, adobe, precision = 8, frame = 0xc0 } = parts;
  const progressive = frame === 0xc2;
  const segment = (marker: number, content: readonly number[]) => [0xff, marker, ...u32(content.length + 2).slice(2), ...content];
  const bits: string[] = [];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  for (let block = 0; block < blocks; block++) {
    for (const value of components) {
      // The quantiser of 8 makes the mean of a block its first coefficient. Differences: none after the first block.
      const mean = block === 0 ? value - 128 : 0;
      const size = mean === 0 ? 0 : Math.floor(Math.log2(Math.abs(mean))) + 1;
      bits.push(size.toString(2).padStart(4, '0'));
      if (size) bits.push((mean > 0 ? mean : mean + 2 ** size - 1).toString(2).padStart(size, '0'));
      if (!progressive) bits.push('0');
    }
  }
  const scan = (bits.join('').match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2));
  return Uint8Array.from([
    0xff,
    0xd8,
    ...(jfif ? segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]) : []),
    ...(adobe === undefined ? [] : segment(0xee, [0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, adobe])),
    ...segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
    ...segment(frame, [
      precision,
      ...u32(height).slice(2),
      ...u32(width).slice(2),
      components.length,
      ...ids.flatMap((id) => [id, 0x11, 0]),
    ]),
    // Sizes 0 … 11 as codes of four bits; for the other coefficients one code: no more in this block.
    ...segment(0xc4, [0x00, 0, 0, 0, 12, ...Array(12).fill(0), ...Array(12).keys()]),
    ...segment(0xc4, [0x10, 1, ...Array(15).fill(0), 0]),
    ...segment(0xda, [components.length, ...ids.flatMap((id) => [id, 0]), 0, progressive ? 0 : 63, 0]),
    ...scan.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])),
    0xff,
    0xd9,
  ]);
}
