// Compiled kernels take memory of the driver's: those that no plan uses any more go, the oldest first, and all of them with the device.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it, vi } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import {
  type AdapterChoice,
  closeDevice,
  compile,
  freeMemory,
  memoryUse,
  onCompile,
  State,
  setPlatform,
  type Tensor,
  tensor,
} from '../../src/index.ts';

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

it('800 shapes keep the number of kernels and the process within bounds', async () => {
  const f = compile((x: Tensor) => x.mul(2));
  const few = compile((x: Tensor) => x.add(1), { plans: 4 });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  // Kernels in use stay, whatever comes and goes beside them.
  expect([...(await f(tensor([1, 2])).data())]).toEqual([2, 4]);
  const run = async (from: number, to: number) => {
    for (let length = from; length < to; length++) expect((await few(tensor(new Float32Array(length))).data())[0]).toBe(1);
  };
  await run(1, 450);
  const [kernels, before] = [memoryUse().kernels, await megabytes()];
  expect(kernels).toBeLessThanOrEqual(384 + 4 + 1);
  await run(450, 800);
  expect(memoryUse().kernels).toBe(kernels);
  // When nothing of a shape went, it took more than a MiB: 350 MiB.
  expect((await megabytes()) - before).toBeLessThan(150);

  warn.mockRestore();
  await freeMemory();
  expect(memoryUse().kernels).toBe(5);
  expect([...(await f(tensor([1, 2])).data())]).toEqual([2, 4]);
  await closeDevice();
  expect(memoryUse()).toEqual({ buffers: 0, bytes: 0, spareBytes: 0, kernels: 0 });
});

it('a platform that keeps the device finds its kernels compiled, and nothing else of what was there', async () => {
  const own = nodePlatform();
  const kept: GPUDevice[] = [];
  let opened = 0;
  setPlatform({
    ...own,
    async requestAdapter(): Promise<AdapterChoice> {
      const device = kept.pop();
      if (!device) opened++;
      const choice = await own.requestAdapter();
      return { ...choice, ...(device && { device }), keep: (closed) => void kept.push(closed) };
    },
  });
  const compiled: number[] = [];
  const stop = onCompile(({ kernels, done }) => void (done === kernels && compiled.push(kernels)));
  const values = async (x: Tensor) => [...(await x.data())];
  const f = compile((x: Tensor) => x.exp().sum().add(x.mul(3)));
  const state = new State('counts', [3], 'f32', Float32Array.of(1, 2, 3));
  expect(await values(f(tensor([0, 0])))).toEqual([2, 2]);
  expect(await values(state.mul(2))).toEqual([2, 4, 6]);
  const old = tensor([5, 6]).mul(2);
  expect(await values(old)).toEqual([10, 12]);
  const first = compiled.length;
  expect(first).toBeGreaterThan(0);
  await closeDevice();
  expect(memoryUse()).toEqual({ buffers: 0, bytes: 0, spareBytes: 0, kernels: 0 });
  expect(kept).toHaveLength(1);
  await expect(old.data()).rejects.toThrow('the GPU device was closed');

  const again = { ...own, requestAdapter: async () => ({ ...(await own.requestAdapter()), device: kept[0], keep: () => {} }) };
  setPlatform(again);
  const g = compile((x: Tensor) => x.exp().sum().add(x.mul(3)));
  expect(await values(g(tensor([0, 1])))).toEqual([Math.fround(1 + Math.E), Math.fround(4 + Math.E)].map((x) => expect.closeTo(x, 5)));
  expect(compiled).toHaveLength(first);
  expect(opened).toBe(1);
  // What is thrown away late has no say in it: the plans of before, the state.
  collect();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await values(g(tensor([0, 0])))).toEqual([2, 2]);
  stop();
  await closeDevice();
});
