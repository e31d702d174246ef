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
  const x = { input: 0 };
  return plan(spec, traits).inParts('partialStatistics', { x }, 'mergeStatistics', spec.channels, { x });
}

/**
 * Input 0 is x, 1 its statistics, 2 dy; the output is [2, channels]: Σ dy·x̂ and Σ dy. `groups` tells whose the statistics are: each
 * channel's (0), or those of so many groups in each example.
 */
export function lowerChannelSums(spec: ChannelsSpec & { readonly groups: number }, traits: DeviceTraits): Launch[] {
  if (spec.channels === 0) return [];
  const [x, statistics, dy] = [0, 1, 2].map((input) => ({ input }));
  return plan(spec, traits).inParts('partialSums', { x, statistics, dy }, 'mergeSums', 2 * spec.channels, {});
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

type Bind = Readonly<Record<string, Operand>>;

function plan({ n, channels, space, eps, groups = 0 }: ChannelsSpec & { readonly groups?: number }, traits: DeviceTraits) {
  const across = space === 1;
  const width = (across ? channels : space) % 4 === 0 ? 4 : 1;
  const lines = across ? channels / width : channels;
  const length = across ? n : (n * space) / width;
  // Slices of one length; none is empty.
  const slicesFor = (threads: number, least: number, most: number) => {
    const wanted = Math.max(1, Math.min(Math.ceil(threads / Math.max(1, lines)), Math.floor(length / least), most));
    return Math.max(1, Math.ceil(length / Math.ceil(Math.max(1, length) / wanted)));
  };
  const launch = (entry: string, slices: number, threads: number, bind: Bind, { weight, bias }: AffineInputs = {}): Launch => {
    const workgroups = grid(Math.ceil(threads / 64), traits);
    return {
      shader: batchNorm,
      library: [width === 4 ? wide : narrow],
      entry,
      params: { n, channels, space, groups, slices, eps, gridX: workgroups[0] },
      constants: { WEIGHTED: weight !== undefined, BIASED: bias !== undefined },
      workgroups,
      bind,
    };
  };
  return {
    /** Sums over slices, and what puts them together: enough threads to fill the adapter, each with some terms; merging is serial. */
    inParts: (partial: string, from: Bind, merge: string, count: number, into: Bind): Launch[] => {
      const slices = slicesFor(traits.kind === 'cpu' ? 1024 : 32_768, 16, 256);
      const partials: Scratch = { scratch: 0, bytes: 2 * channels * slices * 4 };
      return [
        launch(partial, slices, lines * slices, { ...from, partials }),
        launch(merge, slices, count, { ...into, partialsIn: partials, totals: 'output' }),
      ];
    },
    /** One launch over all values. CPU adapters pay for every workgroup they start. */
    whole: (entry: string, affine: AffineInputs, bind: Bind): Launch[] => {
      if (lines * length === 0) return [];
      const slices = slicesFor(traits.kind === 'cpu' ? 2048 : 2 ** 20, 1, length);
      return [{ ...launch(entry, slices, lines * slices, bind, affine), epilogue: true }];
    },
  };
}
