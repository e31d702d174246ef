// Optimiser updates: all parameters of a model in one dispatch, or in a fixed number.
import type { AttrValue, State, Tensor } from '../../engine/graph/tensor.ts';
import type { DeviceTraits, Launch, Shader } from '../../engine/ops/kernel.ts';
import { grid } from '../../engine/ops/lower/grid.ts';
import { type KernelOp, makeNode } from '../../engine/ops/op.ts';

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

/** The update of an optimiser that looks at each element alone: a dispatch of its shader, which stands with lib/update.wgsl. `forms` are constants of it. */
export function elementwiseUpdate<Form extends string = never>(
  shader: Shader,
): (inputs: UpdateInputs, forms: Readonly<Record<Form, boolean>>) => void {
  const op: KernelOp<Readonly<Record<Form, boolean>>> = {
    name: shader.name,
    kind: 'kernel',
    inPlace: 0,
    lower: ({ inputs, attrs }, traits) => [elementwise(shader, inputs, attrs, traits)],
  };
  return (inputs, forms) => updateInPlace(op, inputs, [], forms);
}

function elementwise(
  shader: Shader,
  [, gradients, , , rowOf]: readonly Tensor[],
  constants: Readonly<Record<string, boolean>>,
  traits: DeviceTraits,
): Launch {
  const blocks = rowOf.size;
  // CPU adapters pay for every workgroup they start.
  const each = traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(blocks / 16))) : 1;
  const workgroups = grid(Math.ceil(blocks / each), traits);
  return {
    shader,
    entry: 'update',
    params: { count: gradients.size, blocks, each, gridX: workgroups[0] },
    constants,
    workgroups,
    bind: { dw: { input: 1 }, rates: { input: 2 }, scale: { input: 3 }, rowOf: { input: 4 }, arena: 'output' },
    flops: 12 * ARENA_ALIGNMENT * blocks,
  };
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
