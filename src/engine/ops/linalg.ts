// Small dense systems: factorised and solved a matrix at a time, in batches. Derivatives are made of the same ops.
import { ShapeError } from '../graph/errors.ts';
import { broadcastShapes, type Shape, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { diagonal, tril, triu } from './arrange.ts';
import { expectF32, expectFloat } from './check.ts';
import { iota, ones, zeros } from './create.ts';
import { cast, where } from './elementwise.ts';
import { lowerCholesky, lowerDeterminant, lowerSolve, lowerTriangular } from './lower/linalg.ts';
import { matmul } from './matmul.ts';
import { broadcastTo, reshape, slice, transpose, unsqueeze } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { sum } from './reduce.ts';

const matricesOf = ({ shape: [batch, n] }: Tensor) => ({ batch, n });

/** x [batch, n, n] → its lower factor. */
const choleskyOp: KernelOp = {
  name: 'cholesky',
  kind: 'kernel',
  lower: (node, traits) => lowerCholesky(matricesOf(node), traits),
  // Murray, "Differentiation of the Cholesky decomposition" (arXiv 1602.07527), eq. 10, shared between the two triangles.
  derivative: (dy, node) => {
    const inner = tril(matmul(transpose(node), tril(dy)));
    const halved = inner.sub(where(isDiagonal(inner.shape), inner.mul(0.5), 0));
    const fromLeft = (b: Tensor) => triangular(node, b, { upper: true, transposed: true, unit: false });
    const dx = fromLeft(transpose(fromLeft(halved)));
    return [dx.add(transpose(dx)).mul(0.5)];
  },
};

/** a [batch, n, n], b [batch, n, columns] → a⁻¹·b. */
const solveOp: KernelOp = {
  name: 'solve',
  kind: 'kernel',
  lower: (node, traits) => lowerSolve({ ...matricesOf(node), columns: node.shape[2] }, traits),
  derivative: (dy, node, [wantA]) => {
    const db = makeNode(solveOp, [transpose(node.inputs[0]), dy], {}, node.shape, 'f32');
    return [wantA ? matmul(db, transpose(node)).neg() : undefined, db];
  },
};

interface Triangle {
  /** Of the matrix that is solved for: aᵀ if transposed. */
  readonly upper: boolean;
  readonly transposed: boolean;
  /** The diagonal counts as ones. */
  readonly unit: boolean;
}

/** a [batch, n, n], b [batch, n, columns] → a⁻¹·b, or (aᵀ)⁻¹·b. */
const triangularOp: KernelOp<Triangle> = {
  name: 'solveTriangular',
  kind: 'kernel',
  lower: (node, traits) => lowerTriangular({ ...matricesOf(node), columns: node.shape[2], ...node.attrs }, traits),
  derivative: (dy, node, [wantA]) => {
    const [a] = node.inputs;
    const { upper, transposed, unit } = node.attrs;
    const db = triangular(a, dy, { upper: !upper, transposed: !transposed, unit });
    const da = () => (transposed ? matmul(node, transpose(db)) : matmul(db, transpose(node))).neg();
    const offset = unit ? 1 : 0;
    return [wantA ? (upper !== transposed ? triu(da(), offset) : tril(da(), -offset)) : undefined, db];
  },
};

const triangular = (a: Tensor, b: Tensor, triangle: Triangle): Tensor => makeNode(triangularOp, [a, b], triangle, b.shape, 'f32');

/** a [batch, n, n] → [batch, 3]: determinant, its sign, log of its absolute value. */
const determinantOp: KernelOp = {
  name: 'determinant',
  kind: 'kernel',
  lower: ({ inputs: [a] }, traits) => lowerDeterminant(matricesOf(a), traits),
  derivative: (dy, node) => {
    const [a] = node.inputs;
    const column = (x: Tensor, i: number) => unsqueeze(slice(x, [null, [i, i + 1]]), 2);
    const factor = column(dy, 0).mul(column(node, 0)).add(column(dy, 2));
    return [makeNode(solveOp, [transpose(a), identity(a.shape)], {}, a.shape, 'f32').mul(factor)];
  },
};

const isDiagonal = (shape: Shape): Tensor => iota(shape, shape.length - 2).eq(iota(shape, shape.length - 1));
const identity = (shape: Shape): Tensor => cast(isDiagonal(shape), 'f32');

function expectSquare(op: string, a: Tensor): void {
  expectF32(op, a);
  if (a.rank < 2 || a.shape[a.rank - 1] !== a.shape[a.rank - 2])
    throw new ShapeError(`${op}: expected [.., n, n], got ${showShape(a.shape)}`);
}

/** [.., n, m] → [batch, n, m]. */
const flat = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2)]);

