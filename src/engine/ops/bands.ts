// Resizing a line is a product with a matrix of which each row has few non-zero elements, side by side: a band for short.

export type ResizeRule = 'nearest' | 'nearest-exact' | 'linear' | 'cubic';

/** How one axis is resized. */
export interface Resizing {
  readonly rule: ResizeRule;
  readonly length: number;
  readonly outLength: number;
  /** Elements of the input that one step of the output takes. */
  readonly step: number;
  /** Whether the first and the last elements of both lines coincide. */
  readonly alignCorners: boolean;
}

/** Row r holds weights[r · taps …] at the columns from starts[r] on. */
export interface Band {
  readonly starts: readonly number[];
  readonly weights: readonly number[];
  readonly taps: number;
}

/** Non-zero elements of a row, by column. */
type Row = ReadonlyMap<number, number>;

/** The matrix [outLength, length] that resizes a line, or its transpose. */
export function bandOf(resizing: Resizing, transposed: boolean): Band {
  const { length, outLength } = resizing;
  const rows = Array.from({ length: outLength }, (_, o) => rowOf(resizing, o));
  if (!transposed) return packed(rows, length);
  const columns = Array.from({ length }, () => new Map<number, number>());
  rows.forEach((row, o) => {
    for (const [i, weight] of row) columns[i].set(o, weight);
  });
  return packed(columns, outLength);
}

/** What output `o` is made of: PyTorch's rules, places beyond the ends standing for the ends. */
function rowOf({ rule, length, step, alignCorners }: Resizing, o: number): Row {
  const row = new Map<number, number>();
  const add = (place: number, weight: number) => {
    const i = Math.min(length - 1, Math.max(0, place));
    row.set(i, (row.get(i) ?? 0) + weight);
  };
  if (rule === 'nearest' || rule === 'nearest-exact') {
    add(Math.floor((rule === 'nearest' ? o : o + 0.5) * step), 1);
    return row;
  }
  const source = alignCorners ? o * step : (o + 0.5) * step - 0.5;
  const first = Math.floor(source);
  const t = source - first;
  if (rule === 'linear') {
    add(first, 1 - t);
    add(first + 1, t);
  } else {
    for (let k = -1; k <= 2; k++) add(first + k, cubic(t - k));
  }
  return row;
}

/** Keys' kernel (IEEE ASSP 29, 1981) with a = −0.75, as PyTorch's. */
function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

function packed(rows: readonly Row[], columns: number): Band {
  const extents = rows.map((row): readonly [number, number] => (row.size ? [Math.min(...row.keys()), Math.max(...row.keys())] : [0, 0]));
  const taps = Math.max(...extents.map(([first, last]) => last - first + 1));
  // A row near the end starts early enough to read nothing beyond it.
  const starts = extents.map(([first]) => Math.min(first, columns - taps));
  const weights = rows.flatMap((row, r) => Array.from({ length: taps }, (_, k) => row.get(starts[r] + k) ?? 0));
  return { starts, weights, taps };
}
