// Every handwritten lowering at awkward shapes against a float64 reference of its formula, in the variants for CPU adapters and for GPUs: both run
// on whatever adapter there is. The cases are those of the kernel lab; `node bench/lab/harness.mjs --check --kind gpu` runs all of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCases, compare } from '../../bench/lab/cases.ts';
import { bindLaunches, traitsOf } from '../../bench/lab/launcher.ts';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { Device } from '../../src/engine/gpu/device.ts';

// Software adapters take seconds to compile kernels for GPUs, and to run their many threads: one in so many cases is enough there.
const EVERY: Readonly<Record<string, number>> = { attention: 4, matmul: 7, conv: 13, norm: 5, sort: 5 };

describe.each(['cpu', 'gpu'] as const)('kernels for %s adapters', (kind) => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open(await nodePlatform().requestAdapter());
  });
  afterAll(() => device.close());

  const families = new Map<string, ReturnType<typeof allCases>>();
  for (const row of allCases()) {
    const family = row.name.split(' ')[0];
    families.set(family, [...(families.get(family) ?? []), row]);
  }
  it.each([...families])('%s', async (family, all) => {
    const every = kind === 'gpu' && device.traits.kind === 'cpu' ? (EVERY[family] ?? 1) : 1;
    const rows = all.filter((_, i) => i % every === 0);
    const traits = traitsOf(device.gpu, kind);
    const problems: string[] = [];
    for (const { name, launches, inputs, expected, tolerance, words } of rows) {
      const values = expected();
      const bound = await bindLaunches(device.gpu, launches(traits), inputs(), values.length);
      await bound.run(2);
      const problem = compare(await bound.read(words), values, tolerance);
      if (problem) problems.push(`${name}: ${problem}`);
      bound.destroy();
    }
    expect(problems).toEqual([]);
  });
});
