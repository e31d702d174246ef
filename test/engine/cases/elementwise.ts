import { binaryOps } from '../../../src/engine/ops/binary.ts';
import { testOps, type UnaryName, unaryOps } from '../../../src/engine/ops/unary.ts';
import { where } from '../../../src/index.ts';
import { type Input, integers, type OpCase, random, values } from '../check.ts';
import { erf, erfc, map, roundHalfToEven, type Values, zip } from '../reference.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

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
  sign: { f: (x) => Math.sign(x) || 0, flat: true, special: [-3, 0, 2, inf, -inf, nan] },
  floor: { f: Math.floor, flat: true, special: [-1.5, -1, 0.5, inf] },
  ceil: { f: Math.ceil, flat: true, special: [-1.5, -1, 0.5, -inf] },
  round: { f: roundHalfToEven, flat: true, special: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 0.49999997, 1e7] },
  trunc: { f: Math.trunc, flat: true, special: [-1.5, -1, 0.5, 1.9, 1e9, inf] },
  frac: { f: (x) => x - Math.trunc(x), range: [0.1, 0.9], special: [-1.25, 1.75, 3, 0] },
  square: { f: (x) => x * x, special: [-3, inf, -inf, nan] },
  reciprocal: { f: (x) => 1 / x, range: [0.3, 3], special: [-2, 4] },
  sqrt: { f: Math.sqrt, range: [0.2, 4], special: [0, 4, 0.25] },
  rsqrt: { f: (x) => 1 / Math.sqrt(x), range: [0.2, 4] },
  exp: { f: Math.exp, special: [0, -0, 88.7, 89, inf, -inf, -200, nan] },
  exp2: { f: (x) => 2 ** x, special: [0, 1, 10, -3, 127, -126, 128, inf, -inf, -200, nan] },
  expm1: { f: Math.expm1, special: [0, -0, 1e-6, -30, 100, inf, -inf, nan] },
  log: { f: Math.log, range: [0.2, 4], special: [0, -0, -1, 1, inf, -inf, nan] },
  log1p: { f: Math.log1p, range: [-0.6, 3], special: [0, -0, -1, -2, 1e-6, inf, nan] },
  log2: { f: Math.log2, range: [0.2, 4], special: [0, -0, -1, 1, 2, 1024, 2 ** -126, inf, nan] },
  log10: { f: Math.log10, range: [0.2, 4], special: [0, -0, -1, 1, inf, nan] },
  sin: { f: Math.sin, special: [0, -0, inf, -inf, nan] },
  cos: { f: Math.cos, special: [0, -0, inf, -inf, nan] },
  tan: { f: Math.tan, range: [-1.2, 1.2], special: [0, -0, inf, nan] },
  asin: { f: Math.asin, range: [-0.9, 0.9], special: [0, -0, 1, -1, 1.01, -2, inf, nan] },
  acos: { f: Math.acos, range: [-0.9, 0.9], special: [0, 1, -1, 1.01, -2, inf, nan] },
  atan: { f: Math.atan, special: [0, -0, 1, -1, inf, -inf, nan] },
  sinh: { f: Math.sinh, special: [0, -0, 200, -200, inf, -inf, nan] },
  cosh: { f: Math.cosh, special: [0, -0, 200, -200, inf, -inf, nan] },
  tanh: { f: Math.tanh, special: [0, -0, 100, -100, inf, -inf, nan] },
  asinh: { f: Math.asinh, special: [0, -0, inf, -inf, nan] },
  acosh: { f: Math.acosh, range: [1.3, 4], special: [1, 0.5, -3, inf, nan] },
  atanh: { f: Math.atanh, range: [-0.8, 0.8], special: [0, -0, 1, -1, 1.5, -2, inf, nan] },
  erf: { f: erf, range: [-3.5, 3.5], special: [0, -0, 9, -9, inf, -inf, nan] },
  erfc: { f: erfc, range: [-2.5, 2.5], special: [0, 12, -9, inf, -inf, nan] },
  sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)), special: [200, -200, nan] },
  logSigmoid: { f: (x) => -softplus(-x), special: [200, -200, inf, -inf, nan] },
  softplus: { f: softplus, special: [200, -200, inf, -inf, nan] },
  relu: { f: (x) => Math.max(x, 0), range: [0.1, 2], special: [-1, 0, 5, inf, -inf, nan] },
  signSte: { f: (x) => (x >= 0 ? 1 : -1), flat: true, special: [0, -0, 1e-30, -1e-30, -inf] },
  roundSte: { f: roundHalfToEven, flat: true, special: [-2.5, -0.5, 0.5, 1.5] },
};

