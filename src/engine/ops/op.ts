import type { DType } from '../graph/dtype.ts';
import { checkSize, type Shape } from '../graph/shape.ts';
import { type AttrValue, type OpIdentity, resolve, Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Launch } from './kernel.ts';

/** A WGSL expression of type u32: one coordinate. */
export type Coordinate = string;

/** A node whose op has these attributes. */
export type Node<A extends object = object> = Tensor & { readonly attrs: A };

// What takes a node is declared as a method: that lets an op with attributes of its own stand wherever an op is asked for.
interface OpBase<A extends object> extends OpIdentity {
  /** Multiply-adds of a node, for ops whose cost they are; models are compared by these. */
  multiplyAdds?(node: Node<A>): number;
  /**
   * Gradients with respect to the inputs, given the one of the output; an input without a gradient gets `undefined`.
   * `wanted[i]` tells which are asked for, so that dear ones aren't built in vain.
   */
  derivative?(dy: Tensor, node: Node<A>, wanted: readonly boolean[]): readonly (Tensor | undefined)[];
  /** The value of a node, made of other ops. Differentiated in the place of an op without a rule of its own. */
  formula?(inputs: readonly Tensor[], node: Node<A>): Tensor;
  /** The same value for less work, where the inputs show a way. */
  simpler?(node: Node<A>): Tensor | undefined;
}

export type Derivative<A extends object = object> = NonNullable<OpBase<A>['derivative']>;
export type Formula = NonNullable<OpBase<object>['formula']>;

/** One value an element, from the same element of every input (all of one shape). */
export interface ElementwiseOp<A extends object = object> extends OpBase<A> {
  readonly kind: 'elementwise';
  /** WGSL for one element; f16 values are f32 here. `coordinate(axis)` is where the element stands, for ops that depend on it. */
  expression(args: readonly string[], node: Node<A>, coordinate: (axis: number) => Coordinate): string;
  /** Rough cost beside a multiplication; dear ones aren't computed twice. */
  readonly cost: number;
  /** Functions in WGSL that the expression calls. */
  readonly helpers?: readonly string[];
  /** The result is the product of the inputs (a square is that of one), the first divided by the second, or the one with the other sign. */
  readonly form?: 'product' | 'quotient' | 'opposite';
  /** No gradient goes through. */
  readonly endsGradient?: boolean;
  /** Goes without saying: plans and profiles don't name it among what a kernel computes. */
  readonly unsaid?: boolean;
}

/** Where an output element comes from: the source whose condition (WGSL bool) holds, or the fill value. */
export interface Source {
  readonly input: number;
  readonly coordinates: readonly Coordinate[];
  readonly inside?: string;
}

/** Moves elements without computing: becomes index arithmetic in whatever kernel reads it. */
export interface MovementOp<A extends object = object> extends OpBase<A> {
  readonly kind: 'movement';
  /** Where each element comes from; without this all keep their linear place. */
  locate?(coordinates: readonly Coordinate[], node: Node<A>): readonly Source[];
  /** What stands where no source holds; 0 unless given. */
  fill?(node: Node<A>): number;
  /** Elements of the input stand at several places: work on it would be done as often. */
  readonly repeats?: boolean;
}

export interface ReduceAttrs {
  readonly axes: readonly number[];
}

/** Combines all elements along some axes, which become 1 long. */
export interface ReduceOp extends OpBase<ReduceAttrs> {
  readonly kind: 'reduce';
  /** WGSL of the neutral element, and of combining `a` and `b`. */
  readonly identity: (dtype: DType) => string;
  readonly combine: (dtype: DType) => string;
  /** What is combined in place of the elements themselves; without it, they. */
  readonly total?: TotalType;
}

/** Several numbers that an element counts as until all are combined. */
export interface TotalType {
  /** In WGSL, and the bytes of one in a buffer. */
  readonly type: string;
  readonly bytes: number;
  /** WGSL of the function `totalOf(x: Value) -> Total`, and of `result(total: Total) -> Value`. */
  readonly code: string;
}

/** Runs handwritten WGSL over materialised inputs. */
export interface KernelOp<A extends object = object> extends OpBase<A> {
  readonly kind: 'kernel';
  lower(node: Node<A>, traits: DeviceTraits): readonly Launch[];
  /** The last launch calls `epilogue` on each output value, so element-wise work can be fused into it. */
  readonly epilogue?: boolean;
  /** The output overwrites this input, which is a state. */
  readonly inPlace?: number;
  /** Where in the output the inputs stand, in elements, for an op that only puts them there: the planner lets their kernels write in place. */
  offsets?(node: Node<A>): readonly number[];
  /** Of matrices: the same matrices transposed, for the price of this. */
  transposed?(node: Node<A>): Tensor;
}

interface OpOfKind<A extends object> {
  readonly elementwise: ElementwiseOp<A>;
  readonly movement: MovementOp<A>;
  readonly kernel: KernelOp<A>;
  readonly reduce: ReduceOp;
}

export type Op<A extends object = object> = OpOfKind<A>[keyof OpOfKind<A>] | (OpBase<A> & { readonly kind: 'leaf' });

/** What the records of all ops have. */
export const opOf = ({ op }: Tensor): OpBase<object> => op as Op;

/** A node whose op is of this kind. */
export type NodeOfKind<K extends keyof OpOfKind<object>> = Node<K extends 'reduce' ? ReduceAttrs : object> & {
  readonly op: OpOfKind<object>[K];
};

export function isKind<K extends keyof OpOfKind<object>>(node: Tensor, kind: K): node is NodeOfKind<K> {
  return node.op.kind === kind;
}

/** Whether all elements keep their linear place, as a reshape's do: the node needs no buffer but its input's. */
export const keepsOrder = (node: Tensor): boolean => isKind(node, 'movement') && !node.op.locate;

/** Whether a node is one of this very op. */
export function isOf<A extends object>(node: Tensor, op: Op<A>): node is Node<A> {
  return node.op === op;
}

/**
 * Adds a node to the graph. States among the inputs are read as of now.
 * @throws ShapeError for 2^31 elements or more.
 */
export function makeNode<A extends { readonly [K in keyof A]: AttrValue }>(
  op: Op<A>,
  inputs: readonly Tensor[],
  attrs: NoInfer<A>,
  shape: Shape,
  dtype: DType,
): Tensor {
  checkSize(op.name, shape);
  return new Tensor(op, inputs.map(resolve), attrs, [...shape], dtype);
}
