// Tensors from nothing: host values, constants, counters.
import { aBoolean, aNumber, either, expectKind } from '../graph/arguments.ts';
import { allocate, type DType, dtypeOf, expectHolds, holds, isFloat, type TypedArray } from '../graph/dtype.ts';
import { DTypeError, ShapeError } from '../graph/errors.ts';
import { checkShape, normalizeAxis, type Shape } from '../graph/shape.ts';
import { DataLeaf, HostLeaf, isTracing, type Tensor } from '../graph/tensor.ts';
import { literal, wgslType } from './literal.ts';
import { expand, reshape } from './movement.ts';
import { type ElementwiseOp, isKind, isOf, keepsOrder, makeNode } from './op.ts';

/** What an op takes as a value: a tensor, or a number that takes the element type and shape of its neighbours. */
export type TensorLike = Tensor | number;

export type NestedNumbers = number | boolean | readonly NestedNumbers[];

const numberOrBoolean = either(aNumber, aBoolean);

const constantOp: ElementwiseOp<{ readonly value: number }> = {
  name: 'constant',
  kind: 'elementwise',
  cost: 0,
  unsaid: true,
  expression: (_args, node) => literal(node.attrs.value, node.dtype),
};

const iotaOp: ElementwiseOp<{ readonly axis: number }> = {
  name: 'iota',
  kind: 'elementwise',
  cost: 0,
  expression: (_args, node, coordinate) => `${wgslType(node.dtype)}(${coordinate(node.attrs.axis)})`,
};

/**
 * A tensor of given values: nested arrays of numbers, or a typed array with a shape. The element type is f32 unless the
 * array or `dtype` says otherwise. The values are copied, so the array may be filled anew at once.
 * @throws ShapeError when rows differ in length or the shape doesn't fit the values; DTypeError for a value that the element type doesn't hold.
 */
export function tensor(values: NestedNumbers | TypedArray, shape?: Shape, dtype?: DType): Tensor {
  if (values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint32Array) {
    if (dtype && !holds(values, dtype)) {
      throw new DTypeError(`tensor: expected a typed array that holds ${dtype}, got one of ${dtypeOf(values)}`);
    }
    const array = dtype === 'bool' ? Uint32Array.from(values, truth) : values.slice();
    return new DataLeaf(array, shape ?? [values.length], dtype ?? dtypeOf(values));
  }
  const nested = shapeOfNested(values);
  const flat: number[] = [];
  flatten(values, nested, 0, flat);
  const type = dtype ?? 'f32';
  for (const value of flat) expectHolds('tensor', type, value);
  const array = isFloat(type)
    ? Float32Array.from(flat)
    : type === 'i32'
      ? Int32Array.from(flat)
      : Uint32Array.from(type === 'bool' ? flat.map(truth) : flat);
  return new DataLeaf(array, shape ?? nested, type);
}

const truth = (value: number): number => (value === 0 ? 0 : 1);

const isList = (values: NestedNumbers): values is readonly NestedNumbers[] => Array.isArray(values) || ArrayBuffer.isView(values);

function shapeOfNested(values: NestedNumbers): number[] {
  return isList(values) ? [values.length, ...(values.length ? shapeOfNested(values[0]) : [])] : [];
}

function flatten(values: NestedNumbers, shape: Shape, depth: number, into: number[]): void {
  if (!isList(values)) {
    expectKind('tensor', 'every value', values, numberOrBoolean);
    if (depth !== shape.length) throw new ShapeError('tensor: expected rows of one length, got ragged nested arrays');
    into.push(Number(values));
    return;
  }
  if (values.length !== shape[depth]) throw new ShapeError('tensor: expected rows of one length, got ragged nested arrays');
  for (const row of values) flatten(row, shape, depth + 1, into);
}

/**
 * A tensor filled with one value; costs no memory until something needs it in a buffer.
 *
 * @formula y = value
 * @shapes → shape
 * @torch torch.full
 * @dtypes f32, f16, i32, u32, bool
 * @throws ShapeError for dimensions that aren't whole numbers ≥ 0; DTypeError for a value that the element type doesn't hold.
 */
export function full(shape: Shape, value: number, dtype: DType = 'f32'): Tensor {
  checkShape('full', shape);
  return expand(
    reshape(
      scalar(value, dtype),
      shape.map(() => 1),
    ),
    shape,
  );
}

/** A constant of shape []. */
export function scalar(value: number, dtype: DType = 'f32'): Tensor {
  expectHolds('constant', dtype, value);
  return makeNode(constantOp, [], { value }, [], dtype);
}

/** The one value that all elements have, when the graph shows it. */
export function constantOf(node: Tensor): number | undefined {
  if (isOf(node, constantOp)) return node.attrs.value;
  return keepsOrder(node) || (isKind(node, 'movement') && node.op.repeats) ? constantOf(node.inputs[0]) : undefined;
}

/**
 * A tensor of zeros.
 *
 * @formula y = 0
 * @shapes → shape
 * @torch torch.zeros
 * @dtypes f32, f16, i32, u32, bool
 */
export function zeros(shape: Shape, dtype: DType = 'f32'): Tensor {
  return full(shape, 0, dtype);
}

/**
 * A tensor of ones.
 *
 * @formula y = 1
 * @shapes → shape
 * @torch torch.ones
 * @dtypes f32, f16, i32, u32, bool
 */
export function ones(shape: Shape, dtype: DType = 'f32'): Tensor {
  return full(shape, 1, dtype);
}

/**
 * Each element's coordinate along `axis`.
 *
 * @formula y[i₀, …] = i_axis
 * @shapes → shape
 * @torch –
 * @dtypes u32, i32, f32, f16
 */
export function iota(shape: Shape, axis: number, dtype: DType = 'u32'): Tensor {
  checkShape('iota', shape);
  return makeNode(iotaOp, [], { axis: normalizeAxis('iota', axis, shape.length) }, shape, dtype);
}

/**
 * `count` numbers: 0, 1 …, or from `start` in steps of `step`.
 *
 * @formula y[i] = start + i·step
 * @shapes → [count]
 * @torch torch.arange
 * @dtypes f32, f16, i32, u32
 * @throws DTypeError for numbers that the element type doesn't hold.
 */
export function arange(count: number, options: { start?: number; step?: number; dtype?: DType } = {}): Tensor {
  const { start = 0, step = 1, dtype = 'f32' } = options;
  checkShape('arange', [count]);
  for (const i of [0, 1, count - 1]) if (i >= 0 && i < count) expectHolds('arange', dtype, start + i * step);
  if (start === 0 && step === 1) return iota([count], 0, dtype);
  // Whole numbers of either sign are the same bits.
  if (isFloat(dtype)) return iota([count], 0, dtype).mul(step).add(start);
  return iota([count], 0, 'i32')
    .mul(step | 0)
    .add(start | 0)
    .cast(dtype);
}

/**
 * Numbers that the host supplies anew for each execution of a compiled function (a learning rate, say): `next` runs once a call. Outside of
 * one it runs at once.
 * @throws ShapeError when it doesn't give as many as the shape has.
 */
export function hostValues(next: () => ArrayLike<number>, shape: Shape, dtype: DType = 'f32'): Tensor {
  checkShape('hostValues', shape);
  if (dtype === 'f16') throw new DTypeError('hostValues: expected f32, i32, u32 or bool, got f16');
  const leaf = new HostLeaf(next, shape, dtype);
  if (isTracing()) return leaf;
  const values = allocate(dtype, leaf.size);
  values.set(leaf.draw());
  return new DataLeaf(values, shape, dtype);
}
