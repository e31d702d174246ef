import {
  aShape,
  aString,
  expectKind,
  expectOptions,
  finite,
  isPlain,
  kind,
  listOf,
  oneOf,
  recordOf,
  showValue,
} from '../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../engine/graph/errors.ts';

/** Samples by number, 0 … length−1. `get` may have to decode a file: then it is asynchronous. */
export interface Dataset<T> {
  readonly length: number;
  get(index: number): T | Promise<T>;
}

export type ElementArray = Float32Array | Int32Array | Uint32Array | Uint8Array;

/** One field of one sample, in the form it is stored. */
export interface Value {
  readonly data: ElementArray;
  /** Of this one sample, without the batch: `[1, 28, 28]`, or `[]` for a label. */
  readonly shape: readonly number[];
  /** What the elements become in a batch. Bytes can't stand on a GPU: for `Uint8Array` the default is f32. */
  readonly dtype?: 'f32' | 'i32' | 'u32';
  /** Factor on f32 elements, for example 1/255. */
  readonly scale?: number;
}

/** What a field's elements become in a batch. */
export const dtypeInBatch = ({ data, dtype }: Value): NonNullable<Value['dtype']> =>
  dtype ?? (data instanceof Int32Array ? 'i32' : data instanceof Uint32Array ? 'u32' : 'f32');

export type Sample<F extends string = string> = Readonly<Record<F, Value>>;

/** One field of all samples. */
export interface Column extends Value {
  /** Where samples differ in length: sample i has the rows from `offsets[i]` up to `offsets[i + 1]`, and `shape` is that of one row. */
  readonly offsets?: Uint32Array;
  /** What the numbers mean, as fields of data sets say it; no batch needs them. */
  readonly names?: readonly string[];
}

const elements = [Float32Array, Int32Array, Uint32Array, Uint8Array];
const anElementArray = kind('a Float32Array, Int32Array, Uint32Array or Uint8Array', (value) =>
  elements.some((type) => value instanceof type),
);
const COLUMN = {
  data: anElementArray,
  shape: aShape,
  dtype: oneOf('f32', 'i32', 'u32'),
  scale: finite,
  offsets: kind('a Uint32Array', (value) => value instanceof Uint32Array),
  names: listOf(aString),
};

const aColumn = recordOf({ data: anElementArray, shape: aShape });

/**
 * A dataset over whole arrays, one per field, samples one after the other. It hands out views: a million u8 images stay u8
 * in memory, and only the batch in hand is ever f32. The arrays are to stay as they are.
 *
 * ```ts
 * new ArrayDataset({ image: { data: pixels, shape: [1, 28, 28], scale: 1 / 255 }, label: { data: digits, shape: [], dtype: 'i32' } })
 * ```
 */
export class ArrayDataset<F extends string> implements Dataset<Sample<F>> {
  readonly length: number;
  /** Name, values of all samples, elements of one. */
  readonly fields: readonly (readonly [string, Column, number])[];

  /**
   * @param fields `data` of all samples, `shape` of one
   * @throws ShapeError when a field is no whole number of samples, or the fields have different numbers of them; TilegradError for what is no field,
   * and for offsets that fall or lead past the data's end
   */
  constructor(fields: Readonly<Record<F, Column>>) {
    if (!isPlain(fields)) throw new TilegradError(`ArrayDataset: expected an object of fields, got ${showValue(fields)}`);
    for (const [name, column] of Object.entries<Column>(fields)) {
      expectKind('ArrayDataset', name, column, aColumn);
      expectOptions<object>(`ArrayDataset: ${name}`, column, COLUMN);
    }
    this.fields = Object.entries<Column>(fields).map(([name, { names: _, ...value }]) => [
      name,
      value,
      value.shape.reduce((product, n) => product * n, 1),
    ]);
    const counts = this.fields.map(([, value, size]) => (value.offsets ? value.offsets.length - 1 : value.data.length / size));
    const first = counts[0];
    if (first === undefined || !Number.isInteger(first) || counts.some((count) => count !== first)) {
      const found = this.fields.map(([name, value], i) => `${name} [${value.shape.join(', ')}] × ${counts[i]}`).join('; ');
      throw new ShapeError(`ArrayDataset: expected fields with the same whole number of samples, got ${found || 'no field'}`);
    }
    this.length = first;
    for (const [name, { data, offsets }, size] of this.fields) {
      const wrong = offsets?.findIndex((row, i) => row * size > data.length || (i > 0 && row < offsets[i - 1]!)) ?? -1;
      if (wrong >= 0)
        throw new TilegradError(
          `ArrayDataset: expected ${name}.offsets to rise within ${data.length / size} rows, got ${offsets?.[wrong]} at ${wrong}`,
        );
    }
  }

  /** @throws TilegradError when there is no such sample. */
  get(index: number): Sample<F> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new TilegradError(`ArrayDataset: expected a sample from 0 to ${this.length - 1}, got ${showValue(index)}`);
    }
    const part = ([name, { offsets, ...value }, size]: readonly [string, Column, number]) => {
      if (!offsets) return [name, { ...value, data: value.data.subarray(index * size, (index + 1) * size) }] as const;
      const [from, to] = [offsets[index]!, offsets[index + 1]!];
      return [name, { ...value, data: value.data.subarray(from * size, to * size), shape: [to - from, ...value.shape] }] as const;
    };
    return Object.fromEntries(this.fields.map(part)) as Sample<F>;
  }
}
