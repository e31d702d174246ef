// Values and gradients where formulas meet 0, ±∞ and numbers near the ends of f32: what PyTorch gives, or where it gives NaN for a limit that
// counts nothing, that limit.
import { describe, expect, it } from 'vitest';
import { compile, concat, full, gradients, layerNorm, losses, nn, rmsNorm, type Tensor, tensor, where } from '../../src/index.ts';

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: least, NaN: nan } = Number;

/** Inputs, a function of them, and the gradient of its sum for each; the values too, where they matter. */
interface Extreme {
  readonly inputs: readonly (readonly number[])[];
  readonly apply: (...xs: Tensor[]) => Tensor;
  readonly slopes: readonly (readonly number[])[];
  readonly y?: readonly number[];
}

const one = (x: readonly number[], apply: (x: Tensor) => Tensor, slopes: readonly number[], y?: readonly number[]): Extreme => ({
  inputs: [x],
  apply,
  slopes: [slopes],
  ...(y ? { y } : {}),
});

const LN2 = Math.LN2;
/** Of the deviation of 3, −4, 5 and 6, as torch gives it. */
const STD_SLOPES = [0.0369610628, -0.4804938138, 0.1848053187, 0.2587274313];

const SLOPES: Readonly<Record<string, Extreme>> = {
  sqrt: one([0, 4], (x) => x.sqrt(), [inf, 0.25]),
  rsqrt: one([0, 4], (x) => x.rsqrt(), [least, -1 / 16], [inf, 0.5]),
  reciprocal: one([0, -0, 2], (x) => x.reciprocal(), [least, least, -0.25]),
  log: one([0, -0, 2], (x) => x.log(), [inf, least, 0.5], [least, least, LN2]),
  log2: one([0, 2], (x) => x.log2(), [inf, 0.5 / LN2]),
  log10: one([0, 2], (x) => x.log10(), [inf, 0.5 / Math.LN10]),
  log1p: one([-1, 0], (x) => x.log1p(), [inf, 1]),
  asin: one([-1, 1, 0], (x) => x.asin(), [inf, inf, 1]),
  acos: one([-1, 1, 0], (x) => x.acos(), [least, least, -1]),
  acosh: one([1, 2], (x) => x.acosh(), [inf, 1 / Math.sqrt(3)]),
  atanh: one([-1, 1, 0], (x) => x.atanh(), [inf, inf, 1]),
  abs: one([0, -0, -2], (x) => x.abs(), [0, 0, -1]),
  'x⁻²': one([0, -0, 2, inf], (x) => x.pow(-2), [least, inf, -0.25, 0], [inf, inf, 0.25, 0]),
  'x⁻¹': one([0, 2], (x) => x.pow(-1), [least, -0.25]),
  'x^−½': one([0, 4], (x) => x.pow(-0.5), [least, -1 / 16]),
  'x^½': one([0, 4], (x) => x.pow(0.5), [inf, 0.25]),
  'x^1.5': one([0, 4], (x) => x.pow(1.5), [0, 3]),
  'x⁰': one([0, 4], (x) => x.pow(0), [0, 0]),
  'x³': one([0, 2], (x) => x.pow(3), [0, 12]),
  pow: {
    inputs: [
      [0, 0, 0, 0, 2, -2],
      [2, 1, 0, -1, 3, 2],
    ],
    apply: (a, b) => a.pow(b),
    slopes: [
      [0, 1, 0, least, 12, -4],
      [0, 0, 0, least, 8 * LN2, nan],
    ],
  },
  div: {
    inputs: [
      [1, 0, -1],
      [0, 0, 0],
    ],
    apply: (a, b) => a.div(b),
    slopes: [
      [inf, inf, inf],
      [least, nan, inf],
    ],
  },
  hypot: {
    inputs: [
      [0, 3e20, 3e-25],
      [0, 4e20, 4e-25],
    ],
    apply: (a, b) => a.hypot(b),
    slopes: [
      [nan, 0.6, 0.6],
      [nan, 0.8, 0.8],
    ],
  },
  atan2: {
    inputs: [
      [0, 3, 3e20],
      [0, 4, 4e20],
    ],
    apply: (a, b) => a.atan2(b).mul(tensor([1, 1, 1e20])),
    slopes: [
      [nan, 4 / 25, 4 / 25],
      [nan, -3 / 25, -3 / 25],
    ],
  },
  logAddExp: {
    inputs: [
      [least, least, inf, 1],
      [least, 1, 1, 1],
    ],
    apply: (a, b) => a.logAddExp(b),
    slopes: [
      [0, 0, 1, 0.5],
      [0, 1, 0, 0.5],
    ],
    y: [least, 1, inf, 1 + LN2],
  },
  logSumExp: one([least, least], (x) => x.logSumExp(), [0, 0], [least]),
  'logSumExp beside −∞': one([least, 2], (x) => x.logSumExp(), [0, 1], [2]),
  logCumSumExp: one([least, least, 1, least], (x) => x.logCumSumExp(), [0, 0, 2, 0], [least, least, 1, 1]),
  'norm at 0': one([0, 0], (x) => x.norm(), [0, 0], [0]),
  'std of equal values': one([2, 2, 2], (x) => x.std(), [0, 0, 0], [0]),
  'norm of large numbers': one([3e20, -4e20], (x) => x.norm(), [0.6, -0.8], [5e20]),
  'norm of small numbers': one([3e-30, 4e-30], (x) => x.norm().mul(1e30), [0.6e30, 0.8e30], [5]),
  'norm of the largest': one([3e38, 0], (x) => x.norm(), [1, 0], [3e38]),
  'norm of numbers of all sizes': one([3e-38, 3e20, -4e20, 1, 2e-25], (x) => x.norm(), [0, 0.6, -0.8, 0, 0], [5e20]),
  'norm of middling and small numbers': one(
    [3e-19, 4e-19, 1e-18, 2e-38],
    (x) => x.norm().mul(1e18),
    [3, 4, 10, 2e-19].map((v) => (v / 125 ** 0.5) * 1e18),
    [125 ** 0.5 / 10],
  ),
  'norm of many large numbers': one(new Array(5000).fill(1e36), (x) => x.norm(), new Array(5000).fill(5000 ** -0.5), [5000 ** 0.5 * 1e36]),
  'std of large numbers': one([3e20, -4e20, 5e20, 6e20], (x) => x.std(), STD_SLOPES, [4.509249753e20]),
  'std of the largest': one([9e37, -12e37, 15e37, 18e37], (x) => x.std(), STD_SLOPES, [1.352774926e38]),
  'std of small numbers': one(
    [3e-30, -4e-30, 5e-30, 6e-30],
    (x) => x.std().mul(1e30),
    STD_SLOPES.map((v) => v * 1e30),
    [4.509249753],
  ),
  'variance of large numbers': one([3e20, -4e20], (x) => x.variance().stopGradient(), [0, 0], [inf]),
  'layer norm of large numbers': one([3e20, -4e20, 5e20, 6e20], (x) => layerNorm(x, [4]), [0, 0, 0, 0], [0, 0, 0, 0]),
  'RMS norm of large numbers': one([3e20, -4e20, 5e20, 6e20], (x) => rmsNorm(x, [4]), [0, 0, 0, 0], [0, 0, 0, 0]),
  'batch norm of large numbers': one(
    [3e20, -4e20, 5e20, 6e20],
    (x) => new nn.BatchNorm1d(1).forward(x.reshape([4, 1])).reshape([4]),
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ),
  'norm of ∞': one([inf, 1], (x) => x.norm().stopGradient(), [0, 0], [inf]),
  'norm of NaN': one([nan, 1], (x) => x.norm().stopGradient(), [0, 0], [nan]),
  'norm, p = 3': one([3e20, -4e20], (x) => x.norm(3), [9 / 91 ** (2 / 3), -16 / 91 ** (2 / 3)], [91 ** (1 / 3) * 1e20]),
  'norm, p = 3, of small numbers': one([3e-30, 0], (x) => x.norm(3).mul(1e30), [1e30, 0], [3]),
  'norm, p = −2': one([3e-30, 4e-30], (x) => x.norm(-2).mul(1e30), [(64 / 125) * 1e30, (27 / 125) * 1e30], [2.4]),
  'a side not taken': one([0, 2], (x) => where(x.gt(0), x.log(), 0), [nan, 0.5], [0, LN2]),
  'a side not taken, with another argument': one([0, 2], (x) => where(x.gt(0), where(x.gt(0), x, 1).log(), 0), [0, 0.5], [0, LN2]),
};

