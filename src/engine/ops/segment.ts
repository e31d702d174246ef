// Elements that belong together by a number: their sums, means, extrema, softmax. The order of every sum is that of the elements.
import { ShapeError } from '../graph/errors.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectF32, expectFloat, expectIndices } from './check.ts';
import { iota } from './create.ts';
import { cast, stopGradient } from './elementwise.ts';
import { lowerGather } from './lower/gather.ts';
import { lowerSegmentExtremum, lowerSegmentSum } from './lower/segment.ts';
import { reshape, slice } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { orderOfKeys, searchKeys } from './order.ts';

/** The elements of each of `rows` groups, as lists: those of group r are order[offsets[r]] … order[offsets[r + 1] − 1], ascending. */
export interface Groups {
  readonly order: Tensor;
  readonly offsets: Tensor;
}

/** Lists of the elements with each id (u32 [n]) below `rows`; those with another are in none. */
export function groupsOf(ids: Tensor, rows: number): Groups {
  const keys = ids.minimum(rows);
  const order = reshape(orderOfKeys(reshape(keys, [1, ids.size]), 32 - Math.clz32(rows)), [ids.size]);
  const sorted = reshape(takeRows(reshape(keys, [1, ids.size, 1]), order), [1, ids.size]);
  return { order, offsets: reshape(searchKeys(sorted, iota([1, rows + 1], 1), false), [rows + 1]) };
}

const gatherOp: KernelOp = {
  name: 'gather',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => {
    const [outer, rows, width] = node.inputs[0].shape;
    const type = node.dtype === 'bool' ? 'u32' : node.dtype;
    return lowerGather({ outer, rows, width, count: node.shape[1] }, traits, type);
  },
  derivative: (dy, { inputs: [x, ids] }) => [addRows(dy, ids, x.shape[1]), undefined],
};

/** Rows x[o, ids[i]] of x [outer, rows, width] → [outer, n, width]; zeros where an id (u32 [n]) is no row. */
export function takeRows(x: Tensor, ids: Tensor): Tensor {
  const [outer, , width] = x.shape;
  return makeNode(gatherOp, [x, ids], {}, [outer, ids.size, width], x.dtype);
}

const sumOp: KernelOp = {
  name: 'segmentSum',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => {
    const [outer, count, width] = node.inputs[0].shape;
    return lowerSegmentSum({ outer, count, width, rows: node.shape[1] }, traits);
  },
  derivative: (dy, { inputs: [, , , ids] }) => [takeRows(dy, ids), undefined, undefined, undefined],
};

/** The transpose of {@link takeRows}: x [outer, n, width] → [outer, rows, width], element i added to row ids[i]. */
export function addRows(x: Tensor, ids: Tensor, rows: number): Tensor {
  const { order, offsets } = groupsOf(ids, rows);
  return makeNode(sumOp, [x, order, offsets, ids], {}, [x.shape[0], rows, x.shape[2]], x.dtype);
}

const extremumOp: KernelOp<{ readonly largest: boolean }> = {
  name: 'segmentExtremum',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => {
    const [count, width] = node.inputs[0].shape;
    return lowerSegmentExtremum({ outer: 1, count, width, rows: node.shape[0], largest: node.attrs.largest }, traits);
  },
  derivative: (dy, node) => {
    const [x, , , ids] = node.inputs;
    // Shared evenly among equal elements, as by max().
    const spread = (y: Tensor) => reshape(takeRows(reshape(y, [1, ...y.shape]), ids), x.shape);
    const hit = cast(x.eq(spread(node)), dy.dtype);
    const count = reshape(addRows(reshape(hit, [1, ...x.shape]), ids, dy.shape[0]), dy.shape);
    // A segment without elements has none to share among; dividing by 0 there would give NaN one derivative later.
    return [hit.mul(spread(dy.div(count.maximum(1)))), undefined, undefined, undefined];
  },
};

interface Segments {
  readonly ids: Tensor;
  /** x as [n, width]. */
  readonly flat: Tensor;
  /** Dimensions behind the first. */
  readonly tail: readonly number[];
}

function segmentsOf(op: string, x: Tensor, ids: Tensor, segments: number): Segments {
  if (!Number.isInteger(segments) || segments < 0) {
    throw new ShapeError(`${op}: expected a whole number of segments ≥ 0, got ${segments}`);
  }
  if (x.rank < 1 || ids.rank !== 1 || ids.size !== x.shape[0]) {
    throw new ShapeError(`${op}: expected x [n, ..] and ids [n], got ${showShape(x.shape)} and ${showShape(ids.shape)}`);
  }
  const tail = x.shape.slice(1);
  return { ids: expectIndices(op, ids, segments), flat: reshape(x, [ids.size, sizeOf(tail)]), tail };
}

