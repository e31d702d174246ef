// What all losses share: how the losses of elements or rows are put together, and checks of shapes.
import { ShapeError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { expectFloat } from '../../engine/ops/check.ts';

export interface LossOptions {
  /** How the losses of the elements are put together. Default `mean`. */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

export function reduce(values: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  if (reduction === 'none') return values;
  return reduction === 'sum' ? values.sum() : values.mean();
}

/** @throws ShapeError, DTypeError unless all are floats of one type and one shape. */
export function expectAlike(name: string, ...tensors: readonly Tensor[]): void {
  expectFloat(name, ...tensors);
  if (tensors.some(({ shape }) => !sameShape(shape, tensors[0].shape))) {
    throw new ShapeError(`${name}: expected tensors of one shape, got ${tensors.map(({ shape }) => showShape(shape)).join(' and ')}`);
  }
}
