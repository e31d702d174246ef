// A software adapter does its work on the cores of this process: waiting for it must leave them to it.
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { openDevice, setPlatform, tensor } from '../../src/index.ts';

it('waiting for a software adapter takes few turns of the event loop, and other immediates stay as they are', async () => {
  const { setImmediate: own } = globalThis;
  let turns = 0;
  const counting = (callback: (...given: unknown[]) => void, ...given: unknown[]) => {
    turns++;
    return own(callback, ...given);
  };
  globalThis.setImmediate = Object.defineProperties(counting, Object.getOwnPropertyDescriptors(own)) as typeof own;
  setPlatform(nodePlatform());
  const { kind } = await openDevice();
  if (kind !== 'cpu') return;
  const x = tensor(new Float32Array(512 * 512).fill(1 / 512), [512, 512]);
  const product = async () => {
    let y = x;
    for (let i = 0; i < 4; i++) y = y.matmul(x);
    return y.sum().item();
  };
  expect(await product()).toBeCloseTo(512, 2);
  turns = 0;
  const began = performance.now();
  await product();
  const milliseconds = performance.now() - began;
  // Dawn by itself takes five to fifteen a millisecond.
  expect(turns).toBeLessThan(60 + milliseconds / 10);

  const seen: unknown[] = [];
  setImmediate((...given) => seen.push(...given), 'one', 2);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(seen).toEqual(['one', 2]);
  expect(await promisify(setImmediate)('three')).toBe('three');
  const cancelled = setImmediate(() => seen.push('never'));
  clearImmediate(cancelled);
  await promisify(setImmediate)();
  expect(seen).toEqual(['one', 2]);
});
