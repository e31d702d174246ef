// Rearrangements of channels: movement only.
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { permute, reshape } from './movement.ts';
import { wholes } from './sizes.ts';

/**
 * Channels become pixels (sub-pixel convolution, arXiv 1609.05158).
 *
 * @formula y[n, c, h·r + i, w·r + j] = x[n, (c·r + i)·r + j, h, w]
 * @shapes x [n, c·r², h, w] → [n, c, h·r, w·r]
 * @torch torch.nn.functional.pixel_shuffle
 * @throws ShapeError when r² doesn't divide the channels
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const [r] = wholes('pixelShuffle', 'factor', factor, 1, 1);
  if (x.rank !== 4 || x.shape[1] % (r * r) !== 0)
    throw new ShapeError(`pixelShuffle: expected [n, c·${r}², h, w], got ${showShape(x.shape)}`);
  const [n, channels, height, width] = x.shape;
  const c = channels / (r * r);
  return reshape(permute(reshape(x, [n, c, r, r, height, width]), [0, 1, 4, 2, 5, 3]), [n, c, height * r, width * r]);
}

/**
 * Pixels become channels: undoes {@link pixelShuffle}.
 *
 * @formula y[n, (c·r + i)·r + j, h, w] = x[n, c, h·r + i, w·r + j]
 * @shapes x [n, c, h·r, w·r] → [n, c·r², h, w]
 * @torch torch.nn.functional.pixel_unshuffle
 * @throws ShapeError when r doesn't divide height and width
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const [r] = wholes('pixelUnshuffle', 'factor', factor, 1, 1);
  if (x.rank !== 4 || x.shape[2] % r !== 0 || x.shape[3] % r !== 0) {
    throw new ShapeError(`pixelUnshuffle: expected [n, c, h·${r}, w·${r}], got ${showShape(x.shape)}`);
  }
  const [n, c, height, width] = x.shape;
  const [h, w] = [height / r, width / r];
  return reshape(permute(reshape(x, [n, c, h, r, w, r]), [0, 1, 3, 5, 2, 4]), [n, c * r * r, h, w]);
}

/**
 * Deals the channels of each group out over all groups (ShuffleNet, arXiv 1707.01083).
 *
 * @formula y[n, i·groups + g, ..] = x[n, g·(c / groups) + i, ..]
 * @shapes x [n, c, ..] → [n, c, ..]
 * @torch torch.nn.functional.channel_shuffle
 * @throws ShapeError when the groups don't divide the channels
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  wholes('channelShuffle', 'number of groups', groups, 1, 1);
  if (x.rank < 3 || x.shape[1] % groups !== 0) {
    throw new ShapeError(`channelShuffle: expected [n, c, ..] with channels that ${groups} divides, got ${showShape(x.shape)}`);
  }
  const [n, c, ...rest] = x.shape;
  const split = reshape(x, [n, groups, c / groups, ...rest]);
  return reshape(permute(split, [0, 2, 1, ...rest.map((_, axis) => axis + 3)]), x.shape);
}
