const lengthOf = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** ‖ours − theirs‖ / ‖theirs − from‖; `from` is 0 unless told otherwise. */
export function relativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>, from?: ArrayLike<number>): number {
  const way = Float64Array.from(theirs, (value, i) => value - (from?.[i] ?? 0));
  return lengthOf(Float64Array.from(ours, (value, i) => value - theirs[i])) / lengthOf(way);
}

/** The largest |a − b| of as many values as there may be. */
export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
