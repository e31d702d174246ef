import taps from '../../../../shaders/taps.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid } from './grid.ts';

export interface TapsSpec {
  readonly images: number;
  readonly channels: number;
  readonly pixels: number;
  readonly samples: number;
  readonly points: number;
  /** Pixels that one point is made of. */
  readonly taps: number;
}

/** Elements of the buffer that holds each pixel's taps. */
export const listsLength = (spec: TapsSpec): number => 2 * sites(spec) + allTaps(spec) + 1;

const sites = ({ images, pixels }: TapsSpec): number => images * pixels;
const allTaps = ({ samples, points, taps: each }: TapsSpec): number => samples * points * each;

/** Input 0 is x [images, channels, pixels], 1 is w and 2 is indices (u32), both [samples, points, taps]; the output is y [samples, channels, points]. */
export function lowerTaps(spec: TapsSpec, traits: DeviceTraits): Launch[] {
  const length = spec.samples * spec.channels * spec.points;
  return launch('forward', length, spec, { x: { input: 0 }, w: { input: 1 }, indices: { input: 2 }, y: 'output' }, traits);
}

/** Input 0 is x, 1 is dy, 2 is indices; the output is dw. */
export function lowerTapsWeights(spec: TapsSpec, traits: DeviceTraits): Launch[] {
  return launch('weights', allTaps(spec), spec, { x: { input: 0 }, dy: { input: 1 }, indices: { input: 2 }, dw: 'output' }, traits);
}

/** Input 0 is dy, 1 is w, 2 is the lists; the output is dx. */
export function lowerTapsPixels(spec: TapsSpec, traits: DeviceTraits): Launch[] {
  const length = sites(spec) * spec.channels;
  return launch('pixels', length, spec, { dy: { input: 0 }, w: { input: 1 }, sorted: { input: 2 }, dx: 'output' }, traits);
}

/** indices → lists (u32) of each pixel's taps. */
export function lowerTapLists(spec: TapsSpec, traits: DeviceTraits): Launch[] {
  const [lists, indices] = ['output', { input: 0 }] as const;
  return [
    ...launch('clear', sites(spec), spec, { lists }, traits),
    ...launch('count', allTaps(spec), spec, { indices, lists }, traits),
    ...launch('place', sites(spec), spec, { lists }, traits),
    ...launch('fill', allTaps(spec), spec, { indices, lists }, traits),
    ...launch('order', sites(spec), spec, { lists }, traits),
  ];
}

function launch(entry: string, length: number, spec: TapsSpec, bind: Readonly<Record<string, Operand>>, traits: DeviceTraits): Launch[] {
  if (length === 0) return [];
  const wide = entry === 'forward' || entry === 'pixels';
  const each = wide && traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(length / 1024))) : 1;
  const workgroups = grid(Math.ceil(length / (64 * each)), traits);
  const params = { ...spec, gridX: workgroups[0] };
  const flops = wide || entry === 'weights' ? 2 * allTaps(spec) * spec.channels : 0;
  return [{ shader: taps, entry, params, constants: { EACH: each }, workgroups, bind, epilogue: bind.lists === undefined, flops }];
}
