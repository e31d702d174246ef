import type { DType } from '../graph/dtype.ts';
import { checkSize, type Shape } from '../graph/shape.ts';
import { type Attrs, type OpIdentity, resolve, Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Launch } from './kernel.ts';

/** A WGSL expression of type u32: one coordinate. */
export type Coordinate = string;

/**
 * Gradients with respect to the inputs, given the one of the output; an input without a gradient gets `undefined`.
 * `wanted[i]` tells which are asked for, so that dear ones aren't built in vain.
 */
export type Derivative = (dy: Tensor, node: Tensor, wanted: readonly boolean[]) => readonly (Tensor | undefined)[];

/** The value of a node, made of other ops. */
export type Formula = (inputs: readonly Tensor[], node: Tensor) => Tensor;

interface OpBase extends OpIdentity {
  /** Multiply-adds of a node, for ops whose cost they are; models are compared by these. */
  readonly multiplyAdds?: (node: Tensor) => number;
  readonly derivative?: Derivative;
  /** Differentiated in the place of an op without a rule of its own. */
  readonly formula?: Formula;
}

/** One value an element, from the same element of every input (all of one shape). */
export interface ElementwiseOp extends OpBase {
  readonly kind: 'elementwise';
  /** WGSL for one element; f16 values are f32 here. `coordinate(axis)` is where the element stands, for ops that depend on it. */
  readonly expression: (args: readonly string[], node: Tensor, coordinate: (axis: number) => Coordinate) => string;
  /** Rough cost beside a multiplication; dear ones aren't computed twice. */
  readonly cost: number;
  /** Functions in WGSL that the expression calls. */
  readonly helpers?: readonly string[];
}

/** Where an output element comes from: the source whose condition (WGSL bool) holds, or the fill value. */
export interface Source {
  readonly input: number;
  readonly coordinates: readonly Coordinate[];
  readonly inside?: string;
}

/** Moves elements without computing: becomes index arithmetic in whatever kernel reads it. */
export interface MovementOp extends OpBase {
  readonly kind: 'movement';
  /** `same order`: the elements keep their linear place. */
  readonly locate: 'same order' | ((coordinates: readonly Coordinate[], node: Tensor) => readonly Source[]);
}

/** Combines all elements along some axes (attrs.axes), which become 1 long. */
export interface ReduceOp extends OpBase {
  readonly kind: 'reduce';
  /** WGSL of the neutral element, and of combining `a` and `b`. */
  readonly identity: (dtype: DType) => string;
  readonly combine: (dtype: DType) => string;
}

/** Runs handwritten WGSL over materialised inputs. */
export interface KernelOp extends OpBase {
  readonly kind: 'kernel';
  readonly lower: (node: Tensor, traits: DeviceTraits) => readonly Launch[];
  /** The last launch calls `epilogue` on each output value, so element-wise work can be fused into it. */
  readonly epilogue?: boolean;
  /** The output overwrites this input, which is a state. */
  readonly inPlace?: number;
  /** Inputs stand one after another in the output, at these attrs.offsets: the planner lets their kernels write there. */
  readonly placesInputs?: boolean;
}

export type Op = ElementwiseOp | MovementOp | ReduceOp | KernelOp | (OpBase & { readonly kind: 'leaf' });

/**
 * Adds a node to the graph. States among the inputs are read as of now.
 * @throws ShapeError for 2^31 elements or more.
 */
export function makeNode(op: Op, inputs: readonly Tensor[], attrs: Attrs, shape: Shape, dtype: DType): Tensor {
  checkSize(op.name, shape);
  return new Tensor(op, inputs.map(resolve), attrs, [...shape], dtype);
}
