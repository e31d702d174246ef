// What values are like on average: for standardising tables and normalising pictures.

/** By column. */
export interface Statistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/**
 * Mean and standard deviation of each column of rows [n, columns]; missing values (NaN) don't count. A column that is the same everywhere says
 * nothing and must not divide by 0: its deviation is 1.
 */
export function statisticsOf(rows: ArrayLike<number>, columns: number): Statistics {
  const meanOf = (value: (i: number) => number) =>
    Float64Array.from({ length: columns }, (_, column) => {
      let [sum, count] = [0, 0];
      for (let i = column; i < rows.length; i += columns) {
        if (Number.isNaN(rows[i])) continue;
        sum += value(i);
        count++;
      }
      return sum / Math.max(1, count);
    });
  const mean = meanOf((i) => rows[i]!);
  const variance = meanOf((i) => (rows[i]! - mean[i % columns]!) ** 2);
  return { mean, deviation: variance.map((value) => Math.sqrt(value) || 1) };
}
