// Optimiser updates that need sums over each tensor: a fixed number of dispatches for all of them.
import tensorSums from '../../../shaders/tensorSums.wgsl';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { tensor } from '../../engine/ops/create.ts';
import type { DeviceTraits, Launch, Operand, Scratch, Shader } from '../../engine/ops/kernel.ts';
import { grid } from '../../engine/ops/lower/grid.ts';
import type { KernelOp } from '../../engine/ops/op.ts';
import { type UpdateInputs, updateInPlace } from './update.ts';

/** Where a tensor's elements stand in the arena, and which row of rates they follow. */
export interface Piece {
  readonly offset: number;
  readonly size: number;
  readonly row: number;
}

/** Elements that one workgroup of 64 takes at most; all are of one tensor. */
const SEGMENT = 2048;

/** Tables by which kernels sum over each tensor in two stages. */
export interface SegmentTables {
  /** [segments, 4]: first element, the one after the last, tensor, row of rates. */
  readonly segments: Tensor;
  /** [tensors, 2]: first segment, number of segments. */
  readonly tensors: Tensor;
}

export function segmentTables(pieces: readonly Piece[]): SegmentTables {
  const segments: number[] = [];
  const tensors: number[] = [];
  pieces.forEach(({ offset, size, row }, i) => {
    const count = Math.ceil(size / SEGMENT);
    tensors.push(segments.length / 4, count);
    for (let k = 0; k < count; k++) segments.push(offset + k * SEGMENT, offset + Math.min(size, (k + 1) * SEGMENT), i, row);
  });
  return {
    segments: tensor(Uint32Array.from(segments), [segments.length / 4, 4]),
    tensors: tensor(Uint32Array.from(tensors), [pieces.length, 2]),
  };
}

/** Scratch of an entry that writes a pair of sums for each invocation of each segment. */
export const partialSums = (scratch: number, segments: number): Scratch => ({ scratch, bytes: segments * 64 * 8 });

/** Adds up the pairs of each tensor. */
export function combineLaunch(partials: Operand, sums: Operand, stretches: Operand, count: number, traits: DeviceTraits): Launch {
  const threads = traits.kind === 'cpu' ? 1 : 64;
  const workgroups = grid(Math.ceil((count * threads) / 64), traits);
  return {
    shader: tensorSums,
    entry: 'combine',
    params: { tensors: count, gridX: workgroups[0] },
    constants: { THREADS: threads },
    workgroups,
    bind: { tensors: stretches, partials, sums },
  };
}

/**
 * The update of an optimiser that weighs each tensor's norm against that of its step: its shader, which stands with lib/updateTensors.wgsl, sums
 * squares at `first` and moves the parameters at `update`.
 */
export function layerwiseUpdate(shader: Shader, first: string): (inputs: UpdateInputs, tables: SegmentTables) => void {
  const op: KernelOp = {
    name: shader.name,
    kind: 'kernel',
    inPlace: 0,
    lower: ({ inputs }, traits) => layerwise(shader, first, inputs, traits),
  };
  return (inputs, { segments, tensors }) => updateInPlace(op, inputs, [segments, tensors], {});
}

function layerwise(
  shader: Shader,
  first: string,
  [, gradients, , , , segments, tensors]: readonly Tensor[],
  traits: DeviceTraits,
): Launch[] {
  const [count, tensorCount] = [segments.shape[0], tensors.shape[0]];
  const partials = partialSums(0, count);
  const sums: Scratch = { scratch: 1, bytes: tensorCount * 8 };
  const workgroups = grid(count, traits);
  const common = { shader, params: { count: gradients.size, segments: count, gridX: workgroups[0] }, workgroups };
  const all: Launch['bind'] = {
    dw: { input: 1 },
    rates: { input: 2 },
    scale: { input: 3 },
    segments: { input: 5 },
    arena: 'output',
    partials,
    sums,
  };
  return [
    { ...common, entry: first, bind: all, flops: 8 * gradients.size },
    combineLaunch(partials, sums, { input: 6 }, tensorCount, traits),
    { ...common, entry: 'update', bind: all, flops: 8 * gradients.size },
  ];
}
