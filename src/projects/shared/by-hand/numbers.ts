// What layers by hand are written with. The engine's tensors have it, and so have plain arrays: the same lines run on both.

/** Tables of numbers, [rows, columns]. What is added or multiplied may be one row, one column or one number: it stands for all. */
export interface Numbers<T> {
  add(other: T | number): T;
  sub(other: T | number): T;
  mul(other: T | number): T;
  div(other: T | number): T;
  neg(): T;
  exp(): T;
  log(): T;
  reciprocal(): T;
  sign(): T;
  maximum(other: number): T;
  minimum(other: number): T;
  matmul(other: T): T;
  transpose(): T;
  /** Over rows (0) or columns (1). */
  sum(axis: number, options?: { readonly keepDims?: boolean }): T;
  max(axis: number, options?: { readonly keepDims?: boolean }): T;
  mean(): T;
}

/** Plain arrays of float64, row by row. Both dimensions stay, whatever is summed. */
export class Matrix implements Numbers<Matrix> {
  constructor(
    readonly rows: number,
    readonly columns: number,
    readonly values = new Float64Array(rows * columns),
  ) {}

  private each(f: (value: number) => number): Matrix {
    return new Matrix(this.rows, this.columns, this.values.map(f));
  }

  private with(other: Matrix | number, f: (a: number, b: number) => number): Matrix {
    if (typeof other === 'number') return this.each((value) => f(value, other));
    const [down, right] = [other.rows > 1 ? other.columns : 0, other.columns > 1 ? 1 : 0];
    const out = new Matrix(this.rows, this.columns);
    for (let i = 0; i < this.values.length; i++) {
      const row = Math.floor(i / this.columns);
      out.values[i] = f(this.values[i], other.values[row * down + (i - row * this.columns) * right]);
    }
    return out;
  }

  private reduce(axis: number, start: number, f: (a: number, b: number) => number): Matrix {
    const out = axis === 0 ? new Matrix(1, this.columns) : new Matrix(this.rows, 1);
    out.values.fill(start);
    for (let i = 0; i < this.values.length; i++) {
      const place = axis === 0 ? i % this.columns : Math.floor(i / this.columns);
      out.values[place] = f(out.values[place], this.values[i]);
    }
    return out;
  }

  add = (other: Matrix | number) => this.with(other, (a, b) => a + b);
  sub = (other: Matrix | number) => this.with(other, (a, b) => a - b);
  mul = (other: Matrix | number) => this.with(other, (a, b) => a * b);
  div = (other: Matrix | number) => this.with(other, (a, b) => a / b);
  neg = () => this.each((value) => -value);
  exp = () => this.each(Math.exp);
  log = () => this.each(Math.log);
  reciprocal = () => this.each((value) => 1 / value);
  sign = () => this.each(Math.sign);
  maximum = (other: number) => this.each((value) => Math.max(value, other));
  minimum = (other: number) => this.each((value) => Math.min(value, other));
  sum = (axis: number) => this.reduce(axis, 0, (a, b) => a + b);
  max = (axis: number) => this.reduce(axis, Number.NEGATIVE_INFINITY, Math.max);
  mean = () =>
    this.sum(0)
      .sum(1)
      .mul(1 / this.values.length);

  transpose(): Matrix {
    const out = new Matrix(this.columns, this.rows);
    for (let i = 0; i < this.rows; i++) {
      for (let k = 0; k < this.columns; k++) out.values[k * this.rows + i] = this.values[i * this.columns + k];
    }
    return out;
  }

  matmul(other: Matrix): Matrix {
    const { columns, values } = other;
    const out = new Matrix(this.rows, columns);
    for (let i = 0; i < this.rows; i++) {
      // A row of the result is a sum of rows: memory is read in its order.
      const row = out.values.subarray(i * columns, (i + 1) * columns);
      for (let k = 0; k < this.columns; k++) {
        const factor = this.values[i * this.columns + k];
        const from = k * columns;
        for (let j = 0; j < columns; j++) row[j] += factor * values[from + j];
      }
    }
    return out;
  }
}
