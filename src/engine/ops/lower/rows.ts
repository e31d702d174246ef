import type { DeviceTraits, Launch, Operand, Shader } from '../kernel.ts';
import { grid } from './grid.ts';

/** One launch of a kernel that works along rows: several threads share a row on a GPU, one takes it on a CPU adapter or if it is short. */
export function rowsLaunch(
  shader: Shader,
  entry: string,
  shape: { readonly rows: number; readonly columns: number; readonly eps?: number },
  bind: Readonly<Record<string, Operand>>,
  traits: DeviceTraits,
): Launch[] {
  const { rows, columns } = shape;
  if (rows * columns === 0) return [];
  const groupSize = traits.kind === 'cpu' ? 32 : Math.min(columns > 1024 ? 256 : 64, traits.maxInvocationsPerWorkgroup);
  const threads = traits.kind === 'cpu' || columns <= 32 ? 1 : groupSize;
  const workgroups = grid(Math.ceil(rows / (groupSize / threads)), traits);
  return [
    {
      shader,
      entry,
      params: { ...shape, gridX: workgroups[0] },
      constants: { GROUP_SIZE: groupSize, THREADS: threads },
      workgroups,
      bind,
      epilogue: true,
      flops: 4 * rows * columns,
    },
  ];
}
