// safetensors, the format in which the world publishes weights (https://huggingface.co/docs/safetensors, "Format"): a u64 header
// length, a JSON header, then the values, little-endian. The checks are those of the reference implementation (safetensors/src/tensor.rs).

import { ShapeError } from '../engine/graph/errors.ts';
import { halfBits, halfToNumber } from '../engine/graph/half.ts';
import { formatError, grouped, quoted } from './format-error.ts';
import { members, parseJson } from './json-members.ts';

/** A half-precision array stands as its raw bits, `Uint16Array`: `toFloat32` decodes it. */
export const dtypes = {
  BOOL: { size: 1, array: Uint8Array },
  U8: { size: 1, array: Uint8Array },
  I8: { size: 1, array: Int8Array },
  I16: { size: 2, array: Int16Array },
  U16: { size: 2, array: Uint16Array },
  F16: { size: 2, array: Uint16Array },
  BF16: { size: 2, array: Uint16Array },
  I32: { size: 4, array: Int32Array },
  U32: { size: 4, array: Uint32Array },
  F32: { size: 4, array: Float32Array },
  F64: { size: 8, array: Float64Array },
  I64: { size: 8, array: BigInt64Array },
  U64: { size: 8, array: BigUint64Array },
} as const;

export type SafetensorsDType = keyof typeof dtypes;
export type ArrayOf = { readonly [D in SafetensorsDType]: InstanceType<(typeof dtypes)[D]['array']> };

/** One tensor: `data` has the array type of its `dtype` (F32 → Float32Array, I64 → BigInt64Array, F16 and BF16 → raw bits in a Uint16Array …). */
export type SafetensorsTensor = {
  readonly [D in SafetensorsDType]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: ArrayOf[D] };
}[SafetensorsDType];

/** A tensor to write. Raw little-endian bytes (`Uint8Array`) are accepted for any dtype. */
export interface SafetensorsInput {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: ArrayOf[SafetensorsDType];
}

