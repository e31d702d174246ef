import gather from '../../../../shaders/gather.wgsl';
import scatter from '../../../../shaders/scatter.wgsl';
import search from '../../../../shaders/search.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { line } from './grid.ts';

export interface GatherSpec {
  /** x is [outer, rows, width]. */
  readonly outer: number;
  readonly rows: number;
  readonly width: number;
  readonly count: number;
}

/** Input 0 is x [outer, rows, width], 1 is indices [count] (u32); the output is [outer, count, width]. */
export function lowerGather(spec: GatherSpec, traits: DeviceTraits, type?: Launch['type']): Launch[] {
  const length = spec.outer * spec.count * spec.width;
  if (length === 0) return [];
  const { workgroups, gridX, constants } = line(length, traits);
  const bind = { x: { input: 0 }, indices: { input: 1 }, y: 'output' } as const;
  return [
    {
      shader: gather,
      entry: 'forward',
      params: { ...spec, gridX },
      constants,
      workgroups,
      bind,
      epilogue: true,
      ...(type ? { type } : {}),
    },
  ];
}

/** Input 0 is indices [count]; the output is the winner [places]: 1 + the last source that names the place, or 0. */
export function lowerWinner(places: number, count: number, traits: DeviceTraits): Launch[] {
  if (places === 0) return [];
  const launch = (entry: 'clear' | 'mark'): Launch => {
    const { workgroups, gridX, constants } = line(entry === 'clear' ? places : count, traits);
    const bind: Launch['bind'] = entry === 'clear' ? { winner: 'output' } : { winner: 'output', indices: { input: 0 } };
    return { shader: scatter, entry, params: { places, count, gridX }, constants, workgroups, bind };
  };
  return count === 0 ? [launch('clear')] : [launch('clear'), launch('mark')];
}

export interface SearchSpec {
  /** Values are [rows, count]. */
  readonly rows: number;
  readonly count: number;
  readonly columns: number;
  /** All values look into one row. */
  readonly shared: boolean;
  /** Past those equal to the value, instead of before them. */
  readonly right: boolean;
}

/** Input 0 is the ascending keys [rows or 1, columns], 1 is values [rows, count]; all u32. */
export function lowerSearch({ rows, count, columns, shared, right }: SearchSpec, traits: DeviceTraits): Launch[] {
  if (rows * count === 0) return [];
  const { workgroups, gridX, constants } = line(rows * count, traits);
  return [
    {
      shader: search,
      entry: 'forward',
      params: { rows, count, columns, stride: shared ? 0 : columns, steps: Math.ceil(Math.log2(columns + 1)), gridX },
      constants: { ...constants, RIGHT: right },
      workgroups,
      bind: { sorted: { input: 0 }, values: { input: 1 }, y: 'output' },
    },
  ];
}
