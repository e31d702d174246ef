// Optimiser updates: all parameters of a model in one dispatch, or in a fixed number.
import adadelta from '../../../shaders/adadelta.wgsl';
import adagrad from '../../../shaders/adagrad.wgsl';
import adam from '../../../shaders/adam.wgsl';
import adamax from '../../../shaders/adamax.wgsl';
import lion from '../../../shaders/lion.wgsl';
import nadam from '../../../shaders/nadam.wgsl';
import radam from '../../../shaders/radam.wgsl';
import rmsprop from '../../../shaders/rmsprop.wgsl';
import rprop from '../../../shaders/rprop.wgsl';
import sgd from '../../../shaders/sgd.wgsl';
import type { AttrValue, State, Tensor } from '../graph/tensor.ts';
import type { DeviceTraits, Launch, Shader } from './kernel.ts';
import { grid } from './lower/grid.ts';
import { type KernelOp, makeNode, type Node } from './op.ts';

/** Elements: the distance that keeps every part of an arena at an offset a binding may have (256 bytes). */
export const ARENA_ALIGNMENT = 64;

/** Puts tensors one after another, with zeros in the gaps. No kernel: the planner lets the inputs' kernels write into place. */
const packOp: KernelOp<{ readonly offsets: readonly number[] }> = {
  name: 'pack',
  kind: 'kernel',
  offsets: ({ attrs }) => attrs.offsets,
  lower: () => [],
};

/** One f32 tensor of `length` elements that holds each input at its offset (in elements, a multiple of {@link ARENA_ALIGNMENT}). */
export function pack(tensors: readonly Tensor[], offsets: readonly number[], length: number): Tensor {
  return makeNode(packOp, tensors, { offsets }, [length], 'f32');
}

/** In the place of a row of rates: the parameter isn't trained. */
export const FROZEN = 0xffffffff;

/** What every update reads. */
export interface UpdateInputs {
  /** [n, ..]: all parameters, each at a multiple of {@link ARENA_ALIGNMENT}, then what the optimiser keeps of them. */
  readonly arena: State;
  /** [n]: gradients, packed like the parameters. */
  readonly gradients: Tensor;
  /** Rows of the shader's `Rates`: learning rate and what else changes per step. */
  readonly rates: Tensor;
  /** [1]: factor on the gradients. */
  readonly scale: Tensor;
  /** u32: row of rates for each 64 elements from the first on, or {@link FROZEN} for those that stay as they are. */
  readonly rowOf: Tensor;
}

/** Choices among an update's forms, by the names they have in the shader's `Params`. */
export type Flags = Readonly<Record<string, boolean>>;

/** Flags as the shaders have them. */
type Switches = Readonly<Record<string, number>>;

const RULES = { adadelta, adagrad, adam, adamax, lion, nadam, radam, rmsprop, rprop, sgd };

/** Updates that treat each element by itself, in a dispatch of the shader of that name. */
export type ElementwiseRule = keyof typeof RULES;

const ops = Object.fromEntries(
  Object.entries(RULES).map(([name, shader]): [string, KernelOp<Switches>] => [
    name,
    { name, kind: 'kernel', inPlace: 0, lower: (node, traits) => [elementwise(node, shader, traits)] },
  ]),
);

function elementwise(node: Node<Switches>, shader: Shader, traits: DeviceTraits): Launch {
  const [, gradients, , , rowOf] = node.inputs;
  const blocks = rowOf.size;
  // CPU adapters pay for every workgroup they start.
  const each = traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(blocks / 16))) : 1;
  const workgroups = grid(Math.ceil(blocks / each), traits);
  return {
    shader,
    entry: 'update',
    params: { count: gradients.size, blocks, each, gridX: workgroups[0], ...node.attrs },
    workgroups,
    bind: { dw: { input: 1 }, rates: { input: 2 }, scale: { input: 3 }, rowOf: { input: 4 }, arena: 'output' },
    flops: 12 * ARENA_ALIGNMENT * blocks,
  };
}

/** Moves the parameters by a rule that looks at each element alone. */
export function updateElements(rule: ElementwiseRule, inputs: UpdateInputs, flags: Flags = {}): void {
  const attrs = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, value ? 1 : 0]));
  updateInPlace(ops[rule], inputs, [], attrs);
}

/** The node of an update is its arena's new value; `more` follows the inputs that every update has. */
export function updateInPlace<A extends { readonly [K in keyof A]: AttrValue }>(
  op: KernelOp<A>,
  inputs: UpdateInputs,
  more: readonly Tensor[],
  attrs: NoInfer<A>,
): void {
  const { arena, gradients, rates, scale, rowOf } = inputs;
  arena.assign(makeNode(op, [arena, gradients, rates, scale, rowOf, ...more], attrs, arena.shape, 'f32'));
}
