// Checks one op in one line: its values against the float64 reference, its gradient, and the gradient of its gradient, against central
// differences of the reference.
import { expect } from 'vitest';
import { type DType, dtypeOf, isFloat, type TypedArray } from '../../src/engine/graph/dtype.ts';
import { halfBits, halfToNumber } from '../../src/engine/graph/half.ts';
import { compile, gradients, openDevice, type Tensor, tensor } from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { permute, size, type Values } from './reference.ts';

/** An op's input: values, and their element type in the graph. */
export interface Input extends Values {
  readonly dtype: DType;
}

export interface OpCase {
  /** The op as the library exports it; the coverage test looks for these. */
  readonly op: string;
  /** What is special about this case. */
  readonly about?: string;
  readonly inputs: readonly Input[];
  readonly apply: (...inputs: Tensor[]) => Tensor;
  readonly reference: (...inputs: Values[]) => Values;
  /** Inputs whose gradient is checked; default all of f32. Empty for ops without one. */
  readonly wrt?: readonly number[];
  /** Largest |difference| ÷ (1 + |expected|). */
  readonly tolerance?: number;
  /** Checks the gradient's gradient as well. */
  readonly second?: boolean;
  /** Also with f16 tensors, where the adapter has them. */
  readonly f16?: boolean;
  /** Also with the kernels that other adapters get, as the op's first rows. */
  readonly everyKernel?: boolean;
}

/** Values that are drawn when they are first read. */
class Drawn implements Input {
  private drawn: Float64Array | undefined;

  constructor(
    readonly shape: readonly number[],
    readonly dtype: DType,
    private readonly draw: (source: Random) => ArrayLike<number>,
    private readonly name?: string,
  ) {}

  get data(): Float64Array {
    this.drawn ??= Float64Array.from(this.draw(new Random(this.name === undefined ? unnamed++ : seedOf(this.name))));
    return this.drawn;
  }

  /** The draw of this name; what has a name keeps it. A row names its inputs, so their values follow from its op and label alone. */
  named(name: string): Drawn {
    return this.name === undefined ? new Drawn(this.shape, this.dtype, this.draw, name) : this;
  }

  /** The same draw, changed. */
  with(change: (data: Float64Array) => ArrayLike<number>): Drawn {
    return new Drawn(this.shape, this.dtype, (source) => change(Float64Array.from(this.draw(source))), this.name);
  }
}

/** Seed of the next draw outside of a table. */
let unnamed = 1;

/** FNV-1a. */
const seedOf = (name: string): number =>
  [...name].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0, 0x811c9dc5);

export const drawn = (shape: readonly number[], dtype: DType, draw: (source: Random) => ArrayLike<number>): Drawn =>
  new Drawn(shape, dtype, draw);

/** Random values, uniform in [low, high), rounded to f32 so that both sides start from the same ones. */
export const random = (shape: readonly number[], low = -2, high = 2): Drawn =>
  drawn(shape, 'f32', (source) => Array.from({ length: size(shape) }, () => Math.fround(source.uniform(low, high))));

/** Random values that keep their distance from each other: for ops with kinks where values tie. */
export const distinct = (shape: readonly number[]): Drawn =>
  drawn(shape, 'f32', (source) => {
    const data = Float64Array.from({ length: size(shape) }, (_, i) => Math.fround((i - size(shape) / 2) * 0.03 + 0.011));
    source.shuffle(data);
    return data;
  });

export const integers = (shape: readonly number[], low: number, high: number, dtype: DType = 'u32'): Drawn =>
  drawn(shape, dtype, (source) => Array.from({ length: size(shape) }, () => low + source.integer(high - low)));

export function values(data: readonly number[], shape: readonly number[] = [data.length], dtype: DType = 'f32'): Input {
  return { shape, dtype, data: Float64Array.from(data, dtype === 'f32' ? Math.fround : undefined) };
}

export function toTensor({ shape, data, dtype }: Input): Tensor {
  const array: TypedArray = isFloat(dtype) ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : Uint32Array.from(data);
  return tensor(array, shape, dtype === dtypeOf(array) ? undefined : dtype);
}

/** Places checked by differences one by one; those of a large input that are none of them count in the sums along directions. */
const PROBES = 12;

const seen = new Set<string>();

/**
 * Computes forward, gradient and second order in one plan, and compares each with the reference. The first row of an op in a file is
 * checked on permuted inputs too; rows marked `f16`, on tensors of that type.
 */
export async function checkOp(given: OpCase): Promise<void> {
  const inputs = given.inputs.map((input, i) => (input instanceof Drawn ? input.named(`${labelOf(given)}, input ${i}`) : input));
  const row = { ...given, inputs };
  await check(row);
  if (!seen.has(row.op)) {
    seen.add(row.op);
    await check(permuted(row));
  }
  if (row.f16 && (await openDevice()).f16) await check(halved(row));
}

const labelOf = ({ op, about = '' }: OpCase): string => `${op}: ${about}`;

/** The same row on inputs whose elements stand in another order than they are read in. */
function permuted(row: OpCase): OpCase {
  const reversed = ({ shape }: Values) => shape.map((_, axis) => shape.length - 1 - axis);
  const restored = (x: Values) => permute(x, reversed(x));
  return {
    ...row,
    second: false,
    inputs: row.inputs.map((input) => ({ ...restored(input), dtype: input.dtype })),
    apply: (...xs) => row.apply(...xs.map((x) => x.permute(reversed(x as unknown as Values)))),
    reference: (...xs) => row.reference(...xs.map(restored)),
  };
}

