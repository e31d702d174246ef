import resize from '../../../../shaders/resize.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { grid } from './grid.ts';

export interface ResizeSpec {
  /** Batch times channels. */
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Elements that one output row, or column, is made of. */
  readonly tapsY: number;
  readonly tapsX: number;
}

/**
 * Input 0 is x [planes, height, width], 1 is starts [outHeight + outWidth] (u32), 2 is weights [outHeight · tapsY + outWidth · tapsX] (f32);
 * the output is y [planes, outHeight, outWidth].
 */
export function lowerResize({ tapsY, tapsX, ...spec }: ResizeSpec, traits: DeviceTraits): Launch[] {
  const rows = spec.planes * spec.outHeight;
  const length = rows * spec.outWidth;
  if (length === 0) return [];
  const each = traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(length / 1024))) : 1;
  const workgroups = grid(Math.ceil((Math.ceil(rows / each) * spec.outWidth) / 64), traits);
  return [
    {
      shader: resize,
      entry: 'forward',
      params: { ...spec, gridX: workgroups[0] },
      constants: { TAPS_Y: tapsY, TAPS_X: tapsX, EACH: each },
      workgroups,
      bind: { x: { input: 0 }, starts: { input: 1 }, weights: { input: 2 }, y: 'output' },
      epilogue: true,
      flops: 2 * length * tapsY * tapsX,
    },
  ];
}
