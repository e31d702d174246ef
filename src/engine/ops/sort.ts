// Sorting and searching.
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { normalizeAxis, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { moveAxis } from './arrange.ts';
import { gatherOnce } from './indexing.ts';
import { reshape, slice } from './movement.ts';
import { orderOfKeys, searchKeys, sortKey } from './order.ts';

export interface SortOptions {
  /** The last unless given. */
  readonly axis?: number;
  readonly descending?: boolean;
}

/**
 * The places of the elements along an axis, in ascending order of the elements. Stable: equal ones keep their order. NaN counts as the largest.
 *
 * @formula x[y[0]] ≤ x[y[1]] ≤ …
 * @shapes x [..] → u32 [..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.argsort(stable=True)
 * @throws ShapeError when the axis is outside the rank.
 */
export function argSort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Tensor {
  const at = normalizeAxis('argSort', axis, x.rank);
  const keys = sortKey(moveAxis(x, at, -1));
  const columns = x.shape[at];
  const flat = reshape(descending ? keys.bitXor(2 ** 32 - 1) : keys, [columns === 0 ? 0 : x.size / columns, columns]);
  return moveAxis(reshape(orderOfKeys(flat, 32), keys.shape), -1, at);
}

/**
 * The elements in ascending order along an axis, and the places that they come from. Stable: equal ones keep their order. NaN counts as the
 * largest. The gradient goes back to those places.
 *
 * @formula values[i] = x[indices[i]]
 * @shapes x [..] → values [..], indices u32 [..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.sort(stable=True)
 * @throws ShapeError when the axis is outside the rank.
 */
export function sort(x: Tensor, options: SortOptions = {}): { readonly values: Tensor; readonly indices: Tensor } {
  const axis = normalizeAxis('sort', options.axis ?? -1, x.rank);
  const indices = argSort(x, options);
  return { values: gatherOnce(x, axis, indices), indices };
}

/**
 * The k largest elements along an axis, the largest first, and the places that they come from; or the smallest, the smallest first. NaN
 * counts as the largest. Of equal elements the first come first.
 *
 * @formula values[i] = x[indices[i]], i < k
 * @shapes x [.., n, ..] → values [.., k, ..], indices u32 [.., k, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.topk
 * @throws ShapeError when the axis is outside the rank, or k is no whole number from 0 to n.
 */
export function topK(
  x: Tensor,
  k: number,
  { axis = -1, largest = true }: { readonly axis?: number; readonly largest?: boolean } = {},
): { readonly values: Tensor; readonly indices: Tensor } {
  const at = normalizeAxis('topK', axis, x.rank);
  if (!Number.isInteger(k) || k < 0 || k > x.shape[at]) {
    throw new ShapeError(`topK: expected a whole k from 0 to ${x.shape[at]} for ${showShape(x.shape)} along axis ${at}, got ${k}`);
  }
  const order = argSort(x, { axis: at, descending: largest });
  const indices = slice(
    order,
    x.shape.map((_, i) => (i === at ? [0, k] : null)),
  );
  return { values: gatherOnce(x, at, indices), indices };
}

/**
 * Where values would stand in ascending rows: before those that are equal to them, or past them with `right`. Rows of `sorted` and of `values`
 * correspond; a `sorted` of rank 1 serves all. NaN counts as the largest.
 *
 * @formula y = #{j : sorted[j] < value}; with right, #{j : sorted[j] ≤ value}
 * @shapes sorted [.., n] or [n], values [.., m] → u32 [.., m]
 * @dtypes f32, f16, i32, u32
 * @torch torch.searchsorted
 * @throws DTypeError when the element types differ. ShapeError when the leading dimensions do.
 */
export function searchSorted(sorted: Tensor, values: Tensor, { right = false }: { readonly right?: boolean } = {}): Tensor {
  if (sorted.dtype !== values.dtype) {
    throw new DTypeError(`searchSorted: expected two of one type, got ${sorted.dtype} and ${values.dtype}; cast() one of them`);
  }
  if (sorted.rank < 1 || (sorted.rank > 1 && !sameShape(sorted.shape.slice(0, -1), values.shape.slice(0, -1)))) {
    throw new ShapeError(
      `searchSorted: expected [n], or [.., n] and [.., m], got ${showShape(sorted.shape)} and ${showShape(values.shape)}`,
    );
  }
  const columns = sorted.shape[sorted.rank - 1];
  const rows = sizeOf(sorted.shape.slice(0, -1));
  const flat = reshape(sortKey(values), rows === 1 ? [1, values.size] : [rows, values.size / Math.max(1, rows)]);
  return reshape(searchKeys(reshape(sortKey(sorted), [rows, columns]), flat, right), values.shape);
}

/**
 * Which bucket each element falls into, between ascending boundaries. A bucket holds its upper boundary; with `right`, its lower one.
 *
 * @formula y = #{j : boundaries[j] < x}; with right, #{j : boundaries[j] ≤ x}
 * @shapes x [..], boundaries [n] → u32 [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.bucketize
 * @throws DTypeError when the element types differ. ShapeError when there is not one row of boundaries.
 */
export function bucketize(x: Tensor, boundaries: Tensor, options: { readonly right?: boolean } = {}): Tensor {
  if (boundaries.rank !== 1) throw new ShapeError(`bucketize: expected boundaries [n], got ${showShape(boundaries.shape)}`);
  return searchSorted(boundaries, x, options);
}
