import type { DeviceTraits, Launch } from '../../src/engine/ops/kernel.ts';
import type { Input } from './launcher.ts';

export interface Case {
  readonly name: string;
  readonly launches: (traits: DeviceTraits) => readonly Launch[];
  readonly inputs: () => readonly Input[];
  readonly expected: () => Float64Array;
  /** The output holds u32. */
  readonly words?: boolean;
  /** Allowed difference, relative to the largest expected value; 2e-5 unless given. */
  readonly tolerance?: number;
}
