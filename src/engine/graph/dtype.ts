import { DTypeError } from './errors.ts';

/**
 * Element types. `bool` is stored as one u32 (0 or 1) an element. `f16` takes two bytes; it is computed with as f32, and its values on
 * the host stand in a Float32Array.
 */
export type DType = 'f32' | 'f16' | 'i32' | 'u32' | 'bool';
export const DTYPES: readonly DType[] = ['f32', 'f16', 'i32', 'u32', 'bool'];

export type TypedArray = Float32Array | Int32Array | Uint32Array;

export const isFloat = (dtype: DType): boolean => dtype === 'f32' || dtype === 'f16';

/** Bytes of `length` elements in a buffer; at least one word, and whole words. */
export function byteLength(dtype: DType, length: number): number {
  return Math.max(4, dtype === 'f16' ? Math.ceil(length / 2) * 4 : length * 4);
}

/** The host array that holds values of `dtype`. */
export function allocate(dtype: DType, length: number): TypedArray {
  if (isFloat(dtype)) return new Float32Array(length);
  return dtype === 'i32' ? new Int32Array(length) : new Uint32Array(length);
}

/** The element type that a typed array holds. */
export function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'f32';
  return array instanceof Int32Array ? 'i32' : 'u32';
}

/** Whether values of `dtype` can stand in this array. */
export function holds(array: TypedArray, dtype: DType): boolean {
  const own = dtypeOf(array);
  return own === dtype || (own === 'f32' && dtype === 'f16') || (own === 'u32' && dtype === 'bool');
}

const WHOLE = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;

/** The least and the largest number of a type of whole numbers; nothing for the others, which have a value for every number. */
export const limitsOf = (dtype: DType): readonly [number, number] | undefined =>
  dtype === 'i32' || dtype === 'u32' ? WHOLE[dtype] : undefined;

/** Whether a type has this very number. A float takes the nearest, and a bool whether it is 0. */
export function holdsNumber(dtype: DType, value: number): boolean {
  const limits = limitsOf(dtype);
  return !limits || (Number.isInteger(value) && value >= limits[0] && value <= limits[1]);
}

/** @throws DTypeError for a fraction, NaN, an infinity or a number out of range where the type has whole numbers only. */
export function expectHolds(op: string, dtype: DType, value: number): void {
  if (!holdsNumber(dtype, value)) throw new DTypeError(`${op}: expected a whole number that ${dtype} holds, got ${value}`);
}
