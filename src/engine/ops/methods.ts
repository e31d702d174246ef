// Attaches the ops to Tensor as methods, so that formulas read from left to right: `x.matmul(w).add(b).relu()`.
import type { DType } from '../graph/dtype.ts';
import type { Shape } from '../graph/shape.ts';
import { Tensor } from '../graph/tensor.ts';
import * as activation from './activation.ts';
import { tril, triu } from './arrange.ts';
import { type BinaryName, binaryOps } from './binary.ts';
import type { TensorLike } from './create.ts';
import * as elementwise from './elementwise.ts';
import { maskedFill } from './indexing.ts';
import { matmul } from './matmul.ts';
import type { PadMode, Range } from './movement.ts';
import * as movement from './movement.ts';
import type { ReduceOptions, VarianceOptions } from './reduce.ts';
import * as reduce from './reduce.ts';
import * as scan from './scan.ts';
import * as softmax from './softmax.ts';
import { type TestName, testOps, type UnaryName, unaryOps } from './unary.ts';

type UnaryMethods = { readonly [K in UnaryName | TestName]: () => Tensor };
type BinaryMethods = { readonly [K in BinaryName]: (other: TensorLike) => Tensor };
type Axes = number | readonly number[];

const functions = {
  logicalNot: elementwise.logicalNot,
  bitNot: elementwise.bitNot,
  stopGradient: elementwise.stopGradient,
  celu: activation.celu,
  clamp: activation.clamp,
  elu: activation.elu,
  gelu: activation.gelu,
  glu: activation.glu,
  hardShrink: activation.hardShrink,
  hardSigmoid: activation.hardSigmoid,
  hardSwish: activation.hardSwish,
  hardTanh: activation.hardTanh,
  leakyRelu: activation.leakyRelu,
  lerp: activation.lerp,
  logit: activation.logit,
  maxout: activation.maxout,
  mish: activation.mish,
  nanToNum: activation.nanToNum,
  prelu: activation.prelu,
  relu6: activation.relu6,
  selu: activation.selu,
  silu: activation.silu,
  softShrink: activation.softShrink,
  softsign: activation.softsign,
  tanhShrink: activation.tanhShrink,
  threshold: activation.threshold,
  xlogy: activation.xlogy,
  bitcast: elementwise.bitcast,
  reshape: movement.reshape,
  permute: movement.permute,
  transpose: movement.transpose,
  expand: movement.expand,
  broadcastTo: movement.broadcastTo,
  squeeze: movement.squeeze,
  unsqueeze: movement.unsqueeze,
  slice: movement.slice,
  pad: movement.pad,
  flip: movement.flip,
  tril,
  triu,
  maskedFill,
  sum: reduce.sum,
  mean: reduce.mean,
  max: reduce.max,
  min: reduce.min,
  variance: reduce.variance,
  logSumExp: reduce.logSumExp,
  argMax: reduce.argMax,
  argMin: reduce.argMin,
  all: reduce.all,
  any: reduce.any,
  countNonzero: reduce.countNonzero,
  norm: reduce.norm,
  prod: reduce.prod,
  std: reduce.std,
  cumMax: scan.cumMax,
  cumMin: scan.cumMin,
  cumProd: scan.cumProd,
  cumSum: scan.cumSum,
  logCumSumExp: scan.logCumSumExp,
  matmul,
  softmax: softmax.softmax,
  logSoftmax: softmax.logSoftmax,
} as const;

declare module '../graph/tensor.ts' {
  // Documented where each is implemented.
  interface Tensor extends UnaryMethods, BinaryMethods {
    cast(dtype: DType): Tensor;
    bitcast(dtype: 'f32' | 'i32' | 'u32'): Tensor;
    /** `this` where the condition holds, `other` elsewhere. */
    where(condition: Tensor, other: TensorLike): Tensor;
    logicalNot(): Tensor;
    bitNot(): Tensor;
    stopGradient(): Tensor;
    celu(alpha?: number): Tensor;
    clamp(low?: TensorLike, high?: TensorLike): Tensor;
    elu(alpha?: number): Tensor;
    gelu(approximate?: 'none' | 'tanh'): Tensor;
    glu(axis?: number): Tensor;
    hardShrink(lambda?: number): Tensor;
    hardSigmoid(): Tensor;
    hardSwish(): Tensor;
    hardTanh(low?: number, high?: number): Tensor;
    leakyRelu(slope?: number): Tensor;
    lerp(other: TensorLike, weight: TensorLike): Tensor;
    logit(): Tensor;
    maxout(pieces: number, axis?: number): Tensor;
    mish(): Tensor;
    nanToNum(value?: number): Tensor;
    prelu(weight: Tensor): Tensor;
    relu6(): Tensor;
    selu(): Tensor;
    silu(): Tensor;
    softShrink(lambda?: number): Tensor;
    softsign(): Tensor;
    tanhShrink(): Tensor;
    threshold(limit: number, value: number): Tensor;
    xlogy(other: Tensor): Tensor;
    reshape(shape: Shape): Tensor;
    permute(axes: readonly number[]): Tensor;
    transpose(a?: number, b?: number): Tensor;
    expand(shape: Shape): Tensor;
    broadcastTo(shape: Shape): Tensor;
    squeeze(axis?: Axes): Tensor;
    unsqueeze(axis: number): Tensor;
    slice(ranges: readonly Range[]): Tensor;
    pad(widths: readonly (readonly [number, number])[], value?: number | PadMode): Tensor;
    flip(axes: Axes): Tensor;
    tril(diagonal?: number): Tensor;
    triu(diagonal?: number): Tensor;
    maskedFill(mask: Tensor, value: number): Tensor;
    sum(axes?: Axes, options?: ReduceOptions): Tensor;
    mean(axes?: Axes, options?: ReduceOptions): Tensor;
    max(axes?: Axes, options?: ReduceOptions): Tensor;
    min(axes?: Axes, options?: ReduceOptions): Tensor;
    variance(axes?: Axes, options?: VarianceOptions): Tensor;
    logSumExp(axes?: Axes, options?: ReduceOptions): Tensor;
    argMax(axis?: number, options?: ReduceOptions): Tensor;
    argMin(axis?: number, options?: ReduceOptions): Tensor;
    all(axes?: Axes, options?: ReduceOptions): Tensor;
    any(axes?: Axes, options?: ReduceOptions): Tensor;
    countNonzero(axes?: Axes, options?: ReduceOptions): Tensor;
    norm(p?: number, axes?: Axes, options?: ReduceOptions): Tensor;
    prod(axes?: Axes, options?: ReduceOptions): Tensor;
    std(axes?: Axes, options?: VarianceOptions): Tensor;
    cumMax(axis?: number): Tensor;
    cumMin(axis?: number): Tensor;
    cumProd(axis?: number): Tensor;
    cumSum(axis?: number): Tensor;
    logCumSumExp(axis?: number): Tensor;
    matmul(other: Tensor): Tensor;
    softmax(axis?: number): Tensor;
    logSoftmax(axis?: number): Tensor;
  }
}

const methods = { ...unaryOps, ...testOps, ...binaryOps, ...functions, cast: elementwise.cast };

/** For the test that every op is tested. */
export const methodNames: readonly string[] = Object.keys(methods);

const prototype = Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, op] of Object.entries(methods)) {
  prototype[name] = function method(this: Tensor, ...rest: unknown[]) {
    return (op as (...all: unknown[]) => Tensor)(this, ...rest);
  };
}
prototype.where = function method(this: Tensor, condition: Tensor, other: TensorLike) {
  return elementwise.where(condition, this, other);
};
