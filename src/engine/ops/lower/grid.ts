import reduceSlices from '../../../../shaders/reduceSlices.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';

/** Workgroup counts along x, y and z for `count` workgroups in one line; a shader finds its place with `x + y * gridX`. */
export function grid(count: number, traits: DeviceTraits): readonly [number, number, number] {
  const folds = Math.ceil(count / traits.maxWorkgroupsPerDimension);
  return folds <= 1 ? [count, 1, 1] : [Math.ceil(count / folds), folds, 1];
}

/** Lanes that hand each other what they loaded: the adapter's subgroups have as many for sure (SwiftShader 4, lavapipe 8). */
export const lanesOf = ({ subgroupSize }: DeviceTraits): number => (subgroupSize >= 8 ? 8 : 4);

/** Whether the kernels for CPU adapters can run, which share loaded values between the lanes of a subgroup. */
export const usesLanes = (traits: DeviceTraits): boolean => traits.kind === 'cpu' && traits.subgroups;

export interface Split {
  readonly slice: number;
  readonly slices: number;
}

/** Splits a sum of `depth` terms so that `tiles` independent workgroups become at least `wanted`, in at most `most` slices of at least `least` terms. */
export function splitDepth(depth: number, tiles: number, wanted: number, least: number, most = Number.POSITIVE_INFINITY): Split {
  const slices = Math.max(1, Math.min(Math.ceil(wanted / tiles), Math.floor(depth / least), most));
  const slice = Math.max(1, Math.ceil(depth / slices));
  return { slice, slices: Math.max(1, Math.ceil(depth / slice)) };
}

/** Scratch for the slices of a split sum. */
export const slicesScratch = (slices: number, length: number): Scratch => ({ scratch: 0, bytes: slices * length * 4 });

/** Adds up the slices of a split sum. */
export function reduceLaunch(sums: Operand, slices: number, length: number, traits: DeviceTraits): Launch {
  const workgroups = grid(Math.ceil(length / 64), traits);
  return {
    shader: reduceSlices,
    entry: 'reduce',
    params: { length, slices, gridX: workgroups[0] },
    workgroups,
    bind: { sums, y: 'output' },
    epilogue: true,
    flops: slices * length,
  };
}

/**
 * Workgroups of 64 invocations for `length` elements in one line. Each invocation takes EACH of them, 64 apart: several on a CPU adapter, which
 * pays for every workgroup that it starts.
 */
export function line(length: number, traits: DeviceTraits) {
  const each = traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(length / 1024))) : 1;
  const workgroups = grid(Math.ceil(length / (64 * each)), traits);
  return { workgroups, gridX: workgroups[0], constants: { EACH: each } };
}
