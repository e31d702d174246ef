import pool2d from '../../../../shaders/pool2d.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';
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
  return lower('maxForward', spec, outputs(spec), { x: { input: 0 }, y: 'output' }, traits);
}

/** x → indices [planes, outHeight, outWidth] (u32) of the maxima within their planes. */
export function lowerMaxPool2dIndices(spec: Pool2dSpec, traits: DeviceTraits): Launch[] {
  return lower('maxIndices', spec, outputs(spec), { x: { input: 0 }, indices: 'output' }, traits);
}

/** Input 0 is x, 1 is dy; the output is dx. */
export function lowerMaxPool2dBackward(spec: Pool2dSpec, traits: DeviceTraits): Launch[] {
  const [x, dy] = [{ input: 0 }, { input: 1 }];
  if (areDisjoint(spec)) {
    const owners = spec.planes * Math.ceil(spec.height / spec.strideH) * Math.ceil(spec.width / spec.strideW);
    return lower('maxBackwardDisjoint', spec, owners, { x, dy, dx: 'output' }, traits);
  }
  const maxima: Scratch = { scratch: 0, bytes: outputs(spec) * 4 };
  return [
    ...lower('maxIndices', spec, outputs(spec), { x, indices: maxima }, traits),
    ...lower('maxBackward', spec, inputs(spec), { dy, maxima, dx: 'output' }, traits),
  ];
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

/** The most windows that one element belongs to, along an axis. */
function overlaps(adaptive: boolean, length: number, outLength: number, reach: number, stride: number): number {
  if (!adaptive) return Math.ceil(reach / stride);
  const counts = Array.from({ length }, (_, i) => Math.ceil(((i + 1) * outLength) / length) - Math.floor((i * outLength) / length));
  return Math.max(...counts);
}

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
): Launch[] {
  if (length === 0) return [];
  const { countIncludePad, adaptive, ...shape } = spec;
  // Enough elements a thread to make the start of a workgroup cheap on a CPU adapter, few enough to keep its threads busy.
  const each = traits.kind === 'cpu' ? Math.min(16, Math.max(1, Math.floor(length / 1024))) : 1;
  const workgroups = grid(Math.ceil(length / (64 * each)), traits);
  const windowsY = overlaps(adaptive, spec.height, spec.outHeight, (spec.kh - 1) * spec.dilationH + 1, spec.strideH);
  const windowsX = overlaps(adaptive, spec.width, spec.outWidth, (spec.kw - 1) * spec.dilationW + 1, spec.strideW);
  const params = { ...shape, windowsY, windowsX, includePad: countIncludePad ? 1 : 0, gridX: workgroups[0] };
  const flops = outputs(spec) * spec.kh * spec.kw;
  const constants = { EACH: each, ADAPTIVE: adaptive };
  return [{ shader: pool2d, entry, params, constants, workgroups, bind, epilogue: bind.indices === undefined, flops }];
}
