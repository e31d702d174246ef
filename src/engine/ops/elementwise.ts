// Element-wise ops: one row each, WGSL beside its derivative. Chains of them become one generated kernel (compiler/codegen.ts).
import { type DType, isFloat } from '../graph/dtype.ts';
import { DTypeError } from '../graph/errors.ts';
import { broadcastShapes } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { scalar, type TensorLike, toTensor, wgslType, zeros } from './create.ts';
import { broadcastTo } from './movement.ts';
import { type ElementwiseOp, makeNode } from './op.ts';

type UnaryRow = {
  /** WGSL of f(x). */
  readonly wgsl: string;
  readonly cost: number;
  readonly helpers?: readonly string[];
  /** dx, given dy, x and y = f(x). */
  readonly derivative?: (dy: Tensor, x: Tensor, y: Tensor) => Tensor;
};

/**
 * WGSL for whether an f32 value is NaN. By its bits: `x != x` compiles to an ordered comparison, which is false for NaN, and a driver
 * may assume that there is none.
 */
export const isNan = (x: string): string => `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)`;

// Abramowitz & Stegun 7.1.26 misses float32 accuracy; this is the rational Chebyshev fit of erfc from Numerical Recipes §6.2
// (relative error below 1.2e-7), with the odd Taylor series near 0 where 1 − erfc would cancel.
const ERF = `fn erf_f32(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.5) {
    let s = x * x;
    return x * 1.1283791671 * (1.0 + s * (-0.3333333333 + s * (0.1 + s * (-0.0238095238 + s * (0.0046296296 + s * (-0.00075757576 + s * 0.000106837607))))));
  }
  let t = 1.0 / (1.0 + 0.5 * a);
  let tail = t * exp(-a * a - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
  return select(sign(x) * (1.0 - min(tail, 1.0)), x, ${isNan('x')});
}`;

// Drivers differ in what exp makes of NaN, and log of zero, negative numbers and NaN.
const EXP = `fn exp_f32(x: f32) -> f32 { return select(exp(x), x, ${isNan('x')}); }`;
const LOG = `fn log_f32(x: f32) -> f32 {
  return select(select(bits_f32(0x7fc00000u), bits_f32(0xff800000u), x == 0.0), log(x), x > 0.0);
}`;

// log(1 + x) and exp(x) − 1 without losing the small part (Kahan's correction; after Higham, Accuracy and Stability, §1.14).
const LOG1P = `fn log1p_f32(x: f32) -> f32 {
  if (abs(x) < 0.01) { return x * (1.0 - x * (0.5 - x * (0.3333333333 - x * (0.25 - x * 0.2)))); }
  return log_f32(1.0 + x);
}`;
const EXPM1 = `fn expm1_f32(x: f32) -> f32 {
  if (abs(x) < 0.05) { return x * (1.0 + x * (0.5 + x * (0.1666666667 + x * (0.0416666667 + x * (0.0083333333 + x * 0.0013888889))))); }
  return exp_f32(x) - 1.0;
}`;
// Drivers may compute tanh by exp(2x), which overflows; near 0 the quotient would cancel.
const TANH = `fn tanh_f32(x: f32) -> f32 {
  let y = select(tanh(clamp(x, -15.0, 15.0)), x * (1.0 - x * x / 3.0), abs(x) < 0.01);
  return select(y, x, ${isNan('x')});
}`;

const flat = (_dy: Tensor, x: Tensor): Tensor => zeros(x.shape, x.dtype);

export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'square'
  | 'reciprocal'
  | 'sqrt'
  | 'rsqrt'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'erf'
  | 'relu';

