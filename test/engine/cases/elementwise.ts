import { binaryOps, type UnaryName, unaryOps } from '../../../src/engine/ops/elementwise.ts';
import { where } from '../../../src/index.ts';
import { type Input, integers, type OpCase, random, values } from '../check.ts';
import { erf, map, roundHalfToEven, type Values, zip } from '../reference.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

interface UnaryRow {
  readonly f: (x: number) => number;
  /** Where random inputs come from, away from kinks and poles. */
  readonly range?: readonly [number, number];
  /** The function is flat or has no derivative. */
  readonly flat?: true;
  /** Inputs where a rule, not a formula, says what comes out; the values must be exact. */
  readonly special?: readonly number[];
  readonly tolerance?: number;
}

const UNARY: Readonly<Record<UnaryName, UnaryRow>> = {
  neg: { f: (x) => -x, special: [0, -0, inf, -inf, nan] },
  abs: { f: Math.abs, range: [0.1, 3], special: [-1, 0, -0, -inf, nan] },
  sign: { f: Math.sign, flat: true, special: [-3, 0, 2, inf, -inf] },
  floor: { f: Math.floor, flat: true, special: [-1.5, -1, 0.5, inf] },
  ceil: { f: Math.ceil, flat: true, special: [-1.5, -1, 0.5, -inf] },
  round: { f: roundHalfToEven, flat: true, special: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 0.49999997, 1e7] },
  square: { f: (x) => x * x, special: [-3, inf, -inf, nan] },
  reciprocal: { f: (x) => 1 / x, range: [0.3, 3], special: [-2, 4] },
  sqrt: { f: Math.sqrt, range: [0.2, 4], special: [0, 4, 0.25] },
  rsqrt: { f: (x) => 1 / Math.sqrt(x), range: [0.2, 4] },
  exp: { f: Math.exp, special: [0, inf, -inf, -200, nan] },
  expm1: { f: Math.expm1, special: [1e-6, inf, -inf, nan] },
  log: { f: Math.log, range: [0.2, 4], special: [0, -0, -1, 1, inf, -inf, nan] },
  log1p: { f: Math.log1p, range: [-0.6, 3], special: [-1, -2, 1e-6, inf, nan] },
  sin: { f: Math.sin, tolerance: 5e-4 },
  cos: { f: Math.cos, tolerance: 5e-4 },
  tanh: { f: Math.tanh, special: [100, -100, inf, -inf, nan] },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)), special: [200, -200, nan] },
  softplus: { f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), special: [200, -200, inf, -inf, nan] },
  erf: { f: erf, range: [-3.5, 3.5], special: [9, -9, 0, inf, nan] },
  relu: { f: (x) => Math.max(x, 0), range: [0.1, 2], special: [-1, 0, 5, inf, -inf, nan] },
};

const unaryCases = Object.entries(UNARY).flatMap(([op, { f, range = [-2, 2], flat, special, tolerance = 2e-5 }]): OpCase[] => {
  const apply = unaryOps[op as UnaryName];
  const reference = (x: Values) => map(x, f);
  const wrt = flat ? { wrt: [] } : { second: true };
  return [
    { op, inputs: [random([5, 13], ...range)], apply, reference, ...wrt, tolerance },
    { op, about: 'scalar', inputs: [random([], ...range)], apply, reference, ...wrt, tolerance },
    ...(special ? [{ op, about: 'special values', inputs: [values(special)], apply, reference, wrt: [], tolerance: 1e-6 }] : []),
  ];
});

interface BinaryRow {
  readonly f: (a: number, b: number) => number;
  readonly ranges?: readonly [readonly [number, number], readonly [number, number]];
  readonly special?: readonly (readonly [number, number])[];
  readonly tolerance?: number;
}

const pairs = [
  [nan, 1],
  [1, nan],
  [nan, nan],
  [inf, 1],
  [-inf, inf],
  [2, 2],
  [-3, 4],
] as const;

const ARITHMETIC: Readonly<Record<string, BinaryRow>> = {
  add: { f: (a, b) => a + b, special: pairs },
  sub: { f: (a, b) => a - b, special: [...pairs, [inf, inf]] },
  mul: { f: (a, b) => a * b, special: [...pairs, [0, inf]] },
  div: {
    f: (a, b) => a / b,
    ranges: [
      [-2, 2],
      [0.4, 3],
    ],
    special: [
      [1, 2],
      [-1, 4],
      [7, -2],
      [0, 3],
    ],
  },
  pow: {
    f: (a, b) => a ** b,
    ranges: [
      [0.3, 2],
      [-2, 3],
    ],
    special: [
      [-2, 3],
      [-2, 4],
      [-2, -1],
      [-2, 0.5],
      [-1.5, 2],
      [0, 0],
      [0, 2],
      [5, 0],
      [-3, 1],
    ],
    tolerance: 1e-4,
  },
  maximum: { f: Math.max, special: pairs },
  minimum: { f: Math.min, special: pairs },
};

