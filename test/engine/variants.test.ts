// The first rows of every op once more, with the kernels that other adapters get, and with so few workgroups in a dimension that every
// dispatch of some size folds into the second. Runs on whatever adapter there is.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import type { DeviceTraits } from '../../src/engine/ops/kernel.ts';
import { closeDevice, openDevice, setPlatform } from '../../src/index.ts';
import { allCases } from './all-cases.ts';
import { checkOp } from './check.ts';

/** Enough to reach every kernel's main loop; the other rows run with the adapter's own variants. */
const ROWS = 2;
const rows = [...new Set(allCases.map(({ op }) => op))].flatMap((name) =>
  allCases.filter(({ op }) => op === name).filter(({ everyKernel }, i) => everyKernel || i < ROWS),
);

const KINDS: Readonly<Record<string, Pick<DeviceTraits, 'kind' | 'subgroups' | 'subgroupSize'>>> = {
  'a GPU': { kind: 'gpu', subgroups: false, subgroupSize: 1 },
  'a CPU adapter without subgroups': { kind: 'cpu', subgroups: false, subgroupSize: 1 },
};

describe.each(Object.entries(KINDS))('kernels for %s, in folded dispatches', (_name, traits) => {
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

  for (const row of rows) it([row.op, row.about].filter(Boolean).join(': '), () => checkOp(row));
});
