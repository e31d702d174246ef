// What element-wise ops share, and those that aren't arithmetic. Rows of tables (unary.ts, binary.ts) hold WGSL beside its derivative; chains
// of them become one generated kernel (compiler/codegen.ts).
import { type DType, holdsNumber, isFloat } from '../graph/dtype.ts';
import { DTypeError } from '../graph/errors.ts';
import { broadcastShapes } from '../graph/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { constantOf, full, scalar, type TensorLike } from './create.ts';
import { wgslType } from './literal.ts';
import { broadcastTo, unchanged } from './movement.ts';
import { type ElementwiseOp, makeNode } from './op.ts';

export interface UnaryRow {
  /** WGSL of f(x). */
  readonly wgsl: string;
  /** The whole-number types that have the function too, and its WGSL there if it is another. */
  readonly integers?: readonly DType[];
  readonly integer?: string;
  readonly cost: number;
  readonly helpers?: readonly string[];
  readonly form?: 'product' | 'opposite';
  /** f of a constant, where folding it pays. */
  readonly constant?: (x: number) => number;
  /** dx, given dy, x and y = f(x). */
  readonly derivative: (dy: Tensor, x: Tensor, y: Tensor) => Tensor;
}

/** Puts WGSL expressions in place of the operands `a`, `b` and `x` of a row. */
export const substitute = (wgsl: string, names: Readonly<Record<string, string>>): string =>
  wgsl.replace(/\b[abx]\b/g, (name) => names[name]);

/** A function of every row of a table, under the row's name. */
export const each = <K extends string, V, R>(rows: Readonly<Record<K, V>>, make: (name: string, row: V) => R): Record<K, R> =>
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, make(name, row as V)])) as Record<K, R>;

export function unary(name: string, row: UnaryRow): (x: Tensor) => Tensor {
  const { wgsl, integers = [], integer = wgsl, cost, helpers, form, constant, derivative } = row;
  const op: ElementwiseOp = {
    name,
    kind: 'elementwise',
    cost,
    ...(helpers && { helpers }),
    ...(form && { form }),
    ...(constant && {
      simpler: ({ inputs: [x], shape, dtype }) => {
        const known = constantOf(x);
        return known !== undefined && holdsNumber(dtype, constant(known)) ? full(shape, constant(known), dtype) : undefined;
      },
    }),
    expression: ([x], { dtype }) => substitute(isFloat(dtype) ? wgsl : integer, { x }),
    derivative: (dy, node) => [derivative(dy, node.inputs[0], node)],
  };
  return (x) => {
    if (!isFloat(x.dtype) && !integers.includes(x.dtype)) {
      throw new DTypeError(`${name}: expected ${['f32', 'f16', ...integers].join(' or ')}, got ${x.dtype}`);
    }
    return makeNode(op, [x], {}, x.shape, x.dtype);
  };
}

const notOp: ElementwiseOp = { name: 'logicalNot', kind: 'elementwise', cost: 1, expression: ([x]) => `!${x}` };

/**
 * Whether a value is false.
 *
 * @formula y = ¬x
 * @shapes x [..] → [..]
 * @dtypes bool
 * @torch torch.logical_not
 * @throws DTypeError unless x is bool.
 */
export function logicalNot(x: Tensor): Tensor {
  if (x.dtype !== 'bool') throw new DTypeError(`logicalNot: expected bool, got ${x.dtype}`);
  return makeNode(notOp, [x], {}, x.shape, 'bool');
}

const bitNotOp: ElementwiseOp = { name: 'bitNot', kind: 'elementwise', cost: 1, expression: ([x]) => `~${x}` };

/**
 * Every bit turned over.
 *
 * @formula y = ~x
 * @shapes x [..] → [..]
 * @dtypes i32, u32
 * @torch torch.bitwise_not
 * @throws DTypeError unless x is u32 or i32.
 */
export function bitNot(x: Tensor): Tensor {
  if (x.dtype !== 'u32' && x.dtype !== 'i32') throw new DTypeError(`bitNot: expected u32 or i32, got ${x.dtype}`);
  return makeNode(bitNotOp, [x], {}, x.shape, x.dtype);
}

/**
 * Two operands as tensors. A number takes the element type of the tensor beside it; but where that has whole numbers only and the number is
 * none of them (a fraction, NaN, an infinity, out of range), both become f32, as in PyTorch.
 */
export function operands(a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  if (typeof a === 'number') {
    if (typeof b === 'number') return [scalar(a), scalar(b)];
    const [right, left] = operands(b, a);
    return [left, right];
  }
  if (typeof b !== 'number') return [a, b];
  if (a.dtype === 'bool') return [a, scalar(b)];
  return holdsNumber(a.dtype, b) ? [a, scalar(b, a.dtype)] : [cast(a, 'f32'), scalar(b)];
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

/**
 * `a` where the condition holds, `b` elsewhere. The side that isn't taken gets a gradient of 0. What made it multiplies that by a slope, and 0·∞ is
 * NaN: where(x.gt(0), x.log(), 0) has the gradient NaN at 0, as in PyTorch. A function that has no finite slope there wants another argument:
 * where(x.gt(0), where(x.gt(0), x, 1).log(), 0).
 *
 * @formula y = c ? a : b
 * @shapes c [..] bool, a [..], b [..] → [..], broadcast
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.where
 * @throws DTypeError when the condition isn't bool or a and b differ in type.
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  if (condition.dtype !== 'bool') throw new DTypeError(`where: expected a bool condition, got ${condition.dtype}`);
  const [left, right] = operands(a, b);
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

/**
 * The same values as another element type: floats to whole numbers toward zero, anything but 0 to true.
 *
 * @formula y = x
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.Tensor.to
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? unchanged(x) : makeNode(castOp, [x], {}, x.shape, dtype);
}

const bitcastOp: ElementwiseOp = {
  name: 'bitcast',
  kind: 'elementwise',
  cost: 1,
  expression: ([x], node) => `bitcast<${node.dtype}>(${x})`,
};

/**
 * The same bits read as another element type of 32 bits.
 *
 * @formula bits of y = bits of x
 * @shapes x [..] → [..]
 * @dtypes f32, i32, u32
 * @torch torch.Tensor.view
 * @throws DTypeError for bool and f16.
 */
export function bitcast(x: Tensor, dtype: 'f32' | 'i32' | 'u32'): Tensor {
  if (x.dtype === 'bool' || x.dtype === 'f16') throw new DTypeError(`bitcast: expected a number of 32 bits, got ${x.dtype}`);
  return makeNode(bitcastOp, [x], {}, x.shape, dtype);
}

const stopOp: ElementwiseOp = { name: 'stopGradient', kind: 'elementwise', cost: 0, endsGradient: true, expression: ([x]) => x };

/**
 * The same value, through which no gradient flows.
 *
 * @formula y = x, dx = 0
 * @shapes x [..] → [..]
 * @dtypes f32, f16, i32, u32, bool
 * @torch torch.Tensor.detach
 */
export function stopGradient(x: Tensor): Tensor {
  return makeNode(stopOp, [x], {}, x.shape, x.dtype);
}