/** What a compiler may shorten to one operand, and where that loses a NaN. */
const QUOTIENTS: Readonly<Record<string, Extreme>> = {
  '(2·x)/x': one([0, 3], (x) => x.mul(2).div(x).stopGradient(), [0, 0], [nan, 2]),
  '(x·x)/x': one([0, 3], (x) => x.mul(x).div(x).stopGradient(), [0, 0], [nan, 3]),
  'x²/x': one([0, 3], (x) => x.square().div(x).stopGradient(), [0, 0], [nan, 3]),
  '(1/x)·x': one([0, 3], (x) => tensor([1, 1]).div(x).mul(x).stopGradient(), [0, 0], [nan, 1]),
  'x·(1/x)': one([0, 3], (x) => x.mul(tensor([1, 1]).div(x)).stopGradient(), [0, 0], [nan, 1]),
  'a weighted mean of one': one([0], (x) => x.reshape([1, 1]).mul(5).sum(1).div(x.sum()).stopGradient(), [0], [nan]),
};

const KNOWN = [0, -0, 1, -2, inf, least, nan];
const VALUES = [0, -0, 1, -2, 3e5, inf, least, nan];
const OPERATIONS = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  fmod: (a: number, b: number) => a % b,
  // As Python's: an infinity has no remainder, and a number less a small part of one is −1 times an infinity of the other sign.
  floorDivide: (a: number, b: number) => {
    if (b === 0) return a / b;
    if (!Number.isFinite(a)) return nan;
    return Math.abs(b) === inf ? -Number(a * b < 0) : Math.floor(a / b);
  },
};

