import softmax from '../../../../shaders/softmax.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { rowsLaunch } from './rows.ts';

export interface SoftmaxSpec {
  readonly rows: number;
  readonly columns: number;
  /** Logarithms of the probabilities instead of them. */
  readonly log: boolean;
}

/** x [rows, columns] → y. */
export function lowerSoftmax({ rows, columns, log }: SoftmaxSpec, traits: DeviceTraits): Launch[] {
  return rowsLaunch(softmax, log ? 'logForward' : 'forward', { rows, columns }, { x: { input: 0 }, y: 'output' }, traits);
}

/** Input 0 is y, the output of the forward pass, 1 is dy; the output is dx. */
export function lowerSoftmaxBackward({ rows, columns, log }: SoftmaxSpec, traits: DeviceTraits): Launch[] {
  const bind = { output: { input: 0 }, dy: { input: 1 }, dx: 'output' } as const;
  return rowsLaunch(softmax, log ? 'logBackward' : 'backward', { rows, columns }, bind, traits);
}
