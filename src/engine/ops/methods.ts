// Attaches the ops to Tensor as methods, so that formulas read from left to right: `x.matmul(w).add(b).relu()`.
import {
  aBoolean,
  aDtype,
  aNumber,
  aTensor,
  checked,
  either,
  kind,
  listOf,
  oneOf,
  optional,
  someAxes,
  tensorLike,
} from '../graph/arguments.ts';
import type { DType } from '../graph/dtype.ts';
import type { Shape } from '../graph/shape.ts';
import { Tensor } from '../graph/tensor.ts';
import * as activation from './activation.ts';
import { type BinaryName, binaryOps } from './binary.ts';
import type { TensorLike } from './create.ts';
import * as elementwise from './elementwise.ts';

import { glu, lerp, logSoftmax, maskedFill, matmul, maxout, prelu, softmax, tril, triu } from './index.ts';
import type { PadMode, Range } from './movement.ts';
import * as movement from './movement.ts';
import type { ReduceOptions, VarianceOptions } from './reduce.ts';
import * as reduce from './reduce.ts';
import * as scan from './scan.ts';
import { type TestName, testOps, type UnaryName, unaryOps } from './unary.ts';

type UnaryMethods = { readonly [K in UnaryName | TestName]: () => Tensor };
type BinaryMethods = { readonly [K in BinaryName]: (other: TensorLike) => Tensor };
type Axes = number | readonly number[];

const alone = { x: aTensor };
const maybeNumber = optional(aNumber);
const numbers = listOf(aNumber);
const axes = optional(someAxes);
const dims = { keepDims: aBoolean };
const reducing = { x: aTensor, axes, options: dims };
const spreading = { x: aTensor, axes, options: { ...dims, correction: aNumber } };
const indexing = { x: aTensor, axis: maybeNumber, options: dims };
const scanning = { x: aTensor, axis: maybeNumber };
const toShape = { x: aTensor, shape: numbers };
/** Of a place or a step: past the end is fine. */
const place = kind('a whole number', (value) => Number.isInteger(value) || Math.abs(value as number) === Number.POSITIVE_INFINITY);
const aRange = kind(
  '[start, end], [start, end, step] or null, in whole numbers',
  (value) => value === null || (Array.isArray(value) && (value.length === 2 || value.length === 3) && value.every(place.holds)),
);