const UNARY: Readonly<Record<UnaryName, UnaryRow>> = {
  neg: { wgsl: '-x', cost: 1, derivative: (dy) => dy.neg() },
  abs: { wgsl: 'abs(x)', cost: 1, derivative: (dy, x) => dy.mul(x.sign()) },
  sign: { wgsl: 'sign(x)', cost: 1, derivative: flat },
  floor: { wgsl: 'floor(x)', cost: 1, derivative: flat },
  ceil: { wgsl: 'ceil(x)', cost: 1, derivative: flat },
  /** Half to even, as PyTorch's. */
  round: { wgsl: 'round(x)', cost: 1, derivative: flat },
  square: { wgsl: 'x * x', cost: 1, derivative: (dy, x) => dy.mul(x).mul(2) },
  reciprocal: { wgsl: '1.0 / x', cost: 4, derivative: (dy, _x, y) => dy.mul(y.square()).neg() },
  sqrt: { wgsl: 'sqrt(x)', cost: 4, derivative: (dy, _x, y) => dy.mul(0.5).div(y) },
  rsqrt: { wgsl: 'inverseSqrt(x)', cost: 4, derivative: (dy, x, y) => dy.mul(y).mul(-0.5).div(x) },
  exp: { wgsl: 'exp_f32(x)', cost: 8, helpers: [EXP], derivative: (dy, _x, y) => dy.mul(y) },
  expm1: { wgsl: 'expm1_f32(x)', cost: 10, helpers: [EXP, EXPM1], derivative: (dy, x) => dy.mul(x.exp()) },
  log: { wgsl: 'log_f32(x)', cost: 8, helpers: [LOG], derivative: (dy, x) => dy.div(x) },
  log1p: { wgsl: 'log1p_f32(x)', cost: 10, helpers: [LOG, LOG1P], derivative: (dy, x) => dy.div(x.add(1)) },
  sin: { wgsl: 'sin(x)', cost: 8, derivative: (dy, x) => dy.mul(x.cos()) },
  cos: { wgsl: 'cos(x)', cost: 8, derivative: (dy, x) => dy.mul(x.sin()).neg() },
  tanh: { wgsl: 'tanh_f32(x)', cost: 10, helpers: [TANH], derivative: (dy, _x, y) => dy.mul(y.square().neg().add(1)) },
  sigmoid: { wgsl: '1.0 / (1.0 + exp_f32(-x))', cost: 10, helpers: [EXP], derivative: (dy, _x, y) => dy.mul(y).mul(y.neg().add(1)) },
  /** log(1 + eˣ), without overflow. */
  softplus: {
    wgsl: `select(max(x, 0.0) + log1p_f32(exp(-abs(x))), x, ${isNan('x')})`,
    cost: 16,
    helpers: [LOG, LOG1P],
    derivative: (dy, x) => dy.mul(x.sigmoid()),
  },
  erf: { wgsl: 'erf_f32(x)', cost: 16, helpers: [ERF], derivative: (dy, x) => dy.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)) },
  /** NaN stays NaN. The derivative at 0 is 0. */
  relu: { wgsl: 'select(x, 0.0, x < 0.0)', cost: 1, derivative: (dy, _x, y) => where(y.gt(0), dy, 0) },
};

type BinaryRow = {
  readonly wgsl: string;
  readonly cost: number;
  readonly helpers?: readonly string[];
  readonly derivative?: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor, wanted: readonly boolean[]) => readonly (Tensor | undefined)[];
};

// WGSL leaves pow of a negative base, and min/max of a NaN, to the driver; PyTorch defines them.
const POW = `fn pow_f32(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 1.0; }
  if (b == 1.0) { return a; }
  if (b == 2.0) { return a * a; }
  let magnitude = pow(abs(a), b);
  if (a >= 0.0) { return magnitude; }
  if (b != floor(b)) { return bits_f32(0x7fc00000u); }
  return select(magnitude, -magnitude, abs(b) % 2.0 == 1.0);
}`;
const share = (dy: Tensor, condition: Tensor, other: Tensor): Tensor => where(condition, where(other, dy.mul(0.5), dy), 0);

type ArithmeticName = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';

const BINARY: Readonly<Record<ArithmeticName, BinaryRow>> = {
  add: { wgsl: 'a + b', cost: 1, derivative: (dy) => [dy, dy] },
  sub: { wgsl: 'a - b', cost: 1, derivative: (dy, _a, _b, _y, [, wantB]) => [dy, wantB ? dy.neg() : undefined] },
  mul: {
    wgsl: 'a * b',
    cost: 1,
    derivative: (dy, a, b, _y, [wantA, wantB]) => [wantA ? dy.mul(b) : undefined, wantB ? dy.mul(a) : undefined],
  },
  div: {
    wgsl: 'a / b',
    cost: 4,
    derivative: (dy, _a, b, y, [wantA, wantB]) => [wantA ? dy.div(b) : undefined, wantB ? dy.mul(y).div(b).neg() : undefined],
  },
  /** aᵇ; a negative base is fine with a whole exponent, NaN otherwise. */
  pow: {
    wgsl: 'pow_f32(a, b)',
    cost: 20,
    helpers: [POW],
    derivative: (dy, a, b, y, [wantA, wantB]) => [
      // x⁰ is constant, at 0 as well.
      wantA ? where(b.eq(0), 0, dy.mul(b).mul(a.pow(b.sub(1)))) : undefined,
      wantB ? dy.mul(where(a.gt(0), y.mul(where(a.gt(0), a, 1).log()), 0)) : undefined,
    ],
  },
  /** NaN if either is; equal values share the gradient, as PyTorch's do. */
  maximum: {
    wgsl: `select(select(b, a, a >= b), a + b, ${isNan('a')} || ${isNan('b')})`,
    cost: 2,
    derivative: (dy, a, b) => [share(dy, a.ge(b), a.eq(b)), share(dy, b.ge(a), a.eq(b))],
  },
  minimum: {
    wgsl: `select(select(b, a, a <= b), a + b, ${isNan('a')} || ${isNan('b')})`,
    cost: 2,
    derivative: (dy, a, b) => [share(dy, a.le(b), a.eq(b)), share(dy, b.le(a), a.eq(b))],
  },
};

