import { describe, expect, it } from 'vitest';
import { DTypeError, einsum, ShapeError, zeros } from '../../src/index.ts';
import { einsumCases } from './cases/einsum.ts';
import { checkOp } from './check.ts';
import { f32, labels, planOf } from './plan-of.ts';

describe('einsum agrees with the float64 reference', () => {
  for (const row of einsumCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

it('multiplies the pair with the smallest product first', () => {
  const chain = planOf((a, b, c) => einsum('ij,jk,kl->il', a, b, c), [f32(2, 100), f32(100, 3), f32(3, 100)]);
  expect(chain.steps.map(({ flops }) => flops)).toEqual([1200, 1200]);
});

it('reads transposed operands as they stand', () => {
  expect(labels(planOf((a, b) => einsum('bik,bjk->bij', a, b), [f32(2, 3, 4), f32(2, 5, 4)]))).toEqual(['matmul.whole']);
});

const [x23, x34] = [zeros([2, 3]), zeros([3, 4])];

const ERRORS: readonly (readonly [string, () => unknown, string])[] = [
  ['formula', () => einsum('ij;jk', x23, x34), "expected letters, commas, ellipses and one arrow, got 'ij;jk' and [2, 3] and [3, 4]"],
  ['second arrow', () => einsum('ij->i->j', x23), 'one arrow'],
  ['number of operands', () => einsum('ij,jk', x23), 'expected an operand for each of 2 terms'],
  ['rank', () => einsum('ijk', x23), 'expected 3 dimensions in operand 0'],
  ['rank without an ellipsis', () => einsum('i', x23), 'expected 1 dimensions in operand 0'],
  ['length', () => einsum('ij,kj', x23, x34), "expected one length of 'j', got 'ij,kj' and [2, 3] and [3, 4]"],
  ['length along an ellipsis', () => einsum('...,...', x23, x34), "expected dimensions behind '...' that broadcast"],
  ['letter in the result', () => einsum('ij->ik', x23), 'expected each letter of the result once, and in some operand'],
  ['letter twice in the result', () => einsum('ij->ii', x23), 'expected each letter of the result once'],
];

it.each(ERRORS)('refuses a wrong %s', (_name, body, message) => {
  expect(body).toThrow(ShapeError);
  expect(body).toThrow(message);
});

it('refuses whole numbers', () => {
  expect(() => einsum('ij->ji', zeros([2, 3], 'i32'))).toThrow(DTypeError);
});
