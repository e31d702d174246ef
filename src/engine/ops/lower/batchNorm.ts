import batchNorm from '../../../../shaders/batchNorm.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';
import { grid } from './grid.ts';

export interface ChannelMomentsSpec {
  readonly n: number;
  readonly channels: number;
  /** Height times width. */
  readonly space: number;
}

export interface BatchNormSpec extends ChannelMomentsSpec {
  readonly eps: number;
}

/** x [n, channels, space] → [2, channels]: mean and biased variance of each channel. */
export function lowerChannelMoments(spec: ChannelMomentsSpec, traits: DeviceTraits): Launch[] {
  if (spec.channels === 0) return [];
  const shape = { ...spec, eps: 0 };
  const { launch, threads, partials } = plan(shape, traits);
  return [
    launch('partialMoments', threads, { x: { input: 0 }, partials }),
    { ...launch('mergeMoments', spec.channels, { partialsIn: partials, y: 'output' }), epilogue: true },
  ];
}

/** Input 0 is x, 1 is its moments [2, channels], 2 is dy, the gradient of the normalised values; the output is dx. */
export function lowerBatchNormBackward(spec: BatchNormSpec, traits: DeviceTraits): Launch[] {
  const length = spec.n * spec.channels * spec.space;
  if (length === 0) return [];
  const { launch, threads, partials } = plan(spec, traits);
  const means: Scratch = { scratch: 1, bytes: spec.channels * 8 };
  const [x, moments, dy] = [{ input: 0 }, { input: 1 }, { input: 2 }];
  return [
    launch('partialSums', threads, { x, moments, dy, partials }),
    launch('mergeSums', spec.channels, { moments, partialsIn: partials, means }),
    { ...launch('apply', length, { x, moments, dy, meansIn: means, dx: 'output' }), epilogue: true },
  ];
}

function plan(spec: BatchNormSpec, traits: DeviceTraits) {
  // Enough threads to fill the adapter, each with at least 32 terms; merging is serial.
  const wanted = Math.ceil((traits.kind === 'cpu' ? 256 : 16_384) / spec.channels);
  const slices = Math.max(1, Math.min(256, wanted, Math.floor((spec.n * spec.space) / 32)));
  const threads = spec.channels * slices;
  const partials: Scratch = { scratch: 0, bytes: threads * 8 };
  const launch = (entry: string, count: number, bind: Readonly<Record<string, Operand>>): Launch => {
    const workgroups = grid(Math.ceil(count / 64), traits);
    return { shader: batchNorm, entry, params: { ...spec, slices, gridX: workgroups[0] }, workgroups, bind };
  };
  return { launch, threads, partials };
}
