// A metric over the steps of a run, in bounded space: a run of a million steps must stay quick to draw.

/** Neighbouring rows fall into buckets; each keeps its mean and its extrema. Never changed in place. */
export interface Curve {
  readonly buckets: readonly Bucket[];
  /** Rows in a full bucket. */
  readonly stride: number;
  readonly last: number;
}

export interface Bucket {
  /** First and last step. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const MOST_BUCKETS = 1024;

export const emptyCurve: Curve = { buckets: [], stride: 1, last: Number.NaN };

/**
 * Adds rows in the order of their steps. A row of a step that is there already means that a run went on from an earlier checkpoint: what
 * it does again replaces what was there.
 */
export function appendRows(curve: Curve, rows: readonly { readonly step: number; readonly value: number }[]): Curve {
  let buckets = curve.buckets.slice();
  let { stride, last } = curve;
  for (const { step, value } of rows) {
    while (buckets.length > 0 && buckets[buckets.length - 1].to >= step) buckets.pop();
    const bucket = { from: step, to: step, rows: 1, mean: value, low: value, high: value };
    const open = buckets[buckets.length - 1];
    if (open && open.rows < stride) buckets[buckets.length - 1] = merged(open, bucket);
    else buckets.push(bucket);
    if (buckets.length > MOST_BUCKETS) {
      buckets = halved(buckets);
      stride *= 2;
    }
    last = value;
  }
  return { buckets, stride, last };
}

function halved(buckets: readonly Bucket[]): Bucket[] {
  return Array.from({ length: Math.ceil(buckets.length / 2) }, (_, i) => {
    const next = buckets[2 * i + 1];
    return next ? merged(buckets[2 * i], next) : buckets[2 * i];
  });
}

function merged(a: Bucket, b: Bucket): Bucket {
  const rows = a.rows + b.rows;
  const mean = (a.mean * a.rows + b.mean * b.rows) / rows;
  return { from: a.from, to: b.to, rows, mean, low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

/** Fewer buckets than this are drawn as they are. */
const LEAST_SMOOTHED = 100;

/** The centred moving mean over a fiftieth of the curve to either side, or undefined for a curve too short to need one. */
export function trend({ buckets }: Curve): readonly number[] | undefined {
  if (buckets.length < LEAST_SMOOTHED) return undefined;
  const reach = Math.ceil(buckets.length / 50);
  const sums = [0];
  for (const { mean } of buckets) sums.push(sums[sums.length - 1] + mean);
  return buckets.map((_, i) => {
    // As far to the right as to the left, so that the ends don't lag.
    const side = Math.min(reach, i, buckets.length - 1 - i);
    return (sums[i + side + 1] - sums[i - side]) / (2 * side + 1);
  });
}