const COMPARISONS = { eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;
const LOGICAL = { logicalAnd: '&&', logicalOr: '||' } as const;
const BITWISE = { bitAnd: '&', bitOr: '|', bitXor: '^', shiftLeft: '<<', shiftRight: '>>' } as const;

const substitute = (wgsl: string, names: Readonly<Record<string, string>>): string => wgsl.replace(/\b[abx]\b/g, (name) => names[name]);

function unary(name: string, row: UnaryRow): (x: Tensor) => Tensor {
  const { derivative } = row;
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost: row.cost,
    ...(row.helpers ? { helpers: row.helpers } : {}),
    expression: ([x]) => substitute(row.wgsl, { x }),
    ...(derivative ? { derivative: (dy: Tensor, node: Tensor) => [derivative(dy, node.inputs[0], node)] } : {}),
  };
  const integerOk = name === 'neg' || name === 'abs' || name === 'sign' || name === 'square';
  return (x) => {
    if (!isFloat(x.dtype) && !(integerOk && (x.dtype === 'i32' || (x.dtype === 'u32' && name === 'square')))) {
      throw new DTypeError(`${name}: expected f32 or f16${integerOk ? ' or i32' : ''}, got ${x.dtype}`);
    }
    return makeNode(op, [x], {}, x.shape, x.dtype);
  };
}

/** Brings two operands to one shape and checks that their element types agree. */
function pair(name: string, left: TensorLike, right: TensorLike): [Tensor, Tensor] {
  const a = toTensor(left, typeof right === 'number' ? undefined : right);
  const b = toTensor(right, a);
  if (a.dtype !== b.dtype) throw new DTypeError(`${name}: expected two of one type, got ${a.dtype} and ${b.dtype}; cast() one of them`);
  const shape = broadcastShapes(name, a.shape, b.shape);
  return [broadcastTo(a, shape), broadcastTo(b, shape)];
}

function binary(name: string, row: BinaryRow): (a: TensorLike, b: TensorLike) => Tensor {
  const { derivative } = row;
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost: row.cost,
    ...(row.helpers ? { helpers: row.helpers } : {}),
    expression: ([a, b], node) =>
      substitute(isFloat(node.dtype) || (name !== 'maximum' && name !== 'minimum') ? row.wgsl : `${name.slice(0, 3)}(a, b)`, { a, b }),
    ...(derivative
      ? {
          derivative: (dy: Tensor, node: Tensor, wanted: readonly boolean[]) =>
            derivative(dy, node.inputs[0], node.inputs[1], node, wanted),
        }
      : {}),
  };
  return (left, right) => {
    const [a, b] = pair(name, left, right);
    if (a.dtype === 'bool' || (name === 'pow' && !isFloat(a.dtype))) throw new DTypeError(`${name}: expected numbers, got ${a.dtype}`);
    return makeNode(op, [a, b], {}, a.shape, a.dtype);
  };
}

function predicate(name: string, symbol: string, operands: 'any' | 'bool' | 'integer'): (a: TensorLike, b: TensorLike) => Tensor {
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost: 1,
    expression: ([a, b]) => {
      if (symbol === '<<' || symbol === '>>') return `${a} ${symbol} (${b} & 31u)`;
      // Not `!=`: that compiles to an ordered comparison, false where a value is NaN.
      return symbol === '!=' ? `!(${a} == ${b})` : `${a} ${symbol} ${b}`;
    },
  };
  return (left, right) => {
    const [a, b] = pair(name, left, right);
    if (operands === 'bool' && a.dtype !== 'bool') throw new DTypeError(`${name}: expected bool, got ${a.dtype}`);
    if (a.dtype === 'bool' && /[<>]/.test(symbol)) throw new DTypeError(`${name}: expected numbers, got bool`);
    if (operands === 'integer' && a.dtype !== 'u32') throw new DTypeError(`${name}: expected u32, got ${a.dtype}`);
    return makeNode(op, [a, b], {}, a.shape, operands === 'integer' ? a.dtype : 'bool');
  };
}

export type BinaryName = ArithmeticName | keyof typeof COMPARISONS | keyof typeof LOGICAL | keyof typeof BITWISE;

