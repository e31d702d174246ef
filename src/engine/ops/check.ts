// What ops ask of their arguments, in one wording.
import { type DType, isFloat } from '../graph/dtype.ts';
import { DTypeError, TilegradError } from '../graph/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import { watchIndices } from './debug.ts';
import { cast } from './elementwise.ts';

/**
 * The one float type of `tensors`.
 * @throws DTypeError when one is no float, or they differ.
 */
export function expectFloat(op: string, ...tensors: readonly Tensor[]): DType {
  const [{ dtype }] = tensors;
  if (!isFloat(dtype) || tensors.some((other) => other.dtype !== dtype)) {
    throw new DTypeError(`${op}: expected f32 or f16, all alike, got ${tensors.map((other) => other.dtype).join(' and ')}`);
  }
  return dtype;
}

/** @throws DTypeError unless all are f32: for ops that have no other variant. */
export function expectF32(op: string, ...tensors: readonly Tensor[]): void {
  if (tensors.some(({ dtype }) => dtype !== 'f32')) {
    throw new DTypeError(`${op}: expected f32, got ${tensors.map(({ dtype }) => dtype).join(' and ')}`);
  }
}

/**
 * Indices into a dimension of `limit` elements, as u32. A negative one becomes larger than any limit, so kernels need one comparison:
 * an index outside reads 0 and writes nothing; in debug mode it is an error.
 * @throws DTypeError unless `indices` holds u32 or i32.
 */
export function expectIndices(op: string, indices: Tensor, limit: number): Tensor {
  if (indices.dtype !== 'u32' && indices.dtype !== 'i32') {
    throw new DTypeError(`${op}: expected u32 or i32 indices, got ${indices.dtype}`);
  }
  const unsigned = cast(indices, 'u32');
  return watchIndices(op, unsigned, indices.dtype === 'i32', limit);
}

/** @throws TilegradError unless `value` is one of the names. */
export function expectOneOf(op: string, what: string, value: string, names: readonly string[]): void {
  if (!names.includes(value)) throw new TilegradError(`${op}: expected ${what} ${names.join(', ')}, got ${value}`);
}
