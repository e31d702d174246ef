// Elements chosen by indices, and put where indices say. An index outside its dimension reads 0 and writes nothing.
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { normalizeAxis, type Shape, showShape, sizeOf, stridesOf } from '../graph/shape.ts';
import { Tensor } from '../graph/tensor.ts';
import { expectFloat, expectIndices } from './check.ts';
import { iota, scalar, type TensorLike } from './create.ts';
import { stopGradient, where } from './elementwise.ts';
import type { DeviceTraits } from './kernel.ts';
import { lowerGather, lowerWinner } from './lower/gather.ts';
import { broadcastTo, reshape, slice } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { addRows, takeRows } from './segment.ts';

/** The whole of a tensor as one column, for indices into all of its elements. */
const column = (x: Tensor): Tensor => reshape(x, [1, x.size, 1]);

/**
 * Rows of a table: the vectors of a vocabulary's words.
 *
 * @formula y[i, ..] = table[indices[i], ..]
 * @shapes table [rows, ..], indices [..] → [.. of indices, .. of a row]
 * @dtypes f32, f16
 * @torch torch.nn.functional.embedding
 * @throws ShapeError for a table without rows, or a `paddingIdx` outside them. DTypeError when the indices are no whole numbers.
 */
export function embedding(
  table: Tensor,
  indices: Tensor,
  { paddingIdx }: { /** The row that gets no gradient. */ readonly paddingIdx?: number } = {},
): Tensor {
  expectFloat('embedding', table);
  if (table.rank < 1) throw new ShapeError(`embedding: expected a table [rows, ..], got ${showShape(table.shape)}`);
  const [rows, ...row] = table.shape;
  const ids = reshape(expectIndices('embedding', indices, rows), [indices.size]);
  const y = reshape(takeRows(reshape(table, [1, rows, sizeOf(row)]), ids), [...indices.shape, ...row]);
  if (paddingIdx === undefined) return y;
  const padding = normalizeAxis('embedding', paddingIdx, rows);
  const padded = reshape(indices.eq(padding), [...indices.shape, ...row.map(() => 1)]);
  return where(broadcastTo(padded, y.shape), stopGradient(y), y);
}

/**
 * The slices of x that the indices name, along one axis.
 *
 * @formula y[.., i, ..] = x[.., indices[i], ..]
 * @shapes x [.., n, ..], indices [m] → [.., m, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.index_select
 * @throws ShapeError when the indices have not one dimension, or the axis is outside the rank. DTypeError when they are no whole numbers.
 */
export function indexSelect(x: Tensor, axis: number, indices: Tensor): Tensor {
  const { at, ids, cube } = alongAxis('indexSelect', x, axis, indices);
  return reshape(takeRows(reshape(x, cube), ids), x.shape.with(at, ids.size));
}

/**
 * x with the slices of `source` added at the places that the indices name, along one axis; in their order, where one is named several times.
 *
 * @formula y[.., r, ..] = x[.., r, ..] + Σ_{i : indices[i] = r} source[.., i, ..]
 * @shapes x [.., n, ..], indices [m], source [.., m, ..] → [.., n, ..]
 * @dtypes f32, f16
 * @torch torch.index_add
 * @throws ShapeError when the shapes don't fit, or the axis is outside the rank. DTypeError when the indices are no whole numbers.
 */
export function indexAdd(x: Tensor, axis: number, indices: Tensor, source: Tensor): Tensor {
  expectFloat('indexAdd', x, source);
  const { at, ids, cube } = alongAxis('indexAdd', x, axis, indices);
  const expected = x.shape.with(at, ids.size);
  if (showShape(source.shape) !== showShape(expected)) {
    throw new ShapeError(`indexAdd: expected a source ${showShape(expected)}, got ${showShape(source.shape)}`);
  }
  return x.add(reshape(addRows(reshape(source, cube.with(1, ids.size)), ids, x.shape[at]), x.shape));
}

function alongAxis(op: string, x: Tensor, axis: number, indices: Tensor) {
  const at = normalizeAxis(op, axis, x.rank);
  if (indices.rank !== 1) throw new ShapeError(`${op}: expected indices [n], got ${showShape(indices.shape)}`);
  const cube = [sizeOf(x.shape.slice(0, at)), x.shape[at], sizeOf(x.shape.slice(at + 1))];
  return { at, ids: expectIndices(op, indices, x.shape[at]), cube };
}

/** Places in all of `shape`, row by row, of the elements that an index along `axis` names (u32 [n]); past the end for those outside. */
function placesOf(op: string, shape: Shape, axis: number, index: Tensor): Tensor {
  if (index.rank !== shape.length || !index.shape.every((dim, i) => i === axis || dim <= shape[i])) {
    throw new ShapeError(
      `${op}: expected an index of the rank of ${showShape(shape)}, no longer but along axis ${axis}, got ${showShape(index.shape)}`,
    );
  }
  const along = expectIndices(op, index, shape[axis]);
  const strides = stridesOf(shape);
  const places = index.shape.reduce(
    (sum, dim, i) => (i === axis || dim === 1 ? sum : sum.add(iota(index.shape, i).mul(strides[i]))),
    along.mul(strides[axis]),
  );
  return reshape(where(along.lt(shape[axis]), places, sizeOf(shape)), [index.size]);
}

