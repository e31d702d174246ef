// Functions of one value, element by element: WGSL beside its derivative.
import type { Tensor } from '../graph/tensor.ts';
import { expectFloat } from './check.ts';
import { zeros } from './create.ts';
import { each, type UnaryRow, unary, where } from './elementwise.ts';
import * as math from './math.ts';
import { type ElementwiseOp, makeNode } from './op.ts';

const flat = (_dy: Tensor, x: Tensor): Tensor => zeros(x.shape, x.dtype);

/** 1 − x², whose factors don't cancel near ±1. */
const oneMinusSquare = (x: Tensor): Tensor => x.neg().add(1).mul(x.add(1));

/** What drivers give below 0 is their own affair: lavapipe takes √x·√x for |x|. */
const nanBelow0 = (y: string): string => `select(${y}, ${math.NAN}, x < 0.0)`;

export type UnaryName =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'reciprocal'
  | 'sqrt'
  | 'rsqrt'
  | 'exp'
  | 'exp2'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'log10'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'frac'
  | 'sigmoid'
  | 'logSigmoid'
  | 'softplus'
  | 'relu'
  | 'signSte'
  | 'roundSte';

const UNARY: Readonly<Record<UnaryName, UnaryRow>> = {
  /**
   * The value with the other sign.
   *
   * @formula y = −x
   * @shapes x [..] → [..]
   * @dtypes f32, f16, i32
   * @torch torch.neg
   */
  neg: { wgsl: '-x', cost: 1, integers: ['i32'], form: 'opposite', constant: (x) => -x, derivative: (dy) => dy.neg() },
  /**
   * The size of the value. Its derivative is sign(x), 0 at 0.
   *
   * @formula y = |x|
   * @shapes x [..] → [..]
   * @dtypes f32, f16, i32
   * @torch torch.abs
   */
  abs: { wgsl: 'abs(x)', cost: 1, integers: ['i32'], derivative: (dy, x) => dy.mul(x.sign()) },
  /**
   * −1, 0 or 1; 0 for NaN, as PyTorch gives. Its derivative is 0 everywhere.
   *
   * @formula y = sign(x)
   * @shapes x [..] → [..]
   * @dtypes f32, f16, i32
   * @torch torch.sign
   */
  sign: { wgsl: 'select(select(0.0, -1.0, x < 0.0), 1.0, x > 0.0)', cost: 1, integer: 'sign(x)', integers: ['i32'], derivative: flat },
  /**
   * The value times itself.
   *
   * @formula y = x²
   * @shapes x [..] → [..]
   * @dtypes f32, f16, i32, u32
   * @torch torch.square
   */
  square: { wgsl: 'x * x', cost: 1, integers: ['i32', 'u32'], form: 'product', derivative: (dy, x) => dy.mul(x).mul(2) },
  /**
   * One over the value.
   *
   * @formula y = 1/x
   * @shapes x [..] → [..]
   * @torch torch.reciprocal
   */
  reciprocal: { wgsl: '1.0 / x', cost: 4, derivative: (dy, _x, y) => dy.mul(y.square()).neg() },
  /**
   * Square root; NaN below 0.
   *
   * @formula y = √x
   * @shapes x [..] → [..]
   * @torch torch.sqrt
   */
  sqrt: { wgsl: nanBelow0('sqrt(x)'), cost: 4, derivative: (dy, _x, y) => dy.mul(0.5).div(y) },
  /**
   * One over the square root; ∞ at 0, NaN below.
   *
   * @formula y = 1/√x
   * @shapes x [..] → [..]
   * @torch torch.rsqrt
   */
  rsqrt: { wgsl: nanBelow0('inverseSqrt(x)'), cost: 4, derivative: (dy, _x, y) => dy.mul(y.mul(y.square())).mul(-0.5) },
  /**
   * Exponential function.
   *
   * @formula y = eˣ
   * @shapes x [..] → [..]
   * @torch torch.exp
   */
  exp: { wgsl: 'exp_f32(x)', cost: 10, helpers: math.EXP, derivative: (dy, _x, y) => dy.mul(y) },
  /**
   * Power of two; exact for whole numbers.
   *
   * @formula y = 2ˣ
   * @shapes x [..] → [..]
   * @torch torch.exp2
   */
  exp2: { wgsl: 'exp2_f32(x)', cost: 10, helpers: math.EXP2, derivative: (dy, _x, y) => dy.mul(y).mul(Math.LN2) },
  /**
   * eˣ − 1 without cancellation near 0.
   *
   * @formula y = eˣ − 1
   * @shapes x [..] → [..]
   * @torch torch.expm1
   */
  expm1: { wgsl: 'expm1_f32(x)', cost: 12, helpers: math.EXPM1, derivative: (dy, _x, y) => dy.mul(y.add(1)) },
  /**
   * Natural logarithm; −∞ at 0, NaN below.
   *
   * @formula y = ln x
   * @shapes x [..] → [..]
   * @torch torch.log
   */
  log: { wgsl: 'log_f32(x)', cost: 10, helpers: math.LOG, derivative: (dy, x) => dy.div(x) },
  /**
   * ln(1 + x) without cancellation near 0.
   *
   * @formula y = ln(1 + x)
   * @shapes x [..] → [..]
   * @torch torch.log1p
   */
  log1p: { wgsl: 'log1p_f32(x)', cost: 14, helpers: math.LOG1P, derivative: (dy, x) => dy.div(x.add(1)) },
  /**
   * Logarithm to base 2; exact for powers of two.
   *
   * @formula y = log₂ x
   * @shapes x [..] → [..]
   * @torch torch.log2
   */
  log2: { wgsl: 'log2_f32(x)', cost: 10, helpers: math.LOG2, derivative: (dy, x) => dy.div(x).mul(Math.LOG2E) },
  /**
   * Logarithm to base 10.
   *
   * @formula y = log₁₀ x
   * @shapes x [..] → [..]
   * @torch torch.log10
   */
  log10: { wgsl: 'log10_f32(x)', cost: 10, helpers: math.LOG10, derivative: (dy, x) => dy.div(x).mul(Math.LOG10E) },
  /**
   * Sine. Within 10⁻⁷ up to |x| = 10⁴; beyond 10⁵ digits are lost.
   *
   * @formula y = sin x
   * @shapes x [..] → [..]
   * @torch torch.sin
   */
  sin: { wgsl: 'sin_f32(x)', cost: 14, helpers: math.SIN, derivative: (dy, x) => dy.mul(x.cos()) },
  /**
   * Cosine. Within 10⁻⁷ up to |x| = 10⁴; beyond 10⁵ digits are lost.
   *
   * @formula y = cos x
   * @shapes x [..] → [..]
   * @torch torch.cos
   */
  cos: { wgsl: 'cos_f32(x)', cost: 14, helpers: math.COS, derivative: (dy, x) => dy.mul(x.sin()).neg() },
  /**
   * Tangent. Exact to 10⁻⁶ up to |x| = 10⁴ away from its poles; beyond 10⁵ digits are lost.
   *
   * @formula y = tan x
   * @shapes x [..] → [..]
   * @torch torch.tan
   */
  tan: { wgsl: 'tan_f32(x)', cost: 18, helpers: math.TAN, derivative: (dy, _x, y) => dy.mul(y.square().add(1)) },
  /**
   * Inverse sine; NaN outside [−1, 1].
   *
   * @formula y = arcsin x
   * @shapes x [..] → [..]
   * @torch torch.asin
   */
  asin: { wgsl: 'asin_f32(x)', cost: 12, helpers: math.ASIN, derivative: (dy, x) => dy.mul(oneMinusSquare(x).rsqrt()) },
  /**
   * Inverse cosine; NaN outside [−1, 1].
   *
   * @formula y = arccos x
   * @shapes x [..] → [..]
   * @torch torch.acos
   */
  acos: { wgsl: 'acos_f32(x)', cost: 12, helpers: math.ACOS, derivative: (dy, x) => dy.mul(oneMinusSquare(x).rsqrt()).neg() },
  /**
   * Inverse tangent.
   *
   * @formula y = arctan x
   * @shapes x [..] → [..]
   * @torch torch.atan
   */
  atan: { wgsl: 'atan_f32(x)', cost: 14, helpers: math.ATAN, derivative: (dy, x) => dy.div(x.square().add(1)) },
  /**
   * Hyperbolic sine.
   *
   * @formula y = (eˣ − e⁻ˣ)/2
   * @shapes x [..] → [..]
   * @torch torch.sinh
   */
  sinh: { wgsl: 'sinh_f32(x)', cost: 24, helpers: math.SINH, derivative: (dy, x) => dy.mul(x.cosh()) },
  /**
   * Hyperbolic cosine.
   *
   * @formula y = (eˣ + e⁻ˣ)/2
   * @shapes x [..] → [..]
   * @torch torch.cosh
   */
  cosh: { wgsl: 'cosh_f32(x)', cost: 24, helpers: math.COSH, derivative: (dy, x) => dy.mul(x.sinh()) },
  /**
   * Hyperbolic tangent.
   *
   * @formula y = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
   * @shapes x [..] → [..]
   * @torch torch.tanh
   */
  tanh: { wgsl: 'tanh_f32(x)', cost: 14, helpers: math.TANH, derivative: (dy, _x, y) => dy.mul(oneMinusSquare(y)) },
  /**
   * Inverse hyperbolic sine.
   *
   * @formula y = ln(x + √(x² + 1))
   * @shapes x [..] → [..]
   * @torch torch.asinh
   */
  asinh: { wgsl: 'asinh_f32(x)', cost: 28, helpers: math.ASINH, derivative: (dy, x) => dy.mul(x.square().add(1).rsqrt()) },
  /**
   * Inverse hyperbolic cosine; NaN below 1.
   *
   * @formula y = ln(x + √(x² − 1))
   * @shapes x [..] → [..]
   * @torch torch.acosh
   */
  acosh: { wgsl: 'acosh_f32(x)', cost: 28, helpers: math.ACOSH, derivative: (dy, x) => dy.mul(x.sub(1).mul(x.add(1)).rsqrt()) },
  /**
   * Inverse hyperbolic tangent; ±∞ at ±1, NaN outside.
   *
   * @formula y = ½·ln((1 + x)/(1 − x))
   * @shapes x [..] → [..]
   * @torch torch.atanh
   */
  atanh: { wgsl: 'atanh_f32(x)', cost: 18, helpers: math.ATANH, derivative: (dy, x) => dy.div(oneMinusSquare(x)) },
  /**
   * Error function.
   *
   * @formula y = 2/√π·∫₀ˣ e^(−t²) dt
   * @shapes x [..] → [..]
   * @torch torch.erf
   */
  erf: {
    wgsl: 'erf_f32(x)',
    cost: 24,
    helpers: math.ERF,
    derivative: (dy, x) => dy.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)),
  },
  /**
   * 1 − erf(x) without cancellation.
   *
   * @formula y = 2/√π·∫ₓ^∞ e^(−t²) dt
   * @shapes x [..] → [..]
   * @torch torch.erfc
   */
  erfc: {
    wgsl: 'erfc_f32(x)',
    cost: 24,
    helpers: math.ERFC,
    derivative: (dy, x) => dy.mul(x.square().neg().exp()).mul(-2 / Math.sqrt(Math.PI)),
  },
  /**
   * Largest whole number not above. Its derivative is 0.
   *
   * @formula y = ⌊x⌋
   * @shapes x [..] → [..]
   * @torch torch.floor
   */
  floor: { wgsl: 'floor(x)', cost: 1, derivative: flat },
  /**
   * Smallest whole number not below. Its derivative is 0.
   *
   * @formula y = ⌈x⌉
   * @shapes x [..] → [..]
   * @torch torch.ceil
   */
  ceil: { wgsl: 'ceil(x)', cost: 1, derivative: flat },
  /**
   * Nearest whole number, halves to the even one. Its derivative is 0; {@link roundSte} has another.
   *
   * @formula y = round(x)
   * @shapes x [..] → [..]
   * @torch torch.round
   */
  round: { wgsl: 'round(x)', cost: 1, derivative: flat },
  /**
   * The whole number toward 0. Its derivative is 0.
   *
   * @formula y = trunc(x)
   * @shapes x [..] → [..]
   * @torch torch.trunc
   */
  trunc: { wgsl: 'trunc(x)', cost: 1, derivative: flat },
  /**
   * What trunc takes away, with the sign of x.
   *
   * @formula y = x − trunc(x)
   * @shapes x [..] → [..]
   * @torch torch.frac
   */
  frac: { wgsl: 'x - trunc(x)', cost: 1, derivative: (dy) => dy },
  /**
   * Logistic function.
   *
   * @formula y = 1/(1 + e⁻ˣ)
   * @shapes x [..] → [..]
   * @torch torch.sigmoid
   */
  sigmoid: { wgsl: '1.0 / (1.0 + exp_f32(-x))', cost: 14, helpers: math.EXP, derivative: (dy, _x, y) => dy.mul(y).mul(y.neg().add(1)) },
  /**
   * Logarithm of the logistic function, without underflow.
   *
   * @formula y = −ln(1 + e⁻ˣ)
   * @shapes x [..] → [..]
   * @torch torch.nn.functional.logsigmoid
   */
  logSigmoid: {
    wgsl: 'min(x, 0.0) - log1p_f32(exp_f32(-abs(x)))',
    cost: 26,
    helpers: [...math.EXP, ...math.LOG1P],
    derivative: (dy, x) => dy.mul(x.neg().sigmoid()),
  },
  /**
   * Smooth relu, without overflow.
   *
   * @formula y = ln(1 + eˣ)
   * @shapes x [..] → [..]
   * @torch torch.nn.functional.softplus
   */
  softplus: {
    wgsl: 'max(x, 0.0) + log1p_f32(exp_f32(-abs(x)))',
    cost: 26,
    helpers: [...math.EXP, ...math.LOG1P],
    derivative: (dy, x) => dy.mul(x.sigmoid()),
  },
  /**
   * x where it is above 0, else 0; NaN stays NaN. Its derivative at 0 is 0.
   *
   * @formula y = max(x, 0)
   * @shapes x [..] → [..]
   * @torch torch.relu
   */
  relu: { wgsl: 'select(x, 0.0, x < 0.0)', cost: 1, derivative: (dy, _x, y) => where(y.gt(0), dy, 0) },
  /**
   * 1 where x ≥ 0, else −1, with the derivative of the identity clipped to [−1, 1]: the straight-through estimator (Bengio et al.,
   * arXiv 1308.3432; Courbariaux et al., arXiv 1602.02830).
   *
   * @formula y = x ≥ 0 ? 1 : −1
   * @shapes x [..] → [..]
   * @torch –
   */
  signSte: { wgsl: 'select(-1.0, 1.0, x >= 0.0)', cost: 1, derivative: (dy, x) => where(x.abs().le(1), dy, 0) },
  /**
   * Rounds half to even with the derivative of the identity: the straight-through estimator (Bengio et al., arXiv 1308.3432).
   *
   * @formula y = round(x)
   * @shapes x [..] → [..]
   * @torch –
   */
  roundSte: { wgsl: 'round(x)', cost: 1, derivative: (dy) => dy },
};

