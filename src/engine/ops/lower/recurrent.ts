import recurrent from '../../../../shaders/recurrent.wgsl';
import recurrentLanes from '../../../../shaders/recurrentLanes.wgsl';
import type { DeviceTraits, Launch, Operand, Scratch, Shader } from '../kernel.ts';
import { grid, usesLanes } from './grid.ts';

/** What the kernels must know of a kind of cell. The numbers of `id` are those in the shaders. */
export const CELLS = {
  tanh: { id: 0, gates: 1, states: 1, slopes: 1 },
  relu: { id: 1, gates: 1, states: 1, slopes: 1 },
  lstm: { id: 2, gates: 4, states: 2, slopes: 4 },
  gru: { id: 3, gates: 3, states: 1, slopes: 4 },
} as const;

export type CellName = keyof typeof CELLS;

export interface RecurrentSpec {
  readonly cell: CellName;
  readonly steps: number;
  readonly batch: number;
  readonly units: number;
  readonly reverse: boolean;
}

/**
 * Input 0 is x [steps, batch, gates·units], 1 is weight [units, gates·units], 2 is bias [gates·units], 3 is the state that all begins with
 * [batch, states·units], 4 is lengths [batch] (u32); the output is states [steps + 1, batch, states·units].
 */
export function lowerRecurrent(spec: RecurrentSpec, traits: DeviceTraits): Launch[] {
  const bind = {
    x: { input: 0 },
    weight: { input: 1 },
    bias: { input: 2 },
    initial: { input: 3 },
    lengths: { input: 4 },
    states: 'output',
  } as const;
  return lower('forward', spec, bind, traits);
}

/**
 * Input 0 is states, 1 is their gradient, 2 is weight [gates·units, units], 3 is lengths; 4 is x and 5 the gates' part from the state, which
 * cells with one gate do without. The output is dsums [steps + 1, batch, slopes·units].
 */
export function lowerRecurrentBackward(spec: RecurrentSpec, traits: DeviceTraits): Launch[] {
  const gated = CELLS[spec.cell].gates > 1;
  const bind = {
    statesIn: { input: 0 },
    dstates: { input: 1 },
    weight: { input: 2 },
    lengths: { input: 3 },
    x: { input: gated ? 4 : 0 },
    hidden: { input: gated ? 5 : 0 },
    dsums: 'output',
  } as const;
  return lower('backward', spec, bind, traits);
}

type Operands = Readonly<Record<string, Operand>>;

function lower(entry: 'forward' | 'backward', spec: RecurrentSpec, bind: Operands, traits: DeviceTraits): Launch[] {
  const { cell, steps, batch, units, reverse } = spec;
  const { id, gates, states, slopes } = CELLS[cell];
  if (batch * units === 0) return [];
  // Terms of the matrix product of a step.
  const depth = entry === 'forward' ? units : gates * units;
  const launch = (shader: Shader, name: string, groups: number, constants: Record<string, number>, operands: Operands): Launch => {
    const workgroups = grid(groups, traits);
    return {
      shader,
      entry: name,
      params: { steps, batch, units, reverse: Number(reverse), gridX: workgroups[0] },
      constants: { CELL: id, GATES: gates, STATES: states, SLOPES: slopes, ...constants },
      workgroups,
      bind: operands,
      flops: name === entry ? 2 * steps * batch * gates * units * units : 0,
    };
  };
  if (!usesLanes(traits)) {
    const groupSize = Math.min(256, Math.ceil(units / 32) * 32, traits.maxInvocationsPerWorkgroup);
    // 16 bytes a term, within the 16 KiB of workgroup memory that every adapter has.
    const chunk = Math.min(1024, depth);
    return [launch(recurrent, entry, Math.ceil(batch / 4), { GROUP_SIZE: groupSize, CHUNK: chunk }, bind)];
  }
  const LANES = Math.min(8, traits.subgroupSize);
  const UNITS = entry === 'forward' && gates > 1 ? 1 : 4;
  const COLUMNS = entry === 'forward' ? gates * UNITS : UNITS;
  const constants = { LANES, UNITS, COLUMNS, DEPTH: depth };
  const length = Math.ceil(units / (UNITS * LANES)) * depth * COLUMNS * LANES;
  const packed: Scratch = { scratch: 0, bytes: 4 * length };
  const { weight, ...others } = bind;
  return [
    launch(recurrentLanes, 'pack', Math.ceil(length / 64), constants, { weight, packing: packed }),
    launch(recurrentLanes, entry, Math.ceil(batch / LANES), constants, { ...others, packed }),
  ];
}
