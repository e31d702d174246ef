import embedding from '../../../../shaders/embedding.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';
import { grid } from './grid.ts';

export interface GatherSpec {
  /** The table is [rows, width]. */
  readonly rows: number;
  readonly width: number;
  readonly count: number;
}

/** Input 0 is table [rows, width], 1 is indices [count] (u32); the output is [count, width]. */
export function lowerGather(spec: GatherSpec, traits: DeviceTraits): Launch[] {
  const length = spec.count * spec.width;
  if (length === 0) return [];
  return [launch('forward', length, spec, { table: { input: 0 }, indices: { input: 1 }, y: 'output' }, traits)];
}

/** Input 0 is dy [count, width], 1 is indices [count]; the output is dtable [rows, width]. */
export function lowerGatherBackward(spec: GatherSpec, traits: DeviceTraits): Launch[] {
  const length = spec.rows * spec.width;
  if (length === 0) return [];
  const first: Scratch = { scratch: 0, bytes: spec.rows * 4 };
  const next: Scratch = { scratch: 1, bytes: Math.max(1, spec.count) * 4 };
  return [
    launch('clear', spec.rows, spec, { first }, traits),
    launch('link', spec.count, spec, { indices: { input: 1 }, first, next }, traits),
    launch('backward', length, spec, { dy: { input: 0 }, firstIn: first, nextIn: next, dtable: 'output' }, traits),
  ];
}

function launch(entry: string, threads: number, spec: GatherSpec, bind: Readonly<Record<string, Operand>>, traits: DeviceTraits): Launch {
  const workgroups = grid(Math.max(1, Math.ceil(threads / 64)), traits);
  const params = { ...spec, gridX: workgroups[0] };
  return { shader: embedding, entry, params, workgroups, bind, epilogue: bind.first === undefined };
}
