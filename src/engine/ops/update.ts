// Optimiser updates: all parameters of a model in one dispatch.
import adamShader from '../../../shaders/adam.wgsl';
import sgdShader from '../../../shaders/sgd.wgsl';
import { ShapeError } from '../graph/errors.ts';
import { sameShape, showShape } from '../graph/shape.ts';
import type { State, Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Launch, Shader } from './kernel.ts';
import { grid } from './lower/grid.ts';
import { type KernelOp, makeNode } from './op.ts';

/** Elements: the distance that keeps every part of an arena at an offset a binding may have (256 bytes). */
export const ARENA_ALIGNMENT = 64;

/** Puts tensors one after another, with zeros in the gaps. No kernel: the planner lets the inputs' kernels write into place. */
const packOp: KernelOp = {
  name: 'pack',
  kind: 'kernel',
  placesInputs: true,
  lower: () => [],
};

/** One f32 tensor of `length` elements that holds each input at its offset (in elements, a multiple of {@link ARENA_ALIGNMENT}). */
export function pack(tensors: readonly Tensor[], offsets: readonly number[], length: number): Tensor {
  return makeNode(packOp, tensors, { offsets }, [length], 'f32');
}

function updateOp(name: string, shader: Shader): KernelOp {
  return {
    name,
    kind: 'kernel',
    inPlace: 0,
    lower: (node, traits) => [launch(node, shader, traits)],
  };
}

function launch(node: Tensor, shader: Shader, traits: DeviceTraits): Launch {
  const count = node.inputs[1].size;
  return {
    shader,
    entry: 'update',
    params: { count, ...(node.attrs as Record<string, number>) },
    workgroups: grid(Math.ceil(count / 64), traits),
    bind: { dw: { input: 1 }, rates: { input: 2 }, scale: { input: 3 }, arena: 'output' },
    flops: 12 * count,
  };
}

const adamOp = updateOp('adam', adamShader);
const sgdOp = updateOp('sgd', sgdShader);

export interface UpdateInputs {
  /** State of [rows, n]: parameters, then what the optimiser keeps of them. */
  readonly arena: State;
  /** Gradients packed like the parameters: [n]. */
  readonly gradients: Tensor;
  /** Learning rate and what else changes per step. */
  readonly rates: Tensor;
  /** [1]: factor on the gradients. */
  readonly scale: Tensor;
}

/** Arena rows: parameters, first moments, second moments. Rates: lr, β₁, β₂, ε, λ, 1 − β₁ᵗ, 1 − β₂ᵗ. */
export function adamUpdate(inputs: UpdateInputs, decoupled: boolean): void {
  update(adamOp, inputs, 3, { decoupled: decoupled ? 1 : 0 });
}

/** Arena rows: parameters and, with momentum, velocities. Rates: lr, μ, weight of the gradient, λ. */
export function sgdUpdate(inputs: UpdateInputs, momentum: boolean, nesterov: boolean): void {
  update(sgdOp, inputs, momentum ? 2 : 1, { momentum: momentum ? 1 : 0, nesterov: nesterov ? 1 : 0 });
}

function update(op: KernelOp, { arena, gradients, rates, scale }: UpdateInputs, rows: number, attrs: Record<string, number>): void {
  if (!sameShape(arena.shape, [rows, gradients.size])) {
    throw new ShapeError(`${op.name}: expected an arena [${rows}, ${gradients.size}], got ${showShape(arena.shape)}`);
  }
  arena.assign(makeNode(op, [arena, gradients, rates, scale], attrs, arena.shape, 'f32'));
}