const each = <K extends string, V, R>(rows: Readonly<Record<K, V>>, make: (name: K, row: V) => R): Record<K, R> =>
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, make(name as K, row as V)])) as Record<K, R>;

export const unaryOps: Readonly<Record<UnaryName, (x: Tensor) => Tensor>> = each(UNARY, unary);
export const binaryOps: Readonly<Record<BinaryName, (a: TensorLike, b: TensorLike) => Tensor>> = {
  ...each(BINARY, binary),
  ...each(COMPARISONS, (name, symbol) => predicate(name, symbol, 'any')),
  ...each(LOGICAL, (name, symbol) => predicate(name, symbol, 'bool')),
  ...each(BITWISE, (name, symbol) => predicate(name, symbol, 'integer')),
};

const notOp: ElementwiseOp = { name: 'logicalNot', kind: 'elementwise', cost: 1, expression: ([x]) => `!${x}` };

export function logicalNot(x: Tensor): Tensor {
  if (x.dtype !== 'bool') throw new DTypeError(`logicalNot: expected bool, got ${x.dtype}`);
  return makeNode(notOp, [x], {}, x.shape, 'bool');
}

const whereOp: ElementwiseOp = {
  name: 'where',
  kind: 'elementwise',
  cost: 1,
  expression: ([condition, a, b]) => `select(${b}, ${a}, ${condition})`,
  derivative: (dy, { inputs: [condition] }, [, wantA, wantB]) => [
    undefined,
    wantA ? where(condition, dy, 0) : undefined,
    wantB ? where(condition, 0, dy) : undefined,
  ],
};

/** `a` where the condition holds, `b` elsewhere; all three broadcast. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  if (condition.dtype !== 'bool') throw new DTypeError(`where: expected a bool condition, got ${condition.dtype}`);
  const left = toTensor(a, typeof b === 'number' ? undefined : b);
  const right = toTensor(b, left);
  if (left.dtype !== right.dtype) throw new DTypeError(`where: expected two of one type, got ${left.dtype} and ${right.dtype}`);
  const shape = broadcastShapes('where', condition.shape, left.shape, right.shape);
  return makeNode(
    whereOp,
    [condition, left, right].map((input) => broadcastTo(input, shape)),
    {},
    shape,
    left.dtype,
  );
}

// Compilers drop a conversion there and back, but not this function, which may flush subnormal halves: those are rounded apart.
const toHalf = (x: string): string =>
  `select(quantizeToF16(${x}), round(${x} * 16777216.0) * 5.9604644775390625e-8, abs(${x}) < 6.103515625e-5)`;

const castOp: ElementwiseOp = {
  name: 'cast',
  kind: 'elementwise',
  cost: 1,
  expression: ([x], node) => (node.dtype === 'f16' ? toHalf(`f32(${x})`) : `${wgslType(node.dtype)}(${x})`),
  derivative: (dy, { inputs: [x] }) => [isFloat(x.dtype) ? cast(dy, x.dtype) : undefined],
};

/** The same values as another element type: floats to integers toward zero, anything but 0 to true. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : makeNode(castOp, [x], {}, x.shape, dtype);
}

const bitcastOp: ElementwiseOp = {
  name: 'bitcast',
  kind: 'elementwise',
  cost: 1,
  expression: ([x], node) => `bitcast<${node.dtype}>(${x})`,
};

/** The same bits read as another element type. */
export function bitcast(x: Tensor, dtype: 'f32' | 'i32' | 'u32'): Tensor {
  if (x.dtype === 'bool' || x.dtype === 'f16') throw new DTypeError(`bitcast: expected a number of 32 bits, got ${x.dtype}`);
  return makeNode(bitcastOp, [x], {}, x.shape, dtype);
}

const stopOp: ElementwiseOp = { name: 'stopGradient', kind: 'elementwise', cost: 0, expression: ([x]) => x };

/** The same value, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return makeNode(stopOp, [x], {}, x.shape, x.dtype);
}

/** 0.5·x·(1 + erf(x/√2)), or the tanh approximation of Hendrycks & Gimpel (arXiv 1606.08415). */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  const half = x.mul(0.5);
  if (approximate === 'none') return half.mul(x.mul(Math.SQRT1_2).erf().add(1));
  return half.mul(
    x
      .mul(x.square().mul(0.044715).add(1))
      .mul(Math.sqrt(2 / Math.PI))
      .tanh()
      .add(1),
  );
}

export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return where(x.gt(0), x, x.mul(slope));
}

export function silu(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}

/** Values below `low` become `low`, above `high` become `high`; no gradient flows outside. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  return where(x.lt(low), scalar(low, x.dtype), where(x.gt(high), scalar(high, x.dtype), x));
}