const unaryCases = Object.entries(UNARY).flatMap(([op, { f, range = [-2, 2], flat, special, tolerance = 2e-5 }]): OpCase[] => {
  const apply = unaryOps[op as UnaryName];
  const reference = (x: Values) => map(x, f);
  const wrt = flat ? { wrt: [] } : { second: true };
  return [
    {
      op,
      inputs: [random([5, 13], ...range)],
      apply,
      reference,
      ...wrt,
      tolerance,
      f16: ['exp', 'tanh', 'sqrt', 'sigmoid', 'relu'].includes(op),
    },
    ...(special
      ? [
          {
            op,
            about: 'special values',
            inputs: [values(special)],
            apply,
            reference: (x: Values) => map(x, (v) => Math.fround(f(v))),
            wrt: [],
            tolerance: 1e-6,
          },
        ]
      : []),
  ];
});

interface BinaryRow {
  readonly f: (a: number, b: number) => number;
  readonly ranges?: readonly [readonly [number, number], readonly [number, number]];
  readonly special?: readonly (readonly [number, number])[];
  /** Its derivative is 0 or has jumps. */
  readonly flat?: true;
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

/** Python's remainder, on a float64 that holds the exact one. */
const modulo = (a: number, b: number): number => {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
};
const REMAINDERS = [
  [0.2, 0.9],
  [1, 2],
] as const;
const DIVISIONS = [
  [7, 3],
  [-7, 3],
  [7, -3],
  [-7, -3],
  [6, 3],
  [-6, 3],
  [5.5, 0.1],
  [1e10, 3],
  [-1e30, 7],
  [3e38, 1.1754944e-38],
  [1, 0],
  [inf, 2],
  [3, inf],
  [-3, inf],
  [nan, 1],
  [1, nan],
] as const;
const SIGNS = [
  [0, 0],
  [-0, 0],
  [0, -0],
  [-0, -0],
  [0, 1],
  [-0, -1],
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
    f: (a, b) => (a === 1 ? 1 : a ** b),
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
      [-3, 5],
      [2, 10],
      [2, 100],
      [3, -2],
      [7, 8],
      [nan, 0],
      [1, nan],
      [nan, 2],
      [0, -1],
      [-0, -3],
      [-0, 3],
      [-inf, 3],
      [-inf, 4],
      [-inf, -3],
      [inf, 0.5],
      [0.5, inf],
      [0.5, -inf],
      [2, -inf],
      [-1, 1e9],
      [-1, 33554431],
      [1e20, 2],
      [1e20, -2.5],
    ],
  },
  maximum: { f: Math.max, special: pairs },
  minimum: { f: Math.min, special: pairs },
  fmod: { f: (a, b) => a % b, ranges: REMAINDERS, special: DIVISIONS },
  remainder: { f: modulo, ranges: REMAINDERS, special: DIVISIONS },
  floorDivide: {
    f: (a, b) => (b === 0 ? a / b : Math.round((a - modulo(a, b)) / b)),
    flat: true,
    special: DIVISIONS.filter(([a, b]) => Math.abs(b) !== inf && Math.abs(a) < 2 ** 24 * Math.abs(b)),
  },
  atan2: {
    f: Math.atan2,
    ranges: [
      [0.3, 2],
      [-2, 2],
    ],
    special: [
      ...SIGNS,
      [nan, 1],
      [1, nan],
      [1e-30, 1e30],
      [1e30, -1e-30],
      [-3, 0],
      [2, inf],
      [2, -inf],
      [inf, 1],
      [-inf, -inf],
      [inf, -inf],
    ],
  },
  hypot: {
    f: Math.hypot,
    ranges: [
      [0.3, 2],
      [-2, 2],
    ],
    special: [...SIGNS, [3, 4], [1e30, 1e30], [1e-30, 0], [inf, nan], [nan, 1], [-inf, 2]],
  },
  logAddExp: {
    f: (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))),
    special: [
      [1000, 1000],
      [1000, 999],
      [-1000, -1001],
      [inf, inf],
      [-inf, -inf],
      [-inf, 3],
      [inf, -inf],
      [nan, 0],
      [0, nan],
    ],
  },
};

