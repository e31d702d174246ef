import ctc from '../../../../shaders/ctc.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid } from './grid.ts';

export interface CtcSpec {
  readonly time: number;
  readonly examples: number;
  readonly classes: number;
  /** Labels of the longest target. */
  readonly labels: number;
  readonly blank: number;
}

/** Values of one example's part of the alphas: states at each step, and the loss. */
export const alphasLength = ({ time, labels }: CtcSpec): number => time * (2 * labels + 1) + 1;

const sequences = { logProbs: { input: 0 }, targets: { input: 1 }, inputLengths: { input: 2 }, targetLengths: { input: 3 } } as const;

/** Inputs are log-probabilities, targets, input lengths and target lengths; the output is [examples, alphasLength]. */
export function lowerCtc(spec: CtcSpec, traits: DeviceTraits): Launch[] {
  return launch('forward', spec, { ...sequences, alphas: 'output' }, traits);
}

/** After the inputs of the forward pass come the alphas and dloss; the output is the gradient of the log-probabilities. */
export function lowerCtcBackward(spec: CtcSpec, traits: DeviceTraits): Launch[] {
  const betas = { scratch: 0, bytes: spec.examples * 3 * (2 * spec.labels + 1) * 4 };
  return launch('backward', spec, { ...sequences, alphasIn: { input: 4 }, dloss: { input: 5 }, betas, dx: 'output' }, traits);
}

function launch(entry: string, spec: CtcSpec, bind: Readonly<Record<string, Operand>>, traits: DeviceTraits): Launch[] {
  if (spec.examples === 0) return [];
  const { time, examples, classes, labels, blank } = spec;
  const threads = traits.kind === 'cpu' ? 1 : labels <= 32 ? 64 : 256;
  const groupSize = traits.kind === 'cpu' ? 8 : threads;
  const workgroups = grid(Math.ceil(examples / (groupSize / threads)), traits);
  const params = { time, examples, classes, labels, blank, gridX: workgroups[0] };
  return [{ shader: ctc, entry, params, constants: { GROUP_SIZE: groupSize, THREADS: threads }, workgroups, bind }];
}
