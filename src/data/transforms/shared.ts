// What transforms of samples and of batches both need.
import { TilegradError } from '../../engine/graph/errors.ts';
import type { Extent } from './transform.ts';

export type Six = readonly [number, number, number, number, number, number];

/** ITU-R BT.601. */
export const brightnessOf: readonly number[] = [0.299, 0.587, 0.114];

/** Weights [to, from] of a triangle filter that is as wide as an output pixel covers, one input pixel at least; each row sums to 1. */
export function resizeWeights(from: number, to: number): Float32Array {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    // What lies past the edge is left out.
    const row = weights.subarray(i * from, (i + 1) * from);
    let sum = 0;
    for (let j = Math.ceil(centre - reach); j <= Math.floor(centre + reach); j++) {
      const weight = 1 - Math.abs(j - centre) / reach;
      if (j < 0 || j >= from || weight <= 0) continue;
      row[j]! += weight;
      sum += weight;
    }
    for (let j = 0; j < from; j++) row[j]! /= sum;
  }
  return weights;
}

export function resizeMatrix(input: Extent, output: Extent): Six {
  const [sx, sy] = [input.width / output.width, input.height / output.height];
  return [sx, 0, sx / 2 - 0.5, 0, sy, sy / 2 - 0.5];
}

/** Of each of `to` pixels the one of `from` in which its middle lies: ⌊(i + ½)·from/to⌋, as Pillow has it. Whole numbers, so that no rounding decides between two. */
export const nearestPlaces = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to }, (_, i) => Math.floor(((2 * i + 1) * from) / (2 * to)));

/** @throws TilegradError for a fill that whole numbers of this type can't hold. */
export function expectFill(name: string, fill: number, dtype: 'i32' | 'u32'): void {
  const [low, high] = dtype === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
  if (!Number.isInteger(fill) || fill < low || fill > high) {
    throw new TilegradError(`${name}: expected a fill that ${dtype} holds, got ${fill}`);
  }
}
