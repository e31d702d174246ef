// Every op once more, in float64 and as plainly as can be: loops over coordinates, nothing shared with the library.

/** Values in row-major order. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const size = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** Calls `visit` with every coordinate of `shape`, the last one fastest. */
export function everywhere(shape: readonly number[], visit: (at: number[]) => void): void {
  const at = shape.map(() => 0);
  for (let count = size(shape); count > 0; count--) {
    visit(at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++at[axis] < shape[axis]) break;
      at[axis] = 0;
    }
  }
}

export function place(shape: readonly number[], at: readonly number[]): number {
  return shape.reduce((index, dim, axis) => index * dim + at[axis], 0);
}

/** A value for each coordinate. */
export function build(shape: readonly number[], value: (at: readonly number[]) => number): Values {
  const data = new Float64Array(size(shape));
  let next = 0;
  everywhere(shape, (at) => {
    data[next++] = value(at);
  });
  return { shape: [...shape], data };
}

export const get = ({ shape, data }: Values, at: readonly number[]): number => data[place(shape, at)];

export const map = (x: Values, f: (value: number) => number): Values => ({ shape: x.shape, data: x.data.map(f) });

function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const dims = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return dims.find((dim) => dim !== 1) ?? 1;
  });
}

/** Reads `x` as if it had been stretched to a shape of the coordinates' rank. */
const stretched = (x: Values, at: readonly number[]): number =>
  get(
    x,
    x.shape.map((dim, axis) => (dim === 1 ? 0 : at[at.length - x.shape.length + axis])),
  );

/** A function of corresponding elements, broadcast as NumPy does. */
export const zip = (f: (...values: number[]) => number, ...inputs: Values[]): Values =>
  build(broadcastShape(inputs.map(({ shape }) => shape)), (at) => f(...inputs.map((x) => stretched(x, at))));

export const reshape = (x: Values, shape: readonly number[]): Values => ({ shape, data: x.data });

export const permute = (x: Values, axes: readonly number[]): Values =>
  build(
    axes.map((axis) => x.shape[axis]),
    (at) => {
      const from: number[] = [];
      axes.forEach((axis, i) => {
        from[axis] = at[i];
      });
      return get(x, from);
    },
  );

export const expand = (x: Values, shape: readonly number[]): Values => build(shape, (at) => stretched(x, at));

/** `[start, end, step]` for each axis, all inside. */
export const slice = (x: Values, ranges: readonly (readonly [number, number, number])[]): Values =>
  build(
    ranges.map(([start, end, step]) => Math.ceil((end - start) / step)),
    (at) =>
      get(
        x,
        at.map((i, axis) => ranges[axis][0] + i * ranges[axis][2]),
      ),
  );

export const pad = (x: Values, widths: readonly (readonly [number, number])[], value = 0): Values =>
  build(
    x.shape.map((dim, axis) => widths[axis][0] + dim + widths[axis][1]),
    (at) => {
      const from = at.map((i, axis) => i - widths[axis][0]);
      return from.every((i, axis) => i >= 0 && i < x.shape[axis]) ? get(x, from) : value;
    },
  );

export const flip = (x: Values, axes: readonly number[]): Values =>
  build(x.shape, (at) =>
    get(
      x,
      at.map((i, axis) => (axes.includes(axis) ? x.shape[axis] - 1 - i : i)),
    ),
  );

export function concat(parts: readonly Values[], axis: number): Values {
  const length = parts.reduce((total, { shape }) => total + shape[axis], 0);
  return build(
    parts[0].shape.map((dim, i) => (i === axis ? length : dim)),
    (at) => {
      const from = [...at];
      for (const part of parts) {
        if (from[axis] < part.shape[axis]) return get(part, from);
        from[axis] -= part.shape[axis];
      }
      throw new Error('concat: outside');
    },
  );
}

/** A function of all elements that differ only along `axes`; those become 1 long. */
export function fold(x: Values, axes: readonly number[], f: (values: number[]) => number): Values {
  const shape = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const lists = Array.from({ length: size(shape) }, (): number[] => []);
  everywhere(x.shape, (at) => {
    const to = at.map((i, axis) => (axes.includes(axis) ? 0 : i));
    lists[place(shape, to)].push(get(x, at));
  });
  return { shape, data: Float64Array.from(lists, f) };
}

export const without = (x: Values, axes: readonly number[]): Values =>
  reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
export const average = (values: readonly number[]): number => total(values) / values.length;
export const spread = (values: readonly number[], correction: number): number => {
  const centre = average(values);
  return total(values.map((value) => (value - centre) ** 2)) / (values.length - correction);
};
/** Math.max and Math.min already give NaN for a NaN. */
export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
export const smallest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
/** The first NaN, else the first largest. */
export const firstLargest = (values: readonly number[]): number => {
  const peak = largest(values);
  return Number.isNaN(peak) ? values.findIndex(Number.isNaN) : values.indexOf(peak);
};

