/** Element types. `bool` is stored as one u32 (0 or 1) an element. */
export type DType = 'f32' | 'i32' | 'u32' | 'bool';

export type TypedArray = Float32Array | Int32Array | Uint32Array;

/** Every element type takes four bytes in a buffer. */
export const BYTES_PER_ELEMENT = 4;

/** The host array that holds values of `dtype`. */
export function allocate(dtype: DType, length: number): TypedArray {
  if (dtype === 'f32') return new Float32Array(length);
  return dtype === 'i32' ? new Int32Array(length) : new Uint32Array(length);
}

/** The element type that a typed array holds. */
export function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'f32';
  return array instanceof Int32Array ? 'i32' : 'u32';
}
