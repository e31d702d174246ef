import scan from '../../../../shaders/scan.wgsl';
import type { DType } from '../../graph/dtype.ts';
import type { DeviceTraits, Launch, Scratch } from '../kernel.ts';
import { grid } from './grid.ts';

/** What a scan combines with; the numbers are those of shaders/scan.wgsl. */
export const SCANS = { SUM: 0, PRODUCT: 1, MAXIMUM: 2, MINIMUM: 3, LOG_SUM_EXP: 4, LINEAR: 5 } as const;

export interface ScanSpec {
  readonly kind: keyof typeof SCANS;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly reverse: boolean;
  readonly dtype: DType;
}

/** Shorter lines aren't worth three passes. */
const LEAST_LENGTH = 512;

/** x [outer, length, inner], and for LINEAR the factors a of the same shape → y. */
export function lowerScan({ kind, reverse, dtype, ...sizes }: ScanSpec, traits: DeviceTraits): Launch[] {
  const { outer, length, inner } = sizes;
  const lines = outer * inner;
  if (lines * length === 0) return [];
  const wanted = (traits.kind === 'cpu' ? 256 : 16384) / lines;
  const count = length < LEAST_LENGTH ? 1 : Math.max(1, Math.min(Math.ceil(wanted), Math.floor(Math.sqrt(length))));
  const segment = Math.ceil(length / count);
  const segments = Math.ceil(length / segment);
  const whole = dtype === 'i32' || dtype === 'u32';
  const common = {
    shader: scan,
    params: { ...sizes, segment, segments },
    constants: { ...SCANS, KIND: SCANS[kind], REVERSE: reverse, FLOAT: !whole },
    ...(whole ? { type: dtype } : {}),
    flops: lines * length,
  };
  const launch = (entry: string, invocations: number, bind: Launch['bind'], epilogue = false): Launch => ({
    ...common,
    entry,
    workgroups: grid(Math.ceil(invocations / 64), traits),
    bind,
    epilogue,
  });
  const inputs = { x: { input: 0 }, a: { input: kind === 'LINEAR' ? 1 : 0 } };
  if (segments === 1) return [launch('serial', lines, { ...inputs, y: 'output' }, true)];
  const runs: Scratch = { scratch: 0, bytes: lines * segments * 8 };
  return [
    launch('totals', lines * segments, { ...inputs, runs }),
    launch('starts', lines, { runs }),
    launch('segments', lines * segments, { ...inputs, before: runs, y: 'output' }, true),
  ];
}