function halved(row: OpCase): OpCase {
  const rounded = (value: number) => halfToNumber(halfBits(value));
  const inputs = row.inputs.map(
    (input): Input => (input.dtype === 'f32' ? { ...input, dtype: 'f16', data: input.data.map(rounded) } : input),
  );
  return { ...row, inputs, second: false, tolerance: Math.max(row.tolerance ?? 0, 2e-3) };
}

async function check(row: OpCase): Promise<void> {
  const { inputs, apply, reference, tolerance = 2e-5, second = false } = row;
  const wrt = row.wrt ?? inputs.flatMap(({ dtype }, i) => (isFloat(dtype) ? [i] : []));
  const expected = reference(...inputs);
  const named = (what: string, shape: readonly number[], low?: number, high?: number) =>
    random(shape, low, high).named(`${labelOf(row)}, ${what}`);
  const cotangent = named('cotangent', expected.shape, 0.5, 1.5);
  /** Two directions over all elements of all inputs. */
  const [us, ws] = ['u', 'w'].map((name) => inputs.map(({ shape }, i) => named(`${name}${i}`, shape)));

  const run = compile((xs: readonly Tensor[], v: Tensor, directions: readonly Tensor[]) => {
    const y = apply(...xs);
    if (wrt.length === 0) return { y, first: [], second: [] };
    const at = wrt.map((i) => xs[i]);
    // Beside a square, what is linear has a second derivative as well.
    const first = gradients((second ? y.add(y.square().mul(0.5)) : y).mul(v.cast(y.dtype)).sum(), at);
    if (!second) return { y, first, second: [] };
    const along = first.map((dx, i) => dx.mul(directions[wrt[i]]).sum()).reduce((a, b) => a.add(b));
    return { y, first, second: gradients(along, at) };
  });
  const result = run(inputs.map(toTensor), toTensor(cotangent), us.map(toTensor));
  expect(result.y.shape).toEqual(expected.shape);
  const [y, first, seconds] = await Promise.all([
    result.y.data(),
    Promise.all(result.first.map((dx) => dx.data())),
    Promise.all(result.second.map((dx) => dx.data())),
  ]);
  expectClose('value', y, expected.data, tolerance);
  if (wrt.length === 0) return;

  /** The loss's terms where the inputs moved along both directions, and one element by itself. Differences are taken of each term. */
  const terms = (u: number, w = 0, one?: readonly [input: number, element: number, by: number]): Float64Array => {
    const moved = inputs.map(({ shape, data }, i) => {
      const copy = wrt.includes(i) && (u || w) ? data.map((x, k) => x + u * us[i].data[k] + w * ws[i].data[k]) : data.slice();
      if (one?.[0] === i) copy[one[1]] += one[2];
      return { shape, data: copy };
    });
    return reference(...moved).data.map((value, i) => (second ? value + value ** 2 / 2 : value) * cotangent.data[i]);
  };
  const slope = (at: (by: number) => Float64Array, h = 1e-5): number => {
    const [above, below] = [at(h), at(-h)];
    return above.reduce((sum, term, i) => sum + (term - below[i]), 0) / (2 * h);
  };
  const curvature = (at: (a: number, b: number) => Float64Array, h = 2e-4): number => {
    const [a, b, c, d] = [at(h, h), at(h, -h), at(-h, h), at(-h, -h)];
    return a.reduce((sum, term, i) => sum + (term - b[i] - c[i] + d[i]), 0) / (4 * h * h);
  };
  const products = (gradient: readonly ArrayLike<number>[], directions: readonly Values[]) =>
    wrt.flatMap((input, i) => Array.from(gradient[i], (value, k) => value * directions[input].data[k]));
  wrt.forEach((input, i) => {
    const places = probes(inputs[input].data.length);
    for (const k of places) {
      const rise = slope((by) => terms(0, 0, [input, k, by]));
      expectClose(`gradient of input ${input} at ${k}`, [first[i][k]], [rise], 10 * tolerance);
    }
    for (const k of second ? places.slice(0, 5) : []) {
      const curve = curvature((a, b) => terms(b, 0, [input, k, a]));
      expectClose(`second order of input ${input} at ${k}`, [seconds[i][k]], [curve], 20 * tolerance);
    }
  });
  expectSum(
    'gradient along a direction',
    products(first, ws),
    slope((w) => terms(0, w), 1e-6),
    10 * tolerance,
  );
  if (second) expectSum('second order along two directions', products(seconds, ws), curvature(terms), 20 * tolerance);
}

/** A sum's rounding errors are those of its terms. */
function expectSum(what: string, terms: readonly number[], expected: number, tolerance: number): void {
  const sum = terms.reduce((total, term) => total + term, 0);
  const norm = Math.sqrt(terms.reduce((total, term) => total + term * term, 0));
  expectClose(what, [sum], [expected], (tolerance * (1 + Math.abs(expected) + norm)) / (1 + Math.abs(expected)));
}

function probes(length: number): number[] {
  if (length <= PROBES) return Array.from({ length }, (_, i) => i);
  return [0, length - 1, ...Array.from({ length: PROBES - 2 }, (_, i) => 1 + Math.floor(((i + 0.37) * (length - 2)) / (PROBES - 2)))];
}

/** Equal up to `tolerance`·(1 + |expected|); where NaN or an infinity is expected, nothing but that. */
export function expectClose(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (Object.is(a, e) || a === e) continue;
    if (!Number.isFinite(e) || !(Math.abs(a - e) <= tolerance * (1 + Math.abs(e))))
      expect.fail(`${what}, element ${i}: expected ${e}, got ${a}`);
  }
}

/** Bit-exact values that JSON can't show: NaN, infinities, −0. */
export async function expectExactly(actual: Tensor, expected: readonly number[]): Promise<void> {
  expect([...(await actual.data())]).toEqual(expected);
}
