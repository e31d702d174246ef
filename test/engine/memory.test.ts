// A long training run leaves the GPU's memory and the JS heap as they were.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { compile, freeMemory, gradients, losses, memoryUse, nn, optim, type Tensor, tensor } from '../../src/index.ts';
import { integers, random, toTensor } from './check.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('10,000 steps keep the number of buffers, their bytes and the heap', async () => {
  const model = new nn.Sequential(new nn.Linear(7, 11), new nn.ReLU(), new nn.Dropout(0.1), new nn.Linear(11, 3));
  const adam = new optim.Adam(model.parameters());
  const step = compile((x: ReturnType<typeof tensor>, t: ReturnType<typeof tensor>) => {
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
  await run(0, 1000);
  const [memory, before] = [memoryUse(), await heap()];
  await run(1000, 10_000);
  expect(memoryUse()).toEqual(memory);
  expect((await heap()) - before).toBeLessThan(2e6);
});

it('graphs that are evaluated once, each of another shape, do not pile up', async () => {
  const evaluate = async (from: number, to: number) => {
    for (let length = from; length < to; length++) await tensor(new Float32Array(length)).add(1).sum().item();
  };
  await evaluate(1, 100);
  const { buffers } = memoryUse();
  await evaluate(100, 160);
  expect(memoryUse().buffers).toBeLessThanOrEqual(buffers + 8);
});

it('the memory of a kept tensor goes when nothing refers to it', async () => {
  const keepMany = async () => {
    for (let i = 0; i < 20; i++) await tensor(new Float32Array(1000)).add(i).keep().data();
  };
  await keepMany();
  for (let i = 0; i < 10; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { bytes } = memoryUse();
  await keepMany();
  const grown = memoryUse().bytes - bytes;
  for (let i = 0; i < 10 && memoryUse().bytes - bytes > 20_000; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(grown).toBeGreaterThan(0);
  expect(memoryUse().bytes - bytes).toBeLessThan(40_000);
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

const settle = async () => {
  for (let i = 0; i < 5; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

it('models and compiled functions that nothing refers to give their memory back', async () => {
  const trainOnce = () => {
    const model = new nn.Linear(50, 50);
    const adam = new optim.Adam(model.parameters());
    const step = compile((x: ReturnType<typeof tensor>) => {
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
  const makeResult = () => compile((x: ReturnType<typeof tensor>) => x.add(1))(tensor([1, 2, 3]));
  const result = makeResult();
  await settle();
  expect([...(await result.data())]).toEqual([2, 3, 4]);
});
