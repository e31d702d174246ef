import { describe, expect, it } from 'vitest';
import {
  DTypeError,
  dequantizeInt4,
  dequantizeInt8,
  gradients,
  int4Matmul,
  int8Matmul,
  packBits,
  quantizeInt4,
  quantizeInt8,
  ShapeError,
  unpackBits,
  xnorMatmul,
  zeros,
} from '../../src/index.ts';
import { quantizedCases } from './cases/quantized.ts';
import { checkOp } from './check.ts';

describe('packed weights and their products agree with whole numbers', () => {
  for (const row of quantizedCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const words = (...shape: number[]) => zeros(shape, 'u32');
const int4 = { words: words(3, 8), scale: zeros([3, 1]), zero: zeros([3, 1]) };

const ERRORS: readonly (readonly [string, () => unknown, new (message: string) => Error, string])[] = [
  ['packBits', () => packBits(words(3)), DTypeError, 'packBits: expected f32, got u32'],
  ['packBits of a scalar', () => packBits(zeros([])), ShapeError, 'packBits: expected [.., k], got []'],
  ['unpackBits', () => unpackBits(words(2, 3), 64), ShapeError, 'unpackBits: expected rows of 2 words for 64 values, got [2, 3]'],
  ['unpackBits of floats', () => unpackBits(zeros([2, 3]), 64), DTypeError, 'unpackBits: expected u32 words, got f32'],
  ['unpackBits of −1 values', () => unpackBits(words(2, 0), -1), ShapeError, 'for -1 values'],
  [
    'xnorMatmul',
    () => xnorMatmul(words(2, 3), words(4, 2), 96),
    ShapeError,
    'xnorMatmul: expected rows of 3 words for 96 values, got [4, 2]',
  ],
  ['xnorMatmul rank', () => xnorMatmul(words(2, 3), words(3), 96), ShapeError, 'xnorMatmul: expected b [n, words], got [3]'],
  ['quantizeInt8', () => quantizeInt8(zeros([3])), ShapeError, 'quantizeInt8: expected [out, k], got [3]'],
  [
    'int8Matmul',
    () => int8Matmul(zeros([2, 9]), { words: words(3, 2), scale: zeros([3]) }),
    ShapeError,
    'expected rows of 3 words for 9 values',
  ],
  ['int8Matmul scale', () => int8Matmul(zeros([2, 8]), { words: words(3, 2), scale: zeros([2]) }), ShapeError, 'got [3, 2] and [2]'],
  [
    'dequantizeInt8',
    () => dequantizeInt8({ words: words(3, 2), scale: zeros([3]) }, 9),
    ShapeError,
    'dequantizeInt8: expected rows of 3 words',
  ],
  ['quantizeInt4', () => quantizeInt4(zeros([3, 96])), ShapeError, 'expected groups of 32, 64 or 128 that divide 96, got 64 for [3, 96]'],
  ['quantizeInt4 groups', () => quantizeInt4(zeros([3, 96]), { groupSize: 48 }), ShapeError, 'got 48'],
  ['int4Matmul', () => int4Matmul(zeros([2, 32]), int4), ShapeError, 'int4Matmul: expected rows of 4 words for 32 values, got [3, 8]'],
  ['int4Matmul scale', () => int4Matmul(zeros([2, 64]), { ...int4, scale: zeros([2, 1]) }), ShapeError, 'got [3, 8] and [2, 1] and [3, 1]'],
  ['dequantizeInt4', () => dequantizeInt4({ ...int4, zero: words(3, 1) }), DTypeError, 'dequantizeInt4: expected f32, got f32 and u32'],
  [
    'a gradient',
    () => {
      const x = zeros([2, 64]);
      return gradients(int4Matmul(x, int4).sum(), [x]);
    },
    Error,
    'quantizedMatmul has no derivative',
  ],
];

it.each(ERRORS)('refuses a wrong %s', (_name, body, type, message) => {
  expect(body).toThrow(type);
  expect(body).toThrow(message);
});
