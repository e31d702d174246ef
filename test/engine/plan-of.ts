// Plans without a GPU: what the planner makes of a function for an adapter of some kind.
import type { Plan } from '../../src/engine/compiler/plan.ts';
import { plan } from '../../src/engine/compiler/planner.ts';
import type { DType } from '../../src/engine/graph/dtype.ts';
import { InputLeaf, resolve, Trace, withTrace } from '../../src/engine/graph/tensor.ts';
import type { DeviceTraits } from '../../src/engine/ops/kernel.ts';
import type { Tensor } from '../../src/index.ts';
import { size } from './reference.ts';

/** WebGPU's default limits. */
export const GPU: DeviceTraits = {
  kind: 'gpu',
  subgroups: true,
  subgroupSize: 4,
  f16: true,
  maxInvocationsPerWorkgroup: 256,
  maxWorkgroupsPerDimension: 65535,
  maxStorageBuffersPerStage: 8,
  maxBindingBytes: 128 * 2 ** 20,
};

/** Every kind of adapter for which lowering may choose other variants. */
export const ADAPTERS: Readonly<Record<string, DeviceTraits>> = {
  gpu: GPU,
  'gpu without subgroups': { ...GPU, subgroups: false, subgroupSize: 1 },
  cpu: { ...GPU, kind: 'cpu' },
  'cpu without subgroups': { ...GPU, kind: 'cpu', subgroups: false, subgroupSize: 1 },
};

export interface Argument {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export const f32 = (...shape: number[]): Argument => ({ shape, dtype: 'f32' });
export const u32 = (...shape: number[]): Argument => ({ shape, dtype: 'u32' });

export function planOf(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Argument[],
  traits: DeviceTraits = GPU,
): Plan {
  const trace = new Trace();
  const leaves = inputs.map(({ shape, dtype }, i) => new InputLeaf(i, shape, dtype));
  const outputs = withTrace(trace, () => [fn(...leaves)].flat().map(resolve));
  return plan({ outputs, assigned: trace.assigned, inputs: inputs.map(({ shape }) => Math.max(4, 4 * size(shape))) }, traits);
}

export const labels = (made: Plan): string[] => made.steps.map(({ label }) => label);
