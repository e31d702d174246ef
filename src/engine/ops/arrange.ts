// Rearrangements made of the movement ops.
import { ShapeError } from '../graph/errors.ts';
import { checkCounts, normalizeAxes, normalizeAxis, type Shape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { iota } from './create.ts';
import { where } from './elementwise.ts';
import { concat, expand, pad, permute, reshape, slice, sliceAxis, squeeze, unchanged, unsqueeze } from './movement.ts';

/**
 * Moves one dimension to another place; the others keep their order.
 *
 * @formula y[.., i, ..] = x[.., i, ..], i at its new place
 * @shapes x [.., n, ..] → [.., n, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.moveaxis
 * @throws ShapeError when an axis is outside the rank.
 */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const [source, target] = [normalizeAxis('moveAxis', from, x.rank), normalizeAxis('moveAxis', to, x.rank)];
  const others = [...x.shape.keys()].filter((axis) => axis !== source);
  return permute(x, others.toSpliced(target, 0, source));
}

/**
 * Shifts elements along axes; those that leave at one end come in at the other.
 *
 * @formula y[i] = x[(i − shift) mod n]
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.roll
 * @throws ShapeError when there is not one whole shift an axis, or an axis is outside the rank.
 */
export function roll(x: Tensor, shifts: number | readonly number[], axes: number | readonly number[]): Tensor {
  const [by, along] = [[shifts].flat(), [axes].flat()];
  if (by.length !== along.length || !by.every(Number.isInteger)) {
    throw new ShapeError(`roll: expected one whole shift an axis, got ${showShape(by)} for axes ${showShape(along)}`);
  }
  return along.reduce((rolled, axis, i) => {
    const at = normalizeAxis('roll', axis, x.rank);
    const n = x.shape[at];
    const first = n === 0 ? 0 : ((-by[i] % n) + n) % n;
    return first === 0 ? rolled : concat([sliceAxis(rolled, at, first, n), sliceAxis(rolled, at, 0, first)], at);
  }, unchanged(x));
}

/**
 * x side by side with copies of itself: so many along each dimension. Missing dimensions count as 1, on either side.
 *
 * @formula y[i] = x[i mod n]
 * @shapes x [.., n] → [.., count · n]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.tile
 * @throws ShapeError unless the counts are whole numbers ≥ 0.
 */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  checkCounts('tile', 'counts', counts);
  const rank = Math.max(counts.length, x.rank);
  const padded = (list: Shape) => [...new Array<number>(rank - list.length).fill(1), ...list];
  const [times, shape] = [padded(counts), padded(x.shape)];
  const apart = reshape(
    x,
    shape.flatMap((dim) => [1, dim]),
  );
  const repeated = expand(
    apart,
    shape.flatMap((dim, axis) => [times[axis], dim]),
  );
  return reshape(
    repeated,
    shape.map((dim, axis) => times[axis] * dim),
  );
}

/**
 * Each slice along an axis `count` times in a row.
 *
 * @formula y[i] = x[⌊i / count⌋]
 * @shapes x [.., n, ..] → [.., n · count, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.repeat_interleave
 * @throws ShapeError when the count is no whole number ≥ 0, or the axis is outside the rank.
 */
export function repeatInterleave(x: Tensor, count: number, axis: number): Tensor {
  checkCounts('repeatInterleave', 'counts', [count]);
  const at = normalizeAxis('repeatInterleave', axis, x.rank);
  const apart = unsqueeze(x, at + 1);
  return reshape(expand(apart, apart.shape.with(at + 1, count)), x.shape.with(at, x.shape[at] * count));
}

/**
 * Parts of x along an axis: of one size, the last one shorter if need be; or of the given sizes.
 *
 * @formula y[k] = part k of x along the axis
 * @shapes x [.., n, ..] → one [.., size, ..] each
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.split
 * @throws ShapeError when the sizes are no whole numbers or don't add up to n, or the axis is outside the rank.
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): readonly Tensor[] {
  const at = normalizeAxis('split', axis, x.rank);
  const n = x.shape[at];
  if (typeof sizes === 'number' && !(Number.isInteger(sizes) && sizes > 0)) {
    throw new ShapeError(`split: expected a whole size ≥ 1, got ${sizes}`);
  }
  const list =
    typeof sizes === 'number' ? Array.from({ length: Math.max(1, Math.ceil(n / sizes)) }, (_, i) => Math.min(sizes, n - i * sizes)) : sizes;
  checkCounts('split', 'sizes', list);
  if (list.reduce((sum, size) => sum + size, 0) !== n) {
    throw new ShapeError(`split: expected sizes that add up to ${n} for axis ${at} of ${showShape(x.shape)}, got ${showShape(list)}`);
  }
  let end = 0;
  return list.map((size) => {
    end += size;
    return sliceAxis(x, at, end - size, end);
  });
}

/**
 * At most `count` parts of equal size along an axis, the last one shorter if need be.
 *
 * @formula y[k] = part k of x along the axis
 * @shapes x [.., n, ..] → one [.., ⌈n / count⌉, ..] each
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.chunk
 * @throws ShapeError when the count is no whole number ≥ 1, or the axis is outside the rank.
 */
export function chunk(x: Tensor, count: number, axis = 0): readonly Tensor[] {
  if (!Number.isInteger(count) || count < 1) throw new ShapeError(`chunk: expected a whole number of parts ≥ 1, got ${count}`);
  const n = x.shape[normalizeAxis('chunk', axis, x.rank)];
  return split(x, Math.max(1, Math.ceil(n / count)), axis);
}

