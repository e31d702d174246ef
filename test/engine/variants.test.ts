// The first rows of every op once more, with the kernels that other adapters get, and with so few workgroups in a dimension that every
// dispatch of some size folds into the second. Runs on whatever adapter there is.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import type { DeviceTraits } from '../../src/engine/ops/kernel.ts';
import { closeDevice, openDevice, setPlatform } from '../../src/index.ts';
import { allCases } from './all-cases.ts';
import { elementwiseCases } from './cases/elementwise.ts';
import { checkOp } from './check.ts';

/** Cells are products and elementwise ops. */
const ops = [...new Set(allCases.map(({ op }) => op))].filter((op) => !op.endsWith('Cell'));

/** Of these a kernel is the same but for the expression: one row in folded dispatches shows as much as two of each kind. */
const elementwise = new Set(elementwiseCases.map(({ op }) => op));

/** The kernels, and how many rows of an op: enough to reach every main loop of them, as the other rows run with the adapter's own variants. */
const KINDS: Readonly<Record<string, Pick<DeviceTraits, 'kind' | 'subgroups' | 'subgroupSize'> & { readonly rows: number }>> = {
  'a GPU': { kind: 'gpu', subgroups: false, subgroupSize: 1, rows: 2 },
  'a CPU adapter without subgroups': { kind: 'cpu', subgroups: false, subgroupSize: 1, rows: 1 },
};

describe.each(Object.entries(KINDS))('kernels for %s, in folded dispatches', (_name, { rows, ...traits }) => {
  beforeAll(async () => {
    const platform = nodePlatform();
    setPlatform({
      ...platform,
      requestAdapter: async () => {
        const choice = await platform.requestAdapter();
        return { ...choice, kind: traits.kind, traits: { ...traits, maxWorkgroupsPerDimension: 3 } };
      },
    });
    await openDevice();
  });
  afterAll(async () => {
    await closeDevice();
    setPlatform(nodePlatform());
  });

  for (const op of ops) {
    const most = elementwise.has(op) ? rows - 1 : rows;
    const cases = allCases.filter((row) => row.op === op).filter(({ everyKernel }, i) => everyKernel || i < most);
    // Derivatives of a gradient have no kernels that other rows haven't.
    for (const row of cases) it([op, row.about].filter(Boolean).join(': '), () => checkOp({ ...row, second: false }));
  }
});