const methods = {
  ...elementwise.each(unaryOps, (name, op) => checked(name, op as (x: Tensor) => Tensor, alone)),
  ...elementwise.each(testOps, (name, op) => checked(name, op as (x: Tensor) => Tensor, alone)),
  ...elementwise.each(binaryOps, (name, op) => checked(name, op as (a: Tensor, b: TensorLike) => Tensor, { a: aTensor, b: tensorLike })),
  logicalNot: checked('logicalNot', elementwise.logicalNot, alone),
  bitNot: checked('bitNot', elementwise.bitNot, alone),
  stopGradient: checked('stopGradient', elementwise.stopGradient, alone),
  cast: checked('cast', elementwise.cast, { x: aTensor, dtype: aDtype }),
  bitcast: checked('bitcast', elementwise.bitcast, { x: aTensor, dtype: oneOf('f32', 'i32', 'u32') }),
  celu: checked('celu', activation.celu, { x: aTensor, alpha: maybeNumber }),
  clamp: checked('clamp', activation.clamp, { x: aTensor, low: optional(tensorLike), high: optional(tensorLike) }),
  elu: checked('elu', activation.elu, { x: aTensor, alpha: maybeNumber }),
  gelu: checked('gelu', activation.gelu, { x: aTensor, approximate: optional(oneOf('none', 'tanh')) }),
  hardShrink: checked('hardShrink', activation.hardShrink, { x: aTensor, lambda: maybeNumber }),
  hardSigmoid: checked('hardSigmoid', activation.hardSigmoid, alone),
  hardSwish: checked('hardSwish', activation.hardSwish, alone),
  hardTanh: checked('hardTanh', activation.hardTanh, { x: aTensor, low: maybeNumber, high: maybeNumber }),
  leakyRelu: checked('leakyRelu', activation.leakyRelu, { x: aTensor, slope: maybeNumber }),
  logit: checked('logit', activation.logit, alone),
  mish: checked('mish', activation.mish, alone),
  nanToNum: checked('nanToNum', activation.nanToNum, { x: aTensor, value: maybeNumber }),
  relu6: checked('relu6', activation.relu6, alone),
  selu: checked('selu', activation.selu, alone),
  silu: checked('silu', activation.silu, alone),
  softShrink: checked('softShrink', activation.softShrink, { x: aTensor, lambda: maybeNumber }),
  softsign: checked('softsign', activation.softsign, alone),
  tanhShrink: checked('tanhShrink', activation.tanhShrink, alone),
  threshold: checked('threshold', activation.threshold, { x: aTensor, limit: aNumber, value: aNumber }),
  xlogy: checked('xlogy', activation.xlogy, { x: aTensor, y: aTensor }),
  reshape: checked('reshape', movement.reshape, toShape),
  permute: checked('permute', movement.permute, { x: aTensor, axes: numbers }),
  transpose: checked('transpose', movement.transpose, { x: aTensor, a: maybeNumber, b: maybeNumber }),
  expand: checked('expand', movement.expand, toShape),
  broadcastTo: checked('broadcastTo', movement.broadcastTo, toShape),
  squeeze: checked('squeeze', movement.squeeze, { x: aTensor, axis: axes }),
  unsqueeze: checked('unsqueeze', movement.unsqueeze, { x: aTensor, axis: aNumber }),
  slice: checked('slice', movement.slice, { x: aTensor, ranges: listOf(aRange) }),
  pad: checked('pad', movement.pad, {
    x: aTensor,
    widths: listOf(listOf(aNumber, 2)),
    value: optional(either(aNumber, oneOf('reflect', 'replicate', 'circular'))),
  }),
  flip: checked('flip', movement.flip, { x: aTensor, axes: someAxes }),
  sum: checked('sum', reduce.sum, reducing),
  mean: checked('mean', reduce.mean, reducing),
  max: checked('max', reduce.max, reducing),
  min: checked('min', reduce.min, reducing),
  variance: checked('variance', reduce.variance, spreading),
  logSumExp: checked('logSumExp', reduce.logSumExp, reducing),
  argMax: checked('argMax', reduce.argMax, indexing),
  argMin: checked('argMin', reduce.argMin, indexing),
  all: checked('all', reduce.all, reducing),
  any: checked('any', reduce.any, reducing),
  countNonzero: checked('countNonzero', reduce.countNonzero, reducing),
  norm: checked('norm', reduce.norm, { x: aTensor, p: maybeNumber, axes, options: dims }),
  prod: checked('prod', reduce.prod, reducing),
  std: checked('std', reduce.std, spreading),
  cumMax: checked('cumMax', scan.cumMax, scanning),
  cumMin: checked('cumMin', scan.cumMin, scanning),
  cumProd: checked('cumProd', scan.cumProd, scanning),
  cumSum: checked('cumSum', scan.cumSum, scanning),
  logCumSumExp: checked('logCumSumExp', scan.logCumSumExp, scanning),
  // The same as functions.
  glu,
  lerp,
  maxout,
  prelu,
  tril,
  triu,
  maskedFill,
  matmul,
  softmax,
  logSoftmax,
};

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

/** For the test that every op is tested. */
export const methodNames: readonly string[] = Object.keys(methods);

const prototype = Tensor.prototype as unknown as Record<string, unknown>;
for (const [name, op] of Object.entries(methods)) {
  prototype[name] = function method(this: Tensor, ...rest: unknown[]) {
    return (op as (...all: unknown[]) => Tensor)(this, ...rest);
  };
}
const whereMethod = checked('where', (a: Tensor, condition: Tensor, b: TensorLike) => elementwise.where(condition, a, b), {
  a: aTensor,
  condition: aTensor,
  b: tensorLike,
});
prototype.where = function method(this: Tensor, ...rest: [Tensor, TensorLike]) {
  return whereMethod(this, ...rest);
};
