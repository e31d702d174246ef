// Products with sparse matrices: a graph's adjacency times its nodes' features.
import { ShapeError, TilegradError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import { Tensor } from '../graph/tensor.ts';
import { expectFloat, expectIndices } from './check.ts';
import { iota, zeros } from './create.ts';
import { gatherOnce } from './indexing.ts';
import { lowerSampledProduct, lowerSparseProduct } from './lower/segment.ts';
import { reshape, transpose } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { searchKeys } from './order.ts';
import { type Groups, groupsOf } from './segment.ts';

/** A sparse matrix as a list of its elements, in any order: values [n] at rows and columns [n]. Those at one place add up. */
export interface CooMatrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly rowIndices: Tensor;
  readonly colIndices: Tensor;
  readonly values: Tensor;
}

/** A sparse matrix by rows: those elements of row r stand from crowIndices[r] to before crowIndices[r + 1]; crowIndices is [rows + 1]. */
export interface CsrMatrix {
  readonly shape: readonly [rows: number, columns: number];
  readonly crowIndices: Tensor;
  readonly colIndices: Tensor;
  readonly values: Tensor;
}

export type SparseMatrix = CooMatrix | CsrMatrix;

/** y[r] = Σ values[e]·x[sources[e]] over the elements e with targets[e] = r. Inputs: values, x, order and offsets by target, sources, targets. */
const productOp: KernelOp = {
  name: 'sparseMatmul',
  kind: 'kernel',
  epilogue: true,
  lower: ({ shape: [rows, width], inputs: [values, x] }, traits) =>
    lowerSparseProduct({ outer: 1, rows, width, count: values.size, sources: x.shape[0] }, traits),
  derivative: (dy, { inputs: [values, x, , , sources, targets] }, [wantValues, wantX]) => [
    wantValues ? sampled(dy, x, targets, sources) : undefined,
    wantX ? product(values, dy, groupsOf(sources, x.shape[0]), targets, sources) : undefined,
  ],
};

function product(values: Tensor, x: Tensor, groups: Groups, sources: Tensor, targets: Tensor): Tensor {
  const rows = groups.offsets.size - 1;
  return makeNode(productOp, [values, x, groups.order, groups.offsets, sources, targets], {}, [rows, x.shape[1]], x.dtype);
}

/** v[e] = a[targets[e]] · b[sources[e]]. */
const sampledOp: KernelOp = {
  name: 'sampledMatmul',
  kind: 'kernel',
  epilogue: true,
  lower: ({ size, inputs: [a, b] }, traits) =>
    lowerSampledProduct({ outer: 1, rows: a.shape[0], width: a.shape[1], count: size, sources: b.shape[0] }, traits),
  derivative: (dv, { inputs: [a, b, targets, sources] }, [wantA, wantB]) => [
    wantA ? product(dv, b, groupsOf(targets, a.shape[0]), sources, targets) : undefined,
    wantB ? product(dv, a, groupsOf(sources, b.shape[0]), targets, sources) : undefined,
  ],
};

function sampled(a: Tensor, b: Tensor, targets: Tensor, sources: Tensor): Tensor {
  if (a.size === 0 || b.size === 0) return zeros([targets.size], a.dtype);
  return makeNode(sampledOp, [a, b, targets, sources], {}, [targets.size], a.dtype);
}

const isCsr = (matrix: SparseMatrix): matrix is CsrMatrix => 'crowIndices' in matrix;

/** The elements' rows, and their lists by row. */
function rowsOf(op: string, matrix: SparseMatrix): { readonly groups: Groups; readonly targets: Tensor; readonly sources: Tensor } {
  const { shape, values, colIndices } = matrix;
  const [rows, columns] = shape;
  const count = values.size;
  const [indices, expected] = isCsr(matrix) ? [matrix.crowIndices, rows + 1] : [matrix.rowIndices, count];
  if (values.rank !== 1 || colIndices.rank !== 1 || colIndices.size !== count || indices.rank !== 1 || indices.size !== expected) {
    throw new ShapeError(
      `${op}: expected values and columns [n], and ${isCsr(matrix) ? `[${expected}] starts of rows` : 'rows [n]'}, ` +
        `got ${showShape(values.shape)}, ${showShape(colIndices.shape)} and ${showShape(indices.shape)}`,
    );
  }
  const sources = expectIndices(op, colIndices, columns);
  if (!isCsr(matrix)) {
    const targets = expectIndices(op, indices, rows);
    return { groups: groupsOf(targets, rows), targets, sources };
  }
  const offsets = expectIndices(op, indices, count + 1);
  // An element's row is the last that begins at it or before.
  const begun = searchKeys(reshape(offsets, [1, rows + 1]), iota([1, count], 1), true);
  return { groups: { order: iota([count], 0), offsets }, targets: reshape(begun, [count]).sub(1), sources };
}

