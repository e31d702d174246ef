// Functions of two values, element by element, broadcast as NumPy does: WGSL beside its derivative.
import { type DType, isFloat, limitsOf } from '../graph/dtype.ts';
import { DTypeError } from '../graph/errors.ts';
import { broadcastShapes } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { constantOf, full, scalar, type TensorLike, zeros } from './create.ts';
import { each, operands, substitute, where } from './elementwise.ts';
import { cancels, type Exact, exactDifference, exactProduct, exactQuotient, exactSum, operand, quotientWithZero } from './exact.ts';
import * as math from './math.ts';
import { isNan } from './math.ts';
import { broadcastTo, unchanged } from './movement.ts';
import { type ElementwiseOp, makeNode } from './op.ts';

interface BinaryRow {
  /** WGSL of f(a, b). */
  readonly wgsl: string;
  /** The same for whole numbers, where there is one. */
  readonly integer?: (dtype: DType) => string;
  readonly cost: number;
  readonly helpers?: readonly string[];
  readonly form?: 'product' | 'quotient';
  readonly exact?: Exact;
  /** f of two constants, and the operands with which it is the other one. */
  readonly constants?: { readonly of: (a: number, b: number) => number; readonly left?: number; readonly right?: number };
  readonly derivative: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor, wanted: readonly boolean[]) => readonly (Tensor | undefined)[];
}

const share = (dy: Tensor, condition: Tensor, other: Tensor): Tensor => where(condition, where(other, dy.mul(0.5), dy), 0);

const powDerivative: BinaryRow['derivative'] = (dy, a, b, y, [wantA, wantB]) => [
  // x⁰ is constant, at 0 as well.
  wantA ? where(b.eq(0), 0, dy.mul(b).mul(pow(a, b.sub(1)))) : undefined,
  // 0 to any power from 0 on counts as constant; a negative base has no slope.
  wantB ? dy.mul(y.mul(where(a.eq(0).logicalAnd(b.ge(0)), 1, a).log())) : undefined,
];

export type ArithmeticName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'fmod'
  | 'remainder'
  | 'floorDivide'
  | 'atan2'
  | 'hypot'
  | 'logAddExp';

