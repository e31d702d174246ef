// A long training run leaves the GPU's memory and the JS heap as they were.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import {
  ArrayDataset,
  closeDevice,
  compile,
  DataLoader,
  freeMemory,
  gradients,
  losses,
  memoryUse,
  nn,
  optim,
  setPlatform,
  type Tensor,
  tensor,
} from '../../src/index.ts';
import { integers, random, toTensor } from './check.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('3,000 steps keep the number of buffers, their bytes and the heap', async () => {
  const model = new nn.Sequential(new nn.Linear(7, 11), new nn.ReLU(), new nn.Dropout(0.1), new nn.Linear(11, 3));
  const adam = new optim.Adam(model.parameters());
  const step = compile((x: Tensor, t: Tensor) => {
    const loss = losses.crossEntropy(model.forward(x), t);
    adam.step(gradients(loss, model.parameters()));
    return loss;
  });
  const batches = Array.from({ length: 4 }, () => [toTensor(random([5, 7])), toTensor(integers([5], 0, 3))] as const);
  const run = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const loss = step(...batches[i % 4]);
      // Yields now and then, as a loop that reads its loss does.
      if (i % 50 === 49) expect(await loss.item()).toBeGreaterThan(0);
    }
  };
  const heap = async () => {
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process.memoryUsage().heapUsed;
  };
  await run(0, 500);
  const [memory, before] = [memoryUse(), await heap()];
  await run(500, 3000);
  expect(memoryUse()).toEqual(memory);
  expect((await heap()) - before).toBeLessThan(6e5);
});

const settle = async () => {
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

it('graphs that are evaluated once, each of another shape, do not pile up', async () => {
  const evaluate = async (from: number, to: number) => {
    for (let length = from; length < to; length++) await tensor(new Float32Array(length)).add(1).sum().item();
    await settle();
    return memoryUse().buffers;
  };
  // More than the plans that are kept.
  const before = await evaluate(1, 67);
  expect(await evaluate(67, 100)).toBe(before);
});

/** What training holds of the GPU after batches of these sizes, on a device of its own. */
async function trained(sizes: readonly number[], rounds = 1) {
  await closeDevice();
  setPlatform(nodePlatform());
  const model = new nn.Sequential(new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 2));
  const adam = new optim.Adam(model.parameters());
  const step = compile(
    (x: Tensor) => {
      const loss = model.forward(x).square().mean();
      adam.step(gradients(loss, model.parameters()));
      return loss;
    },
    { plans: 1 },
  );
  const found = [];
  for (let round = 0; round < rounds; round++) {
    for (const size of sizes) expect(await step(toTensor(random([size, 3]))).item()).toBeGreaterThan(0);
    await settle();
    const { buffers, bytes } = memoryUse();
    found.push({ buffers, bytes });
  }
  return found;
}

it('training steps, each of another shape, hold what the last plans need', async () => {
  const sizes = [2, 31, 300];
  const [first, ...later] = await trained(sizes, 3);
  expect(later).toEqual([first, first]);
});

it('a workspace that grew to another shape holds no more than one of that size from the start', async () => {
  expect(await trained([2, 300, 64])).toEqual(await trained([300, 64]));
});

it('the memory of a kept tensor goes when nothing refers to it', async () => {
  const keepMany = async () => {
    for (let i = 0; i < 20; i++) await tensor(new Float32Array(1000)).add(i).keep().data();
  };
  await keepMany();
  await settle();
  const before = memoryUse();
  await keepMany();
  expect(memoryUse().bytes - before.bytes).toBe(20 * 4000);
  await expect.poll(async () => settle().then(memoryUse)).toEqual(before);
});

it('reads at once leave little behind, and freeMemory() gives it back', async () => {
  await freeMemory();
  const before = memoryUse();
  const x = tensor(new Float32Array(2 ** 18))
    .add(1)
    .keep();
  await x.data();
  const reads = await Promise.all(Array.from({ length: 100 }, () => x.data()));
  expect(reads.every((values) => values.every((value) => value === 1))).toBe(true);
  const after = memoryUse();
  // The tensor, the plan that made it with its argument and result, and what is kept for reads.
  expect(after.bytes - before.bytes).toBeLessThanOrEqual(3 * 2 ** 20 + 16 * 2 ** 20);
  expect(after.spareBytes).toBeGreaterThanOrEqual(2 ** 20);
  const deep = compile((y: Tensor) => y.matmul(y).matmul(y));
  const product = deep(toTensor(random([64, 64])));
  const values = await product.data();
  await freeMemory();
  expect(memoryUse().spareBytes).toBe(0);
  expect(memoryUse().bytes).toBeLessThanOrEqual(after.bytes - after.spareBytes + 3 * 64 * 64 * 4);
  // Everything goes on: tensors and plans are there, working memory is taken anew.
  expect(await product.data()).toEqual(values);
  expect((await x.data())[0]).toBe(1);
  expect((await deep(tensor(new Float32Array(64 * 64), [64, 64])).data())[0]).toBe(0);
});

it('data sets that nothing refers to give theirs back, whatever functions were given of them', async () => {
  const total = compile((x: Tensor) => x.sum());
  const sumOf = async (value: number) => {
    const set = new ArrayDataset({ x: { data: new Uint8Array(40_000).fill(value), shape: [10_000] } });
    const sums: number[] = [];
    for await (const { x } of new DataLoader(set, { batchSize: 2 }).tensors()) sums.push(await total(x).item(), await x.sum().item());
    return sums;
  };
  await sumOf(1);
  await settle();
  const before = memoryUse();
  for (const value of [2, 3, 4]) expect(await sumOf(value)).toEqual(new Array(4).fill(20_000 * value));
  await settle();
  expect(memoryUse()).toEqual(before);
});

it('models and compiled functions that nothing refers to give their memory back', async () => {
  const trainOnce = () => {
    const model = new nn.Linear(50, 50);
    const adam = new optim.Adam(model.parameters());
    const step = compile((x: Tensor) => {
      const loss = model.forward(x).square().mean();
      adam.step(gradients(loss, model.parameters()));
      return loss;
    });
    return step(toTensor(random([3, 50]))).item();
  };
  await trainOnce();
  await settle();
  const before = memoryUse();
  for (let i = 0; i < 5; i++) await trainOnce();
  await settle();
  expect(memoryUse()).toEqual(before);
});

it('a result can be read after its compiled function is gone', async () => {
  const makeResult = () => compile((x: Tensor) => x.add(1))(tensor([1, 2, 3]));
  const result = makeResult();
  await settle();
  expect([...(await result.data())]).toEqual([2, 3, 4]);
});