/**
 * Sums of the elements with the same id; 0 for an id without any. The ids stand in any order.
 *
 * @formula y[s] = Σ_{i : ids[i] = s} x[i]
 * @shapes x [n, ..], ids [n] → [segments, ..]
 * @dtypes f32, f16
 * @torch torch.segment_reduce; torch_geometric.utils.scatter
 * @throws ShapeError when there is not one id an element. DTypeError when x is no float or the ids are no whole numbers.
 */
export function segmentSum(x: Tensor, ids: Tensor, segments: number): Tensor {
  expectFloat('segmentSum', x);
  const { ids: rows, flat, tail } = segmentsOf('segmentSum', x, ids, segments);
  return reshape(addRows(reshape(flat, [1, ...flat.shape]), rows, segments), [segments, ...tail]);
}

/**
 * How many elements have each id: the degrees of a graph's nodes, when the ids are the ends of its edges.
 *
 * @formula y[s] = #{i : ids[i] = s}
 * @shapes ids [n] → u32 [segments]
 * @torch torch.bincount; torch_geometric.utils.degree
 * @throws ShapeError unless the ids have one dimension. DTypeError unless they are whole numbers.
 */
export function degree(ids: Tensor, segments: number): Tensor {
  const { ids: rows } = segmentsOf('degree', ids, ids, segments);
  const { offsets } = groupsOf(rows, segments);
  return slice(offsets, [[1, segments + 1]]).sub(slice(offsets, [[0, segments]]));
}

/**
 * Means of the elements with the same id; 0 for an id without any. The ids stand in any order.
 *
 * @formula y[s] = Σ_{i : ids[i] = s} x[i] / #{i : ids[i] = s}
 * @shapes x [n, ..], ids [n] → [segments, ..]
 * @dtypes f32, f16
 * @torch torch.segment_reduce; torch_geometric.utils.scatter
 * @throws ShapeError when there is not one id an element. DTypeError when x is no float or the ids are no whole numbers.
 */
export function segmentMean(x: Tensor, ids: Tensor, segments: number): Tensor {
  const total = segmentSum(x, ids, segments);
  const count = cast(degree(ids, segments).maximum(1), x.dtype);
  return total.div(reshape(count, [segments, ...x.shape.slice(1).map(() => 1)]));
}

function extremum(op: string, x: Tensor, ids: Tensor, segments: number, largest: boolean): Tensor {
  expectFloat(op, x);
  const { ids: rows, flat, tail } = segmentsOf(op, x, ids, segments);
  const { order, offsets } = groupsOf(rows, segments);
  const result = makeNode(extremumOp, [flat, order, offsets, rows], { largest }, [segments, flat.shape[1]], x.dtype);
  return reshape(result, [segments, ...tail]);
}

/**
 * Largest of the elements with the same id; NaN if there is one, 0 for an id without any. Equal elements share the gradient.
 *
 * @formula y[s] = max_{i : ids[i] = s} x[i]
 * @shapes x [n, ..], ids [n] → [segments, ..]
 * @dtypes f32, f16
 * @torch torch.segment_reduce; torch_geometric.utils.scatter
 * @throws ShapeError when there is not one id an element. DTypeError when x is no float or the ids are no whole numbers.
 */
export function segmentMax(x: Tensor, ids: Tensor, segments: number): Tensor {
  return extremum('segmentMax', x, ids, segments, true);
}

/**
 * Smallest of the elements with the same id; NaN if there is one, 0 for an id without any. Equal elements share the gradient.
 *
 * @formula y[s] = min_{i : ids[i] = s} x[i]
 * @shapes x [n, ..], ids [n] → [segments, ..]
 * @dtypes f32, f16
 * @torch torch.segment_reduce; torch_geometric.utils.scatter
 * @throws ShapeError when there is not one id an element. DTypeError when x is no float or the ids are no whole numbers.
 */
export function segmentMin(x: Tensor, ids: Tensor, segments: number): Tensor {
  return extremum('segmentMin', x, ids, segments, false);
}

/**
 * Softmax among the elements with the same id, without overflow: a graph's attention over the edges that end in one node. An element without
 * a segment gets 0.
 *
 * @formula y[i] = exp(x[i]) / Σ_{j : ids[j] = ids[i]} exp(x[j])
 * @shapes x [n, ..], ids [n] → [n, ..]
 * @torch torch_geometric.utils.softmax
 * @throws ShapeError when there is not one id an element. DTypeError when x is no float or the ids are no whole numbers.
 */
export function segmentSoftmax(x: Tensor, ids: Tensor, segments: number): Tensor {
  expectF32('segmentSoftmax', x);
  const { ids: rows, tail } = segmentsOf('segmentSoftmax', x, ids, segments);
  const spread = (y: Tensor) => reshape(takeRows(reshape(y, [1, segments, sizeOf(tail)]), rows), x.shape);
  const powers = x.sub(spread(stopGradient(segmentMax(x, ids, segments)))).exp();
  return powers.mul(spread(segmentSum(powers, ids, segments).reciprocal()));
}
