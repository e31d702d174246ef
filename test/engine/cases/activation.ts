import { lerp } from '../../../src/engine/ops/activation.ts';
import { type OpCase, random, values } from '../check.ts';
import { alongAxis, build, erfc, get, map, type Values, zip } from '../reference.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const bounded = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

interface Activation {
  readonly f: (x: number) => number;
  readonly apply: OpCase['apply'];
  readonly about?: string;
}

/** On inputs that keep their distance from every kink. */
const INPUT = values([-40, -7.3, -3.4, -2.2, -1.3, -0.7, -0.2, 0.2, 0.7, 1.3, 2.2, 3.4, 5.1, 7.3, 40]);

const ACTIVATIONS: Readonly<Record<string, Activation | readonly Activation[]>> = {
  hardTanh: [
    { f: (x) => bounded(x, -1, 1), apply: (x) => x.hardTanh() },
    { f: (x) => bounded(x, -3, 0.5), apply: (x) => x.hardTanh(-3, 0.5), about: 'other bounds' },
  ],
  relu6: { f: (x) => bounded(x, 0, 6), apply: (x) => x.relu6() },
  leakyRelu: [
    { f: (x) => (x > 0 ? x : 0.01 * x), apply: (x) => x.leakyRelu() },
    { f: (x) => (x > 0 ? x : 0.2 * x), apply: (x) => x.leakyRelu(0.2), about: 'another slope' },
  ],
  elu: { f: (x) => (x > 0 ? x : 0.7 * Math.expm1(x)), apply: (x) => x.elu(0.7) },
  celu: { f: (x) => (x > 0 ? x : 0.7 * Math.expm1(x / 0.7)), apply: (x) => x.celu(0.7) },
  selu: { f: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)), apply: (x) => x.selu() },
  gelu: [
    { f: (x) => 0.5 * x * erfc(-x / Math.SQRT2), apply: (x) => x.gelu() },
    {
      f: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
      apply: (x) => x.gelu('tanh'),
      about: 'tanh',
    },
  ],
  silu: { f: (x) => x * sigmoid(x), apply: (x) => x.silu() },
  mish: { f: (x) => x * Math.tanh(softplus(x)), apply: (x) => x.mish() },
  hardSigmoid: { f: (x) => bounded(x + 3, 0, 6) / 6, apply: (x) => x.hardSigmoid() },
  hardSwish: { f: (x) => (x * bounded(x + 3, 0, 6)) / 6, apply: (x) => x.hardSwish() },
  softsign: { f: (x) => x / (1 + Math.abs(x)), apply: (x) => x.softsign() },
  tanhShrink: { f: (x) => x - Math.tanh(x), apply: (x) => x.tanhShrink() },
  softShrink: { f: (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0), apply: (x) => x.softShrink() },
  hardShrink: { f: (x) => (Math.abs(x) > 0.5 ? x : 0), apply: (x) => x.hardShrink() },
  threshold: { f: (x) => (x > 1 ? x : -3), apply: (x) => x.threshold(1, -3) },
  clamp: [
    { f: (x) => bounded(x, -0.5, 1), apply: (x) => x.clamp(-0.5, 1) },
    { f: (x) => Math.max(x, 0.5), apply: (x) => x.clamp(0.5), about: 'below' },
    { f: (x) => Math.min(x, 0.5), apply: (x) => x.clamp(undefined, 0.5), about: 'above' },
  ],
};

const activations = Object.entries(ACTIVATIONS).flatMap(([op, rows]) =>
  [rows].flat().flatMap(({ f, apply, about = '' }): OpCase[] => [
    { op, about, inputs: [INPUT], apply, reference: (x) => map(x, f), second: true, f16: op === 'gelu' },
    {
      op,
      about: `${about} NaN`,
      inputs: [values([nan, 0])],
      apply,
      reference: (x) => map(x, (v) => (Number.isNaN(v) ? v : f(v))),
      wrt: [],
    },
  ]),
);

