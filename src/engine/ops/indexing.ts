import { DTypeError, ShapeError } from '../graph/errors.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cast } from './elementwise.ts';
import { lowerGather, lowerGatherBackward } from './lower/embedding.ts';
import { reshape } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';

const specOf = (table: readonly number[], count: number) => ({ rows: table[0], width: sizeOf(table.slice(1)), count });

const gatherOp: KernelOp = {
  name: 'embedding',
  kind: 'kernel',
  epilogue: true,
  lower: ({ inputs: [table, indices] }, traits) => lowerGather(specOf(table.shape, indices.size), traits),
  derivative: (dy, { inputs: [table, indices] }) => [makeNode(gatherBackwardOp, [dy, indices], {}, table.shape, 'f32'), undefined],
};

/** Adds each row of dy to the row of the table that its index names; in index order, so the sums are the same every time. */
const gatherBackwardOp: KernelOp = {
  name: 'embeddingBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerGatherBackward(specOf(node.shape, node.inputs[1].size), traits),
  derivative: (ddx, { inputs: [dy, indices] }) => [makeNode(gatherOp, [ddx, indices], {}, dy.shape, 'f32'), undefined],
};

/**
 * Rows of `table` [rows, ..] named by `indices` [..] (u32 or i32) → [.. of indices, .. of a row]. An index past the end reads NaN
 * and has no gradient.
 */
export function embedding(table: Tensor, indices: Tensor): Tensor {
  if (table.rank < 1) throw new ShapeError(`embedding: expected a table [rows, ..], got ${showShape(table.shape)}`);
  if (table.dtype !== 'f32' || (indices.dtype !== 'u32' && indices.dtype !== 'i32')) {
    throw new DTypeError(`embedding: expected an f32 table and u32 or i32 indices, got ${table.dtype} and ${indices.dtype}`);
  }
  const row = table.shape.slice(1);
  const flat = makeNode(gatherOp, [table, reshape(cast(indices, 'u32'), [indices.size])], {}, [indices.size, ...row], 'f32');
  return reshape(flat, [...indices.shape, ...row]);
}
