import pool2d from '../../../../shaders/pool2d.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid } from './grid.ts';

export interface Pool2dSpec {
  /** Batch times channels. */
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly kh: number;
  readonly kw: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Windows as long as it takes to share out the image: strides, padding and dilation count for nothing. */
  readonly adaptive: boolean;
}

/** Averages take no dilation. */
export interface AvgPool2dSpec extends Pool2dSpec {
  readonly countIncludePad: boolean;
}

/** x [planes, height, width] → y [planes, outHeight, outWidth]. */
export function lowerMaxPool2d(spec: Pool2dSpec, traits: DeviceTraits): Launch[] {
  return lower('maxForward', spec, outputs(spec), { x: { input: 0 }, y: 'output' }, traits, windowsEach(outputs(spec), traits));
}

/** x → indices [planes, outHeight, outWidth] (u32) of the maxima within their planes. */
export function lowerMaxPool2dIndices(spec: Pool2dSpec, traits: DeviceTraits): Launch[] {
  return lower('maxIndices', spec, outputs(spec), { x: { input: 0 }, indices: 'output' }, traits);
}

/** Input 0 is x, 1 is dy; the output is dx. */
export function lowerMaxPool2dBackward(spec: Pool2dSpec, traits: DeviceTraits): Launch[] {
  const bind: Launch['bind'] = { x: { input: 0 }, dy: { input: 1 }, dx: 'output' };
  if (!areDisjoint(spec)) return lower('maxBackward', spec, inputs(spec), bind, traits);
  const owners = spec.planes * Math.ceil(spec.height / spec.strideH) * Math.ceil(spec.width / spec.strideW);
  return lower('maxBackwardDisjoint', spec, owners, bind, traits, windowsEach(owners, traits));
}

/** Input 0 is x, 1 holds values in its shape; the output has, for each window, the value where x is largest. */
export function lowerMaxPool2dGather(spec: Pool2dSpec, traits: DeviceTraits): Launch[] {
  return lower('maxGather', spec, outputs(spec), { x: { input: 0 }, dy: { input: 1 }, y: 'output' }, traits);
}

/** Whether every pixel belongs to one window at most, and each window begins where the one before it ends. */
function areDisjoint({
  kh,
  kw,
  strideH,
  strideW,
  padTop,
  padLeft,
  padBottom,
  padRight,
  dilationH,
  dilationW,
  adaptive,
}: Pool2dSpec): boolean {
  const touching = kh === strideH && kw === strideW && dilationH === 1 && dilationW === 1;
  return touching && padTop + padLeft + padBottom + padRight === 0 && !adaptive;
}

/** Windows a thread: enough to make the start of a workgroup cheap on a CPU adapter, few enough to keep its threads busy. */
const windowsEach = (count: number, { kind }: DeviceTraits): number =>
  kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(count / 1024))) : 1;

/** x [planes, height, width] → y [planes, outHeight, outWidth]. */
export function lowerAvgPool2d(spec: AvgPool2dSpec, traits: DeviceTraits): Launch[] {
  return lower('avgForward', spec, outputs(spec), { x: { input: 0 }, y: 'output' }, traits);
}

/** dy → dx. */
export function lowerAvgPool2dBackward(spec: AvgPool2dSpec, traits: DeviceTraits): Launch[] {
  return lower('avgBackward', spec, inputs(spec), { dy: { input: 0 }, dx: 'output' }, traits);
}

const outputs = ({ planes, outHeight, outWidth }: Pool2dSpec): number => planes * outHeight * outWidth;
const inputs = ({ planes, height, width }: Pool2dSpec): number => planes * height * width;

function lower(
  entry: string,
  spec: Pool2dSpec & { readonly countIncludePad?: boolean },
  length: number,
  bind: Readonly<Record<string, Operand>>,
  traits: DeviceTraits,
  each = 1,
): Launch[] {
  if (length === 0) return [];
  const { countIncludePad, adaptive, ...shape } = spec;
  const workgroups = grid(Math.ceil(length / (64 * each)), traits);
  const params = { ...shape, includePad: countIncludePad ? 1 : 0, gridX: workgroups[0] };
  const flops = outputs(spec) * spec.kh * spec.kw;
  const constants = { EACH: each, ADAPTIVE: adaptive };
  return [{ shader: pool2d, entry, params, constants, workgroups, bind, epilogue: bind.indices === undefined, flops }];
}
