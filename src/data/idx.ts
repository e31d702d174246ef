// IDX, the format of MNIST and its kin (http://yann.lecun.com/exdb/mnist, "the IDX file format"): two zero bytes, a type code,
// the number of dimensions, each dimension as a big-endian u32, then the values, big-endian, last dimension fastest.
import { formatError, grouped } from './format-error.ts';
import { gunzipSized, isGzip } from './gzip.ts';

export type IdxArray =
  | { readonly dtype: 'u8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'i8'; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly dtype: 'i16'; readonly shape: readonly number[]; readonly data: Int16Array }
  | { readonly dtype: 'i32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'f32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'f64'; readonly shape: readonly number[]; readonly data: Float64Array };

const types = new Map<number, { readonly dtype: IdxArray['dtype']; readonly size: number }>([
  [0x08, { dtype: 'u8', size: 1 }],
  [0x09, { dtype: 'i8', size: 1 }],
  [0x0b, { dtype: 'i16', size: 2 }],
  [0x0c, { dtype: 'i32', size: 4 }],
  [0x0d, { dtype: 'f32', size: 4 }],
  [0x0e, { dtype: 'f64', size: 8 }],
]);

/** 4 bytes of magic and at most 255 dimensions. */
const maxHeader = 4 + 4 * 255;

interface Header {
  readonly dtype: IdxArray['dtype'];
  readonly shape: readonly number[];
  readonly headerBytes: number;
  /** Header and values. */
  readonly totalBytes: number;
}

/**
 * Reads an IDX file, gzipped or not. Values that are single bytes are a view of the file (or of what was inflated from it);
 * wider ones are copied into native byte order.
 *
 * @throws DataFormatError naming the file: wrong magic, unknown type code, too short or too long for its header, corrupt gzip data.
 *   Nothing larger than the file is allocated (for a gzipped one: than 1032 times it, deflate's limit) whatever the header says.
 */
export function decodeIdx(file: Uint8Array, name: string): IdxArray {
  const bytes = isGzip(file) ? gunzipSized(file, name, maxHeader, (head) => readHeader(head, name)?.totalBytes) : file;
  const header = readHeader(bytes, name);
  if (!header) throw formatError(name, 'an IDX header (4 bytes, then 4 per dimension)', `a file of ${grouped(bytes.length)} bytes`);
  if (bytes.length !== header.totalBytes) {
    throw formatError(
      name,
      `${grouped(header.totalBytes)} bytes for ${header.dtype} values of shape [${header.shape.join(', ')}]`,
      `${grouped(bytes.length)}`,
    );
  }
  return values(bytes.subarray(header.headerBytes), header.dtype, header.shape);
}

/** The header at the start of these bytes, or `undefined` when they are too few. */
function readHeader(bytes: Uint8Array, name: string): Header | undefined {
  if (bytes.length < 4) return undefined;
  const [zero0, zero1, code, rank] = bytes as unknown as [number, number, number, number];
  const type = types.get(code);
  if (zero0 !== 0 || zero1 !== 0 || !type) {
    const magic = [zero0, zero1, code, rank].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw formatError(name, 'an IDX file (bytes 00 00, then a type code 08, 09, 0b, 0c, 0d or 0e)', `a file that starts ${magic}`);
  }
  if (rank === 0) throw formatError(name, 'at least one dimension', 'none');
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  // A product past 2^53 loses its last digits, which is no harm: no file is that long. A zero anywhere makes it zero, never NaN,
  // as long as no partial product overflows to infinity.
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  return { dtype: type.dtype, shape, headerBytes, totalBytes: headerBytes + count * type.size };
}

function values(bytes: Uint8Array, dtype: IdxArray['dtype'], shape: readonly number[]): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dtype) {
    case 'u8':
      return { dtype, shape, data: bytes };
    case 'i8':
      return { dtype, shape, data: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    case 'i16':
      return { dtype, shape, data: Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i)) };
    case 'i32':
      return { dtype, shape, data: Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i)) };
    case 'f32':
      return { dtype, shape, data: Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i)) };
    case 'f64':
      return { dtype, shape, data: Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i)) };
  }
}
