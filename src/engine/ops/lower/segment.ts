import segment from '../../../../shaders/segment.wgsl';
import type { DeviceTraits, Launch, Scratch } from '../kernel.ts';
import { line } from './grid.ts';

export interface SegmentSpec {
  readonly outer: number;
  readonly rows: number;
  readonly width: number;
  /** Elements, each in one row or in none. */
  readonly count: number;
}

/** Length of a run that the shader sums beforehand, and the number of elements from which on it does. */
const CHUNK = 256;
const MANY = 4096;

/** Input 0 is x [outer, count, width], 1 is order [count], 2 is offsets [rows + 1]; the output is [outer, rows, width]. */
export function lowerSegmentSum(spec: SegmentSpec, traits: DeviceTraits): Launch[] {
  const { outer, rows, width, count } = spec;
  const bind = { x: { input: 0 }, order: { input: 1 }, offsets: { input: 2 } } as const;
  const outputs = outer * rows * width;
  if (count < MANY) return launch('sum', outputs, spec, { ...bind, y: 'output' }, traits, outer * count * width);
  const chunks = Math.floor(count / CHUNK);
  const sums: Scratch = { scratch: 0, bytes: outer * chunks * width * 4 };
  const chunked = { ...spec, chunks };
  return [
    ...launch('chunks', outputs && outer * chunks * width, chunked, { ...bind, sums }, traits),
    ...launch('combine', outputs, chunked, { ...bind, sumsIn: sums, y: 'output' }, traits, outer * count * width),
  ];
}

/** Input 0 is x [count, width], 1 is order, 2 is offsets; the output is [rows, width]. */
export function lowerSegmentExtremum(spec: SegmentSpec & { readonly largest: boolean }, traits: DeviceTraits): Launch[] {
  const { largest, ...rest } = spec;
  const bind = { x: { input: 0 }, order: { input: 1 }, offsets: { input: 2 }, y: 'output' } as const;
  return launch('extremum', spec.rows * spec.width, rest, bind, traits, spec.count * spec.width, { LARGEST: largest });
}

export interface SparseSpec extends SegmentSpec {
  /** Rows of the dense matrix that the elements point to. */
  readonly sources: number;
}

/** Input 0 is values [count], 1 is x [sources, width], 2 is order, 3 is offsets, 4 is sources [count]; the output is [rows, width]. */
export function lowerSparseProduct(spec: SparseSpec, traits: DeviceTraits): Launch[] {
  const bind = {
    values: { input: 0 },
    x: { input: 1 },
    order: { input: 2 },
    offsets: { input: 3 },
    sources: { input: 4 },
    y: 'output',
  } as const;
  const [entry, columns] = traits.kind === 'cpu' && spec.width > 1 ? ['productOfFour', Math.ceil(spec.width / 4)] : ['product', spec.width];
  return launch(entry, spec.rows * columns, spec, bind, traits, 2 * spec.count * spec.width);
}

/** Input 0 is a [rows, width], 1 is b [sources, width], 2 is targets [count], 3 is sources [count]; the output is [count]. */
export function lowerSampledProduct(spec: SparseSpec, traits: DeviceTraits): Launch[] {
  const bind = { a: { input: 0 }, b: { input: 1 }, targets: { input: 2 }, sources: { input: 3 }, y: 'output' } as const;
  return launch('sampled', spec.count, spec, bind, traits, 2 * spec.count * spec.width);
}

function launch(
  entry: string,
  threads: number,
  spec: SegmentSpec & { readonly sources?: number; readonly chunks?: number },
  bind: Launch['bind'],
  traits: DeviceTraits,
  flops = 0,
  constants: Launch['constants'] = {},
): Launch[] {
  if (threads === 0) return [];
  const { workgroups, gridX, constants: each } = line(threads, traits);
  // Entries that use neither must still compile.
  const params = { sources: 0, chunks: 1, ...spec, gridX };
  // The file declares LARGEST for one entry; the others need a value of it all the same.
  return [
    {
      shader: segment,
      entry,
      params,
      constants: { LARGEST: false, ...each, ...constants },
      workgroups,
      bind,
      epilogue: entry !== 'chunks',
      flops,
    },
  ];
}