/** Broadcasting is the same code for all; these show it. */
const BROADCASTING = ['add', 'mul', 'div', 'maximum'];

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
      flat,
      tolerance = 2e-5,
    },
  ]): OpCase[] => {
    const apply = binaryOps[op as keyof typeof binaryOps];
    const reference = (a: Values, b: Values) => zip(f, a, b);
    return [
      {
        op,
        inputs: [random([4, 11], ...ranges[0]), random([4, 11], ...ranges[1])],
        apply,
        reference,
        ...(flat ? { wrt: [] } : { second: true }),
        tolerance,
        f16: ['add', 'mul', 'div', 'maximum'].includes(op),
      },
      ...(BROADCASTING.includes(op) ? BROADCASTS : []).map(([left, right]) => ({
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
        reference: (a, b) => zip((p, q) => Math.fround(f(p, q)), a, b),
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
  logicalXor: (a, b) => a ^ b,
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
  ...table(
    { bitAnd: (a, b) => a & b, bitOr: (a, b) => a | b, bitXor: (a, b) => a ^ b, shiftLeft: (a, b) => a << b, shiftRight: (a, b) => a >> b },
    () => [[integers([3, 7], -1e9, 1e9, 'i32'), integers([7], 0, 31, 'i32')]],
  ),
];

const integerCases = ['add', 'sub', 'mul', 'maximum', 'minimum', 'fmod', 'remainder', 'floorDivide'].flatMap((op) =>
  (['i32', 'u32'] as const).map(
    (dtype): OpCase => ({
      op,
      about: dtype,
      inputs:
        dtype === 'i32'
          ? [integers([3, 6], -50, 50, 'i32'), values([-7, -1, 3, 8, -50, 1], [6], 'i32')]
          : [integers([3, 6], 100, 200, 'u32'), integers([6], 1, 50, 'u32')],
      apply: binaryOps[op as keyof typeof binaryOps],
      reference: (a, b) => zip(op === 'floorDivide' ? (p, q) => Math.floor(p / q) : ARITHMETIC[op].f, a, b),
      wrt: [],
      tolerance: 0,
    }),
  ),
);

const otherCases: OpCase[] = [
  {
    op: 'stopGradient',
    inputs: [random([3, 17])],
    apply: (x) => x.stopGradient(),
    reference: (x) => x,
    wrt: [],
  },
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
  ...(['isNaN', 'isInf', 'isFinite'] as const).map(
    (op): OpCase => ({
      op,
      inputs: [values([0, -0, 1, 1e-40, 3e38, inf, -inf, nan])],
      apply: testOps[op],
      reference: (x) => map(x, (v) => bool(op === 'isNaN' ? Number.isNaN(v) : op === 'isInf' ? Math.abs(v) === inf : Number.isFinite(v))),
      wrt: [],
    }),
  ),
  ...(['neg', 'abs', 'sign', 'square'] as const).map(
    (op): OpCase => ({
      op,
      about: 'i32',
      inputs: [values([-3, 0, 7, -(2 ** 15)], [4], 'i32')],
      apply: unaryOps[op],
      reference: (x) => map(x, UNARY[op].f),
      wrt: [],
    }),
  ),
  {
    op: 'bitNot',
    inputs: [integers([3, 5], 0, 2 ** 32 - 1)],
    apply: (x) => x.bitNot(),
    reference: (x) => map(x, (v) => ~v >>> 0),
    wrt: [],
  },
  ...[0, 1, 2, 3, 5, 10, -1, -3, 0.5, 2.5].map(
    (exponent): OpCase => ({
      op: 'pow',
      about: `to the ${exponent}`,
      inputs: [exponent % 1 ? random([7], 0.3, 2) : values([-3, -1.5, -1, 2, 0.5])],
      apply: (x) => x.pow(exponent),
      reference: (x) => map(x, (v) => v ** exponent),
      second: true,
    }),
  ),
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