/** Two shapes that broadcast: neither, left, right, both, rank. */
const BROADCASTS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[3, 5], []],
  [
    [1, 5],
    [7, 5],
  ],
  [[2, 3, 1], [4]],
  [
    [3, 1],
    [1, 7],
  ],
];

const arithmeticCases = Object.entries(ARITHMETIC).flatMap(
  ([
    op,
    {
      f,
      ranges = [
        [-2, 2],
        [-2, 2],
      ],
      special = [],
      tolerance = 2e-5,
    },
  ]): OpCase[] => {
    const apply = binaryOps[op as keyof typeof binaryOps];
    const reference = (a: Values, b: Values) => zip(f, a, b);
    return [
      { op, inputs: [random([4, 11], ...ranges[0]), random([4, 11], ...ranges[1])], apply, reference, second: true, tolerance },
      ...BROADCASTS.map(([left, right]) => ({
        op,
        about: `broadcast [${left}] and [${right}]`,
        inputs: [random(left, ...ranges[0]), random(right, ...ranges[1])],
        apply,
        reference,
        tolerance,
      })),
      {
        op,
        about: 'special values',
        inputs: [values(special.map(([a]) => a)), values(special.map(([, b]) => b))],
        apply,
        reference,
        wrt: [],
        tolerance: 1e-6,
      },
    ];
  },
);

const bool = (condition: boolean): number => (condition ? 1 : 0);
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  eq: (a, b) => bool(a === b),
  ne: (a, b) => bool(a !== b),
  lt: (a, b) => bool(a < b),
  le: (a, b) => bool(a <= b),
  gt: (a, b) => bool(a > b),
  ge: (a, b) => bool(a >= b),
};
const LOGICAL: Readonly<Record<string, (a: number, b: number) => number>> = {
  logicalAnd: (a, b) => a & b,
  logicalOr: (a, b) => a | b,
};
const BITWISE: Readonly<Record<string, (a: number, b: number) => number>> = {
  bitAnd: (a, b) => (a & b) >>> 0,
  bitOr: (a, b) => (a | b) >>> 0,
  bitXor: (a, b) => (a ^ b) >>> 0,
  shiftLeft: (a, b) => (a << (b % 32)) >>> 0,
  shiftRight: (a, b) => a >>> (b % 32),
};

const table = (rows: Readonly<Record<string, (a: number, b: number) => number>>, inputs: () => readonly [Input, Input][]) =>
  Object.entries(rows).flatMap(([op, f]) =>
    inputs().map(
      ([a, b]): OpCase => ({
        op,
        about: `${a.dtype} [${a.shape}] and [${b.shape}]`,
        inputs: [a, b],
        apply: binaryOps[op as keyof typeof binaryOps],
        reference: (left, right) => zip(f, left, right),
        wrt: [],
      }),
    ),
  );

const truthTable = (): [Input, Input] => [values([0, 0, 1, 1], [2, 2], 'bool'), values([0, 1, 0, 1], [2, 2], 'bool')];

const predicateCases = [
  ...table(COMPARISONS, () => [
    [values([1, 2, nan, inf, -inf, 3, 0]), values([1, 3, nan, inf, inf, 2, 0])],
    [integers([3, 1], 0, 4, 'i32'), integers([1, 5], 0, 4, 'i32')],
  ]),
  ...table({ eq: COMPARISONS.eq, ne: COMPARISONS.ne, ...LOGICAL }, () => [truthTable()]),
  ...table(BITWISE, () => [[integers([3, 7], 0, 2 ** 32 - 1), integers([7], 0, 40)]]),
];

const integerCases = (['add', 'sub', 'mul', 'maximum', 'minimum'] as const).map(
  (op): OpCase => ({
    op,
    about: 'i32',
    inputs: [integers([3, 5], -50, 50, 'i32'), integers([5], -50, 50, 'i32')],
    apply: binaryOps[op],
    reference: (a, b) => zip(ARITHMETIC[op].f, a, b),
    wrt: [],
    tolerance: 0,
  }),
);

const geluOf = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const unary = (op: string, f: (x: number) => number, apply: OpCase['apply'], more: Partial<OpCase> = {}): OpCase => ({
  op,
  inputs: [random([3, 17], 0.2, 2)],
  apply,
  reference: (x) => map(x, f),
  second: true,
  ...more,
});

