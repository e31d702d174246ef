// Every handwritten lowering at awkward shapes against a float64 reference of its formula, in the variants for CPU adapters, for CPU adapters
// without subgroups and for GPUs: all run on whatever adapter there is. The cases are those of the kernel lab (bench/lab).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCases, compare } from '../../bench/lab/cases.ts';
import { bindLaunches, traitsOf } from '../../bench/lab/launcher.ts';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { Device } from '../../src/engine/gpu/device.ts';

describe.each([
  { kind: 'cpu', subgroups: true },
  { kind: 'cpu', subgroups: false },
  { kind: 'gpu', subgroups: false },
] as const)('kernels for $kind, subgroups: $subgroups', ({ kind, subgroups }) => {
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
  it.each([...families])('%s', async (_, rows) => {
    const traits = traitsOf(device.gpu, kind, subgroups && device.traits.subgroups);
    const problems: string[] = [];
    for (const { name, launches, inputs, expected, tolerance } of rows) {
      const values = expected();
      const bound = await bindLaunches(device.gpu, launches(traits), inputs(), values.length);
      await bound.run(2);
      const problem = compare(await bound.read(), values, tolerance);
      if (problem) problems.push(`${name}: ${problem}`);
      bound.destroy();
    }
    expect(problems).toEqual([]);
  });
});
