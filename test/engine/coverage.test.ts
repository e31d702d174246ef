// Fails when the library exports an op that no row of the tables checks.
import { expect, it } from 'vitest';
import { InputLeaf } from '../../src/engine/graph/tensor.ts';
import { gradients, TilegradError } from '../../src/index.ts';
import { allCases, statistics } from './all-cases.ts';
import type { OpCase } from './check.ts';
import { NOT_OPS } from './not-ops.ts';
import { opNames } from './ops-table.ts';

it('every op has a row in a table', () => {
  const rows = new Set([...allCases, ...statistics].map(({ op }) => op));
  expect(opNames(NOT_OPS).filter((name) => !rows.has(name))).toEqual([]);
});

/** Whether the gradient of an op's gradient can be built, and depends on anything. */
function hasSecondOrder({ inputs, apply, wrt }: OpCase): boolean {
  const at = wrt ?? inputs.flatMap(({ dtype }, i) => (dtype === 'f32' ? [i] : []));
  if (at.length === 0) return false;
  const xs = inputs.map(({ shape, dtype }, i) => new InputLeaf(i, shape, dtype));
  const wanted = at.map((i) => xs[i]);
  try {
    const first = gradients(
      apply(...xs)
        .square()
        .sum(),
      wanted,
    );
    gradients(
      first.map((dx) => dx.square().sum()).reduce((a, b) => a.add(b)),
      wanted,
    );
    return true;
  } catch (error) {
    if (error instanceof TilegradError && error.message.includes('has no derivative')) return false;
    throw error;
  }
}

it('every op that has a second derivative is checked to second order', () => {
  const checked = new Set(allCases.filter(({ second }) => second).map(({ op }) => op));
  const unchecked = allCases.filter((row) => !checked.has(row.op) && hasSecondOrder(row)).map(({ op }) => op);
  expect([...new Set(unchecked)]).toEqual([]);
});