/**
 * Cholesky factors of symmetric, positive definite matrices, of which only the lower triangle is read. Where a matrix isn't positive
 * definite, its factor has NaN. The gradient is shared evenly between the two triangles.
 *
 * @formula x = y·yᵀ with y lower triangular
 * @shapes [.., n, n] → [.., n, n]
 * @torch torch.linalg.cholesky
 * @throws ShapeError unless the matrices are square; DTypeError unless they are f32
 */
export function cholesky(x: Tensor): Tensor {
  expectSquare('cholesky', x);
  const matrices = flat(x);
  return reshape(makeNode(choleskyOp, [matrices], {}, matrices.shape, 'f32'), x.shape);
}

/** Both sides as batches of one length, and how the result is shaped. */
function system(op: string, a: Tensor, b: Tensor): { a: Tensor; b: Tensor; shaped: (x: Tensor) => Tensor } {
  expectSquare(op, a);
  expectF32(op, b);
  const isVector = b.rank === 1 || (b.rank === a.rank - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
  const right = isVector ? unsqueeze(b, b.rank) : b;
  if (right.rank < 2 || right.shape[right.rank - 2] !== a.shape[a.rank - 1]) {
    throw new ShapeError(`${op}: expected a [.., n, n] and b [.., n, k] or [.., n], got ${showShape(a.shape)} and ${showShape(b.shape)}`);
  }
  const lead = broadcastShapes(op, a.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...lead, ...right.shape.slice(-2)];
  const spread = (x: Tensor) => flat(broadcastTo(x, [...lead, ...x.shape.slice(-2)]));
  return { a: spread(a), b: spread(right), shaped: (x) => reshape(x, isVector ? shape.slice(0, -1) : shape) };
}

/**
 * Solves systems of linear equations by elimination with partial pivoting; leading dimensions broadcast. A singular matrix gives
 * infinities or NaN.
 *
 * @formula a·y = b
 * @shapes a [.., n, n], b [.., n, k] or [.., n] → as b
 * @torch torch.linalg.solve
 * @throws ShapeError unless a's matrices are square and b fits; DTypeError unless both are f32
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const { a: left, b: right, shaped } = system('solve', a, b);
  return shaped(makeNode(solveOp, [left, right], {}, right.shape, 'f32'));
}

/**
 * Solves systems with a triangular matrix, whose other triangle isn't read; leading dimensions broadcast. A 0 on the diagonal gives
 * infinities or NaN. With `unitriangular` the diagonal counts as ones.
 *
 * @formula a·y = b
 * @shapes a [.., n, n], b [.., n, k] or [.., n] → as b
 * @torch torch.linalg.solve_triangular
 * @throws ShapeError unless a's matrices are square and b fits; DTypeError unless both are f32
 */
export function solveTriangular(
  a: Tensor,
  b: Tensor,
  { upper = false, unitriangular = false }: { readonly upper?: boolean; readonly unitriangular?: boolean } = {},
): Tensor {
  const { a: left, b: right, shaped } = system('solveTriangular', a, b);
  return shaped(triangular(left, right, { upper, transposed: false, unit: unitriangular }));
}

/**
 * Solves systems given the Cholesky factor of their matrix.
 *
 * @formula (l·lᵀ)·y = b
 * @shapes b [.., n, k] or [.., n], l [.., n, n] lower triangular → as b
 * @torch torch.cholesky_solve
 * @throws ShapeError unless l's matrices are square and b fits; DTypeError unless both are f32
 */
export function choleskySolve(b: Tensor, l: Tensor): Tensor {
  const { a, b: right, shaped } = system('choleskySolve', l, b);
  const half = triangular(a, right, { upper: false, transposed: false, unit: false });
  return shaped(triangular(a, half, { upper: true, transposed: true, unit: false }));
}

/**
 * Inverse matrices. A singular one gives infinities or NaN. To solve equations, `solve` is cheaper and more accurate.
 *
 * @formula x·y = I
 * @shapes [.., n, n] → [.., n, n]
 * @torch torch.linalg.inv
 * @throws ShapeError unless the matrices are square; DTypeError unless they are f32
 */
export function inverse(x: Tensor): Tensor {
  expectSquare('inverse', x);
  return solve(x, identity(x.shape));
}

/** Column i of what the determinant's kernel finds; `empty` is that of matrices without elements. */
function determinant(op: string, x: Tensor, i: number, empty: number): Tensor {
  expectSquare(op, x);
  const lead = x.shape.slice(0, -2);
  if (x.shape[x.rank - 1] === 0) return empty === 1 ? ones(lead) : zeros(lead);
  const all = makeNode(determinantOp, [flat(x)], {}, [sizeOf(lead), 3], 'f32');
  return reshape(slice(all, [null, [i, i + 1]]), lead);
}

/**
 * Determinants, by elimination. The gradient of a singular matrix's is infinite or NaN.
 *
 * @formula y = det x
 * @shapes [.., n, n] → [..]
 * @torch torch.linalg.det
 * @throws ShapeError unless the matrices are square; DTypeError unless they are f32
 */
export function det(x: Tensor): Tensor {
  return determinant('det', x, 0, 1);
}

/**
 * Logarithms of determinants, where those would overflow: NaN for a negative one, −∞ for 0.
 *
 * @formula y = log det x
 * @shapes [.., n, n] → [..]
 * @torch torch.logdet
 * @throws ShapeError unless the matrices are square; DTypeError unless they are f32
 */
export function logDet(x: Tensor): Tensor {
  return where(determinant('logDet', x, 1, 1).lt(0), Number.NaN, determinant('logDet', x, 2, 0));
}

/**
 * Sign (−1, 0 or 1) of determinants, and the logarithm of their absolute value.
 *
 * @formula det x = sign·exp(logAbsDet)
 * @shapes [.., n, n] → { sign [..], logAbsDet [..] }
 * @torch torch.linalg.slogdet
 * @throws ShapeError unless the matrices are square; DTypeError unless they are f32
 */
export function slogdet(x: Tensor): { sign: Tensor; logAbsDet: Tensor } {
  return { sign: determinant('slogdet', x, 1, 1), logAbsDet: determinant('slogdet', x, 2, 0) };
}

/**
 * Sums of the main diagonals of matrices.
 *
 * @formula y = Σ_i x[.., i, i]
 * @shapes [.., m, n] → [..]
 * @dtypes f32, f16
 * @torch torch.trace
 * @throws ShapeError when there are fewer than two dimensions; DTypeError for other types
 */
export function trace(x: Tensor): Tensor {
  expectFloat('trace', x);
  if (x.rank < 2) throw new ShapeError(`trace: expected [.., m, n], got ${showShape(x.shape)}`);
  return sum(diagonal(x), -1);
}

/**
 * Products of all pairs of two vectors' elements.
 *
 * @formula y[i, j] = a[i]·b[j]
 * @shapes a [m], b [n] → [m, n]
 * @dtypes f32, f16
 * @torch torch.outer
 * @throws ShapeError unless both are vectors; DTypeError for other types
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  expectFloat('outer', a, b);
  if (a.rank !== 1 || b.rank !== 1)
    throw new ShapeError(`outer: expected [m] and [n], got ${showShape(a.shape)} and ${showShape(b.shape)}`);
  return unsqueeze(a, 1).mul(b);
}