const ARITHMETIC: Readonly<Record<ArithmeticName, BinaryRow>> = {
  /**
   * Sum.
   *
   * @formula y = a + b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.add
   */
  add: {
    wgsl: 'a + b',
    cost: 1,
    integer: () => 'a + b',
    exact: exactSum,
    // x + 0 keeps −0 apart from +0 only in sign; a zero that a derivative made is worth dropping.
    constants: { of: (a, b) => a + b, left: 0, right: 0 },
    derivative: (dy) => [dy, dy],
  },
  /**
   * Difference.
   *
   * @formula y = a − b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.sub
   */
  sub: {
    wgsl: 'a - b',
    cost: 1,
    integer: () => 'a - b',
    exact: exactDifference,
    constants: { of: (a, b) => a - b, right: 0 },
    derivative: (dy, _a, _b, _y, [, wantB]) => [dy, wantB ? dy.neg() : undefined],
  },
  /**
   * Product.
   *
   * @formula y = a·b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.mul
   */
  mul: {
    wgsl: 'a * b',
    cost: 1,
    integer: () => 'a * b',
    exact: exactProduct,
    form: 'product',
    constants: { of: (a, b) => a * b, left: 1, right: 1 },
    derivative: (dy, a, b, _y, [wantA, wantB]) => [wantA ? dy.mul(b) : undefined, wantB ? dy.mul(a) : undefined],
  },
  /**
   * Quotient. Of whole numbers it is that of PyTorch's rounding_mode trunc, and a itself where b is 0.
   *
   * @formula y = a/b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.div
   */
  div: {
    wgsl: 'a / b',
    cost: 4,
    integer: () => 'a / b',
    form: 'quotient',
    exact: exactQuotient,
    constants: { of: (a, b) => a / b, right: 1 },
    derivative: (dy, _a, b, y, [wantA, wantB]) => [wantA ? dy.div(b) : undefined, wantB ? dy.mul(y).div(b).neg() : undefined],
  },
  /**
   * Power. A negative base has one for whole exponents, else it is NaN; exact where whole exponents up to 16 give what f32 can hold.
   *
   * @formula y = aᵇ
   * @shapes a [..], b [..] → [..], broadcast
   * @torch torch.pow
   */
  pow: { wgsl: 'pow_f32(a, b)', cost: 40, helpers: math.POW, derivative: powDerivative },
  /**
   * The larger value, NaN if either is. Equal values share the gradient.
   *
   * @formula y = max(a, b)
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.maximum
   */
  maximum: {
    wgsl: `select(select(b, a, a >= b), a + b, ${isNan('a')} || ${isNan('b')})`,
    cost: 2,
    integer: () => 'max(a, b)',
    derivative: (dy, a, b) => [share(dy, a.ge(b), a.eq(b)), share(dy, b.ge(a), a.eq(b))],
  },
  /**
   * The smaller value, NaN if either is. Equal values share the gradient.
   *
   * @formula y = min(a, b)
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.minimum
   */
  minimum: {
    wgsl: `select(select(b, a, a <= b), a + b, ${isNan('a')} || ${isNan('b')})`,
    cost: 2,
    integer: () => 'min(a, b)',
    derivative: (dy, a, b) => [share(dy, a.le(b), a.eq(b)), share(dy, b.le(a), a.eq(b))],
  },
  /**
   * Remainder with the sign of a, exact; NaN where b is 0 (0 for whole numbers).
   *
   * @formula y = a − b·trunc(a/b)
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.fmod
   */
  fmod: {
    wgsl: 'fmod_f32(a, b)',
    cost: 40,
    integer: () => 'a % b',
    helpers: math.FMOD,
    derivative: (dy, a, b, _y, [, wantB]) => [dy, wantB ? dy.mul(a.div(b).trunc()).neg() : undefined],
  },
  /**
   * Remainder with the sign of b, as Python's %, from the exact one; NaN where b is 0 (0 for whole numbers).
   *
   * @formula y = a − b·⌊a/b⌋
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.remainder
   */
  remainder: {
    wgsl: 'remainder_f32(a, b)',
    cost: 40,
    integer: (dtype) => (dtype === 'i32' ? 'select(a % b, a % b + b, a % b != 0 && (a % b < 0) != (b < 0))' : 'a % b'),
    helpers: math.REMAINDER,
    derivative: (dy, a, b, _y, [, wantB]) => [dy, wantB ? dy.mul(a.floorDivide(b)).neg() : undefined],
  },
  /**
   * Quotient rounded down, as Python's //, from the exact remainder. Its derivative is 0.
   *
   * @formula y = ⌊a/b⌋
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.floor_divide
   */
  floorDivide: {
    wgsl: 'floor_divide_f32(a, b)',
    exact: quotientWithZero,
    cost: 44,
    integer: (dtype) => (dtype === 'i32' ? 'a / b - select(0, 1, a % b != 0 && (a < 0) != (b < 0))' : 'a / b'),
    helpers: math.FLOOR_DIVIDE,
    derivative: (dy) => [zeros(dy.shape, dy.dtype), zeros(dy.shape, dy.dtype)],
  },
  /**
   * Angle of the point (b, a) from the positive axis of b, in (−π, π].
   *
   * @formula y = arctan(a/b) in the right quadrant
   * @shapes a [..], b [..] → [..], broadcast
   * @torch torch.atan2
   */
  atan2: {
    wgsl: 'atan2_f32(a, b)',
    cost: 24,
    helpers: math.ATAN2,
    derivative: (dy, a, b, _y, [wantA, wantB]) => {
      // Not by the square of the length, which may overflow.
      const length = a.hypot(b);
      const scaled = dy.div(length);
      return [wantA ? scaled.mul(b.div(length)) : undefined, wantB ? scaled.mul(a.div(length)).neg() : undefined];
    },
  },
  /**
   * Length of (a, b), without overflow.
   *
   * @formula y = √(a² + b²)
   * @shapes a [..], b [..] → [..], broadcast
   * @torch torch.hypot
   */
  hypot: {
    wgsl: 'hypot_f32(a, b)',
    cost: 10,
    helpers: math.HYPOT,
    derivative: (dy, a, b, y, [wantA, wantB]) => [wantA ? dy.mul(a.div(y)) : undefined, wantB ? dy.mul(b.div(y)) : undefined],
  },
  /**
   * Logarithm of the sum of exponentials, without overflow. Two −∞ give −∞, without a gradient.
   *
   * @formula y = ln(eᵃ + eᵇ)
   * @shapes a [..], b [..] → [..], broadcast
   * @torch torch.logaddexp
   */
  logAddExp: {
    wgsl: 'log_add_exp_f32(a, b)',
    cost: 28,
    helpers: math.LOG_ADD_EXP,
    derivative: (dy, a, b, y, [wantA, wantB]) => {
      // Of two infinities of one sign there is no difference, and of two −∞ no gradient.
      const alike = a.eq(b).logicalAnd(a.isInf());
      const share = (from: Tensor, to: Tensor) => where(y.eq(Number.NEGATIVE_INFINITY), 0, where(alike, 0, from.sub(to)).sigmoid());
      return [wantA ? dy.mul(share(a, b)) : undefined, wantB ? dy.mul(share(b, a)) : undefined];
    },
  },
};

