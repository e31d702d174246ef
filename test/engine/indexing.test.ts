import { describe, expect, it } from 'vitest';
import {
  argSort,
  bucketize,
  DTypeError,
  embedding,
  gather,
  gradients,
  indexAdd,
  indexSelect,
  maskedFill,
  oneHot,
  ShapeError,
  scatter,
  scatterAdd,
  searchSorted,
  tensor,
  topK,
  zeros,
} from '../../src/index.ts';
import { indexingCases } from './cases/indexing.ts';
import { checkOp } from './check.ts';

describe('indexing, sorting and searching agree with the float64 reference', () => {
  for (const row of indexingCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

it('the padding row of an embedding has no gradient', async () => {
  const table = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const y = embedding(table, tensor([2, 0, 2, 1], [4], 'u32'), { paddingIdx: 2 });
  expect(await gradients(y.sum(), [table])[0].toArray()).toEqual([
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
});

it('nonzero gives the coordinates of what is not 0, a NaN included', async () => {
  const found = await tensor([
    [0, 1, -0],
    [Number.NaN, 0, 2],
  ]).nonzero();
  expect(await found.toArray()).toEqual([
    [0, 1],
    [1, 0],
    [1, 2],
  ]);
  expect((await zeros([2, 3]).nonzero()).shape).toEqual([0, 2]);
  expect((await tensor(5).nonzero()).shape).toEqual([1, 0]);
  const mask = await tensor([3, -1, 2]).gt(0).nonzero();
  expect([...(await mask.data())]).toEqual([0, 2]);
});

const x = zeros([2, 3]);
const ids = zeros([2], 'u32');
const index = zeros([2, 3], 'u32');

describe('wrong arguments are refused', () => {
  it.each<[string, () => unknown, typeof ShapeError, string]>([
    ['embedding', () => embedding(zeros([]), ids), ShapeError, 'embedding: expected a table [rows, ..], got []'],
    ['embedding padding', () => embedding(x, ids, { paddingIdx: 2 }), ShapeError, 'embedding: expected an axis'],
    ['embedding of integers', () => embedding(index, ids), DTypeError, 'embedding: expected f32 or f16, all alike, got u32'],
    ['indexSelect', () => indexSelect(x, 0, index), ShapeError, 'indexSelect: expected indices [n], got [2, 3]'],
    ['indexSelect axis', () => indexSelect(x, 2, ids), ShapeError, 'indexSelect: expected an axis from -2 to 1, got 2'],
    ['indexSelect floats', () => indexSelect(x, 0, zeros([2])), DTypeError, 'indexSelect: expected u32 or i32 indices, got f32'],
    ['indexAdd', () => indexAdd(x, 1, ids, x), ShapeError, 'indexAdd: expected a source [2, 2], got [2, 3]'],
    [
      'gather rank',
      () => gather(x, 0, ids),
      ShapeError,
      'gather: expected an index of the rank of [2, 3], no longer but along axis 0, got [2]',
    ],
    ['gather too long', () => gather(x, 0, zeros([2, 4], 'u32')), ShapeError, 'no longer but along axis 0, got [2, 4]'],
    [
      'scatter',
      () => scatter(x, 0, index, zeros([1, 3])),
      ShapeError,
      'scatter: expected a source at least as long as the index [2, 3], got [1, 3]',
    ],
    ['oneHot types', () => oneHot(x, 3), DTypeError, 'oneHot: expected labels of whole numbers, got f32'],
    ['scatter types', () => scatter(x, 0, index, index), DTypeError, 'scatter: expected two of one type, got f32 and u32'],
    ['scatterAdd', () => scatterAdd(index, 0, index, 1), DTypeError, 'scatterAdd: expected f32 or f16'],
    ['maskedFill', () => maskedFill(x, x, 1), DTypeError, 'maskedFill: expected a bool condition, got f32'],
    ['argSort', () => argSort(zeros([])), ShapeError, 'argSort: expected an axis'],
    ['topK', () => topK(x, 4), ShapeError, 'topK: expected a whole k from 0 to 3 for [2, 3] along axis 1, got 4'],
    [
      'searchSorted',
      () => searchSorted(x, zeros([3, 3])),
      ShapeError,
      'searchSorted: expected [n], or [.., n] and [.., m], got [2, 3] and [3, 3]',
    ],
    ['searchSorted types', () => searchSorted(x, index), DTypeError, 'searchSorted: expected two of one type, got f32 and u32'],
    ['bucketize', () => bucketize(x, x), ShapeError, 'bucketize: expected boundaries [n], got [2, 3]'],
  ])('%s', (_name, body, error, message) => {
    expect(body).toThrow(error);
    expect(body).toThrow(message);
  });
});
