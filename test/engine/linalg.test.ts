import { describe, expect, it } from 'vitest';
import {
  cholesky,
  choleskySolve,
  DTypeError,
  det,
  inverse,
  logDet,
  outer,
  ShapeError,
  slogdet,
  solve,
  solveTriangular,
  tensor,
  trace,
  zeros,
} from '../../src/index.ts';
import { linalgCases } from './cases/linalg.ts';
import { checkOp } from './check.ts';

describe('linear algebra agrees with the float64 reference', () => {
  for (const row of linalgCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

it('a singular system gives infinities or NaN, and no error', async () => {
  const y = await solve(
    tensor([
      [1, 2],
      [2, 4],
    ]),
    tensor([1, 3]),
  ).data();
  expect([...y].some(Number.isFinite)).toBe(false);
});

it('the determinant of nothing is 1', async () => {
  expect(await det(zeros([2, 0, 0])).toArray()).toEqual([1, 1]);
  expect(await slogdet(zeros([0, 0])).logAbsDet.item()).toBe(0);
});

const x23 = zeros([2, 3]);
const [x33, ints] = [zeros([3, 3]), zeros([3, 3], 'i32')];

const ERRORS: readonly (readonly [string, () => unknown, new (message: string) => Error, string])[] = [
  ['cholesky', () => cholesky(x23), ShapeError, 'cholesky: expected [.., n, n], got [2, 3]'],
  ['cholesky dtype', () => cholesky(ints), DTypeError, 'cholesky: expected f32, got i32'],
  ['inverse', () => inverse(zeros([3])), ShapeError, 'inverse: expected [.., n, n], got [3]'],
  ['det', () => det(x23), ShapeError, 'det: expected [.., n, n], got [2, 3]'],
  ['logDet', () => logDet(x23), ShapeError, 'logDet: expected [.., n, n], got [2, 3]'],
  ['solve', () => solve(x33, x23), ShapeError, 'solve: expected a [.., n, n] and b [.., n, k] or [.., n], got [3, 3] and [2, 3]'],
  ['solve of a scalar', () => solve(x33, zeros([])), ShapeError, 'got [3, 3] and []'],
  [
    'solve of batches',
    () => solve(zeros([2, 3, 3]), zeros([4, 3, 1])),
    ShapeError,
    'solve: expected shapes that broadcast together, got [2] and [4]',
  ],
  ['solve dtype', () => solve(x33, ints), DTypeError, 'solve: expected f32, got i32'],
  ['solveTriangular', () => solveTriangular(x23, x23), ShapeError, 'solveTriangular: expected [.., n, n], got [2, 3]'],
  ['choleskySolve', () => choleskySolve(x23, x33), ShapeError, 'choleskySolve: expected a [.., n, n] and b'],
  ['trace', () => trace(zeros([3])), ShapeError, 'trace: expected [.., m, n], got [3]'],
  ['outer', () => outer(x23, zeros([3])), ShapeError, 'outer: expected [m] and [n], got [2, 3] and [3]'],
];

it.each(ERRORS)('refuses a wrong %s', (_name, body, type, message) => {
  expect(body).toThrow(type);
  expect(body).toThrow(message);
});
