// Max-unpooling from the switches that max-pooling remembers (Zeiler & Fergus, arXiv 1311.2901).
import { ShapeError } from '../graph/errors.ts';
import { sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat, expectIndices } from './check.ts';
import { lowerUnpool, lowerUnpoolBackward, lowerUnpoolOwners, type UnpoolSpec } from './lower/unpool.ts';
import { type KernelOp, makeNode } from './op.ts';
import { type Pair, wholes } from './sizes.ts';

const specOf = (from: Tensor, to: Tensor): UnpoolSpec => {
  const [n, channels, height, width] = from.shape;
  return { planes: n * channels, length: height * width, outLength: to.shape[2] * to.shape[3] };
};

/** For each output element, which element of its plane goes there (from 1), or 0. */
const ownersOp: KernelOp = {
  name: 'unpoolOwners',
  kind: 'kernel',
  lower: (node, traits) => lowerUnpoolOwners(specOf(node.inputs[0], node), traits),
};

const unpoolOp: KernelOp = {
  name: 'maxUnpool2d',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerUnpool(specOf(node.inputs[0], node), traits),
  derivative: (dy, { inputs: [x, owners] }) => {
    const [indices] = owners.inputs;
    return [makeNode(unpoolBackwardOp, [dy, indices, owners], {}, x.shape, dy.dtype), undefined];
  },
};

const unpoolBackwardOp: KernelOp = {
  name: 'maxUnpool2dBackward',
  kind: 'kernel',
  epilogue: true,
  lower: (node, traits) => lowerUnpoolBackward(specOf(node, node.inputs[0]), traits),
  derivative: (ddx, { inputs: [dy, , owners] }) => [makeNode(unpoolOp, [ddx, owners], {}, dy.shape, ddx.dtype), undefined, undefined],
};

export interface UnpoolOptions {
  /** Step between the pooling's windows; the window's size unless given. */
  readonly stride?: Pair;
  readonly padding?: Pair;
  /** Rows and columns of the result, where pooling rounded them away; (h − 1)·stride − 2·padding + window unless given. */
  readonly outputSize?: Pair;
}

/**
 * Undoes max-pooling: each value goes back to the place that its index names, zeros elsewhere. Of values that name one place, which only
 * overlapping windows give, the last stays.
 *
 * @formula y[indices[i]] = x[i]
 * @shapes x and indices (u32 or i32) [n, c, h, w] → [n, c, oh, ow]
 * @torch torch.nn.functional.max_unpool2d
 * @throws ShapeError when x and indices differ in shape, or the output has no size
 */
export function maxUnpool2d(x: Tensor, indices: Tensor, window: Pair, options: UnpoolOptions = {}): Tensor {
  const dtype = expectFloat('maxUnpool2d', x);
  if (x.rank !== 4 || x.shape.slice(2).includes(0) || !sameShape(x.shape, indices.shape)) {
    throw new ShapeError(
      `maxUnpool2d: expected x and indices of one shape [n, channels, h, w] with elements, got ${showShape(x.shape)} and ${showShape(indices.shape)}`,
    );
  }
  const kernel = wholes('maxUnpool2d', 'window', window, 2, 1);
  const stride = wholes('maxUnpool2d', 'stride', options.stride ?? window, 2, 1);
  const padding = wholes('maxUnpool2d', 'padding', options.padding ?? 0, 2, 0);
  const usual = kernel.map((size, axis) => (x.shape[2 + axis] - 1) * stride[axis] - 2 * padding[axis] + size) as [number, number];
  const [height, width] = wholes('maxUnpool2d', 'output size', options.outputSize ?? usual, 2, 1);
  const places = expectIndices('maxUnpool2d', indices, height * width);
  const shape = [...x.shape.slice(0, 2), height, width];
  return makeNode(unpoolOp, [x, makeNode(ownersOp, [places], {}, shape, 'u32')], {}, shape, dtype);
}