const COMPARISONS = {
  /**
   * Whether the values are equal; NaN equals nothing.
   *
   * @formula y = a = b
   * @shapes a [..], b [..] → [..] bool, broadcast
   * @dtypes f32, f16, i32, u32, bool
   * @torch torch.eq
   */
  eq: '==',
  /**
   * Whether the values differ; NaN differs from everything.
   *
   * @formula y = a ≠ b
   * @shapes a [..], b [..] → [..] bool, broadcast
   * @dtypes f32, f16, i32, u32, bool
   * @torch torch.ne
   */
  ne: '!=',
  /**
   * Whether a is below b.
   *
   * @formula y = a < b
   * @shapes a [..], b [..] → [..] bool, broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.lt
   */
  lt: '<',
  /**
   * Whether a is not above b.
   *
   * @formula y = a ≤ b
   * @shapes a [..], b [..] → [..] bool, broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.le
   */
  le: '<=',
  /**
   * Whether a is above b.
   *
   * @formula y = a > b
   * @shapes a [..], b [..] → [..] bool, broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.gt
   */
  gt: '>',
  /**
   * Whether a is not below b.
   *
   * @formula y = a ≥ b
   * @shapes a [..], b [..] → [..] bool, broadcast
   * @dtypes f32, f16, i32, u32
   * @torch torch.ge
   */
  ge: '>=',
} as const;

const LOGICAL = {
  /**
   * Whether both hold.
   *
   * @formula y = a ∧ b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes bool
   * @torch torch.logical_and
   */
  logicalAnd: '&&',
  /**
   * Whether one or both hold.
   *
   * @formula y = a ∨ b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes bool
   * @torch torch.logical_or
   */
  logicalOr: '||',
  /**
   * Whether one holds, but not both.
   *
   * @formula y = a ⊕ b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes bool
   * @torch torch.logical_xor
   */
  logicalXor: '!=',
} as const;

const BITWISE = {
  /**
   * Bits set in both.
   *
   * @formula y = a & b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes i32, u32
   * @torch torch.bitwise_and
   */
  bitAnd: '&',
  /**
   * Bits set in one or both.
   *
   * @formula y = a | b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes i32, u32
   * @torch torch.bitwise_or
   */
  bitOr: '|',
  /**
   * Bits set in one, but not both.
   *
   * @formula y = a ^ b
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes i32, u32
   * @torch torch.bitwise_xor
   */
  bitXor: '^',
  /**
   * Bits moved up by b mod 32.
   *
   * @formula y = a·2ᵇ
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes i32, u32
   * @torch torch.bitwise_left_shift
   */
  shiftLeft: '<<',
  /**
   * Bits moved down by b mod 32; i32 keeps its sign.
   *
   * @formula y = ⌊a/2ᵇ⌋
   * @shapes a [..], b [..] → [..], broadcast
   * @dtypes i32, u32
   * @torch torch.bitwise_right_shift
   */
  shiftRight: '>>',
} as const;

/** Brings two operands to one shape and checks that their element types agree. */
function pair(name: string, left: TensorLike, right: TensorLike): [Tensor, Tensor] {
  const [a, b] = operands(left, right);
  if (a.dtype !== b.dtype) throw new DTypeError(`${name}: expected two of one type, got ${a.dtype} and ${b.dtype}; cast() one of them`);
  const shape = broadcastShapes(name, a.shape, b.shape);
  return [broadcastTo(a, shape), broadcastTo(b, shape)];
}

type Binary = (a: TensorLike, b: TensorLike) => Tensor;

/** The rewriting of a node with constants among its operands. */
const withConstants =
  ({ of, left, right }: NonNullable<BinaryRow['constants']>): NonNullable<ElementwiseOp['simpler']> =>
  ({ inputs: [a, b], shape, dtype }) => {
    const [knownA, knownB] = [constantOf(a), constantOf(b)];
    if (knownA !== undefined && knownB !== undefined && dtype === 'f32') return full(shape, Math.fround(of(knownA, knownB)));
    if (knownB !== undefined && knownB === right) return a;
    return knownA !== undefined && knownA === left ? b : undefined;
  };

function arithmetic(name: string, { wgsl, integer, cost, helpers, form, exact, constants, derivative }: BinaryRow): Binary {
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost,
    ...(helpers && { helpers }),
    ...(form && { form }),
    ...(constants && { simpler: withConstants(constants) }),
    expression: ([a, b], node) => {
      if (!isFloat(node.dtype)) return substitute(integer ? integer(node.dtype) : wgsl, { a, b });
      const [x, y] = node.inputs;
      return exact?.(operand(x, a), operand(y, b)) ?? substitute(wgsl, { a, b: cancels(node) ? `bits_f32(bitcast<u32>(${b}))` : b });
    },
    derivative: (dy, node, wanted) => derivative(dy, node.inputs[0], node.inputs[1], node, wanted),
  };
  return (left, right) => {
    for (const operand of [left, right]) {
      if (typeof operand !== 'number' && (operand.dtype === 'bool' || (!integer && !isFloat(operand.dtype)))) {
        throw new DTypeError(`${name}: expected ${integer ? 'numbers' : 'f32 or f16'}, got ${operand.dtype}`);
      }
    }
    const [a, b] = pair(name, left, right);
    return makeNode(op, [a, b], {}, a.shape, a.dtype);
  };
}

