/** Mean and standard deviation of several runs' results; the deviation of one alone is 0. */
export function spread(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** The value below which this share of the values lies, between neighbours linearly, as numpy.quantile. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (place % 1) * ((sorted[Math.floor(place) + 1] ?? below) - below);
}

/**
 * Wilson's interval (1927) of a share of which `right` of `count` samples are the estimate: between these two it lies in 95 % of cases, also near 0 and 1.
 * @param z the deviations that the level stands for: 1.96 for 95 %
 */
export function wilson(right: number, count: number, z = 1.959964): readonly [low: number, high: number] {
  const share = right / count;
  const middle = share + z ** 2 / (2 * count);
  const reach = z * Math.sqrt((share * (1 - share)) / count + (z / (2 * count)) ** 2);
  const whole = 1 + z ** 2 / count;
  return [Math.max(0, (middle - reach) / whole), Math.min(1, (middle + reach) / whole)];
}
