import { describe, expect, it } from 'vitest';
import {
  cooToCsr,
  DTypeError,
  degree,
  gradients,
  indexSelect,
  ShapeError,
  sampledMatmul,
  segmentSoftmax,
  segmentSum,
  sparseMatmul,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';
import { sparseCases } from './cases/sparse.ts';
import { checkOp } from './check.ts';
import { f32, labels, planOf, u32 } from './plan-of.ts';

describe('segments and sparse matrices agree with the float64 reference', () => {
  for (const row of sparseCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const x = zeros([3, 2]);
const ids = zeros([3], 'u32');
const matrix = { shape: [4, 3], rowIndices: ids, colIndices: ids, values: zeros([3]) } as const;

it('cooToCsr gives rows in order, and keeps the order within them', async () => {
  const list = (...data: number[]) => tensor(Uint32Array.from(data));
  const { crowIndices, colIndices, values } = cooToCsr({
    shape: [4, 9],
    rowIndices: list(2, 0, 2, 3, 0),
    colIndices: list(8, 7, 1, 2, 7),
    values: tensor([1, 2, 3, 4, 5]),
  });
  expect([...(await crowIndices.data())]).toEqual([0, 2, 2, 4, 5]);
  expect([...(await colIndices.data())]).toEqual([7, 7, 8, 1, 2]);
  expect([...(await values.data())]).toEqual([2, 5, 1, 3, 4]);
});

it('attention over the edges of a graph sorts them twice, gradient included: by their ends, and by their beginnings', () => {
  const layer = (h: Tensor, from: Tensor, to: Tensor): Tensor[] => {
    const sources = indexSelect(h, 0, from);
    const scores = sources.mul(indexSelect(h, 0, to)).sum(1);
    const weights = segmentSoftmax(scores, to, 9).unsqueeze(1);
    const y = segmentSum(sources.mul(weights), to, 9);
    return [y, ...gradients(y.square().sum(), [h])];
  };
  const steps = labels(planOf(layer, [f32(9, 4), u32(20), u32(20)]));
  expect(steps.filter((label) => label.startsWith('sort.'))).toHaveLength(2);
});

describe('wrong arguments are refused', () => {
  it.each<[string, () => unknown, typeof ShapeError, string]>([
    ['segmentSum', () => segmentSum(x, zeros([2], 'u32'), 4), ShapeError, 'segmentSum: expected x [n, ..] and ids [n], got [3, 2] and [2]'],
    ['segmentSum ids', () => segmentSum(x, zeros([3]), 4), DTypeError, 'segmentSum: expected u32 or i32 indices, got f32'],
    ['segmentSum of integers', () => segmentSum(ids, ids, 4), DTypeError, 'segmentSum: expected f32 or f16'],
    ['degree', () => degree(ids, -1), ShapeError, 'degree: expected a whole number of segments ≥ 0, got -1'],
    [
      'sparseMatmul',
      () => sparseMatmul(matrix, zeros([4, 2])),
      ShapeError,
      'sparseMatmul: expected [m, k] and [k, n], got [4, 3] and [4, 2]',
    ],
    [
      'sparseMatmul lists',
      () => sparseMatmul({ ...matrix, values: zeros([2]) }, x),
      ShapeError,
      'sparseMatmul: expected values and columns [n], and rows [n], got [2], [3] and [3]',
    ],
    [
      'sparseMatmul rows',
      () => sparseMatmul({ shape: [4, 3], crowIndices: ids, colIndices: ids, values: zeros([3]) }, x),
      ShapeError,
      'sparseMatmul: expected values and columns [n], and [5] starts of rows, got [3], [3] and [3]',
    ],
    ['sampledMatmul', () => sampledMatmul(x, x, ids, ids), ShapeError, 'sampledMatmul: expected [m, k] and [k, n], got [3, 2] and [3, 2]'],
    ['cooToCsr', () => cooToCsr({ ...matrix, rowIndices: x }), ShapeError, 'cooToCsr: expected values and columns [n]'],
  ])('%s', (_name, body, error, message) => {
    expect(body).toThrow(error);
    expect(body).toThrow(message);
  });
});