/** Both records have no prototype, so that a tensor named `constructor` is only a name. */
export interface SafetensorsFile {
  readonly tensors: Readonly<Record<string, SafetensorsTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** As in the reference implementation. */
const maxHeaderBytes = 100_000_000;

/** Characters of one field of a tensor's description: a shape of a few numbers, two offsets. What is longer is never parsed. */
const maxFieldLength = 10_000;

/** The reference writes wide types first, so that every tensor starts aligned to its element size. */
const writingOrder: readonly SafetensorsDType[] = [
  'U64',
  'I64',
  'F64',
  'F32',
  'U32',
  'I32',
  'BF16',
  'F16',
  'U16',
  'I16',
  'I8',
  'U8',
  'BOOL',
];

/** What {@link encodeSafetensorsParts} gives, in one piece. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsInput>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const parts = encodeSafetensorsParts(tensors, metadata);
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/**
 * Writes a safetensors file, byte for byte as the reference does: tensors by falling element size, then by name; header padded to 8 bytes with spaces.
 *
 * @returns the parts of the file, one after the other: the header, then the very bytes of each tensor, not copied
 * @throws ShapeError when a tensor's data does not have product(shape) elements, or a name can't stand in the format.
 */
export function encodeSafetensorsParts(
  tensors: Readonly<Record<string, SafetensorsInput>>,
  metadata?: Readonly<Record<string, string>>,
): readonly Uint8Array<ArrayBuffer>[] {
  const entries = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) =>
      writingOrder.indexOf(a.dtype) - writingOrder.indexOf(b.dtype) || (nameA < nameB ? -1 : nameA > nameB ? 1 : 0),
  );
  // Built as text: a JavaScript object would move names like "0" to its front.
  const parts: string[] = [];
  if (metadata && Object.keys(metadata).length) parts.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let offset = 0;
  for (const [name, tensor] of entries) {
    const { size, array } = dtypes[tensor.dtype];
    const bytes = tensor.shape.reduce((product, n) => product * n, size);
    if (name === '__metadata__' || name === '__proto__') throw new ShapeError(`encodeSafetensors: a tensor can't be named '${name}'`);
    if (
      !tensor.shape.every((n) => Number.isSafeInteger(n) && n >= 0) ||
      tensor.data.byteLength !== bytes ||
      !(tensor.data instanceof array || tensor.data instanceof Uint8Array)
    ) {
      throw new ShapeError(
        `encodeSafetensors: expected '${name}' to hold ${tensor.dtype} values of shape [${tensor.shape.join(', ')}] in a ${array.name}, got a ${tensor.data.constructor.name} of ${grouped(tensor.data.byteLength)} bytes`,
      );
    }
    parts.push(
      `${JSON.stringify(name)}:{"dtype":"${tensor.dtype}","shape":[${tensor.shape.join(',')}],"data_offsets":[${offset},${offset + bytes}]}`,
    );
    offset += bytes;
  }
  const json = new TextEncoder().encode(`{${parts.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, 8);
  return [header, ...entries.map(([, { data }]) => new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))];
}

/**
 * Reads a safetensors file. Tensors whose values stand aligned in `file` are views of it, others are copies.
 *
 * @throws DataFormatError naming the file: a header length past the file's end or over 100 MB, a header that is not a JSON object
 *   in UTF-8 or has a key twice, an unknown dtype, bad dimensions, offsets that overlap, leave holes or do not span the file exactly.
 */
export function decodeSafetensors(file: Uint8Array, name = 'safetensors file'): SafetensorsFile {
  const header = readHeader(file, name);
  const start = 8 + header.bytes;
  const metadata: Record<string, string> = Object.create(null);
  const placed: {
    readonly key: string;
    readonly dtype: SafetensorsDType;
    readonly shape: readonly number[];
    readonly begin: number;
    readonly end: number;
  }[] = [];
  try {
    // Each entry is checked as it is read, so a header takes no more memory than the tensors that it describes.
    for (const [key, value] of members(header.text)) {
      if (key === '__metadata__') readMetadata(value, name, metadata);
      else placed.push({ key, ...checkTensor(key, value, name) });
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw formatError(name, 'a JSON header in UTF-8', `one that does not parse (${error.message})`);
  }

  placed.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors: Record<string, SafetensorsTensor> = Object.create(null);
  let expected = 0;
  for (const { key, dtype, shape, begin, end } of placed) {
    if (begin !== expected) {
      throw formatError(
        name,
        `tensor ${quoted(key)} to start at byte ${grouped(expected)}, where the one before it ends`,
        `offsets [${begin}, ${end}], which ${begin < expected ? 'overlap it' : 'leave a hole'}`,
      );
    }
    if (end > file.length - start)
      throw formatError(name, `${grouped(end)} bytes of values, to hold tensor ${quoted(key)}`, `${grouped(file.length - start)}`);
    expected = end;
    tensors[key] = view(file, start + begin, end - begin, dtype, shape);
  }
  if (expected !== file.length - start)
    throw formatError(name, `${grouped(expected)} bytes of values, as its header says`, `${grouped(file.length - start)}`);
  return { tensors, metadata };
}

function readHeader(file: Uint8Array, name: string): { readonly bytes: number; readonly text: string } {
  if (file.length < 8) throw formatError(name, 'a safetensors file (an 8-byte header length, then the header)', `${file.length} bytes`);
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderBytes)
    throw formatError(name, 'a safetensors header of at most 100 MB', `a header length of ${grouped(length)} bytes`);
  const bytes = Number(length);
  if (bytes > file.length - 8)
    throw formatError(name, `a header of ${grouped(bytes)} bytes, as its first 8 bytes say`, `a file of ${grouped(file.length)}`);
  if (file[8] !== 0x7b || bytes === 0)
    throw formatError(name, "a JSON header that starts with '{'", bytes === 0 ? 'none' : `byte ${file[8]!.toString(16).padStart(2, '0')}`);
  try {
    return { bytes, text: new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + bytes)) };
  } catch {
    throw formatError(name, 'a JSON header in UTF-8', 'bytes that are not');
  }
}

function readMetadata(json: string, name: string, into: Record<string, string>): void {
  if (!json.startsWith('{')) throw formatError(name, 'an object as __metadata__', describeText(json));
  for (const [key, value] of members(json)) {
    if (key === '__proto__') throw formatError(name, 'ordinary names in __metadata__', "'__proto__'");
    if (!value.startsWith('"')) throw formatError(name, `text as __metadata__ ${quoted(key)}`, describeText(value));
    into[key] = parseJson(value) as string;
  }
}

function checkTensor(
  key: string,
  json: string,
  name: string,
): { readonly dtype: SafetensorsDType; readonly shape: readonly number[]; readonly begin: number; readonly end: number } {
  if (key === '__proto__') throw formatError(name, 'ordinary tensor names', "'__proto__'");
  if (!json.startsWith('{')) throw formatError(name, `an object that describes tensor ${quoted(key)}`, describeText(json));
  const fields = new Map<string, unknown>();
  for (const [field, value] of members(json)) {
    if (value.length > maxFieldLength)
      throw formatError(name, `a short description of tensor ${quoted(key)}`, `a ${quoted(field)} of ${grouped(value.length)} characters`);
    fields.set(field, parseJson(value));
  }
  const [dtype, shape, offsets] = ['dtype', 'shape', 'data_offsets'].map((field) => fields.get(field));
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype)) {
    throw formatError(
      name,
      `tensor ${quoted(key)} to have one of the dtypes ${Object.keys(dtypes).join(', ')}`,
      describe(dtype),
      'Convert the file to one of them (in Python: tensor.float()).',
    );
  }
  if (!isSizes(shape)) throw formatError(name, `tensor ${quoted(key)} to have a shape of whole numbers ≥ 0`, describe(shape));
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    throw formatError(name, `tensor ${quoted(key)} to have data_offsets [begin, end], begin ≤ end`, describe(offsets));
  const [begin, end] = offsets as [number, number];
  const known = dtype as SafetensorsDType;
  // Refused step by step like the reference's checked multiplication, so that a later 0 does not hide an overflow.
  const bytes = shape.reduce((product, size) => product * size, dtypes[known].size);
  if (!Number.isSafeInteger(bytes) || shape.reduce((most, size) => Math.max(most, most * size), 1) > Number.MAX_SAFE_INTEGER) {
    throw formatError(name, `tensor ${quoted(key)} to have a size that fits a file`, `shape ${describe(shape)}`);
  }
  if (end - begin !== bytes)
    throw formatError(
      name,
      `tensor ${quoted(key)} to take ${grouped(bytes)} bytes (${known}, shape ${describe(shape)})`,
      `offsets [${begin}, ${end}], ${grouped(end - begin)} bytes`,
    );
  return { dtype: known, shape, begin, end };
}

function view(file: Uint8Array, offset: number, bytes: number, dtype: SafetensorsDType, shape: readonly number[]): SafetensorsTensor {
  const { size, array } = dtypes[dtype];
  const aligned = (file.byteOffset + offset) % size === 0;
  const part = file.subarray(offset, offset + bytes);
  // Copied by the constructor: `slice` of Node's Buffer is no copy.
  const source = aligned ? part : new Uint8Array(part);
  const data = new array(source.buffer as ArrayBuffer, source.byteOffset, bytes / size);
  // dtype and array come from the same row of the table, which the compiler can't see.
  return { dtype, shape, data } as SafetensorsTensor;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

const describeText = (json: string): string =>
  json.length > maxFieldLength ? `${grouped(json.length)} characters of something else` : describe(parseJson(json));

/** A JSON value as a message may show it: short, and never deeper than one level (a header may nest several). */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isObject(value)) return 'an object';
  if (typeof value === 'string') return quoted(value);
  const text = Array.isArray(value)
    ? `[${value
        .slice(0, 10)
        .map((one) => (typeof one === 'object' && one !== null ? '…' : JSON.stringify(one)))
        .join(', ')}]`
    : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** The values as f32: floats of every width, and integers, rounded to the nearest f32. F32 data comes back as it is, not copied. */
export function toFloat32(tensor: SafetensorsTensor): Float32Array {
  switch (tensor.dtype) {
    case 'F32':
      return tensor.data;
    case 'F16':
      return Float32Array.from(tensor.data, halfToNumber);
    case 'BF16': {
      // A bfloat16 is the upper half of an f32.
      const bits = Uint32Array.from(tensor.data, (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    case 'I64':
    case 'U64':
      return Float32Array.from(tensor.data as Iterable<bigint>, Number);
    default:
      return Float32Array.from(tensor.data as Iterable<number>);
  }
}

/** The bits of the nearest half-precision numbers, as a tensor of F16 holds them; beyond 65,504 infinity. */
export const toFloat16 = (values: Float32Array): Uint16Array<ArrayBuffer> => Uint16Array.from(values, halfBits);
