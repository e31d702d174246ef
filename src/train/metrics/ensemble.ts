// What several predictions of the same samples tell together: members of an ensemble, or stochastic passes of one network.
import { ShapeError } from '../../engine/graph/errors.ts';
import { showShape } from '../../engine/graph/shape.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import type { Lists, Metric, Of } from './metric.ts';

/** Entropy along the last axis, in nats. Where a probability is 0 its term is 0. */
const entropyOf = (p: Tensor): Tensor => p.mul(p.clamp(1e-37).log()).sum(-1).neg();

/** Entropy of the members' mean, in nats: how unsure they are in all. Class probabilities [members, .., classes] → [..]. */
export function predictiveEntropy(members: Tensor): Tensor {
  return entropyOf(members.mean(0));
}

/**
 * Predictive entropy less the mean entropy of the members, in nats: how much they disagree, which more data could cure (the mutual information
 * of prediction and weights, "BALD"; Gal, "Uncertainty in Deep Learning", 2016, §3.3). Class probabilities [members, .., classes] → [..].
 */
export function mutualInformation(members: Tensor): Tensor {
  return predictiveEntropy(members).sub(entropyOf(members).mean(0)).relu();
}

/**
 * Class probabilities [members, n, classes] and labels [n]: `accuracyBySize`, of the mean of the first member, the first two … all; and by
 * sample, whether all of them together are `right` (1 or 0), their predictive `entropy` and mutual `information` in nats.
 *
 * @throws ShapeError when they don't fit.
 */
export function ensemble<B>(members: Of<B>, labels: Of<B>): Metric<B, Lists<'accuracyBySize' | 'right' | 'entropy' | 'information'>> {
  /** Both kinds of results look at the same predictions: made twice they would be other draws. */
  const seen = new WeakMap<object, { readonly all: Tensor; readonly right: Tensor }>();
  const of = (batch: B) => {
    const known = seen.get(batch as object);
    if (known) return known;
    const [all, label] = [members(batch), labels(batch)];
    if (all.rank !== 3 || label.rank !== 1 || all.shape[1] !== label.shape[0]) {
      throw new ShapeError(
        `ensemble: expected probabilities [members, n, classes] and labels [n], got ${showShape(all.shape)} and ${showShape(label.shape)}`,
      );
    }
    const right = all
      .cumSum(0)
      .argMax(2)
      .cast('u32')
      .eq(label.cast('u32').unsqueeze(0).expand(all.shape.slice(0, 2)));
    const found = { all, right };
    seen.set(batch as object, found);
    return found;
  };
  return {
    sums: (batch) => ({ hits: of(batch).right.countNonzero(1) }),
    rows(batch) {
      const { all, right } = of(batch);
      const whole = right.slice([[all.shape[0]! - 1, all.shape[0]!]]).reshape([-1]);
      return { right: whole.cast('f32'), entropy: predictiveEntropy(all), information: mutualInformation(all) };
    },
    value: ({ hits, right, entropy, information }, samples) => ({
      accuracyBySize: Array.from(hits!, (count) => count / samples),
      ...{ right: Array.from(right!), entropy: Array.from(entropy!), information: Array.from(information!) },
    }),
  };
}