/**
 * Elements of x that an index names along one axis, one by one. The index may be shorter than x along other axes.
 *
 * @formula y[i, j] = x[index[i, j], j] along axis 0, x[i, index[i, j]] along axis 1
 * @shapes x [.., n, ..], index [.., m, ..] → [.., m, ..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.gather
 * @throws ShapeError when the index has another rank or is longer along another axis. DTypeError when it holds no whole numbers.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = normalizeAxis('gather', axis, x.rank);
  return reshape(takeRows(column(x), placesOf('gather', x.shape, at, index)), index.shape);
}

const winnerOp: KernelOp = {
  name: 'winner',
  kind: 'kernel',
  lower: ({ size, inputs: [places] }, traits) => lowerWinner(size, places.size, traits),
};

/** For each of `size` places the last i with places[i] there; past any end where there is none. */
const lastAt = (places: Tensor, size: number): Tensor => makeNode(winnerOp, [places], {}, [size], 'u32').sub(1);

function lowerColumn({ size, dtype, inputs: [x] }: Tensor, traits: DeviceTraits) {
  return lowerGather({ outer: 1, rows: x.size, width: 1, count: size }, traits, dtype === 'bool' ? 'u32' : dtype);
}

/** Puts source [1, n, 1] to where `places` [n] say, into zeros; `last` [size] has who comes last. One source a place gets the gradient. */
const putOp: KernelOp = {
  name: 'put',
  kind: 'kernel',
  epilogue: true,
  lower: lowerColumn,
  derivative: (dy, { inputs: [source, last, places] }) => {
    const won = takeRows(column(last), places).eq(reshape(iota([source.size], 0), source.shape));
    return [where(won, takeRows(dy, places), 0), undefined, undefined];
  },
};

const put = (source: Tensor, last: Tensor, places: Tensor): Tensor =>
  makeNode(putOp, [column(source), last, places], {}, [1, last.size, 1], source.dtype);

/** A gather that names no element twice: its gradient needs no sums. */
const gatherOnceOp: KernelOp = {
  name: 'gatherOnce',
  kind: 'kernel',
  epilogue: true,
  lower: lowerColumn,
  derivative: (dy, { inputs: [x, places] }) => [put(dy, lastAt(places, x.size), places), undefined],
};

/** {@link gather} by an index that names no element twice (the order of a sort). */
export function gatherOnce(x: Tensor, axis: number, index: Tensor): Tensor {
  const places = placesOf('gather', x.shape, axis, index);
  return reshape(makeNode(gatherOnceOp, [column(x), places], {}, [1, places.size, 1], x.dtype), index.shape);
}

/** x, index and source as scatter and scatterAdd want them: source [n] to places [n] of x. */
function scattered(op: string, x: Tensor, axis: number, index: Tensor, source: TensorLike) {
  const places = placesOf(op, x.shape, normalizeAxis(op, axis, x.rank), index);
  const whole = source instanceof Tensor ? source : broadcastTo(scalar(source, x.dtype), index.shape);
  if (whole.dtype !== x.dtype)
    throw new DTypeError(`${op}: expected two of one type, got ${x.dtype} and ${whole.dtype}; cast() one of them`);
  if (whole.rank !== index.rank || !index.shape.every((dim, i) => dim <= whole.shape[i])) {
    throw new ShapeError(`${op}: expected a source at least as long as the index ${showShape(index.shape)}, got ${showShape(whole.shape)}`);
  }
  const part = slice(
    whole,
    index.shape.map((dim) => [0, dim]),
  );
  return { places, part };
}

/**
 * x with elements replaced where an index names them along one axis. Where several name one place, the last of them in row-major order stays,
 * and gets the gradient. (PyTorch leaves open which.)
 *
 * @formula y = x, then y[index[i, j], j] = source[i, j] along axis 0, y[i, index[i, j]] = source[i, j] along axis 1
 * @shapes x [.., n, ..], index [.., m, ..], source no shorter than the index, or a number → [.., n, ..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.scatter
 * @throws ShapeError when the shapes don't fit. DTypeError when the index holds no whole numbers, or x and source differ.
 */
export function scatter(x: Tensor, axis: number, index: Tensor, source: TensorLike): Tensor {
  const { places, part } = scattered('scatter', x, axis, index, source);
  const last = lastAt(places, x.size);
  return where(reshape(last.lt(part.size), x.shape), reshape(put(part, last, places), x.shape), x);
}

/**
 * x with the elements of `source` added where an index names them along one axis; in row-major order, where several name one place.
 *
 * @formula y = x, then y[index[i, j], j] += source[i, j] along axis 0, y[i, index[i, j]] += source[i, j] along axis 1
 * @shapes x [.., n, ..], index [.., m, ..], source no shorter than the index, or a number → [.., n, ..]
 * @dtypes f32, f16
 * @torch torch.scatter_add
 * @throws ShapeError when the shapes don't fit. DTypeError when the index holds no whole numbers, or x and source differ.
 */
export function scatterAdd(x: Tensor, axis: number, index: Tensor, source: TensorLike): Tensor {
  expectFloat('scatterAdd', x);
  const { places, part } = scattered('scatterAdd', x, axis, index, source);
  return x.add(reshape(addRows(column(part), places, x.size), x.shape));
}

/**
 * x with `value` where the mask holds.
 *
 * @formula y = mask ? value : x
 * @shapes x [..], mask bool [..] (broadcast to x) → [..]
 * @dtypes f32, f16, i32, u32
 * @torch torch.masked_fill
 * @throws DTypeError when the mask is not bool, or x doesn't hold the value. ShapeError when it doesn't broadcast to x.
 */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  return where(broadcastTo(mask, x.shape), scalar(value, x.dtype), x);
}
