import batchNorm from '../../../../shaders/batchNorm.wgsl';
import narrow from '../../../../shaders/lib/narrow.wgsl';
import wide from '../../../../shaders/lib/wide.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';
import { grid } from './grid.ts';
import { type AffineInputs, bindings } from './layerNorm.ts';

export interface ChannelsSpec {
  readonly n: number;
  readonly channels: number;
  /** Places of a channel in one example: height times width, say. */
  readonly space: number;
  readonly eps: number;
}

/** x [n, channels, space] → [3, channels]: an element of each channel, the mean of the differences from it, biased variance. */
export function lowerChannelStatistics(spec: ChannelsSpec, traits: DeviceTraits): Launch[] {
  if (spec.n * spec.channels * spec.space === 0) return [];
  const { launch, lines, slices, partials } = plan(spec, traits);
  const x = { input: 0 };
  return [
    launch('partialStatistics', lines * slices, { x, partials }),
    launch('mergeStatistics', spec.channels, { x, partialsIn: partials, totals: 'output' }),
  ];
}

/**
 * Input 0 is x, 1 its statistics, 2 dy; the output is [2, channels]: Σ dy·x̂ and Σ dy. `groups` tells whose the statistics are: each
 * channel's (0), or those of so many groups in each example.
 */
export function lowerChannelSums(spec: ChannelsSpec & { readonly groups: number }, traits: DeviceTraits): Launch[] {
  if (spec.channels === 0) return [];
  const { launch, lines, slices, partials } = plan(spec, traits);
  return [
    launch('partialSums', lines * slices, { x: { input: 0 }, statistics: { input: 1 }, dy: { input: 2 }, partials }),
    launch('mergeSums', 2 * spec.channels, { partialsIn: partials, totals: 'output' }),
  ];
}

/** Input 0 is x, 1 its statistics; the output is y. */
export function lowerBatchNorm(spec: ChannelsSpec, affine: AffineInputs, traits: DeviceTraits): Launch[] {
  return plan(spec, traits).whole('forward', affine, { x: { input: 0 }, statistics: { input: 1 }, ...bindings(affine), y: 'output' });
}

/** Input 0 is x, 1 its statistics, 2 dy, 3 the channel sums of these; the output is dx. */
export function lowerBatchNormBackward(spec: ChannelsSpec, affine: AffineInputs, traits: DeviceTraits): Launch[] {
  const [x, statistics, dy, sums] = [0, 1, 2, 3].map((input) => ({ input }));
  return plan(spec, traits).whole('backward', affine, { x, statistics, dy, sums, weight: bindings(affine).weight, y: 'output' });
}

function plan({ n, channels, space, eps, groups = 0 }: ChannelsSpec & { readonly groups?: number }, traits: DeviceTraits) {
  const across = space === 1;
  const width = (across ? channels : space) % 4 === 0 ? 4 : 1;
  const lines = across ? channels / width : channels;
  const length = across ? n : (n * space) / width;
  // Enough threads to fill the adapter, each with at least 16 terms; merging is serial.
  const wanted = Math.ceil((traits.kind === 'cpu' ? 256 : 32_768) / Math.max(1, lines));
  const slices = Math.max(1, Math.min(256, wanted, Math.floor(length / 16)));
  const partials: Scratch = { scratch: 0, bytes: 2 * channels * slices * 4 };
  const launch = (entry: string, threads: number, bind: Readonly<Record<string, Operand>>, constants: Launch['constants'] = {}): Launch => {
    const workgroups = grid(Math.ceil(threads / 64), traits);
    return {
      shader: batchNorm,
      library: [width === 4 ? wide : narrow],
      entry,
      params: { n, channels, space, groups, slices, eps, gridX: workgroups[0] },
      constants: { WEIGHTED: false, BIASED: false, EACH: 1, ...constants },
      workgroups,
      bind,
    };
  };
  const whole = (entry: string, { weight, bias }: AffineInputs, bind: Readonly<Record<string, Operand>>): Launch[] => {
    const vectors = lines * length;
    if (vectors === 0) return [];
    // CPU adapters pay for every workgroup they start.
    const each = traits.kind === 'cpu' ? Math.max(1, Math.min(16, Math.floor(vectors / 1024))) : 1;
    const constants = { WEIGHTED: weight !== undefined, BIASED: bias !== undefined, EACH: each };
    return [{ ...launch(entry, Math.ceil(vectors / each), bind, constants), epilogue: true }];
  };
  return { launch, whole, lines, slices, partials };
}
