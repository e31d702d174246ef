import { ShapeError } from '../graph/errors.ts';
import { broadcastShapes, type Shape, sameShape, showShape, sizeOf } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { lowerMatmul } from './lower/matmul.ts';
import { broadcastTo, reshape, untransposed } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';
import { sum } from './reduce.ts';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * Inputs [batch, m, k] (stored [k, m] with transposeA) and [batch, k, n] (stored [n, k] with transposeB); output [batch, m, n].
 * One of the inputs may have fewer matrices, which are used over and over: their number divides the batch.
 */
const matmulOp: KernelOp<Transposes> = {
  name: 'matmul',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => {
    const [a, b] = node.inputs;
    const [batch, m, n] = node.shape;
    const { transposeA, transposeB } = node.attrs;
    const k = a.shape[transposeA ? 1 : 2];
    return lowerMatmul({ batch, m, n, k, aBatches: a.shape[0], bBatches: b.shape[0], transposeA, transposeB }, traits);
  },
  multiplyAdds: ({ size, inputs: [a], attrs }) => size * a.shape[attrs.transposeA ? 1 : 2],
  derivative: (dy, node, [wantA, wantB]) => {
    const [a, b] = node.inputs;
    const { transposeA, transposeB } = node.attrs;
    const product = (x: Tensor, tx: boolean, y: Tensor, ty: boolean, like: Tensor) => unbroadcast(makeMatmul(x, tx, y, ty), like);
    const da = () => (transposeA ? product(b, transposeB, dy, true, a) : product(dy, false, b, !transposeB, a));
    const db = () => (transposeB ? product(dy, true, a, transposeA, b) : product(a, !transposeA, dy, false, b));
    return [wantA ? da() : undefined, wantB ? db() : undefined];
  },
  // matmul(permute(a), b) reads a as it stands, with a flag.
  simpler: ({ inputs: [a, b], attrs: { transposeA, transposeB } }) => {
    const [plainA, plainB] = [untransposed(a), untransposed(b)];
    return plainA || plainB
      ? makeMatmul(plainA ?? a, transposeA !== (plainA !== undefined), plainB ?? b, transposeB !== (plainB !== undefined))
      : undefined;
  },
  // (A·B)ᵀ = Bᵀ·Aᵀ: the gradient of a transposed weight comes out as it is stored.
  transposed: ({ inputs: [a, b], attrs: { transposeA, transposeB } }) => makeMatmul(b, !transposeB, a, !transposeA),
};

/** Sums over the uses of each matrix that the batch uses over and over. */
function unbroadcast(gradient: Tensor, { shape: [count, rows, columns] }: Tensor): Tensor {
  if (gradient.shape[0] === count) return gradient;
  return sum(reshape(gradient, [gradient.shape[0] / count, count, rows, columns]), 0);
}

function makeMatmul(a: Tensor, transposeA: boolean, b: Tensor, transposeB: boolean): Tensor {
  const m = a.shape[transposeA ? 2 : 1];
  const n = b.shape[transposeB ? 1 : 2];
  const [aBatches, bBatches] = [a.shape[0], b.shape[0]];
  const batch = Math.min(aBatches, bBatches) === 0 ? 0 : Math.max(aBatches, bBatches);
  return makeNode(matmulOp, [a, b], { transposeA, transposeB }, [batch, m, n], a.dtype);
}

/**
 * Matrix product over the last two dimensions. Leading dimensions broadcast; a vector on either side counts as a row or a column. Sums are
 * in f32 whatever the type.
 *
 * @formula y[.., i, j] = Σ_p a[.., i, p]·b[.., p, j]
 * @shapes [.., m, k] × [.., k, n] → [.., m, n]
 * @dtypes f32, f16
 * @torch torch.matmul
 * @throws ShapeError when k differs or the leading dimensions don't broadcast; DTypeError for other types
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  expectFloat('matmul', a, b);
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
  const [m, k] = left.shape.slice(-2);
  const [k2, n] = right.shape.slice(-2);
  if (a.rank === 0 || b.rank === 0 || k !== k2) {
    throw new ShapeError(`matmul: expected [.., m, k] and [.., k, n], got ${showShape(a.shape)} and ${showShape(b.shape)}`);
  }
  const leading = broadcastShapes('matmul', left.shape.slice(0, -2), right.shape.slice(0, -2));
  const product = multiply(left, right, leading, m, k, n);
  const shape = [...leading, ...(a.rank === 1 ? [] : [m]), ...(b.rank === 1 ? [] : [n])];
  return reshape(product, shape);
}

function multiply(left: Tensor, right: Tensor, leading: Shape, m: number, k: number, n: number): Tensor {
  const batch = sizeOf(leading);
  // Dimensions that are missing or 1 at the front repeat all the others: the kernel does that by itself.
  const flat = (x: Tensor, rows: number, columns: number) => {
    const stretched = x.shape.slice(0, -2).findIndex((dim) => dim !== 1);
    const own = stretched < 0 ? [] : x.shape.slice(stretched, -2);
    if (sameShape(own, leading.slice(leading.length - own.length))) return reshape(x, [sizeOf(own), rows, columns]);
    return reshape(broadcastTo(x, [...leading, rows, columns]), [batch, rows, columns]);
  };
  // Matrices that meet the same one on the right are a single matrix with all their rows.
  const own = [...new Array<number>(leading.length - right.rank + 2).fill(1), ...right.shape.slice(0, -2)];
  const outer = own.findLastIndex((dim) => dim !== 1) + 1;
  const inner = sizeOf(leading.slice(outer));
  if (inner > 1) {
    const all = leading.slice(0, outer);
    const rows = reshape(broadcastTo(left, [...leading, m, k]), [...all, inner * m, k]);
    return reshape(multiply(rows, reshape(right, [...own.slice(0, outer), k, n]), all, inner * m, k, n), [batch, m, n]);
  }
  return makeMatmul(flat(left, m, k), false, flat(right, k, n), false);
}
