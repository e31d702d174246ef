// Points that are weighted sums of a few pixels: what grid sampling and ROI align have in common. Σ dy·w·x over all taps is linear in each
// of the three, so the op and its two gradients are each other's derivatives.
import type { Tensor } from '../graph/tensor.ts';
import { listsLength, lowerTapLists, lowerTaps, lowerTapsPixels, lowerTapsWeights, type TapsSpec } from './lower/taps.ts';
import { type KernelOp, makeNode } from './op.ts';

/** An index that names no pixel. */
export const OUTSIDE = 0xffffffff;

const node = (op: KernelOp<TapsSpec>, inputs: readonly Tensor[], spec: TapsSpec, shape: readonly number[]): Tensor =>
  makeNode(op, inputs, spec, shape, 'f32');

const tapsOp: KernelOp<TapsSpec> = {
  name: 'taps',
  kind: 'kernel',
  epilogue: true,
  lower: (y, traits) => lowerTaps(y.attrs, traits),
  derivative: (dy, y, [wantX, wantW]) => {
    const [x, w, indices] = y.inputs;
    return [wantX ? pixels(dy, w, indices, y.attrs) : undefined, wantW ? weights(x, dy, indices, y.attrs) : undefined, undefined];
  },
};

/** dx from dy and w. */
const tapsPixelsOp: KernelOp<TapsSpec> = {
  name: 'tapsPixels',
  kind: 'kernel',
  epilogue: true,
  lower: (dx, traits) => lowerTapsPixels(dx.attrs, traits),
  derivative: (ddx, dx, [wantDy, wantW]) => {
    const [dy, w, lists] = dx.inputs;
    const [indices] = lists.inputs;
    return [wantDy ? points(ddx, w, indices, dx.attrs) : undefined, wantW ? weights(ddx, dy, indices, dx.attrs) : undefined, undefined];
  },
};

/** dw from x and dy. */
const tapsWeightsOp: KernelOp<TapsSpec> = {
  name: 'tapsWeights',
  kind: 'kernel',
  epilogue: true,
  lower: (dw, traits) => lowerTapsWeights(dw.attrs, traits),
  derivative: (ddw, dw, [wantX, wantDy]) => {
    const [x, dy, indices] = dw.inputs;
    return [wantX ? pixels(dy, ddw, indices, dw.attrs) : undefined, wantDy ? points(x, ddw, indices, dw.attrs) : undefined, undefined];
  },
};

const tapListsOp: KernelOp<TapsSpec> = { name: 'tapLists', kind: 'kernel', lower: (lists, traits) => lowerTapLists(lists.attrs, traits) };

const points = (x: Tensor, w: Tensor, indices: Tensor, spec: TapsSpec): Tensor =>
  node(tapsOp, [x, w, indices], spec, [spec.samples, spec.channels, spec.points]);

const weights = (x: Tensor, dy: Tensor, indices: Tensor, spec: TapsSpec): Tensor =>
  node(tapsWeightsOp, [x, dy, indices], spec, [spec.samples, spec.points, spec.taps]);

const pixels = (dy: Tensor, w: Tensor, indices: Tensor, spec: TapsSpec): Tensor => {
  const lists = makeNode(tapListsOp, [indices], spec, [listsLength(spec)], 'u32');
  return node(tapsPixelsOp, [dy, w, lists], spec, [spec.images, spec.channels, spec.pixels]);
};

/**
 * y[b, c, q] = Σ_k w[b, q, k] x[image, c, pixel] where indices[b, q, k] = image · pixels + pixel: x [images, channels, pixels], w and
 * indices (u32) [samples, points, taps] → [samples, channels, points].
 */
export function taps(x: Tensor, w: Tensor, indices: Tensor): Tensor {
  const [images, channels, pixelCount] = x.shape;
  const [samples, pointCount, each] = w.shape;
  return points(x, w, indices, { images, channels, pixels: pixelCount, samples, points: pointCount, taps: each });
}
