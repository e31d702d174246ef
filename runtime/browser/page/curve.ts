// A metric over the steps of a run, in bounded space: a run of a million steps must stay quick to draw.

/** A value that was recorded, and when. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Neighbouring rows fall into buckets. Never changed in place. */
export interface Curve {
  readonly buckets: readonly Bucket[];
  /** Rows in a full bucket. */
  readonly stride: number;
  readonly last: number;
}

/** What a bucket keeps of its rows. Values that are no number (NaN, ∞) count in `rows` alone, unless all are such. */
export interface Bucket {
  readonly first: Point;
  readonly last: Point;
  readonly low: Point;
  readonly high: Point;
  readonly rows: number;
  /** Rows with a finite value. */
  readonly finite: number;
  readonly mean: number;
  /** The mean of the decimal logarithms; NaN where a value isn't positive. */
  readonly meanLog: number;
}

const MOST_BUCKETS = 1024;

export const emptyCurve: Curve = { buckets: [], stride: 1, last: Number.NaN };

/**
 * Adds rows in the order of their steps. A row of a step that is there already means that a run went on from an earlier checkpoint: what
 * it does again replaces what was there.
 */
export function appendRows(curve: Curve, rows: readonly Point[]): Curve {
  let buckets = curve.buckets.slice();
  let { stride, last } = curve;
  for (const row of rows) {
    while (buckets.length > 0 && buckets[buckets.length - 1].last.step >= row.step) buckets.pop();
    const bucket = bucketOf(row);
    const open = buckets[buckets.length - 1];
    if (open && open.rows < stride) buckets[buckets.length - 1] = merged(open, bucket);
    else buckets.push(bucket);
    if (buckets.length > MOST_BUCKETS) {
      buckets = halved(buckets);
      stride *= 2;
    }
    last = row.value;
  }
  return { buckets, stride, last };
}

function bucketOf(row: Point): Bucket {
  const { value } = row;
  const meanLog = value > 0 ? Math.log10(value) : Number.NaN;
  return { first: row, last: row, low: row, high: row, rows: 1, finite: Number.isFinite(value) ? 1 : 0, mean: value, meanLog };
}

function halved(buckets: readonly Bucket[]): Bucket[] {
  return Array.from({ length: Math.ceil(buckets.length / 2) }, (_, i) => {
    const next = buckets[2 * i + 1];
    return next ? merged(buckets[2 * i], next) : buckets[2 * i];
  });
}

function merged(a: Bucket, b: Bucket): Bucket {
  const finite = a.finite + b.finite;
  const [one, other] = a.finite === 0 ? [b, a] : [a, b];
  const share = other.finite === 0 ? 0 : other.finite / finite;
  return {
    first: a.first,
    last: b.last,
    low: share > 0 && other.low.value < one.low.value ? other.low : one.low,
    high: share > 0 && other.high.value > one.high.value ? other.high : one.high,
    rows: a.rows + b.rows,
    finite,
    mean: share > 0 ? one.mean + (other.mean - one.mean) * share : one.mean,
    meanLog: share > 0 ? one.meanLog + (other.meanLog - one.meanLog) * share : one.meanLog,
  };
}

const drawn = new WeakMap<Curve, readonly Point[]>();

/**
 * The recorded values through which the curve is drawn: of each bucket its first, lowest, highest and last, in their order. A line through them
 * covers what a line through all rows would.
 */
export function pointsOf(curve: Curve): readonly Point[] {
  const known = drawn.get(curve);
  if (known) return known;
  const points = curve.buckets.flatMap(({ rows, first, low, high, last }) => {
    if (rows === 1) return [first];
    return [...new Set([first, ...(low.step < high.step ? [low, high] : [high, low]), last])];
  });
  drawn.set(curve, points);
  return points;
}

/** What is known of a curve at a step: a value that was recorded at the nearest one, or the range of rows that fell together. */
export type Reading = Point | { readonly from: number; readonly to: number; readonly low: number; readonly high: number };

/** Undefined for an empty curve. `bucket` is where the reading stands in it. */
export function readingAt(curve: Curve, step: number): { readonly reading: Reading; readonly bucket: number } | undefined {
  const { buckets } = curve;
  if (buckets.length === 0) return undefined;
  // The last bucket that begins at the step or before.
  let [at, end] = [0, buckets.length - 1];
  while (at < end) {
    const middle = Math.ceil((at + end) / 2);
    if (buckets[middle].first.step <= step) at = middle;
    else end = middle - 1;
  }
  const next = buckets[at + 1];
  if (next && step > buckets[at].last.step && next.first.step - step < step - buckets[at].last.step) at++;
  const { rows, first, last, low, high } = buckets[at];
  if (rows === 1) return { reading: first, bucket: at };
  const recorded = [first, last, low, high].find((point) => point.step === step);
  return { reading: recorded ?? { from: first.step, to: last.step, low: low.value, high: high.value }, bucket: at };
}
