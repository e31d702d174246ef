// Every lowering at awkward shapes, with a float64 reference written straight from the formula.
import type { Case } from './case.ts';
import { attentionCases } from './cases/attention.ts';
import { convCases } from './cases/conv.ts';
import { gatherCases, searchCases, segmentCases, sortCases } from './cases/indexing.ts';
import { matmulCases } from './cases/matmul.ts';
import { normCases } from './cases/norm.ts';
import { pool2dCases } from './cases/pool2d.ts';
import { rowCases } from './cases/rows.ts';

export function allCases(only = ''): Case[] {
  return [
    ...attentionCases(),
    ...matmulCases(),
    ...convCases(),
    ...pool2dCases(),
    ...rowCases(),
    ...normCases(),
    ...gatherCases(),
    ...searchCases(),
    ...segmentCases(),
    ...sortCases(),
  ].filter(({ name }) => name.includes(only));
}

/** What is wrong with the values, or nothing. NaN must meet NaN. */
export function compare(actual: Float32Array | Uint32Array, expected: Float64Array, tolerance = 2e-5): string | undefined {
  let scale = 1e-3;
  for (const value of expected) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    if (Object.is(a, e) || (Number.isNaN(a) && Number.isNaN(e))) continue;
    if (!(Math.abs(a - e) <= tolerance * scale)) return `[${i} of ${expected.length}] expected ${e}, got ${a}`;
  }
  return undefined;
}
