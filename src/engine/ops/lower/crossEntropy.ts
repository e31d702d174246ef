import crossEntropy from '../../../../shaders/crossEntropy.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { type RowsSpec, rowsLaunch } from './rows.ts';

export interface CrossEntropySpec extends RowsSpec {
  readonly smoothing: number;
}

/** Input 0 is logits, 1 is a label for each row (u32; one that is no class counts nothing); the output is the loss of each row. */
export function lowerCrossEntropy({ smoothing, ...rows }: CrossEntropySpec, traits: DeviceTraits): Launch[] {
  const bind = { logits: { input: 0 }, labels: { input: 1 }, loss: 'output' } as const;
  return rowsLaunch(crossEntropy, 'forward', rows, bind, traits, { params: () => ({ smoothing }) });
}

/** Input 0 is logits, 1 is labels, 2 is dloss; the output is dlogits. */
export function lowerCrossEntropyBackward({ smoothing, ...rows }: CrossEntropySpec, traits: DeviceTraits): Launch[] {
  const bind = { logits: { input: 0 }, labels: { input: 1 }, dloss: { input: 2 }, dlogits: 'output' } as const;
  return rowsLaunch(crossEntropy, 'backward', rows, bind, traits, { params: () => ({ smoothing }) });
}
