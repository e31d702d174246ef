import layerNorm from '../../../../shaders/layerNorm.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid } from './grid.ts';

export interface LayerNormSpec {
  readonly rows: number;
  readonly columns: number;
  readonly eps: number;
}

/** x [rows, columns] → y, each row with mean 0 and variance 1. */
export function lowerLayerNorm(spec: LayerNormSpec, traits: DeviceTraits): Launch[] {
  return rowsLaunch('forward', spec, { x: { input: 0 }, y: 'output' }, traits);
}

/** Input 0 is x, 1 is dy; the output is dx. */
export function lowerLayerNormBackward(spec: LayerNormSpec, traits: DeviceTraits): Launch[] {
  return rowsLaunch('backward', spec, { x: { input: 0 }, dy: { input: 1 }, dx: 'output' }, traits);
}

function rowsLaunch(entry: string, shape: LayerNormSpec, bind: Readonly<Record<string, Operand>>, traits: DeviceTraits): Launch[] {
  const { rows, columns } = shape;
  if (rows * columns === 0) return [];
  const groupSize = traits.kind === 'cpu' ? 32 : Math.min(columns > 1024 ? 256 : 64, traits.maxInvocationsPerWorkgroup);
  const threads = traits.kind === 'cpu' || columns <= 32 ? 1 : groupSize;
  const workgroups = grid(Math.ceil(rows / (groupSize / threads)), traits);
  const constants = { GROUP_SIZE: groupSize, THREADS: threads };
  return [{ shader: layerNorm, entry, params: { ...shape, gridX: workgroups[0] }, constants, workgroups, bind, epilogue: true }];
}