/** Matrices in the last two dimensions; leading dimensions broadcast. */
export function matmul(a: Values, b: Values): Values {
  const left = a.shape.length === 1 ? reshape(a, [1, a.shape[0]]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.shape[0], 1]) : b;
  const [m, k] = left.shape.slice(-2);
  const n = right.shape[right.shape.length - 1];
  const leading = broadcastShape([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  const product = build([...leading, m, n], (at) => {
    const batch = at.slice(0, -2);
    const [i, j] = at.slice(-2);
    const own = (x: Values) => x.shape.slice(0, -2).map((dim, axis) => (dim === 1 ? 0 : batch[batch.length - x.shape.length + 2 + axis]));
    let sum = 0;
    for (let p = 0; p < k; p++) sum += get(left, [...own(left), i, p]) * get(right, [...own(right), p, j]);
    return sum;
  });
  return reshape(product, [...leading, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])]);
}

export interface Window {
  readonly stride?: readonly [number, number];
  /** Top, left, bottom, right. */
  readonly padding?: readonly [number, number, number, number];
  readonly dilation?: readonly [number, number];
  readonly groups?: number;
}

function windowed(x: Values, kh: number, kw: number, { stride = [1, 1], padding = [0, 0, 0, 0], dilation = [1, 1] }: Window) {
  const [, , height, width] = x.shape;
  const count = (length: number, kernel: number, step: number, gap: number) => Math.floor((length - gap * (kernel - 1) - 1) / step) + 1;
  const outHeight = count(height + padding[0] + padding[2], kh, stride[0], dilation[0]);
  const outWidth = count(width + padding[1] + padding[3], kw, stride[1], dilation[1]);
  /** Undefined in the padding. */
  const at = (n: number, c: number, oy: number, ox: number, ky: number, kx: number): number | undefined => {
    const y = oy * stride[0] - padding[0] + ky * dilation[0];
    const x1 = ox * stride[1] - padding[1] + kx * dilation[1];
    return y < 0 || y >= height || x1 < 0 || x1 >= width ? undefined : get(x, [n, c, y, x1]);
  };
  return { outHeight, outWidth, at };
}

export function conv2d(x: Values, w: Values, window: Window = {}): Values {
  const { groups = 1 } = window;
  const [outs, perGroup, kh, kw] = w.shape;
  const { outHeight, outWidth, at } = windowed(x, kh, kw, window);
  return build([x.shape[0], outs, outHeight, outWidth], ([n, o, oy, ox]) => {
    const group = Math.floor(o / (outs / groups));
    let sum = 0;
    for (let c = 0; c < perGroup; c++)
      for (let ky = 0; ky < kh; ky++)
        for (let kx = 0; kx < kw; kx++) sum += (at(n, group * perGroup + c, oy, ox, ky, kx) ?? 0) * get(w, [o, c, ky, kx]);
    return sum;
  });
}

/** Each line along one axis, put through a function. */
export function eachLine(x: Values, axis: number, f: (line: number[]) => readonly number[]): Values {
  const lines = new Map<number, readonly number[]>();
  return build(x.shape, (at) => {
    const start = place(x.shape, at.with(axis, 0));
    let line = lines.get(start);
    if (!line) {
      line = f(Array.from({ length: x.shape[axis] }, (_, i) => get(x, at.with(axis, i))));
      lines.set(start, line);
    }
    return line[at[axis]];
  });
}

/** Along one axis: a function of the whole line and a place in it. */
export const alongAxis = (x: Values, axis: number, f: (line: number[], i: number) => number): Values =>
  eachLine(x, axis, (line) => line.map((_, i) => f(line, i)));

export function logSumExp(values: readonly number[]): number {
  const peak = largest(values);
  if (!Number.isFinite(peak)) return peak;
  return Math.log(total(values.map((value) => Math.exp(value - peak)))) + peak;
}

/** −log softmax(logits)[label] of each row. */
export const crossEntropy = (logits: Values, labels: Values): Values =>
  build([logits.shape[0]], ([row]) => {
    const line = Array.from({ length: logits.shape[1] }, (_, c) => get(logits, [row, c]));
    return logSumExp(line) - line[labels.data[row]];
  });

/** Rows of a table; zeros past its end. */
export const embedding = (table: Values, indices: Values): Values =>
  build([...indices.shape, ...table.shape.slice(1)], (at) => {
    const index = get(indices, at.slice(0, indices.shape.length));
    return index < table.shape[0] ? get(table, [index, ...at.slice(indices.shape.length)]) : 0;
  });

/** (x − mean) / √(var + eps) over some axes. */
export function standardize(x: Values, axes: readonly number[], eps: number): Values {
  const means = fold(x, axes, average);
  const variances = fold(x, axes, (values) => spread(values, 0));
  return zip((value, mean, variance) => (value - mean) / Math.sqrt(variance + eps), x, means, variances);
}

/** The error function, by its Taylor series (all terms down to the last bit) or, far out, by its continued fraction. */
export function erf(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? x : Math.sign(x);
  const a = Math.abs(x);
  if (a > 3) {
    let fraction = 0;
    for (let n = 200; n > 0; n--) fraction = n / 2 / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
  }
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-20; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** 1 − erf(x), far out by the continued fraction that erf uses as well. */
export function erfc(x: number): number {
  if (!(x > 1.5)) return 1 - erf(x);
  let fraction = 0;
  for (let n = 400; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}

export function roundHalfToEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
