// Boxes cut out of feature maps, all to one size.
import { anObject, expectKind } from '../graph/arguments.ts';
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectF32 } from './check.ts';
import { arange } from './create.ts';
import { stopGradient, where } from './elementwise.ts';
import { reshape, slice, stack } from './movement.ts';
import { type Pair, wholes } from './sizes.ts';
import { OUTSIDE, taps } from './taps.ts';

export interface RoiAlignOptions {
  /** Rows and columns of bins of a box. */
  readonly outputSize: Pair;
  /** Pixels of x for one of the boxes' units. Default 1. */
  readonly spatialScale?: number;
  /** Points along each side of a bin. Default 2. There is no choice by the box's size: that would be another kernel for each box. */
  readonly samplingRatio?: number;
  /** Whether pixel (0, 0) of x has its centre at (½, ½), as it should (Detectron2). Default false, as torchvision's. */
  readonly aligned?: boolean;
}

/**
 * Cuts boxes out of feature maps: each of a box's bins is the mean of bilinear samples in it (Mask R-CNN, arXiv 1703.06870). No gradient
 * goes to the boxes.
 *
 * @formula y[r, c, i, j] = mean of x[b_r, c] at the samplingRatio² points of bin (i, j) of box r
 * @shapes x [n, c, h, w], boxes [r, 5]: image, x1, y1, x2, y2 → [r, c, oh, ow]
 * @torch torchvision.ops.roi_align
 * @throws ShapeError when x or boxes have other shapes, or sizes aren't whole and positive
 */
export function roiAlign(x: Tensor, boxes: Tensor, options: RoiAlignOptions): Tensor {
  expectKind('roiAlign', 'options', options, anObject);
  const { spatialScale = 1, samplingRatio = 2, aligned = false } = options;
  expectF32('roiAlign', x, boxes);
  if (x.rank !== 4 || x.shape.slice(2).includes(0) || boxes.rank !== 2 || boxes.shape[1] !== 5) {
    throw new ShapeError(
      `roiAlign: expected x [n, channels, h, w] with elements and boxes [r, 5], got ${showShape(x.shape)} and ${showShape(boxes.shape)}`,
    );
  }
  const [outHeight, outWidth] = wholes('roiAlign', 'output size', options.outputSize, 2, 1);
  const [ratio] = wholes('roiAlign', 'sampling ratio', samplingRatio, 1, 1);
  const [n, channels, height, width] = x.shape;
  const [count] = boxes.shape;
  const given = stopGradient(boxes);
  const column = (k: number) => slice(given, [null, [k, k + 1]]);
  const side = (k: number, length: number, bins: number): Side => {
    const start = column(k).mul(spatialScale);
    const extent = column(k + 2)
      .mul(spatialScale)
      .sub(start);
    // Without the half pixel, boxes are at least one pixel large.
    const size = aligned ? extent : extent.maximum(1);
    const points = reshape(arange(bins * ratio, { start: 0.5 }), [1, bins * ratio]);
    return sideOf(start.sub(aligned ? 0.5 : 0).add(size.mul(points).div(bins * ratio)), length, bins);
  };
  const rows = side(2, height, outHeight);
  const columns = side(1, width, outWidth);

  const image = reshape(column(0), [count, 1, 1, 1, 1]);
  const known = image.ge(0).logicalAnd(image.lt(n));
  // Each bin: all of its rows' taps by all of its columns'.
  const tall = ({ place, weight }: Side) => [place, weight].map((t) => reshape(t, [count, outHeight, 1, t.shape[2], 1]));
  const wide = ({ place, weight }: Side) => [place, weight].map((t) => reshape(t, [count, 1, outWidth, 1, t.shape[2]]));
  const [[y, wy], [u, wx]] = [tall(rows), wide(columns)];
  const inside = y.lt(height).logicalAnd(u.lt(width)).logicalAnd(known);
  const pixel = image.cast('u32').mul(height).add(y).mul(width).add(u);
  const shape = [count, outHeight * outWidth, 4 * ratio * ratio];
  const sampled = taps(
    reshape(x, [n, channels, height * width]),
    reshape(wy.mul(wx).mul(1 / ratio ** 2), shape),
    reshape(where(inside, pixel, OUTSIDE), shape),
  );
  return reshape(sampled, [count, channels, outHeight, outWidth]);
}

/** The pixels that a line's points lie between, by bin: both [count, bins, 2 · points a bin], places u32, OUTSIDE for those that count nothing. */
interface Side {
  readonly place: Tensor;
  readonly weight: Tensor;
}

function sideOf(points: Tensor, length: number, bins: number): Side {
  const [count, all] = points.shape;
  // Up to a pixel beyond the image a point takes the border's value, further out none.
  const inside = points.ge(-1).logicalAnd(points.le(length));
  const clipped = points.clamp(0, length - 1);
  const low = clipped.floor();
  const high = low.add(1).minimum(length - 1);
  const toHigh = clipped.sub(low);
  const place = (at: Tensor) => where(inside, at.cast('u32'), OUTSIDE);
  return {
    place: reshape(stack([place(low), place(high)], 2), [count, bins, (2 * all) / bins]),
    weight: reshape(stack([toHigh.neg().add(1), toHigh], 2), [count, bins, (2 * all) / bins]),
  };
}
