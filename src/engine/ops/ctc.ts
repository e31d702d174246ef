import type { Tensor } from '../graph/tensor.ts';
import { alphasLength, type CtcSpec, lowerCtc, lowerCtcBackward } from './lower/ctc.ts';
import { type KernelOp, type MovementOp, makeNode } from './op.ts';

/** [examples, alphasLength]: the alphas of each example, then its loss. */
const ctcAlphasOp: KernelOp<CtcSpec> = { name: 'ctcAlphas', kind: 'kernel', lower: (node, traits) => lowerCtc(node.attrs, traits) };

/** From log-probabilities, targets, their lengths, alphas and dloss. The gradient has no derivative. */
const ctcBackwardOp: KernelOp<CtcSpec> = {
  name: 'ctcBackward',
  kind: 'kernel',
  lower: (node, traits) => lowerCtcBackward(node.attrs, traits),
};

/** The losses at the end of the alphas, which come first among the inputs; the others are what the derivative needs. */
const ctcOp: MovementOp<CtcSpec> = {
  name: 'ctc',
  kind: 'movement',
  locate: ([example], node) => [{ input: 0, coordinates: [example, `${alphasLength(node.attrs) - 1}u`] }],
  derivative: (dy, { inputs: [alphas, logProbs, ...sequences], attrs }) => [
    undefined,
    makeNode(ctcBackwardOp, [logProbs, ...sequences, alphas, dy], attrs, logProbs.shape, logProbs.dtype),
    undefined,
    undefined,
    undefined,
  ],
};

/** A loss beyond this means that no path spells the target. */
export const CTC_IMPOSSIBLE = 1e29;

/**
 * −log of the probability that log-probabilities [time, n, classes] spell targets [n, labels] (u32), for lengths [n] (u32) of both → [n].
 * `losses.ctc` has the options.
 */
export function ctcRows(logProbs: Tensor, targets: Tensor, inputLengths: Tensor, targetLengths: Tensor, blank: number): Tensor {
  const [time, examples, classes] = logProbs.shape;
  const spec = { time, examples, classes, labels: targets.shape[1], blank };
  const inputs = [logProbs, targets, inputLengths, targetLengths];
  const alphas = makeNode(ctcAlphasOp, inputs, spec, [examples, alphasLength(spec)], 'f32');
  return makeNode(ctcOp, [alphas, ...inputs], spec, [examples], 'f32');
}
