// Rows of tables that stay on the GPU.
import { PickedTensor, type Table, type Tensor } from '../graph/tensor.ts';
import { lowerPick } from './lower/pick.ts';
import type { KernelOp } from './op.ts';

/**
 * No epilogue: what reads the rows is compiled as if they were uploaded, so that results are the same to the last bit. Data gets no gradient.
 */
const pickOp: KernelOp = {
  name: 'pick',
  kind: 'kernel',
  lower: ({ shape: [count], size, inputs }, traits) =>
    lowerPick({ width: count === 0 ? 0 : size / count, count: count as number, bytes: inputs.length === 3 }, traits),
  derivative: () => [],
};

/** A field's values, as u32 words: one each, or four bytes in one, and then what each byte stands for. */
export type Tables = readonly [words: Table] | readonly [bytes: Table, values: Table];

/** Rows [n, ...shape] that the indices (u32 [n]) name. */
export function pickRows(tables: Tables, indices: Tensor, shape: readonly number[], dtype: Tensor['dtype']): PickedTensor {
  return new PickedTensor(pickOp, indices, tables, [indices.size, ...shape], dtype);
}
