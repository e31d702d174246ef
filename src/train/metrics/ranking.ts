// Metrics of an order: how well scores tell what is from what isn't, whatever the threshold. They need every score, so they gather rows.

import { showValue } from '../../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import { sameShape, showShape } from '../../engine/graph/shape.ts';
import type { Lists, Metric, Numbers, Of } from './metric.ts';

/** How many are found at each threshold, from above all scores down: equal scores are passed together. */
interface Thresholds {
  /** The first is ∞. */
  readonly threshold: readonly number[];
  /** With at least that score: those that are, and those that aren't. */
  readonly hits: readonly number[];
  readonly misses: readonly number[];
}

function thresholdsOf(name: string, scores: ArrayLike<number>, truths: ArrayLike<number>): Thresholds {
  if (scores.length !== truths.length) {
    throw new ShapeError(`${name}: expected a truth for each score, got ${scores.length} scores and ${truths.length} truths`);
  }
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const [threshold, hits, misses] = [[Number.POSITIVE_INFINITY], [0], [0]];
  for (const [place, i] of order.entries()) {
    if (Number.isNaN(scores[i])) throw new TilegradError(`${name}: expected numbers as scores, got NaN at ${i}`);
    if (truths[i] !== 0 && truths[i] !== 1) throw new TilegradError(`${name}: expected truths 0 or 1, got ${showValue(truths[i])} at ${i}`);
    const last = threshold.length - 1;
    if (place === 0 || scores[i] !== threshold[last]) {
      threshold.push(scores[i]!);
      hits.push(hits[last]!);
      misses.push(misses[last]!);
    }
    const at = threshold.length - 1;
    if (truths[i] === 1) hits[at]!++;
    else misses[at]!++;
  }
  return { threshold, hits, misses };
}

/**
 * The receiver operating characteristic of scores with truths 0 and 1: the share of the true ones and of the false ones that are found, for
 * each threshold from above all scores down, and the area under that curve: the chance that a true one scores higher than a false one, equal
 * scores counted half. NaN where there are none of either kind.
 */
export function rocCurve(scores: ArrayLike<number>, truths: ArrayLike<number>) {
  const { threshold, hits, misses } = thresholdsOf('rocCurve', scores, truths);
  const shares = (counts: readonly number[]) => counts.map((count) => count / counts.at(-1)!);
  const [truePositive, falsePositive] = [shares(hits), shares(misses)];
  let area = 0;
  for (let i = 1; i < hits.length; i++) area += ((misses[i]! - misses[i - 1]!) * (hits[i]! + hits[i - 1]!)) / 2;
  return { threshold, truePositive, falsePositive, area: area / hits.at(-1)! / misses.at(-1)! };
}

/**
 * Precision and recall of scores with truths 0 and 1 for each threshold, from the highest score down, and the average precision
 * Σ (recallᵢ − recallᵢ₋₁)·precisionᵢ. NaN where nothing is true.
 */
export function precisionRecallCurve(scores: ArrayLike<number>, truths: ArrayLike<number>) {
  const { threshold, hits, misses } = thresholdsOf('precisionRecallCurve', scores, truths);
  const precision = hits.slice(1).map((hit, i) => hit / (hit + misses[i + 1]!));
  const recall = hits.slice(1).map((hit) => hit / hits.at(-1)!);
  const averagePrecision =
    hits.at(-1) === 0 ? Number.NaN : precision.reduce((sum, p, i) => sum + p * (recall[i]! - (recall[i - 1] ?? 0)), 0);
  return { threshold: threshold.slice(1), precision, recall, averagePrecision };
}

type ByClass<N extends string> = Numbers<N> & Lists<`${N}ByClass`>;

/** A metric of every class by itself: scores [n] and truths [n]; scores [n, classes] and labels [n], or 0 and 1 [n, classes]. */
function byClass<B, N extends string>(
  name: N,
  scores: Of<B>,
  labels: Of<B>,
  of: (scores: Float64Array, truths: Float64Array) => number,
): Metric<B, ByClass<N>> {
  return {
    rows(batch) {
      const [given, truths] = [scores(batch), labels(batch)];
      const fits = given.rank === 1 || given.rank === 2;
      if (!fits || !(sameShape(truths.shape, given.shape) || sameShape(truths.shape, [given.shape[0]!]))) {
        throw new ShapeError(
          `${name}: expected scores [n] or [n, classes] and labels [n] or like the scores, got ${showShape(given.shape)} and ${showShape(truths.shape)}`,
        );
      }
      return { scores: given, labels: truths };
    },
    value(found, samples) {
      const classes = found.scores!.length / samples;
      // Labels name their class, unless there is a truth for each score.
      const indices = found.labels!.length < found.scores!.length;
      const column = (c: number, values: Float64Array) => Float64Array.from({ length: samples }, (_, i) => values[i * classes + c]!);
      if (indices) {
        const wrong = found.labels!.find((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
        if (wrong !== undefined) throw new TilegradError(`${name}: expected labels below ${classes}, got ${wrong}`);
      }
      const each = Array.from({ length: classes }, (_, c) =>
        of(column(c, found.scores!), indices ? found.labels!.map((label) => (label === c ? 1 : 0)) : column(c, found.labels!)),
      );
      const known = each.filter((value) => !Number.isNaN(value));
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      return { [name]: mean, [`${name}ByClass`]: each } as ByClass<N>;
    },
  };
}

/**
 * Area under the receiver operating characteristic, `auc`: scores [n] with truths 0 and 1; of classes [n, classes] with labels [n] (each against
 * the rest) or truths of the same shape: the mean and `aucByClass`, NaN for a class of which all or none are true.
 */
export function auc<B>(scores: Of<B>, labels: Of<B>): Metric<B, ByClass<'auc'>> {
  return byClass('auc', scores, labels, (values, truths) => rocCurve(values, truths).area);
}

/** Average precision, `averagePrecision` and `averagePrecisionByClass`, from the same scores and labels as {@link auc}. */
export function averagePrecision<B>(scores: Of<B>, labels: Of<B>): Metric<B, ByClass<'averagePrecision'>> {
  return byClass('averagePrecision', scores, labels, (values, truths) => precisionRecallCurve(values, truths).averagePrecision);
}
