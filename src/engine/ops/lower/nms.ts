import nms from '../../../../shaders/nms.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';
import { grid } from './grid.ts';

export interface NmsSpec {
  readonly count: number;
  readonly threshold: number;
}

/** Boxes that the last kernel can keep account of, in 16 KiB of workgroup memory. */
export const MAX_BOXES = 16384 * 8;

/** Input 0 is boxes [count, 4], 1 is scores and 2 is classes (u32), both [count]; the output is kept [1 + count] (u32): how many, then which. */
export function lowerNms({ count, threshold }: NmsSpec, traits: DeviceTraits): Launch[] {
  const words = Math.ceil(count / 32);
  const ranked: Scratch = { scratch: 0, bytes: count * 4 };
  const overlaps: Scratch = { scratch: 1, bytes: count * words * 4 };
  const width = traits.kind === 'cpu' ? 1 : Math.min(256, traits.maxInvocationsPerWorkgroup);
  const launch = (entry: string, workgroups: Launch['workgroups'], bind: Readonly<Record<string, Operand>>): Launch => ({
    shader: nms,
    entry,
    params: { count, words, threshold, gridX: workgroups[0] },
    constants: { WORDS: words, WIDTH: width },
    workgroups,
    bind,
  });
  return [
    launch('rank', grid(Math.ceil(count / 64), traits), { scores: { input: 1 }, order: ranked }),
    launch('compare', grid(Math.ceil((count * words) / 64), traits), {
      boxes: { input: 0 },
      classes: { input: 2 },
      ranked,
      hits: overlaps,
    }),
    launch('choose', [1, 1, 1], { ranked, overlaps, kept: 'output' }),
  ];
}
