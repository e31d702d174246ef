// Debug mode: an index outside is an error that names the op, at the line that called it, when the results are read.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectIndices } from '../../src/engine/ops/check.ts';
import {
  compile,
  embedding,
  gather,
  IndexError,
  indexAdd,
  indexSelect,
  losses,
  State,
  scatter,
  setDebug,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts';

const looked = (indices: Tensor, limit: number): Tensor => expectIndices('lookup', indices, limit).cast('f32').mul(2);
const unsigned = (...values: number[]) => tensor(Uint32Array.from(values));
const signed = (...values: number[]) => tensor(Int32Array.from(values));

describe('while debug mode is on', () => {
  beforeEach(() => setDebug(true));
  afterEach(() => setDebug(false));

  it('indices inside pass', async () => {
    expect([...(await looked(unsigned(0, 4), 5).data())]).toEqual([0, 8]);
    expect([...(await looked(unsigned(), 5).data())]).toEqual([]);
  });

  it('names the largest index outside, with its sign', async () => {
    await expect(looked(unsigned(0, 5, 7), 5).data()).rejects.toThrow(new IndexError('lookup: expected indices below 5, got 7'));
    await expect(looked(signed(0, -2), 5).data()).rejects.toThrow('lookup: expected indices below 5, got -2');
  });

  it('shows the line that called the op', async () => {
    const error = (await looked(unsigned(9), 5)
      .data()
      .catch((cause) => cause)) as Error;
    expect(error.stack).toContain('lookup: expected indices below 5, got 9');
    expect(error.stack).toContain('debug.test.ts');
  });

  it('a compiled function fails in the execution that has the bad index, and goes on after it', async () => {
    const run = compile((indices: Tensor) => looked(indices, 3));
    const good = await run(unsigned(1, 2)).data();
    await expect(run(unsigned(1, 3)).data()).rejects.toThrow(IndexError);
    expect([...(await run(unsigned(1, 2)).data())]).toEqual([...good]);
  });

  it('the same indices may point into two things', async () => {
    const indices = unsigned(4);
    await expect(looked(indices, 3).data()).rejects.toThrow('below 3, got 4');
    expect(await looked(indices, 6).item()).toBe(8);
  });

  it.each<[string, (bad: Tensor) => Tensor]>([
    ['embedding', (bad) => embedding(zeros([5, 2]), bad)],
    ['gather', (bad) => gather(zeros([5]), 0, bad)],
    ['indexSelect', (bad) => indexSelect(zeros([5]), 0, bad)],
    ['indexAdd', (bad) => indexAdd(zeros([5]), 0, bad, zeros([2]))],
    ['scatter', (bad) => scatter(zeros([5]), 0, bad, 1)],
    ['crossEntropy', (bad) => losses.crossEntropy(zeros([2, 5]), bad)],
  ])('%s checks its indices', async (name, op) => {
    await expect(op(unsigned(1, 5)).data()).rejects.toThrow(new RegExp(`${name}: expected indices below 5, got 5`));
  });

  it('an assignment counts as a use', async () => {
    const state = new State('state', [1], 'f32');
    state.assign(looked(unsigned(4), 3));
    await expect(state.add(1).data()).rejects.toThrow('lookup');
  });
});

it('while it is off, nothing is checked; a compiled function follows the switch', async () => {
  const run = compile((indices: Tensor) => looked(indices, 3));
  expect(await run(unsigned(4)).item()).toBe(8);
  setDebug(true);
  await expect(run(unsigned(4)).data()).rejects.toThrow(IndexError);
  setDebug(false);
  expect(await run(unsigned(4)).item()).toBe(8);
});
