// Exponential moving averages of curves, as TensorBoard draws them.
import type { Bucket, Curve } from './curve.ts';
import type { Scale } from './scale.ts';

/** TensorBoard draws about as many points of a curve, however long it is, and `weight` is for one of them. */
const POINTS = 1000;

/**
 * The debiased exponential moving average of a curve, a value for each bucket, in the scale that is shown: a chart with a logarithmic axis smooths
 * logarithms. m ← w·m + (1 − w)·x, shown as m / (1 − wⁿ) (Kingma and Ba, 2015, section 3). Of a curve of more than 1000 rows, each row counts as
 * 1000 / rows of one, so that the same weight looks the same. NaN where a bucket has no value on the scale.
 *
 * @param weight 0 (none) … below 1
 */
export function smoothed({ buckets }: Curve, weight: number, scale: Scale): readonly number[] {
  const unit = Math.max(1, buckets.reduce((sum, { rows }) => sum + rows, 0) / POINTS);
  let [average, count] = [0, 0];
  return buckets.map((bucket) => {
    const value = meanOn(scale, bucket);
    if (!Number.isFinite(value)) return Number.NaN;
    const rows = bucket.finite / unit;
    const kept = weight ** rows;
    average = average * kept + value * (1 - kept);
    count += rows;
    return average / (1 - weight ** count);
  });
}

/** On a symmetric logarithm, rows that fell together count as their mean. */
const meanOn = (scale: Scale, { mean, meanLog }: Bucket) => (scale.kind === 'log' ? meanLog : scale.forward(mean));
