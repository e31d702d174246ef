// Checks one op in one line: its values against the float64 reference, its gradient, and the gradient of its gradient, against central
// differences of the reference.
import { expect } from 'vitest';
import { Random } from '../../src/data/random.ts';
import { type DType, dtypeOf, isFloat, type TypedArray } from '../../src/engine/graph/dtype.ts';
import { halfBits, halfToNumber } from '../../src/engine/graph/half.ts';
import { compile, gradients, openDevice, type Tensor, tensor } from '../../src/index.ts';
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
}

let seeds = 1;

/** Random values, uniform in [low, high), rounded to f32 so that both sides start from the same ones. */
export function random(shape: readonly number[], low = -2, high = 2): Input {
  const source = new Random(seeds++);
  return { shape, dtype: 'f32', data: Float64Array.from({ length: size(shape) }, () => Math.fround(source.uniform(low, high))) };
}

/** Random values that keep their distance from each other: for ops with kinks where values tie. */
export function distinct(shape: readonly number[]): Input {
  const data = Float64Array.from({ length: size(shape) }, (_, i) => Math.fround((i - size(shape) / 2) * 0.03 + 0.011));
  new Random(seeds++).shuffle(data);
  return { shape, dtype: 'f32', data };
}

export function integers(shape: readonly number[], low: number, high: number, dtype: DType = 'u32'): Input {
  const source = new Random(seeds++);
  return { shape, dtype, data: Float64Array.from({ length: size(shape) }, () => low + source.integer(high - low)) };
}

export function values(data: readonly number[], shape: readonly number[] = [data.length], dtype: DType = 'f32'): Input {
  return { shape, dtype, data: Float64Array.from(data, dtype === 'f32' ? Math.fround : undefined) };
}

export function toTensor({ shape, data, dtype }: Input): Tensor {
  const array: TypedArray = isFloat(dtype) ? Float32Array.from(data) : dtype === 'i32' ? Int32Array.from(data) : Uint32Array.from(data);
  return tensor(array, shape, dtype === dtypeOf(array) ? undefined : dtype);
}

/** Places checked by differences; the others of a large input would say no more. */
const PROBES = 12;

const seen = new Set<string>();

/**
 * Computes forward, gradient and second order in one plan, and compares each with the reference. The first row of an op in a file is
 * checked on permuted inputs too; rows marked `f16`, on tensors of that type.
 */
export async function checkOp(row: OpCase): Promise<void> {
  await check(row);
  if (!seen.has(row.op)) {
    seen.add(row.op);
    await check(permuted(row));
  }
  if (row.f16 && (await openDevice()).f16) await check(halved(row));
}

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

async function check({ inputs, apply, reference, tolerance = 2e-5, second = false, ...rest }: OpCase): Promise<void> {
  const wrt = rest.wrt ?? inputs.flatMap(({ dtype }, i) => (isFloat(dtype) ? [i] : []));
  const expected = reference(...inputs);
  const cotangent = random(expected.shape, 0.5, 1.5);
  const directions = inputs.map(({ shape }) => random(shape));
  const weighted = (y: Values) => y.data.reduce((sum, value, i) => sum + value * cotangent.data[i], 0);

  const run = compile((xs: readonly Tensor[], v: Tensor, us: readonly Tensor[]) => {
    const y = apply(...xs);
    if (wrt.length === 0) return { y, first: [], second: [] };
    const at = wrt.map((i) => xs[i]);
    const first = gradients(y.mul(v.cast(y.dtype)).sum(), at);
    if (!second) return { y, first, second: [] };
    const slope = first.map((dx, i) => dx.mul(us[wrt[i]]).sum()).reduce((a, b) => a.add(b));
    return { y, first, second: gradients(slope, at) };
  });
  const result = run(inputs.map(toTensor), toTensor(cotangent), directions.map(toTensor));
  expect(result.y.shape).toEqual(expected.shape);
  const [y, first, seconds] = await Promise.all([
    result.y.data(),
    Promise.all(result.first.map((dx) => dx.data())),
    Promise.all(result.second.map((dx) => dx.data())),
  ]);
  expectClose('value', y, expected.data, tolerance);

  const moved = (shifts: readonly (readonly [number, number, number])[], along = 0): Values[] =>
    inputs.map(({ shape, data }, i) => {
      const copy = data.map((value, k) => (along !== 0 && wrt.includes(i) ? value + along * directions[i].data[k] : value));
      for (const [input, k, by] of shifts) if (input === i) copy[k] += by;
      return { shape, data: copy };
    });
  const loss = (xs: readonly Values[]) => weighted(reference(...xs));
  wrt.forEach((input, i) => {
    for (const k of probes(inputs[input].data.length)) {
      const h = 1e-5;
      const slope = (loss(moved([[input, k, h]])) - loss(moved([[input, k, -h]]))) / (2 * h);
      expectClose(`gradient of input ${input} at ${k}`, [first[i][k]], [slope], 10 * tolerance);
    }
    if (!second) return;
    for (const k of probes(inputs[input].data.length).slice(0, 5)) {
      const h = 2e-4;
      const corner = (a: number, b: number) => loss(moved([[input, k, a * h]], b * h));
      const curve = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * h * h);
      expectClose(`second order of input ${input} at ${k}`, [seconds[i][k]], [curve], 20 * tolerance);
    }
  });
}

function probes(length: number): number[] {
  if (length <= PROBES) return Array.from({ length }, (_, i) => i);
  return [0, length - 1, ...Array.from({ length: PROBES - 2 }, (_, i) => 1 + Math.floor(((i + 0.37) * (length - 2)) / (PROBES - 2)))];
}

/** Equal up to `tolerance`·(1 + |expected|); NaN with NaN, infinities with their like. */
export function expectClose(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (Object.is(a, e) || a === e) continue;
    if (!(Math.abs(a - e) <= tolerance * (1 + Math.abs(e)))) expect.fail(`${what}, element ${i}: expected ${e}, got ${a}`);
  }
}

/** Bit-exact values that JSON can't show: NaN, infinities, −0. */
export async function expectExactly(actual: Tensor, expected: readonly number[]): Promise<void> {
  expect([...(await actual.data())]).toEqual(expected);
}
