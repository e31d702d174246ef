import layerNorm from '../../../../shaders/layerNorm.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { rowsLaunch } from './rows.ts';

export interface LayerNormSpec {
  readonly rows: number;
  readonly columns: number;
  readonly eps: number;
}

/** x [rows, columns] → y, each row with mean 0 and variance 1. */
export function lowerLayerNorm({ rows, columns, eps }: LayerNormSpec, traits: DeviceTraits): Launch[] {
  return rowsLaunch(layerNorm, 'forward', { rows, columns, eps }, { x: { input: 0 }, y: 'output' }, traits);
}

/** Input 0 is x, 1 is dy; the output is dx. */
export function lowerLayerNormBackward({ rows, columns, eps }: LayerNormSpec, traits: DeviceTraits): Launch[] {
  return rowsLaunch(layerNorm, 'backward', { rows, columns, eps }, { x: { input: 0 }, dy: { input: 1 }, dx: 'output' }, traits);
}
