import narrow from '../../../../shaders/lib/narrow.wgsl';
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

export interface RowsOptions {
  /** Values of `Params` beside those that lib/rows.wgsl asks for, given how many elements a V holds. */
  readonly params?: (width: number) => Readonly<Record<string, number>>;
  readonly constants?: Launch['constants'];
  /** Keeps to one element at a time, even where four fit. */
  readonly narrow?: boolean;
}

/** One launch of a kernel that works along rows: several threads share a row on a GPU, one takes it on a CPU adapter or if it is short. */
export function rowsLaunch(
  shader: Shader,
  entry: string,
  { rows: count, columns, inner }: RowsSpec,
  bind: Readonly<Record<string, Operand>>,
  traits: DeviceTraits,
  options: RowsOptions = {},
): Launch[] {
  if (count * columns === 0) return [];
  const width = inner === 1 && columns % 4 === 0 && !options.narrow ? 4 : 1;
  const { groupSize, threads } = tiling({ rows: count, columns: columns / width, inner }, traits);
  const workgroups = grid(Math.ceil(count / (groupSize / threads)), traits);
  return [
    {
      shader,
      library: [width === 4 ? wide : narrow],
      entry,
      params: { rows: count, columns: columns / width, inner, ...options.params?.(width), gridX: workgroups[0] },
      constants: { GROUP_SIZE: groupSize, THREADS: threads, ...options.constants },
      workgroups,
      bind,
      epilogue: true,
      flops: 4 * count * columns,
    },
  ];
}

function tiling({ rows, columns, inner }: RowsSpec, traits: DeviceTraits): { groupSize: number; threads: number } {
  // Barriers are dear on CPU adapters, but less so than to leave all threads but a few without work.
  if (traits.kind === 'cpu') return { groupSize: 32, threads: rows <= 32 && columns >= 1024 ? 32 : 1 };
  // Rows side by side: threads share one only as far as there are too few to fill the adapter.
  if (inner > 1) return { groupSize: 256, threads: rows >= 16_384 || columns < 64 ? 1 : 16 };
  if (columns <= 8) return { groupSize: 64, threads: 1 };
  return columns <= 512 ? { groupSize: 64, threads: 32 } : { groupSize: 256, threads: 256 };
}
