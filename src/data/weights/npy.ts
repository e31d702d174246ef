// NumPy's .npy and .npz (numpy/lib/format.py): a header in Python's own syntax, then the values.
import { formatError, grouped, quoted } from '../format-error.ts';
import { dtypes, type SafetensorsDType } from '../safetensors.ts';
import { readZip } from '../zip.ts';
import { FileTensor } from './file-tensor.ts';

const DTYPES: Readonly<Record<string, SafetensorsDType>> = {
  b1: 'BOOL',
  u1: 'U8',
  u2: 'U16',
  u4: 'U32',
  u8: 'U64',
  i1: 'I8',
  i2: 'I16',
  i4: 'I32',
  i8: 'I64',
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
};

const MAX_HEADER = 10_000;
/** As NumPy writes it. */
const HEADER = /^\{'descr': '([<>|=])(\w{1,20})', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\),? *\}$/;

export const isNpy = (bytes: Uint8Array): boolean => bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY';

/**
 * The array of a .npy file. Values in big-endian order are turned round in a copy.
 * @throws DataFormatError for damage, and for arrays of Python objects, texts, records or complex numbers.
 */
export function readNpy(bytes: Uint8Array, file: string, name = 'array'): FileTensor {
  if (!isNpy(bytes)) throw formatError(file, "an array that begins with '\\x93NUMPY'", 'something else');
  const wide = bytes[6] >= 2;
  const start = wide ? 12 : 10;
  if (bytes.length < start || bytes[6] < 1 || bytes[6] > 3)
    throw formatError(file, 'a header of version 1 to 3', `${bytes.length < start ? 'the end of the file' : bytes[6]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > Math.min(MAX_HEADER, bytes.length - start)) {
    throw formatError(
      file,
      `a header of at most ${grouped(Math.min(MAX_HEADER, bytes.length - start))} bytes at byte ${start}`,
      grouped(length),
    );
  }
  const header = new TextDecoder().decode(bytes.subarray(start, start + length)).trim();
  const [, order, kind, fortran, dims] = HEADER.exec(header) ?? [];
  const dtype = kind !== undefined && Object.hasOwn(DTYPES, kind) ? DTYPES[kind] : undefined;
  if (!dtype) {
    throw formatError(
      file,
      'a header with descr, fortran_order and shape of an array of numbers',
      quoted(header),
      'Save it as an array of numbers.',
    );
  }
  const shape = dims
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  if (shape.length > 64) throw formatError(file, 'at most 64 dimensions', `${shape.length}`);
  const size = shape.reduce((product, n) => product * n, dtypes[dtype].size);
  const begin = start + length;
  if (size !== bytes.length - begin) {
    throw formatError(
      file,
      `${grouped(size)} bytes of values (${dtype}, shape [${shape.join(', ')}]) at byte ${grouped(begin)}`,
      `${grouped(bytes.length - begin)}`,
    );
  }
  const values = bytes.subarray(begin);
  const reversed = [...shape].reverse();
  const strides = shape.map((_, axis) => reversed.slice(shape.length - axis).reduce((product, n) => product * Math.max(1, n), 1));
  return new FileTensor({
    file,
    name,
    dtype,
    shape,
    bytes: order === '>' ? turned(values, dtypes[dtype].size) : values,
    ...(fortran === 'True' && { strides }),
  });
}

/** The arrays of a .npz file by name. @throws DataFormatError as {@link readNpy} does, and for a damaged archive. */
export function readNpz(bytes: Uint8Array, file: string): Map<string, FileTensor> {
  const arrays = [...readZip(bytes, file)].map(([path, entry]): [string, FileTensor] => {
    const name = path.replace(/\.npy$/, '');
    return [name, readNpy(entry.bytes(), `${file}, ${path}`, name)];
  });
  return new Map(arrays);
}

function turned(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i - (i % size) + size - 1 - (i % size)];
  return out;
}
