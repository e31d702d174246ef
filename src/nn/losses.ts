// Losses: a scalar from predictions and targets.
import { ShapeError } from '../engine/graph/errors.ts';
import { sameShape, showShape } from '../engine/graph/shape.ts';
import type { Tensor } from '../engine/graph/tensor.ts';
import { crossEntropyRows } from '../engine/ops/softmax.ts';

export interface LossOptions {
  /** How the elements' losses are put together. Default `mean`. */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

function reduce(values: Tensor, { reduction = 'mean' }: LossOptions): Tensor {
  if (reduction === 'none') return values;
  return reduction === 'sum' ? values.sum() : values.mean();
}

function sameShapes(name: string, input: Tensor, target: Tensor): void {
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(`${name}: expected input and target of one shape, got ${showShape(input.shape)} and ${showShape(target.shape)}`);
  }
}

/** −log softmax(logits)[label]: logits [n, classes], labels [n] (u32 or i32). */
export function crossEntropy(logits: Tensor, labels: Tensor, options: LossOptions = {}): Tensor {
  return reduce(crossEntropyRows(logits, labels), options);
}

/** (input − target)². */
export function mse(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  sameShapes('mse', input, target);
  return reduce(input.sub(target).square(), options);
}

/** |input − target|. */
export function l1(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  sameShapes('l1', input, target);
  return reduce(input.sub(target).abs(), options);
}

/** −t·log σ(x) − (1 − t)·log(1 − σ(x)), without overflow: logits and targets in [0, 1] of one shape. */
export function bceWithLogits(logits: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  sameShapes('bceWithLogits', logits, target);
  return reduce(logits.softplus().sub(logits.mul(target)), options);
}