const halves = (x: Values, axis: number): Values => {
  const half = x.shape[axis] / 2;
  const shape = x.shape.map((dim, i) => (i === axis ? half : dim));
  return build(shape, (at) => {
    const second = at.map((i, k) => (k === axis ? i + half : i));
    return get(x, at) * sigmoid(get(x, second));
  });
};

const prelu = (x: Values, weight: Values): Values =>
  build(x.shape, (at) => {
    const value = get(x, at);
    return value > 0 ? value : value * weight.data[weight.data.length === 1 ? 0 : at[1]];
  });

const others: OpCase[] = [
  ...[[3], [1], []].map(
    (shape): OpCase => ({
      op: 'prelu',
      about: `weight [${shape}]`,
      inputs: [random([2, 3, 5]), random(shape, 0.1, 0.5)],
      apply: (x, weight) => x.prelu(weight),
      reference: prelu,
      second: true,
    }),
  ),
  {
    op: 'prelu',
    about: 'a vector',
    inputs: [random([7]), random([1])],
    apply: (x, weight) => x.prelu(weight),
    reference: prelu,
  },
  { op: 'glu', inputs: [random([3, 8])], apply: (x) => x.glu(), reference: (x) => halves(x, 1), second: true },
  { op: 'glu', about: 'another axis', inputs: [random([2, 6, 5])], apply: (x) => x.glu(1), reference: (x) => halves(x, 1) },
  {
    op: 'maxout',
    inputs: [random([2, 6, 5])],
    apply: (x) => x.maxout(3),
    reference: (x) => {
      const peaks = alongAxis(x, 1, (line, i) => Math.max(...line.slice(i, i + 3)));
      return build([2, 2, 5], ([n, c, k]) => get(peaks, [n, 3 * c, k]));
    },
    second: true,
  },
  {
    op: 'clamp',
    about: 'bounds that are tensors',
    inputs: [random([3, 5], -3, 3), values([-1, -0.5, 0, 0.5, 1]), values([1], [1, 1])],
    apply: (x, low, high) => x.clamp(low, high),
    reference: (x, low, high) => zip(bounded, x, low, high),
    wrt: [0],
  },
  {
    op: 'clamp',
    about: 'whole numbers',
    inputs: [values([-9, 0, 3, 9], [4], 'i32')],
    apply: (x) => x.clamp(-2, 5),
    reference: (x) => map(x, (v) => bounded(v, -2, 5)),
    wrt: [],
  },
  {
    op: 'lerp',
    inputs: [random([3, 5]), random([5]), random([3, 1], -0.4, 1.4)],
    apply: (a, b, w) => a.lerp(b, w),
    reference: (a, b, w) => zip((p, q, t) => p + t * (q - p), a, b, w),
    second: true,
  },
  {
    op: 'lerp',
    about: 'its ends are exact',
    inputs: [values([0.1, 1e8]), values([3.7, -1e-3]), values([0, 1], [2, 1])],
    apply: lerp,
    reference: (a, b, w) => zip((p, q, t) => (t ? q : p), a, b, w),
    wrt: [],
    tolerance: 0,
  },
  {
    op: 'logit',
    inputs: [random([7], 0.05, 0.95)],
    apply: (x) => x.logit(),
    reference: (x) => map(x, (p) => Math.log(p / (1 - p))),
    second: true,
  },
  {
    op: 'xlogy',
    inputs: [random([3, 5]), random([5], 0.2, 3)],
    apply: (x, y) => x.xlogy(y),
    reference: (x, y) => zip((a, b) => a * Math.log(b), x, y),
    second: true,
  },
  {
    op: 'xlogy',
    about: 'special values',
    inputs: [values([0, 0, 0, 2, 0]), values([0, inf, -1, 0, nan])],
    apply: (x, y) => x.xlogy(y),
    reference: () => values([0, 0, 0, -inf, nan]),
    wrt: [],
  },
  {
    op: 'nanToNum',
    inputs: [values([nan, inf, -inf, 1.5])],
    apply: (x) => x.nanToNum(7),
    reference: () => values([7, 3.4028234663852886e38, -3.4028234663852886e38, 1.5]),
    wrt: [],
  },
];

export const activationCases: readonly OpCase[] = [...activations, ...others];
