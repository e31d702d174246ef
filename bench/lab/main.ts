import type { DeviceTraits } from '../../src/engine/ops/kernel.ts';
import { allCases, compare } from './cases.ts';
import { bindLaunches } from './launcher.ts';
import { timings } from './timings.ts';

export { traitsOf } from './launcher.ts';

export async function checkAll(device: GPUDevice, traits: DeviceTraits, only: string): Promise<number> {
  let failures = 0;
  let count = 0;
  for (const { name, launches, inputs, expected, tolerance, words } of allCases(only)) {
    let problem: string | undefined;
    try {
      const bound = await bindLaunches(device, launches(traits), inputs(), expected().length);
      await bound.run(2);
      problem = compare(await bound.read(words), expected(), tolerance);
      bound.destroy();
    } catch (error) {
      problem = String(error);
    }
    count++;
    if (problem) {
      failures++;
      if (failures <= 6) console.log(`FAILED ${name}: ${problem}`);
    }
  }
  console.log(`${count - failures} of ${count} checks passed`);
  return failures;
}

const random = (length: number) => Float32Array.from({ length }, () => Math.random() - 0.5);

export async function timeAll(device: GPUDevice, traits: DeviceTraits, only: string): Promise<void> {
  for (const { name, launches, inputs, outputLength, flops } of timings()) {
    if (!new RegExp(only).test(name)) continue;
    const data = inputs.map((input) => (typeof input === 'number' ? random(input) : input));
    const before = process.cpuUsage();
    const bound = await bindLaunches(device, launches(traits), data, outputLength);
    await bound.run(1);
    const first = process.cpuUsage(before);
    const once = await bound.run(1);
    const times = Math.max(1, Math.min(50, Math.ceil(60 / once)));
    const samples = [];
    // CPU time tells the work done on a shared machine, where wall time tells the load.
    const used = process.cpuUsage();
    for (let i = 0; i < 7; i++) samples.push((await bound.run(times)) / times);
    const { user, system } = process.cpuUsage(used);
    const cpu = (user + system) / 1000 / times / 7;
    const median = samples.sort((a, b) => a - b)[3]!;
    const rate = flops > 0 ? `${(flops / median / 1e6).toFixed(2).padStart(8)} GFLOP/s` : ''.padStart(16);
    console.log(
      `${name.padEnd(44)} ${median.toFixed(3).padStart(9)} ms ${rate}   best ${samples[0]!.toFixed(3)}, CPU ${cpu.toFixed(3)} ms, first run ${((first.user + first.system) / 1000).toFixed(0)}`,
    );
    bound.destroy();
  }
}
