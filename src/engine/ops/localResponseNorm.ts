// Normalisation across neighbouring channels, as AlexNet has it.
import { ShapeError } from '../graph/errors.ts';
import { showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { pad, reshape, unchanged } from './movement.ts';
import { avgPool2d } from './pool.ts';
import { wholes } from './sizes.ts';

export interface LocalResponseNormOptions {
  /** Default 1e-4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Default 1. */
  readonly k?: number;
}

/**
 * Divides each element by the size of its neighbours across channels (AlexNet, Krizhevsky et al. 2012; α is divided by `size` as in PyTorch).
 *
 * @formula y[c] = x[c] / (k + (α / size) Σ x[j]²)^β over the `size` channels j around c, from c − ⌊size / 2⌋ on
 * @shapes x [n, c, ..] → [n, c, ..]
 * @torch torch.nn.functional.local_response_norm
 * @throws ShapeError when x has no channels and positions, or size isn't whole and positive
 */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  expectFloat('localResponseNorm', x);
  const [width] = wholes('localResponseNorm', 'size', size, 1, 1);
  if (x.rank < 3) throw new ShapeError(`localResponseNorm: expected [n, channels, ..] of rank 3 or more, got ${showShape(x.shape)}`);
  if (x.size === 0) return unchanged(x);
  const [n, channels] = x.shape;
  // Channels as the rows of images, which windows of one column slide down.
  const squares = reshape(x.square(), [n, 1, channels, x.size / (n * channels)]);
  const padded = pad(squares, [
    [Math.floor(width / 2), Math.floor((width - 1) / 2)],
    [0, 0],
  ]);
  const average = reshape(avgPool2d(padded, [width, 1], { stride: 1 }), x.shape);
  return x.div(average.mul(alpha).add(k).pow(beta));
}
