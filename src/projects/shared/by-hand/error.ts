const lengthOf = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** ‖ours − theirs‖ / ‖theirs − from‖; `from` is 0 unless told otherwise. */
export function relativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>, from?: ArrayLike<number>): number {
  const way = Float64Array.from(theirs, (value, i) => value - (from?.[i] ?? 0));
  return lengthOf(Float64Array.from(ours, (value, i) => value - theirs[i])) / lengthOf(way);
}
