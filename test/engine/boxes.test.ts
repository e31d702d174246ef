import { describe, expect, it } from 'vitest';
import { batchedNms, boxIou, nms, roiAlign, ShapeError, zeros } from '../../src/index.ts';
import { boxCases } from './cases/boxes.ts';
import { checkOp } from './check.ts';

describe('ops on boxes agree with the float64 reference', () => {
  for (const row of boxCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

describe('errors', () => {
  const [boxes, scores, images] = [zeros([3, 4]), zeros([3]), zeros([2, 3, 4, 5])];
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    ['boxIou', () => boxIou(boxes, zeros([4])), 'boxIou: expected boxes [n, 4] and [m, 4], got [3, 4] and [4]'],
    ['nms', () => nms(boxes, zeros([2]), 0.5), 'nms: expected boxes [n, 4] and scores [n] with n ≤ 131072, got [3, 4] and [2]'],
    ['a threshold of percent', () => nms(boxes, scores, 50), 'nms: expected an IoU threshold from 0 to 1, got 50'],
    [
      'classes',
      () => batchedNms(boxes, scores, zeros([2], 'u32'), 0.5),
      'batchedNms: expected scores and classes of one shape, got [3] and [2]',
    ],
    [
      'boxes without an image',
      () => roiAlign(images, boxes, { outputSize: 2 }),
      'roiAlign: expected x [n, channels, h, w] with elements and boxes [r, 5], got [2, 3, 4, 5] and [3, 4]',
    ],
    [
      'samplingRatio',
      () => roiAlign(images, zeros([3, 5]), { outputSize: 2, samplingRatio: 0 }),
      'roiAlign: expected a whole sampling ratio ≥ 1, got 0',
    ],
    [
      'output size',
      () => roiAlign(images, zeros([3, 5]), { outputSize: [2, -1] }),
      'roiAlign: expected a whole output size ≥ 1, or 2 of them',
    ],
  ];
  it.each(rows)('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
  });

  it('element types', () => {
    expect(() => batchedNms(boxes, scores, scores, 0.5)).toThrow('batchedNms: expected u32 or i32 classes, got f32');
  });
});
