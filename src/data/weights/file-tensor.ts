import type { TypedArray } from '../../engine/graph/dtype.ts';
import { formatError, grouped, quoted } from '../format-error.ts';
import { type ArrayOf, dtypes, type SafetensorsDType, type SafetensorsTensor, toFloat32 } from '../safetensors.ts';

/** What a file says of one tensor: its element type, its shape, and where its values stand in `bytes`. */
export interface Placement {
  /** Of the file, for errors. */
  readonly file: string;
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** The storage that holds the values; several tensors may share one. */
  readonly bytes: Uint8Array;
  /** Elements before the first value. Default 0. */
  readonly offset?: number;
  /** Elements from one index to the next, for each dimension. Default: row-major order. */
  readonly strides?: readonly number[];
}

/**
 * A tensor that stands in a file: an entry of a state dict. Nothing is copied or converted before it is asked for, and what is made then isn't
 * kept: a dict of a file costs no memory beside the file.
 */
export class FileTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly #place: Placement;

  /** @throws DataFormatError when a value would lie outside of the storage, or the tensor has more values than that. */
  constructor(place: Placement) {
    const { shape, bytes, dtype, offset = 0, strides = rowMajor(shape) } = place;
    const what = `tensor ${quoted(place.name)}`;
    const sizes = (list: readonly number[]) => list.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!sizes(shape) || !sizes(strides) || !sizes([offset]) || strides.length !== shape.length) {
      throw formatError(place.file, `${what} to have a shape, strides and an offset of whole numbers ≥ 0`, show(shape, strides, offset));
    }
    const held = Math.floor(bytes.length / dtypes[dtype].size);
    const length = sizeOf(shape);
    const end = length === 0 ? 0 : shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], offset + 1);
    if (end > held || length > held) {
      throw formatError(
        place.file,
        `${what} to lie within the ${grouped(held)} values of its storage`,
        `${show(shape, strides, offset)}, which ends at ${grouped(Math.max(end, length))}`,
      );
    }
    this.#place = place;
    this.dtype = dtype;
    this.shape = [...shape];
  }

  /** The values as the file has them: a view of it where they stand there in order and aligned. Half-precision numbers are raw bits. */
  get raw(): ArrayOf[SafetensorsDType] {
    const { bytes, dtype, shape, offset = 0, strides = rowMajor(shape) } = this.#place;
    const { size, array } = dtypes[dtype];
    const length = sizeOf(shape);
    const own = rowMajor(shape);
    const inOrder = length === 0 || shape.every((count, axis) => count === 1 || strides[axis] === own[axis]);
    const [begin, end] = inOrder ? [offset * size, (offset + length) * size] : [0, Math.floor(bytes.length / size) * size];
    const aligned = (bytes.byteOffset + begin) % size === 0;
    // Copied by the constructor: `slice` of Node's Buffer is no copy.
    const source = aligned ? bytes.subarray(begin, end) : new Uint8Array(bytes.subarray(begin, end));
    const values = new array(source.buffer as ArrayBuffer, source.byteOffset, source.length / size);
    return inOrder ? values : gathered(values, shape, strides, offset);
  }

  /**
   * The values as the engine takes them: floats of every width as f32, signed whole numbers as i32, unsigned ones and booleans as u32.
   * @throws DataFormatError when a 64-bit number doesn't fit 32 bits; `raw` has it.
   */
  get data(): TypedArray {
    const { dtype, raw } = this;
    if (dtype.includes('F')) return toFloat32({ dtype, shape: this.shape, data: raw } as SafetensorsTensor);
    const [array, low, high] = dtype.startsWith('I') ? [Int32Array, -(2 ** 31), 2 ** 31 - 1] : [Uint32Array, 0, 2 ** 32 - 1];
    if (raw instanceof array) return raw;
    const values = new array(raw.length);
    for (let i = 0; i < raw.length; i++) {
      const value = Number(raw[i]);
      if (value < low || value > high) {
        const { file, name } = this.#place;
        const what = `tensor ${quoted(name)} to hold numbers of 32 bits`;
        throw formatError(file, what, `${dtype} ${raw[i]}`, 'Its `raw` has the 64-bit values.');
      }
      values[i] = value;
    }
    return values;
  }
}

/** The tensors of a file by name: a state dict. */
export type Weights = Readonly<Record<string, FileTensor>>;

/** What a file holds: tensors by path, and the path of the state dict among them, where it is not all of them. */
export interface Contents {
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly stateDict?: string | undefined;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= Math.max(1, shape[axis]);
  }
  return strides;
}

const show = (shape: readonly number[], strides: readonly number[], offset: number): string => {
  const list = (values: readonly number[]) => `[${values.slice(0, 8).map(String).join(', ')}${values.length > 8 ? ', …' : ''}]`;
  return `shape ${list(shape)}, strides ${list(strides)}, offset ${offset}`;
};

/** The values of a view in row-major order. */
function gathered<A extends ArrayOf[SafetensorsDType]>(values: A, shape: readonly number[], strides: readonly number[], offset: number): A {
  const out = new (values.constructor as new (length: number) => A)(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = offset;
  for (let i = 0; i < out.length; i++) {
    out[i] = values[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
