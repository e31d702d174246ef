// What all losses share: how the losses of elements or rows are put together, and checks of shapes.
import { aTensor, expectKind, expectOptions, type Kind, oneOf } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { expectFloat } from '../../engine/ops/check.ts';
import { where } from '../../engine/ops/elementwise.ts';

export interface LossOptions {
  /** How the losses of the elements are put together. Default `mean`. */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

const reduction = oneOf('mean', 'sum', 'none');

/** @throws TilegradError for options that a loss doesn't read, or of the wrong kind. */
export function expectLossOptions(name: string, options: object, kinds: Readonly<Record<string, Kind>> = {}): void {
  expectOptions<object>(name, options, { reduction, ...kinds });
}

/** @throws TilegradError unless all are tensors. */
export function expectTensors(name: string, tensors: Readonly<Record<string, unknown>>): void {
  for (const [what, value] of Object.entries(tensors)) expectKind(name, what, value, aTensor);
}

export function reduce(values: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  if (reduction === 'none') return values;
  return reduction === 'sum' ? values.sum() : values.mean();
}

/** Weights times logarithms: 0 where the weight is 0, even of −∞, which then has no gradient either. */
export function timesLog(weights: Tensor, logs: Tensor): Tensor {
  const impossible = weights.eq(0).logicalAnd(logs.isInf());
  return weights.mul(where(impossible, 0, logs));
}

/** @throws ShapeError, DTypeError unless all are floats of one type and one shape. */
export function expectAlike(name: string, ...tensors: readonly Tensor[]): void {
  tensors.forEach((tensor, i) => {
    expectKind(name, `argument ${i + 1}`, tensor, aTensor);
  });
  expectFloat(name, ...tensors);
  if (tensors.some(({ shape }) => !sameShape(shape, tensors[0].shape))) {
    throw new ShapeError(`${name}: expected tensors of one shape, got ${tensors.map(({ shape }) => showShape(shape)).join(' and ')}`);
  }
}