const transposed = (matrix: SparseMatrix): CooMatrix => ({
  shape: [matrix.shape[1], matrix.shape[0]],
  rowIndices: matrix.colIndices,
  colIndices: rowsOf('sparseMatmul', matrix).targets,
  values: matrix.values,
});

/**
 * A sparse matrix times a dense one, or a dense one times a sparse one. Gradients with respect to the dense matrix and to the values.
 *
 * @formula y[i, j] = Σ_e values[e] · x[col[e], j] over the elements e of row i
 * @shapes sparse [m, k], x [k, n] → [m, n]; x [m, k], sparse [k, n] → [m, n]
 * @dtypes f32, f16
 * @torch torch.sparse.mm
 * @throws ShapeError when the matrices don't fit each other, or the lists of the sparse one. DTypeError when values and x differ.
 */
export function sparseMatmul(a: SparseMatrix, b: Tensor): Tensor;
export function sparseMatmul(a: Tensor, b: SparseMatrix): Tensor;
export function sparseMatmul(a: SparseMatrix | Tensor, b: SparseMatrix | Tensor): Tensor {
  if (a instanceof Tensor === b instanceof Tensor) throw new TilegradError('sparseMatmul: expected one sparse matrix and one tensor');
  const [left, right] = [a, b].map(({ shape }) => shape);
  if (left.length !== 2 || right.length !== 2 || left[1] !== right[0]) {
    throw new ShapeError(`sparseMatmul: expected [m, k] and [k, n], got ${showShape(left)} and ${showShape(right)}`);
  }
  if (a instanceof Tensor) return transpose(sparseMatmul(transposed(b as SparseMatrix), transpose(a)));
  const x = b as Tensor;
  expectFloat('sparseMatmul', a.values, x);
  const { groups, targets, sources } = rowsOf('sparseMatmul', a);
  return product(a.values, x, groups, sources, targets);
}

/**
 * Elements of a product of two dense matrices, at given places only: how well the two ends of each of a graph's edges match.
 *
 * @formula y[e] = Σ_k a[rows[e], k] · b[k, columns[e]]
 * @shapes a [m, k], b [k, n], rows [count], columns [count] → [count]
 * @dtypes f32, f16
 * @torch torch.sparse.sampled_addmm
 * @throws ShapeError when the shapes don't fit. DTypeError when a and b differ, or the places are no whole numbers.
 */
export function sampledMatmul(a: Tensor, b: Tensor, rows: Tensor, columns: Tensor): Tensor {
  expectFloat('sampledMatmul', a, b);
  if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== b.shape[0]) {
    throw new ShapeError(`sampledMatmul: expected [m, k] and [k, n], got ${showShape(a.shape)} and ${showShape(b.shape)}`);
  }
  if (rows.rank !== 1 || columns.rank !== 1 || rows.size !== columns.size) {
    throw new ShapeError(`sampledMatmul: expected rows and columns [count], got ${showShape(rows.shape)} and ${showShape(columns.shape)}`);
  }
  const [targets, sources] = [expectIndices('sampledMatmul', rows, a.shape[0]), expectIndices('sampledMatmul', columns, b.shape[1])];
  return sampled(a, transpose(b), targets, sources);
}

/**
 * The same matrix by rows, its elements in the order in which the list has them. Elements at one place stay apart.
 *
 * @formula entries in the order of (row, column)
 * @shapes rowIndices, colIndices, values [n] → crowIndices [rows + 1], colIndices, values [n]
 * @dtypes f32, f16
 * @torch torch.Tensor.to_sparse_csr
 * @throws ShapeError when the lists differ in length. DTypeError when the indices are no whole numbers.
 */
export function cooToCsr(matrix: CooMatrix): CsrMatrix {
  expectFloat('cooToCsr', matrix.values);
  const { groups, sources } = rowsOf('cooToCsr', matrix);
  return {
    shape: matrix.shape,
    crowIndices: groups.offsets,
    colIndices: gatherOnce(sources, 0, groups.order),
    values: gatherOnce(matrix.values, 0, groups.order),
  };
}
