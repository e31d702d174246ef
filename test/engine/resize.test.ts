import { describe, expect, it } from 'vitest';
import {
  channelShuffle,
  interpolate,
  localResponseNorm,
  nn,
  pixelShuffle,
  pixelUnshuffle,
  ShapeError,
  type Tensor,
  zeros,
} from '../../src/index.ts';
import { resizeCases } from './cases/resize.ts';
import { checkOp } from './check.ts';

describe('resizing and rearranging agree with the float64 reference', () => {
  for (const row of resizeCases) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});

const images = zeros([2, 8, 6, 4]);

describe('errors', () => {
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    [
      'rank',
      () => interpolate(zeros([2, 3]), { size: 2 }),
      'interpolate: expected [n, c, length] or [n, c, h, w] with elements for nearest, got [2, 3]',
    ],
    [
      'images of lines',
      () => interpolate(zeros([2, 3, 4]), { size: 2, mode: 'bilinear' }),
      'interpolate: expected [n, c, h, w] with elements for bilinear, got [2, 3, 4]',
    ],
    [
      'corners of nearest',
      () => interpolate(images, { size: 2, alignCorners: true }),
      'interpolate: expected alignCorners with a linear or cubic mode only, got nearest',
    ],
    ['no size', () => interpolate(images, {}), 'interpolate: expected either a size or a scaleFactor'],
    ['two sizes', () => interpolate(images, { size: 2, scaleFactor: 2 }), 'interpolate: expected either a size or a scaleFactor'],
    ['nothing left', () => interpolate(images, { scaleFactor: 0.2 }), 'interpolate: expected a whole size ≥ 1, or 2 of them, got 1,0'],
    ['pixelShuffle', () => pixelShuffle(images, 3), 'pixelShuffle: expected [n, c·3², h, w], got [2, 8, 6, 4]'],
    ['pixelUnshuffle', () => pixelUnshuffle(images, 3), 'pixelUnshuffle: expected [n, c, h·3, w·3], got [2, 8, 6, 4]'],
    ['pixelShuffle by a half', () => pixelShuffle(images, 0.5), 'pixelShuffle: expected a whole factor ≥ 1, got 0.5'],
    [
      'channelShuffle',
      () => channelShuffle(images, 3),
      'channelShuffle: expected [n, c, ..] with channels that 3 divides, got [2, 8, 6, 4]',
    ],
    [
      'localResponseNorm',
      () => localResponseNorm(zeros([2, 3]), 2),
      'localResponseNorm: expected [n, channels, ..] of rank 3 or more, got [2, 3]',
    ],
  ];
  it.each(rows)('%s', (_name, body, message) => {
    expect(body).toThrow(ShapeError);
    expect(body).toThrow(message);
  });
});

it('names of modes', () => {
  const mode = 'trilinear' as 'bilinear';
  expect(() => interpolate(images, { size: 2, mode })).toThrow("interpolate: expected mode to be 'nearest' or 'nearest-exact' or 'linear'");
});

it('layers pass their options on', () => {
  const shapes: readonly (readonly [nn.Module, readonly number[]])[] = [
    [new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }), [2, 8, 12, 8]],
    [new nn.PixelShuffle(2), [2, 2, 12, 8]],
    [new nn.PixelUnshuffle(2), [2, 32, 3, 2]],
    [new nn.ChannelShuffle(4), [2, 8, 6, 4]],
    [new nn.LocalResponseNorm(5, { k: 2 }), [2, 8, 6, 4]],
  ];
  for (const [layer, shape] of shapes) expect((layer.forward(images) as Tensor).shape).toEqual(shape);
});
