import quantizedMatmul from '../../../../shaders/quantizedMatmul.wgsl';
import type { DeviceTraits, Launch, Operand } from '../kernel.ts';
import { grid } from './grid.ts';

export interface QuantizedSpec {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Bits of a weight: 1, 4 or 8. */
  readonly bits: number;
  /** Weights that share a scale; 0 for one scale a row. */
  readonly group: number;
}

/** Inputs x [rows, depth], words [columns, ..], scales, and zeros for 4 bits; for 1 bit only the words of both sides. */
export function lowerQuantized({ rows, columns, depth, bits, group }: QuantizedSpec, traits: DeviceTraits): Launch[] {
  if (rows * columns === 0) return [];
  const words = Math.ceil((depth * bits) / 32);
  const groups = group === 0 ? 1 : depth / group;
  const gpu = traits.kind === 'gpu';
  const [size, split] = gpu ? [64, words >= 16 ? 16 : 1] : [8, 1];
  const workgroups = grid(Math.ceil(rows / 4) * Math.ceil(columns / (size / split)), traits);
  const weights: Record<string, Operand> = { weight: { input: 1 }, y: 'output' };
  const scaled: Record<string, Operand> = { x: { input: 0 }, scale: { input: 2 }, zero: { input: bits === 4 ? 3 : 2 } };
  return [
    {
      shader: quantizedMatmul,
      entry: bits === 1 ? 'binary' : 'scaled',
      params: { rows, columns, depth, words, groupWords: Math.max(1, words / groups), groups, gridX: workgroups[0] },
      constants: { GROUP: size, SPLIT: split, BITS: bits },
      workgroups,
      bind: { ...weights, ...(bits === 1 ? { bits: { input: 0 } } : scaled) },
      epilogue: true,
      flops: 2 * rows * columns * depth,
    },
  ];
}
