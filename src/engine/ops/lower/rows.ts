import narrow from '../../../../shaders/lib/narrow.wgsl';
import rows from '../../../../shaders/lib/rows.wgsl';
import wide from '../../../../shaders/lib/wide.wgsl';
import type { DeviceTraits, Launch, Operand, Shader } from '../kernel.ts';
import { grid } from './grid.ts';

/** Rows whose elements stand `inner` apart: 1 along the last axis, else the number of elements in the dimensions after the row's own. */
export interface RowsSpec {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** The rows of a tensor along one axis. */
export function rowsAlong(shape: readonly number[], axis: number): RowsSpec {
  const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
  const inner = product(shape.slice(axis + 1));
  return { rows: product(shape.slice(0, axis)) * inner, columns: shape[axis], inner };
}

/** One launch of a kernel that works along rows: several threads share a row on a GPU, one takes it on a CPU adapter or if it is short. */
export function rowsLaunch(
  shader: Shader,
  entry: string,
  spec: RowsSpec,
  bind: Readonly<Record<string, Operand>>,
  traits: DeviceTraits,
  options: { readonly params?: Readonly<Record<string, number>>; readonly library?: readonly Shader[] } = {},
): Launch[] {
  if (spec.rows * spec.columns === 0) return [];
  const isWide = spec.inner === 1 && spec.columns % 4 === 0;
  const columns = isWide ? spec.columns / 4 : spec.columns;
  const { groupSize, threads } = tiling({ ...spec, columns }, traits);
  const workgroups = grid(Math.ceil(spec.rows / (groupSize / threads)), traits);
  return [
    {
      shader,
      library: [isWide ? wide : narrow, rows, ...(options.library ?? [])],
      entry,
      params: { rows: spec.rows, columns, inner: spec.inner, ...options.params, gridX: workgroups[0] },
      constants: { GROUP_SIZE: groupSize, THREADS: threads },
      workgroups,
      bind,
      epilogue: true,
      flops: 4 * spec.rows * spec.columns,
    },
  ];
}

function tiling({ rows, columns, inner }: RowsSpec, traits: DeviceTraits): { groupSize: number; threads: number } {
  if (traits.kind === 'cpu') return { groupSize: 32, threads: 1 };
  // Rows side by side: threads share one only as far as there are too few to fill the adapter.
  if (inner > 1) return { groupSize: 256, threads: rows >= 16_384 || columns < 64 ? 1 : 16 };
  if (columns <= 8) return { groupSize: 64, threads: 1 };
  return columns <= 512 ? { groupSize: 64, threads: 32 } : { groupSize: 256, threads: 256 };
}
