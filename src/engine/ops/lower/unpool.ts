import unpool from '../../../../shaders/unpool.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid } from './grid.ts';

export interface UnpoolSpec {
  readonly planes: number;
  /** Values of a plane, and elements of the plane they go to. */
  readonly length: number;
  readonly outLength: number;
}

/** indices [planes, length] (u32) → owners [planes, outLength] (u32). */
export function lowerUnpoolOwners(spec: UnpoolSpec, traits: DeviceTraits): Launch[] {
  return [
    ...lower('clear', spec, spec.outLength, { owner: 'output' }, traits),
    ...lower('claim', spec, spec.length, { indices: { input: 0 }, owner: 'output' }, traits),
  ];
}

/** Input 0 is x [planes, length], 1 is owners; the output is y [planes, outLength]. */
export function lowerUnpool(spec: UnpoolSpec, traits: DeviceTraits): Launch[] {
  return lower('forward', spec, spec.outLength, { x: { input: 0 }, owners: { input: 1 }, y: 'output' }, traits);
}

/** Input 0 is dy [planes, outLength], 1 is indices, 2 is owners; the output is dx [planes, length]. */
export function lowerUnpoolBackward(spec: UnpoolSpec, traits: DeviceTraits): Launch[] {
  return lower('backward', spec, spec.length, { dy: { input: 0 }, indices: { input: 1 }, owners: { input: 2 }, dx: 'output' }, traits);
}

function lower(entry: string, spec: UnpoolSpec, each: number, bind: Readonly<Record<string, Operand>>, traits: DeviceTraits): Launch[] {
  if (spec.planes * each === 0) return [];
  const workgroups = grid(Math.ceil((spec.planes * each) / 64), traits);
  const params = { ...spec, gridX: workgroups[0] };
  return [{ shader: unpool, entry, params, workgroups, bind, epilogue: entry === 'forward' || entry === 'backward' }];
}
