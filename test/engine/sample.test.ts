import { describe, expect, it } from 'vitest';
import { affineGrid, compile, gradients, gridSample, rand, ShapeError, type Tensor, zeros } from '../../src/index.ts';
import { sampleCases } from './cases/sample.ts';
import { checkOp } from './check.ts';

describe('grid sampling agrees with the float64 reference', () => {
  for (const row of sampleCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

it('gradients are the same bits every time, however many points a pixel is read by', async () => {
  const run = compile((x: Tensor, grid: Tensor) => gradients(gridSample(x, grid, { paddingMode: 'border' }).square().sum(), [x])[0]);
  const x = await rand([2, 2, 4, 4]).keep();
  const grid = await rand([2, 40, 40, 2]).mul(4).sub(2).keep();
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => run(x, grid).data()));
  for (const other of others) expect(other).toEqual(first);
});

describe('errors', () => {
  const images = zeros([2, 3, 4, 5]);
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    [
      'theta',
      () => affineGrid(zeros([2, 3, 3]), [2, 1, 4, 4]),
      'affineGrid: expected theta [2, 2, 3] for a size of [2, 1, 4, 4], got [2, 3, 3]',
    ],
    ['batches of theta', () => affineGrid(zeros([3, 2, 3]), [2, 1, 4, 4]), 'affineGrid: expected theta [2, 2, 3]'],
    ['size', () => affineGrid(zeros([2, 2, 3]), [4, 4]), 'affineGrid: expected a whole size ≥ 0, or 4 of them, got 4,4'],
    [
      'batches of the grid',
      () => gridSample(images, zeros([3, 4, 4, 2])),
      'gridSample: expected x [n, channels, h, w] with elements and grid [n, oh, ow, 2], got [2, 3, 4, 5] and [3, 4, 4, 2]',
    ],
    [
      'a volume of places',
      () => gridSample(images, zeros([2, 4, 4, 3])),
      'gridSample: expected x [n, channels, h, w] with elements and grid',
    ],
  ];
  it.each(rows)('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
  });

  it('names of modes', () => {
    const [grid, mode] = [zeros([2, 4, 4, 2]), 'bicubic' as 'bilinear'];
    expect(() => gridSample(images, grid, { mode })).toThrow("gridSample: expected mode to be 'bilinear' or 'nearest', got 'bicubic'");
  });

  it('element types', () => {
    expect(() => gridSample(images, zeros([2, 4, 4, 2], 'i32'))).toThrow('gridSample: expected f32, got f32 and i32');
  });
});
