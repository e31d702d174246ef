import { aBoolean, finite } from '../../engine/graph/arguments.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { expectF32, expectIndices } from '../../engine/ops/check.ts';
import { iota } from '../../engine/ops/create.ts';
import { CTC_IMPOSSIBLE, ctcRows } from '../../engine/ops/ctc.ts';
import { cast, where } from '../../engine/ops/elementwise.ts';
import { expectLossOptions, expectTensors, type LossOptions, reduce } from './options.ts';

export interface CtcOptions extends LossOptions {
  /** The class that stands for nothing. Default 0. */
  readonly blank?: number;
  /** Makes infinite losses, of targets that don't fit in their inputs, 0. */
  readonly zeroInfinity?: boolean;
}

/**
 * Connectionist temporal classification (Graves et al., 2006): over all ways to stretch a target along its input, with blanks between. Inputs and
 * targets are as long as the lengths say. The mean divides each loss by its target's length first. Impossible targets have an infinite loss (0 with
 * `zeroInfinity`) and no gradient. Differentiable once.
 *
 * @formula ℓ = −log Σ_paths Π_t exp(logProbs[t, n, path_t]), over the paths that spell the target
 * @shapes logProbs [time, n, classes], targets [n, labels], inputLengths [n], targetLengths [n] → []
 * @torch torch.nn.functional.ctc_loss
 * @throws ShapeError, DTypeError when they don't fit, or blank is no class
 */
export function ctc(logProbs: Tensor, targets: Tensor, inputLengths: Tensor, targetLengths: Tensor, options: CtcOptions = {}): Tensor {
  expectLossOptions('ctc', options, { blank: finite, zeroInfinity: aBoolean });
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  expectTensors('ctc', { logProbs, targets, inputLengths, targetLengths });
  expectF32('ctc', logProbs);
  const [time, n, classes] = logProbs.shape;
  const fits = logProbs.rank === 3 && time > 0 && targets.rank === 2 && targets.shape[0] === n;
  if (!fits || !sameShape(inputLengths.shape, [n]) || !sameShape(targetLengths.shape, [n])) {
    const shapes = [logProbs, targets, inputLengths, targetLengths].map(({ shape }) => showShape(shape)).join(' and ');
    throw new ShapeError(`ctc: expected logProbs [time, n, classes], targets [n, labels] and two lengths [n], got ${shapes}`);
  }
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes)) {
    throw new ShapeError(`ctc: expected a blank from 0 to ${classes - 1}, got ${blank}`);
  }
  const inputs = expectIndices('ctc', inputLengths, time + 1);
  const lengths = expectIndices('ctc', targetLengths, targets.shape[1] + 1);
  // What stands behind a target's end may be anything.
  const within = iota(targets.shape, 1).lt(lengths.unsqueeze(1));
  const labels = expectIndices('ctc', where(within, targets, 0), classes);
  const raw = ctcRows(logProbs, labels, inputs, lengths, blank);
  const rows = where(raw.gt(CTC_IMPOSSIBLE), zeroInfinity ? 0 : Number.POSITIVE_INFINITY, raw);
  return reduce(reduction === 'mean' ? rows.div(cast(lengths, 'f32').maximum(1)) : rows, { reduction });
}
