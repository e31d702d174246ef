import { describe, expect, it } from 'vitest';
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  avgPool2d,
  DTypeError,
  lpPool2d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxUnpool2d,
  nn,
  ShapeError,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { poolCases } from './cases/pool.ts';
import { checkOp } from './check.ts';

describe('pooling agrees with the float64 reference', () => {
  for (const row of poolCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const images = zeros([2, 3, 6, 8]);
const indices = zeros([2, 3, 6, 8], 'u32');

describe('errors of pooling', () => {
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    ['rank', () => avgPool2d(zeros([2, 3]), 2), 'avgPool2d: expected [n, channels, h, w] with elements, got [2, 3]'],
    ['rank of lines', () => maxPool1d(images, 2), 'maxPool1d: expected [n, channels, length] with elements, got [2, 3, 6, 8]'],
    ['rank of volumes', () => maxPool3d(images, 2), 'maxPool3d: expected [n, channels, d, h, w] with elements, got [2, 3, 6, 8]'],
    ['empty image', () => maxPool2d(zeros([2, 3, 0, 4]), 1), 'maxPool2d: expected [n, channels, h, w] with elements, got [2, 3, 0, 4]'],
    ['large window', () => maxPool2d(images, 7), 'maxPool2d: expected a window no larger than the padded image, got 7,7 for [2, 3, 6, 8]'],
    ['no window', () => maxPool2d(images, 0), 'maxPool2d: expected a whole window ≥ 1, or 2 of them, got 0'],
    ['half a stride', () => avgPool2d(images, 2, { stride: [1, 0.5] }), 'avgPool2d: expected a whole stride ≥ 1, or 2 of them, got 1,0.5'],
    ['negative padding', () => avgPool2d(images, 2, { padding: -1 }), 'avgPool2d: expected a whole padding ≥ 0, or 2 of them, got -1'],
    [
      'window beside the image',
      () => maxPool1d(zeros([1, 1, 1]), 2, { padding: 2, dilation: 3 }),
      'maxPool1d: expected windows with an element of the image, got windows 2 with padding 2 and dilation 3 for [1, 1, 1]',
    ],
    [
      'window beside the columns',
      () => maxPool2d(zeros([1, 1, 9, 2]), 2, { stride: 1, padding: 3, dilation: 5 }),
      'maxPool2d: expected windows with an element of the image, got windows 2,2 with padding 3,3',
    ],
    ['much padding', () => avgPool2d(images, 3, { padding: 2 }), 'avgPool2d: expected padding of at most half the window, got 2,2 for 3,3'],
    ['no norm', () => lpPool2d(images, 0, 2), 'lpPool2d: expected p > 0, got 0'],
    ['adaptive size', () => adaptiveAvgPool2d(images, [2, 0]), 'adaptiveAvgPool2d: expected a whole size ≥ 1, or 2 of them, got 2,0'],
    ['adaptive line', () => adaptiveMaxPool1d(zeros([2, 3, 4]), 1.5), 'adaptiveMaxPool1d: expected a whole size ≥ 1, got 1.5'],
    [
      'unpooling by other indices',
      () => maxUnpool2d(zeros([2, 3, 6, 7]), indices, 2),
      'maxUnpool2d: expected x and indices of one shape [n, channels, h, w] with elements, got [2, 3, 6, 7] and [2, 3, 6, 8]',
    ],
    [
      'unpooling to nothing',
      () => maxUnpool2d(images, indices, 2, { outputSize: 0 }),
      'maxUnpool2d: expected a whole output size ≥ 1, or 2 of them, got 0',
    ],
  ];
  it.each(rows)('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
  });

  it('element types', () => {
    expect(() => maxPool2d(indices, 2)).toThrow(DTypeError);
    expect(() => maxUnpool2d(images, images, 2)).toThrow('maxUnpool2d: expected u32 or i32 indices, got f32');
  });
});

it('layers pass their options on', () => {
  const shapes: readonly (readonly [nn.Module, Tensor, readonly number[]])[] = [
    [new nn.MaxPool1d(2, { ceilMode: true }), zeros([2, 3, 7]), [2, 3, 4]],
    [new nn.MaxPool2d(3, { stride: 2, padding: 1 }), images, [2, 3, 3, 4]],
    [new nn.MaxPool3d([1, 2, 3]), zeros([1, 2, 3, 4, 6]), [1, 2, 3, 2, 2]],
    [new nn.AvgPool1d(2), zeros([2, 3, 7]), [2, 3, 3]],
    [new nn.AvgPool2d(2, { stride: 1 }), images, [2, 3, 5, 7]],
    [new nn.AvgPool3d(2), zeros([1, 2, 4, 4, 6]), [1, 2, 2, 2, 3]],
    [new nn.LPPool2d(2, 2), images, [2, 3, 3, 4]],
    [new nn.AdaptiveAvgPool1d(3), zeros([2, 3, 7]), [2, 3, 3]],
    [new nn.AdaptiveAvgPool2d([5, 1]), images, [2, 3, 5, 1]],
    [new nn.AdaptiveMaxPool2d(4), images, [2, 3, 4, 4]],
  ];
  for (const [layer, x, shape] of shapes) expect((layer.forward(x) as Tensor).shape).toEqual(shape);
  expect(new nn.MaxUnpool2d(2).forward(images, indices).shape).toEqual([2, 3, 12, 16]);
});
