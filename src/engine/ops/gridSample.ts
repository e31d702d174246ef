// Spatial transformers (Jaderberg et al., arXiv 1506.02025): a grid of places, and an image read there.
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectF32, expectOneOf } from './check.ts';
import { arange, iota, ones, zeros } from './create.ts';
import { where } from './elementwise.ts';
import { reshape, slice, stack } from './movement.ts';
import { wholes } from './sizes.ts';
import { OUTSIDE, taps } from './taps.ts';

/** Places from −1 to 1 of the elements of a line: their centres, or with alignCorners such that the first and the last are −1 and 1. */
function places(length: number, alignCorners: boolean): Tensor {
  if (!alignCorners) return arange(length, { start: 1 / length - 1, step: 2 / length });
  return length === 1 ? arange(1) : arange(length, { start: -1, step: 2 / (length - 1) });
}

/**
 * Where each pixel of an image of `size` comes from, under an affine map for each image: x and y from −1 to 1, for {@link gridSample}.
 *
 * @formula grid[n, i, j] = theta[n] · (x_j, y_i, 1)
 * @shapes theta [n, 2, 3], size [n, c, h, w] → [n, h, w, 2]
 * @torch torch.nn.functional.affine_grid
 * @throws ShapeError when theta isn't [n, 2, 3], or size not four numbers with the same n
 */
export function affineGrid(theta: Tensor, size: readonly number[], options: { readonly alignCorners?: boolean } = {}): Tensor {
  const { alignCorners = false } = options;
  expectF32('affineGrid', theta);
  const [n, , height, width] = wholes('affineGrid', 'size', size, 4, 0);
  if (theta.rank !== 3 || theta.shape[0] !== n || theta.shape[1] !== 2 || theta.shape[2] !== 3) {
    throw new ShapeError(`affineGrid: expected theta [${n}, 2, 3] for a size of ${showShape(size)}, got ${showShape(theta.shape)}`);
  }
  const column = (k: number) => reshape(slice(theta, [null, null, [k, k + 1]]), [n, 1, 1, 2]);
  const x = reshape(places(width, alignCorners), [1, 1, width, 1]);
  const y = reshape(places(height, alignCorners), [1, height, 1, 1]);
  return column(0).mul(x).add(column(1).mul(y)).add(column(2));
}

export interface GridSampleOptions {
  /** Default bilinear. */
  readonly mode?: 'bilinear' | 'nearest';
  /** What stands beyond the image: zeros (default), its border, or its reflection. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /** Whether −1 and 1 are the centres of the corner pixels, or the image's edges (default). */
  readonly alignCorners?: boolean;
}

/**
 * Reads images at the places of a grid, x before y, from −1 to 1 across the image.
 *
 * @formula y[n, c, i, j] = Σ_{q, p} x[n, c, q, p] max(0, 1 − |q − v|) max(0, 1 − |p − u|), where (u, v) is grid[n, i, j] in pixels
 * @shapes x [n, c, h, w], grid [n, oh, ow, 2] → [n, c, oh, ow]
 * @torch torch.nn.functional.grid_sample
 * @throws ShapeError when x and grid don't fit
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const { mode = 'bilinear', paddingMode = 'zeros' } = options;
  expectF32('gridSample', x, grid);
  expectOneOf('gridSample', 'mode', mode, ['bilinear', 'nearest']);
  expectOneOf('gridSample', 'paddingMode', paddingMode, ['zeros', 'border', 'reflection']);
  const [n, channels, height, width] = x.shape;
  if (x.rank !== 4 || x.shape.slice(2).includes(0) || grid.rank !== 4 || grid.shape[0] !== n || grid.shape[3] !== 2) {
    throw new ShapeError(
      `gridSample: expected x [n, channels, h, w] with elements and grid [n, oh, ow, 2], got ${showShape(x.shape)} and ${showShape(grid.shape)}`,
    );
  }
  const [, outHeight, outWidth] = grid.shape;
  const points = outHeight * outWidth;
  const along = (axis: number, length: number) =>
    source(reshape(slice(grid, [null, null, null, [axis, axis + 1]]), [n, points]), length, options);
  const [u, v] = [along(0, width), along(1, height)];
  const image = iota([n, points], 0).mul(height * width);
  const index = (column: Tensor, row: Tensor): Tensor => {
    const inside = [column.ge(0), column.lt(width), row.ge(0), row.lt(height)].reduce((a, b) => a.logicalAnd(b));
    return where(inside, image.add(row.cast('u32').mul(width)).add(column.cast('u32')), OUTSIDE);
  };
  const sampled = (weights: Tensor, indices: Tensor): Tensor =>
    reshape(taps(reshape(x, [n, channels, height * width]), weights, indices), [n, channels, outHeight, outWidth]);

  if (mode === 'nearest') return sampled(ones([n, points, 1]), reshape(index(u.round(), v.round()), [n, points, 1]));
  const [left, top] = [u.floor(), v.floor()];
  const [right, bottom] = [left.add(1), top.add(1)];
  const [toRight, toBottom] = [u.sub(left), v.sub(top)];
  const [toLeft, toTop] = [right.sub(u), bottom.sub(v)];
  return sampled(
    stack([toLeft.mul(toTop), toRight.mul(toTop), toLeft.mul(toBottom), toRight.mul(toBottom)], 2),
    stack([index(left, top), index(right, top), index(left, bottom), index(right, bottom)], 2),
  );
}

/** A coordinate of the grid in pixels, brought into the image as the padding says. */
function source(coordinate: Tensor, length: number, { paddingMode = 'zeros', alignCorners = false }: GridSampleOptions): Tensor {
  const place = alignCorners ? coordinate.add(1).mul((length - 1) / 2) : coordinate.add(1).mul(length).sub(1).mul(0.5);
  if (paddingMode === 'zeros') return place;
  if (paddingMode === 'border') return clip(place, length - 1);
  // Folded at the centres of the outer pixels, or at the edges.
  const [low, span] = alignCorners ? [0, length - 1] : [-0.5, length];
  if (span === 0) return zeros(place.shape);
  const distance = place.sub(low).abs();
  const folds = distance.div(span).floor();
  const rest = distance.sub(folds.mul(span));
  const isOdd = folds.mul(0.5).sub(folds.mul(0.5).floor()).gt(0);
  return clip(where(isOdd, rest.neg().add(span), rest).add(low), length - 1);
}

/** From 0 to `last`, with a gradient only strictly between them. */
const clip = (place: Tensor, last: number): Tensor => where(place.lt(last), where(place.gt(0), place, 0), last);
