// Boxes (x1, y1, x2, y2) of object detectors.
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { sameShape, showShape } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { expectF32 } from './check.ts';
import { zeros } from './create.ts';
import { cast } from './elementwise.ts';
import { lowerNms, MAX_BOXES, type NmsSpec } from './lower/nms.ts';
import { reshape, slice } from './movement.ts';
import { type KernelOp, makeNode } from './op.ts';

/**
 * Intersection over union of each of one set of boxes with each of another.
 *
 * @formula y[i, j] = |a_i ∩ b_j| / |a_i ∪ b_j|
 * @shapes a [n, 4], b [m, 4] → [n, m]
 * @torch torchvision.ops.box_iou
 * @throws ShapeError when one isn't [.., 4] of two dimensions
 */
export function boxIou(a: Tensor, b: Tensor): Tensor {
  expectF32('boxIou', a, b);
  if (a.rank !== 2 || b.rank !== 2 || a.shape[1] !== 4 || b.shape[1] !== 4) {
    throw new ShapeError(`boxIou: expected boxes [n, 4] and [m, 4], got ${showShape(a.shape)} and ${showShape(b.shape)}`);
  }
  const corner = (boxes: Tensor, k: number, shape: readonly number[]) => reshape(slice(boxes, [null, [k, k + 2]]), shape);
  const [low, high] = [0, 2].map((k) => corner(a, k, [a.shape[0], 1, 2]));
  const [otherLow, otherHigh] = [0, 2].map((k) => corner(b, k, [1, b.shape[0], 2]));
  const area = (sides: Tensor) => {
    const [width, height] = [0, 1].map((k) => slice(sides, [null, null, [k, k + 1]]));
    return reshape(width.mul(height), sides.shape.slice(0, 2));
  };
  const shared = area(high.minimum(otherHigh).sub(low.maximum(otherLow)).relu());
  return shared.div(
    area(high.sub(low))
      .add(area(otherHigh.sub(otherLow)))
      .sub(shared),
  );
}

const nmsOp: KernelOp<NmsSpec> = {
  name: 'nms',
  kind: 'kernel',
  lower: (node, traits) => lowerNms(node.attrs, traits),
};

export interface KeptBoxes {
  /** [n] (u32): the kept ones, best score first; behind them 0xffffffff, which index ops read as nothing. */
  readonly indices: Tensor;
  /** [] (u32): how many were kept. */
  readonly count: Tensor;
}

/**
 * Non-maximum suppression: the best box stays, those that overlap it by more than `iouThreshold` go; then the best of the rest. Of equal
 * scores the earlier is the better.
 *
 * @formula –
 * @shapes boxes [n, 4], scores [n] → indices [n] (u32) and count [] (u32)
 * @torch torchvision.ops.nms
 * @throws ShapeError when boxes and scores don't fit, n is over 131,072, or the threshold isn't from 0 to 1
 */
export function nms(boxes: Tensor, scores: Tensor, iouThreshold: number): KeptBoxes {
  return suppress('nms', boxes, scores, zeros(scores.shape, 'u32'), iouThreshold);
}

/**
 * Non-maximum suppression within each class: boxes of different `classes` (u32 or i32) don't touch each other.
 *
 * @formula –
 * @shapes boxes [n, 4], scores [n], classes [n] → indices [n] (u32) and count [] (u32)
 * @torch torchvision.ops.batched_nms
 * @throws ShapeError when boxes, scores and classes don't fit, n is over 131,072, or the threshold isn't from 0 to 1
 */
export function batchedNms(boxes: Tensor, scores: Tensor, classes: Tensor, iouThreshold: number): KeptBoxes {
  if (classes.dtype !== 'u32' && classes.dtype !== 'i32')
    throw new DTypeError(`batchedNms: expected u32 or i32 classes, got ${classes.dtype}`);
  if (!sameShape(scores.shape, classes.shape)) {
    throw new ShapeError(
      `batchedNms: expected scores and classes of one shape, got ${showShape(scores.shape)} and ${showShape(classes.shape)}`,
    );
  }
  return suppress('batchedNms', boxes, scores, cast(classes, 'u32'), iouThreshold);
}

function suppress(name: string, boxes: Tensor, scores: Tensor, classes: Tensor, threshold: number): KeptBoxes {
  expectF32(name, boxes, scores);
  const [n] = boxes.shape;
  if (!sameShape(boxes.shape, [n, 4]) || !sameShape(scores.shape, [n]) || n > MAX_BOXES) {
    throw new ShapeError(
      `${name}: expected boxes [n, 4] and scores [n] with n ≤ ${MAX_BOXES}, got ${showShape(boxes.shape)} and ${showShape(scores.shape)}`,
    );
  }
  if (!(threshold >= 0 && threshold <= 1)) throw new ShapeError(`${name}: expected an IoU threshold from 0 to 1, got ${threshold}`);
  if (n === 0) return { indices: zeros([0], 'u32'), count: zeros([], 'u32') };
  const kept = makeNode(nmsOp, [boxes, scores, classes], { count: n, threshold }, [n + 1], 'u32');
  return { indices: slice(kept, [[1, n + 1]]), count: reshape(slice(kept, [[0, 1]]), []) };
}