/**
 * The slices along an axis, without it.
 *
 * @formula y[i] = x[.., i, ..]
 * @shapes x [.., n, ..] → n of [.., ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.unbind
 * @throws ShapeError when the axis is outside the rank.
 */
export function unbind(x: Tensor, axis = 0): readonly Tensor[] {
  const at = normalizeAxis('unbind', axis, x.rank);
  return Array.from({ length: x.shape[at] }, (_, i) => squeeze(sliceAxis(x, at, i, i + 1), at));
}

/** x where column − row is at most, or at least, `diagonal`; 0 elsewhere. */
function triangle(op: string, x: Tensor, diagonal: number, side: 'le' | 'ge'): Tensor {
  if (x.rank < 2) throw new ShapeError(`${op}: expected [.., rows, columns], got ${showShape(x.shape)}`);
  expectDiagonal(op, diagonal);
  const [row, column] = [-2, -1].map((axis) => iota(x.shape, x.rank + axis, 'i32'));
  return where(column.sub(row)[side](diagonal), x, 0);
}

function expectDiagonal(op: string, diagonal: number): void {
  if (!Number.isInteger(diagonal)) throw new ShapeError(`${op}: expected a whole number for the diagonal, got ${diagonal}`);
}

/**
 * The lower triangle of matrices, with the given diagonal: 0 is the main one, positive ones lie above it.
 *
 * @formula y[i, j] = x[i, j] if j − i ≤ diagonal, else 0
 * @shapes x [.., m, n] → [.., m, n]
 * @dtypes f32, f16, i32, u32
 * @torch torch.tril
 * @throws ShapeError when there are fewer than two dimensions.
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle('tril', x, diagonal, 'le');
}

/**
 * The upper triangle of matrices, with the given diagonal: 0 is the main one, positive ones lie above it.
 *
 * @formula y[i, j] = x[i, j] if j − i ≥ diagonal, else 0
 * @shapes x [.., m, n] → [.., m, n]
 * @dtypes f32, f16, i32, u32
 * @torch torch.triu
 * @throws ShapeError when there are fewer than two dimensions.
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle('triu', x, diagonal, 'ge');
}

/**
 * One diagonal of matrices, which stand in two axes: 0 is the main one, positive ones lie above it. It becomes the last dimension.
 *
 * @formula y[.., i] = x[.., i, i + offset] for offset ≥ 0, x[.., i − offset, i] below
 * @shapes x [.., m, n] → [.., length of the diagonal]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.diagonal
 * @throws ShapeError when the axes are not two of the tensor's.
 */
export function diagonal(x: Tensor, offset = 0, axes: readonly [number, number] = [-2, -1]): Tensor {
  expectDiagonal('diagonal', offset);
  const [a, b] = axes.map((axis) => normalizeAxis('diagonal', axis, x.rank));
  const others = normalizeAxes('diagonal', undefined, x.rank).filter((axis) => axis !== a && axis !== b);
  const last = permute(x, [...others, a, b]);
  const [m, n] = last.shape.slice(-2);
  const length = Math.max(0, Math.min(m + Math.min(offset, 0), n - Math.max(offset, 0)));
  const leading = last.shape.slice(0, -2);
  // In row-major order a diagonal's elements stand n + 1 apart.
  const first = offset >= 0 ? offset : -offset * n;
  const line = reshape(last, [...leading, m * n]);
  return slice(line, [...leading.map(() => null), length === 0 ? [0, 0] : [first, first + (length - 1) * (n + 1) + 1, n + 1]]);
}

/**
 * Square matrices with the last dimension on one diagonal, and 0 elsewhere: 0 is the main one, positive ones lie above it.
 *
 * @formula y[.., i, i + offset] = x[.., i] for offset ≥ 0, y[.., i − offset, i] = x[.., i] below
 * @shapes x [.., n] → [.., n + |offset|, n + |offset|]
 * @dtypes f32, f16, i32, u32
 * @torch torch.diag_embed
 * @throws ShapeError for a tensor without dimensions.
 */
export function diagEmbed(x: Tensor, offset = 0): Tensor {
  expectDiagonal('diagEmbed', offset);
  const n = x.shape[normalizeAxis('diagEmbed', -1, x.rank)] + Math.abs(offset);
  const shape = [...x.shape.slice(0, -1), n, n];
  const columns = pad(x, [[Math.max(0, offset), Math.max(0, -offset)]]);
  const [row, column] = [-2, -1].map((axis) => iota(shape, shape.length + axis, 'i32'));
  return where(column.sub(row).eq(offset), expand(unsqueeze(columns, -2), shape), 0);
}

/**
 * Coordinates of a grid: each vector along a dimension of its own.
 *
 * @formula y_k[i_1, …, i_d] = x_k[i_k]
 * @shapes x_k [n_k] → d of [n_1, …, n_d]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.meshgrid(indexing='ij')
 * @throws ShapeError unless each has one dimension.
 */
export function meshgrid(vectors: readonly Tensor[]): readonly Tensor[] {
  const wrong = vectors.find(({ rank }) => rank !== 1);
  if (wrong) throw new ShapeError(`meshgrid: expected vectors [n], got ${showShape(wrong.shape)}`);
  const shape = vectors.map(({ size }) => size);
  return vectors.map((x, k) =>
    expand(
      reshape(
        x,
        shape.map((dim, axis) => (axis === k ? dim : 1)),
      ),
      shape,
    ),
  );
}