export const unaryOps: Readonly<Record<UnaryName, (x: Tensor) => Tensor>> = each(UNARY, unary);

const TESTS = {
  /**
   * Whether a value is NaN.
   *
   * @formula y = (x is NaN)
   * @shapes x [..] → [..] bool
   * @torch torch.isnan
   */
  isNaN: math.isNan,
  /**
   * Whether a value is ∞ or −∞.
   *
   * @formula y = (|x| = ∞)
   * @shapes x [..] → [..] bool
   * @torch torch.isinf
   */
  isInf: (x: string) => `(bitcast<u32>(${x}) & 0x7fffffffu) == 0x7f800000u`,
  /**
   * Whether a value is neither infinite nor NaN.
   *
   * @formula y = (|x| < ∞)
   * @shapes x [..] → [..] bool
   * @torch torch.isfinite
   */
  isFinite: (x: string) => `(bitcast<u32>(${x}) & 0x7f800000u) != 0x7f800000u`,
} as const;

function test(name: string, wgsl: (x: string) => string): (x: Tensor) => Tensor {
  const op: ElementwiseOp = { name, kind: 'elementwise', cost: 1, expression: ([x]) => wgsl(x) };
  return (x) => {
    expectFloat(name, x);
    return makeNode(op, [x], {}, x.shape, 'bool');
  };
}

export type TestName = keyof typeof TESTS;

export const testOps: Readonly<Record<TestName, (x: Tensor) => Tensor>> = each(TESTS, test);