/** Constants as operands, and operands that are alike: a compiler that assumes numbers has the result without looking at the other one. */
const OPERANDS: Readonly<Record<string, Extreme>> = {
  ...Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, f]) => [
      name,
      one(
        VALUES,
        (x) =>
          concat(
            KNOWN.flatMap((known) => [x[name as keyof typeof OPERATIONS](known), full([VALUES.length], known)[name as 'add'](x)]),
          ).stopGradient(),
        VALUES.map(() => 0),
        KNOWN.flatMap((known) => [...VALUES.map((x) => f(x, known)), ...VALUES.map((x) => f(known, x))]),
      ),
    ]),
  ),
  'x/0': one([2, -2, 0, inf, nan], (x) => x.div(0).stopGradient(), [0, 0, 0, 0, 0], [inf, least, nan, inf, nan]),
  'x − x': one([2, 0, inf, least, nan], (x) => x.sub(x).stopGradient(), [0, 0, 0, 0, 0], [0, 0, nan, nan, nan]),
  'x + (−x)': one([2, 0, inf, least, nan], (x) => x.add(x.neg()).stopGradient(), [0, 0, 0, 0, 0], [0, 0, nan, nan, nan]),
  '(−x) + x': one([2, 0, inf, least, nan], (x) => x.neg().add(x).stopGradient(), [0, 0, 0, 0, 0], [0, 0, nan, nan, nan]),
  '(√x)²': one([-2, 4], (x) => x.sqrt().square().stopGradient(), [0, 0], [nan, 4]),
  '√x·√x': one([-2, 4], (x) => x.sqrt().mul(x.sqrt()).stopGradient(), [0, 0], [nan, 4]),
};

const LOSSES: Readonly<Record<string, Extreme>> = {
  'crossEntropy, a target of 0 at −∞': {
    inputs: [
      [least, 0, 0],
      [0, 0.5, 0.5],
    ],
    apply: (logits, target) => losses.crossEntropy(logits, target),
    slopes: [
      [0, 0, 0],
      [0, LN2, LN2],
    ],
    y: [LN2],
  },
  'klDiv, a target of 0 at −∞': {
    inputs: [
      [least, -LN2],
      [0, 1],
    ],
    apply: (logs, target) => losses.klDiv(logs, target, { reduction: 'sum' }),
    slopes: [
      [0, -1],
      [0, 1 + LN2],
    ],
    y: [LN2],
  },
  'klDiv, logarithms of 0': {
    inputs: [
      [least, -LN2, 0],
      [least, 0, least],
    ],
    apply: (logs, target) => losses.klDiv(logs, target, { reduction: 'sum', logTarget: true }),
    slopes: [
      [0, -1, 0],
      [0, 1 + LN2, 0],
    ],
    y: [LN2],
  },
  'bceWithLogits, what is certain': one(
    [least, inf, 0],
    (logits) => losses.bceWithLogits(logits, tensor([0, 1, 1]), { reduction: 'sum' }),
    [0, 0, -0.5],
    [LN2],
  ),
  'crossEntropy, one example of weight 0': one(
    [1, 2],
    (logits) => losses.crossEntropy(logits.reshape([1, 2]), tensor(new Uint32Array([0])), { weight: tensor([0, 1]) }).stopGradient(),
    [0, 0],
    [nan],
  ),
  'nll, one example of weight 0': one(
    [1, 2],
    (logs) => losses.nll(logs.reshape([1, 2]), tensor(new Uint32Array([0])), { weight: tensor([0, 1]) }).stopGradient(),
    [0, 0],
    [nan],
  ),
};

function expectExtremes(what: string, found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length, what).toBe(expected.length);
  expected.forEach((value, i) => {
    const close = Number.isFinite(value) && Math.abs(found[i] - value) <= 1e-5 * Math.max(Math.abs(value), 1e-3);
    if (!close && !Object.is(found[i] + 0, value + 0)) expect.fail(`${what}, element ${i}: expected ${value}, got ${found[i]}`);
  });
}

describe.each(Object.entries({ slopes: SLOPES, quotients: QUOTIENTS, operands: OPERANDS, losses: LOSSES }))('%s', (_group, rows) => {
  /** All rows in one plan: a pipeline each is the cost of this file. */
  const all = compile((inputs: readonly (readonly Tensor[])[]) =>
    Object.values(rows).map(({ apply }, row) => {
      const y = apply(...inputs[row]);
      return { y, slopes: gradients(y.sum(), inputs[row]) };
    }),
  );
  const run = () => all(Object.values(rows).map(({ inputs }) => inputs.map((values) => tensor(Float32Array.from(values)))));
  let results: ReturnType<typeof run> | undefined;

  it.each(Object.entries(rows).map(([name, row], i) => [name, row, i] as const))('%s', async (name, { slopes, y }, i) => {
    results ??= run();
    if (y) expectExtremes(`value of ${name}`, await results[i].y.data(), y);
    for (const [k, expected] of slopes.entries()) {
      expectExtremes(`gradient ${k} of ${name}`, await results[i].slopes[k].data(), expected);
    }
  });
});
