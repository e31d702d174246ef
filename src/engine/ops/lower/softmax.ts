import softmax from '../../../../shaders/softmax.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { type RowsSpec, rowsLaunch } from './rows.ts';

export interface SoftmaxSpec extends RowsSpec {
  /** Logarithms of the probabilities instead of them. */
  readonly log: boolean;
}

/** x → y. */
export function lowerSoftmax({ log, ...rows }: SoftmaxSpec, traits: DeviceTraits): Launch[] {
  return rowsLaunch(softmax, log ? 'logForward' : 'forward', rows, { x: { input: 0 }, y: 'output' }, traits);
}

/** Input 0 is y, the output of the forward pass, 1 is dy; the output is dx. */
export function lowerSoftmaxBackward({ log, ...rows }: SoftmaxSpec, traits: DeviceTraits): Launch[] {
  const bind = { output: { input: 0 }, dy: { input: 1 }, dx: 'output' } as const;
  return rowsLaunch(softmax, log ? 'logBackward' : 'backward', rows, bind, traits);
}
