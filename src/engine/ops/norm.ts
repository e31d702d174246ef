// Normalisation by mean and variance.
import { ShapeError } from '../graph/errors.ts';
import { sameShape, showShape } from '../graph/shape.ts';
import type { State, Tensor } from '../graph/tensor.ts';
import { mean } from './reduce.ts';

export interface BatchNormInputs {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: State;
  readonly runningVar: State;
  readonly eps: number;
  /** Share of the batch in the running statistics. */
  readonly momentum: number;
  readonly training: boolean;
}

/**
 * (x − mean) / √(var + eps)·weight + bias for each channel of [n, c, ..]. In training the statistics are the batch's own, and the running ones
 * (the variance with n − 1) move towards them, as torch.nn.BatchNorm's do.
 */
export function batchNorm(x: Tensor, inputs: BatchNormInputs): Tensor {
  const { weight, bias, runningMean, runningVar, eps, momentum, training } = inputs;
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const spread = (values: Tensor) => values.reshape(x.shape.map((_, axis) => (axis === 1 ? -1 : 1)));
  if (!training)
    return x
      .sub(spread(runningMean))
      .mul(spread(runningVar.add(eps).rsqrt().mul(weight)))
      .add(spread(bias));
  const average = mean(x, axes, { keepDims: true });
  const centred = x.sub(average);
  const spreadVariance = mean(centred.square(), axes, { keepDims: true });
  const count = x.size / x.shape[1];
  const move = (state: State, towards: Tensor) =>
    state.assign(state.mul(1 - momentum).add(towards.reshape([-1]).stopGradient().mul(momentum)));
  move(runningMean, average);
  move(runningVar, spreadVariance.mul(count / Math.max(1, count - 1)));
  return centred.mul(spreadVariance.add(eps).rsqrt().mul(spread(weight))).add(spread(bias));
}

/** (x − mean) / √(var + eps) over the last dimensions, which must be those of `shape`. */
export function layerNorm(x: Tensor, shape: readonly number[], eps = 1e-5): Tensor {
  if (shape.length === 0 || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError(`layerNorm: expected [.., ${shape.join(', ')}], got ${showShape(x.shape)}`);
  }
  const axes = shape.map((_, i) => x.rank - 1 - i);
  const centred = x.sub(mean(x, axes, { keepDims: true }));
  return centred.mul(mean(centred.square(), axes, { keepDims: true }).add(eps).rsqrt());
}
