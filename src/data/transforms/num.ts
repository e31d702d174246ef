// Arithmetic on numbers and on tensors alike: a transform's formula is written once, for one sample on the CPU and for a batch on the GPU.
import type { Tensor } from '../../engine/graph/tensor.ts';

/** A number of one sample, or a tensor [n] with that of each. */
export type Num = number | Tensor;

const isNumber = (a: Num): a is number => typeof a === 'number';

export const add = (a: Num, b: Num): Num => (isNumber(a) ? (isNumber(b) ? a + b : b.add(a)) : a.add(b));
export const mul = (a: Num, b: Num): Num => (isNumber(a) ? (isNumber(b) ? a * b : b.mul(a)) : a.mul(b));
export const sub = (a: Num, b: Num): Num => add(a, mul(b, -1));
export const divide = (a: Num, b: Num): Num => (isNumber(a) && isNumber(b) ? a / b : mul(a, isNumber(b) ? 1 / b : b.reciprocal()));
export const floor = (a: Num): Num => (isNumber(a) ? Math.floor(a) : a.floor());
export const exp = (a: Num): Num => (isNumber(a) ? Math.exp(a) : a.exp());
export const log = (a: Num): Num => (isNumber(a) ? Math.log(a) : a.log());
export const sqrt = (a: Num): Num => (isNumber(a) ? Math.sqrt(a) : a.sqrt());
export const cos = (a: Num): Num => (isNumber(a) ? Math.cos(a) : a.cos());
export const sin = (a: Num): Num => (isNumber(a) ? Math.sin(a) : a.sin());
export const least = (a: Num, most: number): Num => (isNumber(a) ? Math.min(a, most) : a.minimum(most));
/** `yes` where a < b. */
export const below = (a: Num, b: number, yes: Num, no: Num): Num =>
  isNumber(a) ? (a < b ? yes : no) : a.lt(b).cast('f32').mul(sub(yes, no)).add(no);

/** A uniform number in [low, high) from one in [0, 1). */
export const between = (u: Num, low: Num, high: Num): Num => add(low, mul(u, sub(high, low)));
/** A normal number from two uniform ones (Box–Muller). */
export const normal = (u: Num, v: Num): Num => mul(sqrt(mul(log(sub(1, u)), -2)), cos(mul(v, 2 * Math.PI)));
