// Relative accuracy of the functions over all that f32 can hold, beside Math's in float64.
import { expect, it } from 'vitest';
import { type BinaryName, binaryOps } from '../../src/engine/ops/binary.ts';
import { type UnaryName, unaryOps } from '../../src/engine/ops/unary.ts';
import { compile, type Tensor, tensor } from '../../src/index.ts';
import * as ref from './reference.ts';

/** Numbers from `low` to `high` in even ratios, with random last digits. */
const ratios = (low: number, high: number, count = 1500): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(low * (high / low) ** ((i + Math.abs(Math.sin(i * 12.9898))) / count)));
const both = (values: readonly number[]): number[] => [...values, ...values.map((value) => -value)];

const SMALL = 1.2e-38;
const LARGE = 3.3e38;
const steps = (low: number, high: number, count = 3000): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(low + ((high - low) * (i + Math.abs(Math.sin(i * 12.9898)))) / count));

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Largest relative error allowed, below which an absolute one of `floor` is. */
interface Sweep {
  readonly f: (x: number) => number;
  readonly at: readonly number[];
  readonly floor?: number;
}

const SWEEPS: Partial<Readonly<Record<UnaryName, Sweep>>> = {
  exp: { f: Math.exp, at: [...steps(-87, 88.7), ...both(ratios(SMALL, 1))] },
  exp2: { f: (x) => 2 ** x, at: steps(-125.9, 127.9) },
  expm1: { f: Math.expm1, at: [...steps(-30, 88.7), ...both(ratios(SMALL, 10))] },
  log: { f: Math.log, at: [...ratios(SMALL, LARGE), ...steps(0.5, 2)] },
  log1p: { f: Math.log1p, at: [...both(ratios(SMALL, 0.999)), ...ratios(0.1, LARGE)] },
  log2: { f: Math.log2, at: [...ratios(SMALL, LARGE), ...steps(0.5, 2)] },
  log10: { f: Math.log10, at: [...ratios(SMALL, LARGE), ...steps(0.5, 2)] },
  sqrt: { f: Math.sqrt, at: ratios(SMALL, LARGE) },
  rsqrt: { f: (x) => 1 / Math.sqrt(x), at: ratios(SMALL, LARGE) },
  sin: { f: Math.sin, at: [...steps(-10, 10), ...both(ratios(SMALL, 1)), ...steps(-1e4, 1e4)], floor: 1e-8 },
  cos: { f: Math.cos, at: [...steps(-10, 10), ...both(ratios(SMALL, 1)), ...steps(-1e4, 1e4)], floor: 1e-8 },
  tan: { f: Math.tan, at: [...steps(-10, 10), ...both(ratios(SMALL, 1)), ...steps(-1e4, 1e4)], floor: 1e-8 },
  asin: { f: Math.asin, at: [...both(ratios(SMALL, 1)), ...steps(0.9, 1)] },
  acos: { f: Math.acos, at: [...steps(-1, 1), ...steps(0.99, 1)] },
  atan: { f: Math.atan, at: both(ratios(SMALL, LARGE)) },
  sinh: { f: Math.sinh, at: [...both(ratios(SMALL, 1)), ...steps(-89, 89)] },
  cosh: { f: Math.cosh, at: [...both(ratios(SMALL, 1)), ...steps(-89, 89)] },
  tanh: { f: Math.tanh, at: both(ratios(SMALL, 100)) },
  asinh: { f: Math.asinh, at: both(ratios(1e-30, LARGE)) },
  acosh: { f: Math.acosh, at: [...ratios(1.0001, LARGE), ...steps(1, 1.1)] },
  atanh: { f: Math.atanh, at: both(ratios(SMALL, 0.9999999)) },
  erf: { f: ref.erf, at: [...both(ratios(SMALL, 10)), ...steps(-3, 3)] },
  erfc: { f: ref.erfc, at: steps(-5, 9) },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)), at: steps(-87, 40) },
  logSigmoid: { f: (x) => -softplus(-x), at: steps(-100, 87) },
  softplus: { f: softplus, at: steps(-87, 100) },
};

async function worst(
  names: readonly string[],
  outputs: readonly Tensor[],
  expected: (i: number) => readonly number[],
  floors: readonly number[],
) {
  const found: string[] = [];
  for (const [i, name] of names.entries()) {
    const actual = await outputs[i].data();
    let [error, at] = [0, 0];
    expected(i).forEach((value, k) => {
      const off = Math.max(0, Math.abs(actual[k] - value) - floors[i]) / Math.abs(value);
      if (!(off <= error)) [error, at] = [off, k];
    });
    if (process.env.SHOW) console.log(name, error.toExponential(2), 'at', at, actual[at], expected(i)[at]);
    if (!(error <= 1e-6)) found.push(`${name}: ${error.toExponential(2)} at place ${at}: ${actual[at]} for ${expected(i)[at]}`);
  }
  return found;
}

it('unary functions are within 10⁻⁶, relatively, everywhere', async () => {
  const rows = Object.entries(SWEEPS);
  const run = compile((xs: readonly Tensor[]) => rows.map(([name], i) => unaryOps[name as UnaryName](xs[i])));
  const outputs = run(rows.map(([, { at }]) => tensor(Float32Array.from(at))));
  const expected = (i: number) => rows[i][1].at.map(rows[i][1].f);
  expect(
    await worst(
      rows.map(([name]) => name),
      outputs,
      expected,
      rows.map(([, { floor = 1.2e-38 }]) => floor),
    ),
  ).toEqual([]);
});

/** Pairs whose power is a normal number. */
const POWERS = ratios(1e-30, 1e30).flatMap((a, i): [number, number][] => {
  const b = Math.fround((Math.sin(i * 78.233) * 86) / Math.abs(Math.log(a)));
  return [[a, b]];
});
const NEAR_ONE = steps(0.99, 1.01, 1000).map((a, i): [number, number] => [a, Math.fround((Math.sin(i) * 80) / Math.log(a))]);
const PLANE = ratios(1e-20, 1e20).map((a, i): [number, number] => [
  Math.sin(i * 3.1) < 0 ? -a : a,
  Math.fround(a * Math.exp(20 * Math.sin(i * 0.7)) * Math.sign(Math.cos(i * 1.7))),
]);

const PAIRS: Partial<Readonly<Record<BinaryName, { f: (a: number, b: number) => number; at: [number, number][] }>>> = {
  pow: { f: (a, b) => a ** b, at: [...POWERS, ...NEAR_ONE].filter(([a, b]) => Math.abs(Math.log(a) * b) < 87) },
  fmod: { f: (a, b) => a % b, at: PLANE },
  atan2: { f: Math.atan2, at: PLANE },
  hypot: { f: Math.hypot, at: PLANE },
  div: { f: (a, b) => a / b, at: PLANE },
};

it('binary functions are within 10⁻⁶, relatively, everywhere', async () => {
  const rows = Object.entries(PAIRS);
  const run = compile((as: readonly Tensor[], bs: readonly Tensor[]) =>
    rows.map(([name], i) => binaryOps[name as BinaryName](as[i], bs[i])),
  );
  const side = (which: 0 | 1) => rows.map(([, { at }]) => tensor(Float32Array.from(at, (pair) => pair[which])));
  const expected = (i: number) => rows[i][1].at.map(([a, b]) => rows[i][1].f(a, b));
  expect(
    await worst(
      rows.map(([name]) => name),
      run(side(0), side(1)),
      expected,
      rows.map(() => 1.2e-38),
    ),
  ).toEqual([]);
});
