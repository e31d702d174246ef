import sort from '../../../../shaders/sort.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch } from '../kernel.ts';
import { grid } from './grid.ts';

export interface SortSpec {
  readonly rows: number;
  readonly columns: number;
  /** Only this many low bits of the keys are looked at; those above are 0. */
  readonly bits: number;
}

/** Longest rows whose keys are ranked by comparing all with all. */
const SHORT = { cpu: 96, gpu: 256 } as const;
/** Bits of a digit. Many counts mean few passes, but workgroup memory has room for few, and short rows aren't worth many. */
const digitBitsFor = (kind: DeviceTraits['kind'], columns: number) => (kind === 'gpu' || columns < 384 ? 4 : 8);
/** Keys of one invocation of a workgroup. */
const EACH = 16;

/** Input 0 is keys [rows, columns] (u32); the output is their stable order within each row. */
export function lowerSort({ rows, columns, bits }: SortSpec, traits: DeviceTraits): Launch[] {
  const { kind } = traits;
  const length = rows * columns;
  if (length === 0) return [];
  if (columns <= SHORT[kind]) {
    const workgroups = grid(Math.ceil(length / 64), traits);
    const params = { rows, columns, tile: columns, tiles: 1, bits: 1, part: 1, parts: 1, gridX: workgroups[0] };
    const constants = { EACH: 1, FIRST: true };
    return [
      {
        shader: sort,
        entry: 'rank',
        params,
        constants,
        workgroups,
        bind: { keys: { input: 0 }, order: 'output' },
        flops: length * columns,
      },
    ];
  }
  const passes = Math.max(1, Math.ceil(bits / digitBitsFor(kind, columns)));
  const digitBits = Math.max(1, Math.ceil(bits / passes));
  const tile = kind === 'gpu' ? 64 * EACH : Math.max(256, Math.ceil(columns / Math.max(1, Math.ceil(256 / rows))));
  const tiles = Math.ceil(columns / tile);
  const counters = rows * tiles * 2 ** digitBits;
  const part = Math.ceil(Math.sqrt(counters));
  const parts = Math.ceil(counters / part);

  const scratch = (key: number, words: number): Scratch => ({ scratch: key, bytes: words * 4 });
  const counts = scratch(0, counters);
  const totals = scratch(1, parts);
  const keysAfter = (pass: number): Operand => scratch(2 + (pass % 2), length);
  // The last pass writes the output, and those before it take turns.
  const orderAfter = (pass: number): Operand => ((passes - 1 - pass) % 2 === 0 ? 'output' : scratch(4, length));

  return Array.from({ length: passes }, (_, pass): Launch[] => {
    const keys: Operand = pass === 0 ? { input: 0 } : keysAfter(pass - 1);
    const launch = (entry: string, threads: number, perGroup: number, bind: Launch['bind'], first = false): Launch => {
      const workgroups = grid(Math.ceil(threads / perGroup), traits);
      const params = { rows, columns, tile, tiles, bits: digitBits, part, parts, gridX: workgroups[0] };
      return { shader: sort, entry, params, constants: { EACH, FIRST: first }, workgroups, bind };
    };
    // The first pass reads no order: the binding has to hold something.
    const carried = { keys, orderIn: pass === 0 ? keys : orderAfter(pass - 1), keysOut: keysAfter(pass), order: orderAfter(pass) };
    const shared = kind === 'gpu';
    return [
      launch(shared ? 'countShared' : 'count', rows * tiles, shared ? 1 : 64, { keys, counts }),
      launch('sums', parts, 64, { countsIn: counts, totals }),
      launch('scan', parts, 64, { counts, totalsIn: totals }),
      shared
        ? launch('distributeShared', rows * tiles, 1, { ...carried, countsIn: counts }, pass === 0)
        : launch('distribute', rows * tiles, 64, { ...carried, counts }, pass === 0),
    ];
  }).flat();
}
