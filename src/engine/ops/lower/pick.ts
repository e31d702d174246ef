import pick from '../../../../shaders/pick.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { line } from './grid.ts';

export interface PickSpec {
  readonly width: number;
  readonly count: number;
  /** The table has bytes, and there is another one with what each stands for. */
  readonly bytes: boolean;
}

/** Input 0 is indices [count], 1 the table of u32 words, 2 the values of bytes [256] where it has them; the output is [count, width]. */
export function lowerPick({ width, count, bytes }: PickSpec, traits: DeviceTraits): Launch[] {
  if (count * width === 0) return [];
  const { workgroups, gridX, constants } = line((count * width) / (bytes && width % 4 === 0 ? 4 : 1), traits);
  return [
    {
      shader: pick,
      entry: bytes ? 'bytes' : 'words',
      params: { width, count, gridX },
      constants,
      workgroups,
      bind: { indices: { input: 0 }, table: { input: 1 }, ...(bytes && { values: { input: 2 } }), y: 'output' },
    },
  ];
}
