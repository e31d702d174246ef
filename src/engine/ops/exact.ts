// Arithmetic that compilers would shorten. WGSL lets them assume that nothing is infinite or NaN: lavapipe takes x·0 and x − x for 0 and has any
// number for x/0; SwiftShader takes 0/x and x/∞ for 0. Computed by bits, none of them sees what it is.
import type { Tensor } from '../graph/tensor.ts';
import { constantOf } from './create.ts';
import { NAN_BITS } from './math.ts';
import { isKind, keepsOrder } from './op.ts';

/** An operand's name in WGSL, the node that its values come from, and its value where that is a constant. */
export interface Operand {
  readonly name: string;
  readonly node: Tensor;
  readonly known?: number;
}

export function operand(node: Tensor, name: string): Operand {
  const known = constantOf(node);
  return { name, node: inOrder(node), ...(known !== undefined && { known: Math.fround(known) }) };
}

/** WGSL for operands with which the plain form would be shortened, undefined for all others. */
export type Exact = (a: Operand, b: Operand) => string | undefined;

export const exactSum: Exact = (a, b) => (isNegated(b.node, a.node) || isNegated(a.node, b.node) ? zeroOrNan(a, '0u') : undefined);

export const exactDifference: Exact = (a, b) => (a.node === b.node ? zeroOrNan(a, '0u') : undefined);

export function exactProduct(a: Operand, b: Operand): string | undefined {
  if (a.known === 0) return zeroOrNan(b, signOf(b, a.known));
  return b.known === 0 ? zeroOrNan(a, signOf(a, b.known)) : undefined;
}

export function exactQuotient(a: Operand, b: Operand): string | undefined {
  const byInfinity = b.known !== undefined && Math.abs(b.known) === Number.POSITIVE_INFINITY;
  return byInfinity ? zeroOrNan(a, signOf(a, b.known)) : quotientWithZero(a, b);
}

/** Of 0, or by 0: rounding down changes neither. */
export function quotientWithZero(a: Operand, b: Operand): string | undefined {
  if (a.known === 0) return nanIf(isZeroOrNan(b), signOf(b, a.known));
  return b.known === 0 ? nanIf(isZeroOrNan(a), `${signOf(a, b.known)} | 0x7f800000u`) : undefined;
}

/** Whether a node is (x·y)/x or (x/y)·y: compilers may take either for one of the two, and so lose the NaN of 0/0. */
export function cancels(node: Tensor): boolean {
  const [a, b] = node.inputs.map(inOrder);
  const dividedBy = (x: Tensor, y: Tensor) => formOf(x) === 'quotient' && inOrder(x.inputs[1]) === y;
  if (formOf(node) === 'product') return dividedBy(a, b) || dividedBy(b, a);
  return formOf(node) === 'quotient' && formOf(a) === 'product' && a.inputs.some((x) => inOrder(x) === b);
}

const inOrder = (x: Tensor): Tensor => (keepsOrder(x) ? inOrder(x.inputs[0]) : x);
const formOf = (x: Tensor) => (isKind(x, 'elementwise') ? x.op.form : undefined);
const isNegated = (y: Tensor, x: Tensor) => formOf(y) === 'opposite' && inOrder(y.inputs[0]) === x;

const nanIf = (condition: string, bits: string) => `bits_f32(select(${bits}, ${NAN_BITS}, ${condition}))`;
/** The sign bit of a product or quotient of `x` and the other one. */
const signOf = ({ name }: Operand, other: number) => `(${other < 0 || Object.is(other, -0) ? '~' : ''}bitcast<u32>(${name}) & 0x80000000u)`;
/** A zero of these bits; NaN where x is infinite or NaN. */
const zeroOrNan = ({ name }: Operand, zero: string) => nanIf(`(bitcast<u32>(${name}) & 0x7f800000u) == 0x7f800000u`, zero);
const isZeroOrNan = ({ name }: Operand) => `(bitcast<u32>(${name}) << 1u) - 1u >= 0xff000000u`;