const otherCases: OpCase[] = [
  unary('gelu', geluOf, (x) => x.gelu(), { inputs: [random([67], -4, 4)] }),
  unary('gelu', geluTanh, (x) => x.gelu('tanh'), { about: 'tanh', inputs: [random([67], -4, 4)] }),
  unary(
    'leakyRelu',
    (x) => (x > 0 ? x : 0.01 * x),
    (x) => x.leakyRelu(),
  ),
  unary(
    'leakyRelu',
    (x) => (x > 0 ? x : 0.2 * x),
    (x) => x.leakyRelu(0.2),
    { about: 'below zero', inputs: [random([7], -2, -0.2)] },
  ),
  unary(
    'silu',
    (x) => x / (1 + Math.exp(-x)),
    (x) => x.silu(),
  ),
  unary(
    'clamp',
    (x) => Math.min(1, Math.max(-0.5, x)),
    (x) => x.clamp(-0.5, 1),
    { inputs: [values([-2, -0.4, 0, 0.9, 1.5])] },
  ),
  unary(
    'clamp',
    (x) => Math.min(1, Math.max(-0.5, x)),
    (x) => x.clamp(-0.5, 1),
    { about: 'not a number', inputs: [values([nan, inf, -inf])], wrt: [] },
  ),
  unary(
    'stopGradient',
    (x) => x,
    (x) => x.stopGradient(),
    { wrt: [] },
  ),
  {
    op: 'where',
    inputs: [integers([3, 1, 5], 0, 2, 'bool'), random([2, 1]), random([])],
    apply: (c, a, b) => where(c, a, b),
    reference: (c, a, b) => zip((condition, left, right) => (condition ? left : right), c, a, b),
    second: true,
  },
  {
    op: 'where',
    about: 'the side not taken may be NaN',
    inputs: [values([1, 0, 1], [3], 'bool'), values([1, nan, inf]), values([nan, 2, nan])],
    apply: (c, a, b) => where(c, a, b),
    reference: (c, a, b) => zip((condition, left, right) => (condition ? left : right), c, a, b),
    wrt: [],
  },
  {
    op: 'logicalNot',
    inputs: [values([0, 1, 1], [3, 1], 'bool')],
    apply: (x) => x.logicalNot(),
    reference: (x) => map(x, (value) => 1 - value),
    wrt: [],
  },
  ...(['i32', 'u32'] as const).map(
    (dtype): OpCase => ({
      op: 'cast',
      about: `f32 to ${dtype}, toward zero`,
      inputs: [values(dtype === 'i32' ? [-2.7, -0.5, 1.9, 65000.5] : [0.2, 1.9, 3, 65000.5])],
      apply: (x) => x.cast(dtype),
      reference: (x) => map(x, Math.trunc),
      wrt: [],
    }),
  ),
  {
    op: 'cast',
    about: 'to bool',
    inputs: [values([0, -0, 0.5, -3, inf])],
    apply: (x) => x.cast('bool'),
    reference: (x) => map(x, (v) => bool(v !== 0)),
    wrt: [],
  },
  {
    op: 'cast',
    about: 'bool to f32',
    inputs: [values([0, 1, 1], [3], 'bool')],
    apply: (x) => x.cast('f32').mul(3),
    reference: (x) => map(x, (v) => 3 * v),
    wrt: [],
  },
  { op: 'cast', about: 'i32 to f32', inputs: [integers([9], -9, 9, 'i32')], apply: (x) => x.cast('f32'), reference: (x) => x, wrt: [] },
  {
    op: 'bitcast',
    inputs: [values([1, -2, 0.5, 1e30])],
    apply: (x) => x.bitcast('u32'),
    reference: (x) => map(x, (value) => new Uint32Array(Float32Array.of(value).buffer)[0]),
    wrt: [],
  },
  {
    op: 'add',
    about: 'more than 65,535 workgroups',
    inputs: [integers([65536 * 64 + 7], 0, 1000, 'i32')],
    apply: (x) => x.add(1),
    reference: (x) => map(x, (value) => value + 1),
    wrt: [],
  },
  {
    op: 'mul',
    about: 'no elements',
    inputs: [random([0, 3]), random([1, 3])],
    apply: (a, b) => a.mul(b),
    reference: (a, b) => zip((x, y) => x * y, a, b),
  },
];

export const elementwiseCases: readonly OpCase[] = [...unaryCases, ...arithmeticCases, ...predicateCases, ...integerCases, ...otherCases];