function comparison(name: string, symbol: string): Binary {
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost: 1,
    // Not `!=`: that compiles to an ordered comparison, false where a value is NaN.
    expression: ([a, b]) => (symbol === '!=' ? `!(${a} == ${b})` : `${a} ${symbol} ${b}`),
  };
  return (left, right) => {
    const other = typeof left !== 'number' && typeof right === 'number' ? wholeBeside(symbol, left.dtype, right) : right;
    if (typeof other === 'boolean') return full((left as Tensor).shape, Number(other), 'bool');
    const [a, b] = pair(name, left, other);
    if (a.dtype === 'bool' && /[<>]/.test(symbol)) throw new DTypeError(`${name}: expected numbers, got bool`);
    return makeNode(op, [a, b], {}, a.shape, 'bool');
  };
}

/** What a tensor of whole numbers is compared with in place of `value`, so that the answer is exact; or that answer, where it is one for all. */
function wholeBeside(symbol: string, dtype: DType, value: number): number | boolean {
  const limits = limitsOf(dtype);
  if (!limits) return value;
  const whole = symbol === '<' || symbol === '>=' ? Math.ceil(value) : Math.floor(value);
  const equals = symbol === '==' || symbol === '!=';
  if (Number.isNaN(value) || (equals && whole !== value)) return symbol === '!=';
  if (whole < limits[0]) return symbol === '!=' || symbol.startsWith('>');
  if (whole > limits[1]) return symbol === '!=' || symbol.startsWith('<');
  return whole;
}

function logical(name: string, symbol: string): Binary {
  const op: ElementwiseOp = { name, kind: 'elementwise', cost: 1, expression: ([a, b]) => `${a} ${symbol} ${b}` };
  return (left, right) => {
    const [a, b] = pair(name, left, right);
    if (a.dtype !== 'bool') throw new DTypeError(`${name}: expected bool, got ${a.dtype}`);
    return makeNode(op, [a, b], {}, a.shape, 'bool');
  };
}

function bitwise(name: string, symbol: string): Binary {
  const shifts = symbol === '<<' || symbol === '>>';
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost: 1,
    expression: ([a, b]) => (shifts ? `${a} ${symbol} (u32(${b}) & 31u)` : `${a} ${symbol} ${b}`),
  };
  return (left, right) => {
    // There are no bits of another type to turn to.
    const other = typeof left !== 'number' && typeof right === 'number' ? scalar(right, left.dtype) : right;
    const [a, b] = pair(name, left, other);
    if (a.dtype !== 'u32' && a.dtype !== 'i32') throw new DTypeError(`${name}: expected u32 or i32, got ${a.dtype}`);
    return makeNode(op, [a, b], {}, a.shape, a.dtype);
  };
}

const arithmeticOps = each(ARITHMETIC, arithmetic);

/** Whole exponents that become multiplications in the graph: cheaper than a power, and with derivatives that are as cheap. */
const LARGEST_PRODUCT = 16;

function pow(a: TensorLike, b: TensorLike): Tensor {
  if (typeof b === 'number' && typeof a !== 'number' && isFloat(a.dtype)) {
    if (b === 0.5) return a.sqrt();
    if (b === -1) return a.reciprocal();
    if (b === 0) return full(a.shape, 1, a.dtype);
    // Of negative ones the slope at 0 would be 0·∞.
    if (Number.isInteger(b) && b > 0 && b <= LARGEST_PRODUCT) return repeatedProduct(a, b);
  }
  return arithmeticOps.pow(a, b);
}

function repeatedProduct(x: Tensor, times: number): Tensor {
  if (times === 1) return unchanged(x);
  const half = repeatedProduct(x, Math.floor(times / 2)).square();
  return times % 2 === 0 ? half : half.mul(x);
}

export type BinaryName = ArithmeticName | keyof typeof COMPARISONS | keyof typeof LOGICAL | keyof typeof BITWISE;

export const binaryOps: Readonly<Record<BinaryName, Binary>> = {
  ...arithmeticOps,
  pow,
  ...each(COMPARISONS, comparison),
  ...each(LOGICAL, logical),
  ...each(BITWISE, bitwise),
};
