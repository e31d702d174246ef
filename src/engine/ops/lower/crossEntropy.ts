import crossEntropy from '../../../../shaders/crossEntropy.wgsl';
import type { DeviceTraits, Launch } from '../kernel.ts';
import { rowsLaunch } from './rows.ts';

export interface CrossEntropySpec {
  readonly rows: number;
  readonly classes: number;
}

/** Input 0 is logits [rows, classes], 1 is labels [rows] (u32; one that is no class counts nothing); the output is the loss of each row. */
export function lowerCrossEntropy({ rows, classes }: CrossEntropySpec, traits: DeviceTraits): Launch[] {
  const bind = { logits: { input: 0 }, labels: { input: 1 }, loss: 'output' } as const;
  return rowsLaunch(crossEntropy, 'forward', { rows, columns: classes }, bind, traits);
}

/** Input 0 is logits, 1 is labels, 2 is dloss [rows]; the output is dlogits. */
export function lowerCrossEntropyBackward({ rows, classes }: CrossEntropySpec, traits: DeviceTraits): Launch[] {
  const bind = { logits: { input: 0 }, labels: { input: 1 }, dloss: { input: 2 }, dlogits: 'output' } as const;
  return rowsLaunch(crossEntropy, 'backward', { rows, columns: classes }, bind, traits);
}
