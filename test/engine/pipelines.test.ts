// Compiled kernels take memory of the driver's: those that no plan uses any more go, the oldest first, and all of them with the device.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it, vi } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { closeDevice, compile, freeMemory, memoryUse, setPlatform, type Tensor, tensor } from '../../src/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
afterAll(() => setPlatform(nodePlatform()));

const megabytes = async () => {
  for (let i = 0; i < 4; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss / 2 ** 20;
};

it('500 shapes keep the number of kernels and the process within bounds', async () => {
  const f = compile((x: Tensor) => x.mul(2));
  const few = compile((x: Tensor) => x.add(1), { plans: 4 });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  // Kernels in use stay, whatever comes and goes beside them.
  expect([...(await f(tensor([1, 2])).data())]).toEqual([2, 4]);
  const run = async (from: number, to: number) => {
    for (let length = from; length < to; length++) expect((await few(tensor(new Float32Array(length))).data())[0]).toBe(1);
  };
  await run(1, 150);
  const [kernels, before] = [memoryUse().kernels, await megabytes()];
  expect(kernels).toBeLessThanOrEqual(64 + 4 + 1);
  await run(150, 500);
  expect(memoryUse().kernels).toBe(kernels);
  // Each kernel that stays takes more than a MiB here: 350 MiB, had all of them stayed.
  expect((await megabytes()) - before).toBeLessThan(150);

  warn.mockRestore();
  await freeMemory();
  expect(memoryUse().kernels).toBe(5);
  expect([...(await f(tensor([1, 2])).data())]).toEqual([2, 4]);
  await closeDevice();
  expect(memoryUse()).toEqual({ buffers: 0, bytes: 0, spareBytes: 0, kernels: 0 });
});
