import { expect, it } from 'vitest';
import { compile, manualSeed, Random, type Tensor, tensor, text } from '../../../src/index.ts';

const vocabulary = { size: 1000, mask: 4, special: [0, 1, 2, 3, 4] };
const COUNT = 40_000;
// Every tenth is special.
const ids = Int32Array.from({ length: COUNT }, (_, i) => (i % 10 === 0 ? (i / 10) % 5 : 5 + ((i * 7) % 995)));

/** Of all that could be chosen: those that were, and of these the masked, replaced and kept ones. */
function shares(masked: ArrayLike<number>, labels: ArrayLike<number>) {
  let [chosen, mask, other, kept, wrong] = [0, 0, 0, 0, 0];
  for (let i = 0; i < COUNT; i++) {
    if (labels[i] === -100) {
      if (masked[i] !== ids[i]) wrong++;
      continue;
    }
    chosen++;
    if (labels[i] !== ids[i] || i % 10 === 0 || !(masked[i]! >= 0 && masked[i]! < vocabulary.size)) wrong++;
    if (masked[i] === vocabulary.mask) mask++;
    else if (masked[i] === ids[i]) kept++;
    else other++;
  }
  expect(wrong).toBe(0);
  return [chosen / (0.9 * COUNT), mask / chosen, other / chosen, kept / chosen];
}

/** Within four deviations. */
function expectShares([chosen, ...parts]: number[], p: number) {
  expect(Math.abs(chosen! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / (0.9 * COUNT)));
  [0.8, 0.1, 0.1].forEach((share, i) => {
    expect(Math.abs(parts[i]! - share)).toBeLessThan(0.002 + 4 * Math.sqrt((share * (1 - share)) / (p * 0.9 * COUNT)));
  });
}

it('arrays: 80 % masked, 10 % another token, 10 % kept, special ones never', () => {
  for (const p of [0.15, 0.6]) {
    const { ids: masked, labels } = text.maskTokens(ids, vocabulary, { p, random: new Random(1) });
    expectShares(shares(masked, labels), p);
  }
  const twice = [1, 1].map((seed) => text.maskTokens(ids, vocabulary, { random: new Random(seed) }));
  expect(twice[0]).toEqual(twice[1]);
  expect(new Set(text.maskTokens(ids, vocabulary, { p: 0, random: new Random(1) }).labels)).toEqual(new Set([-100]));
});

it('tensors: the same, anew in every step, and the same again from one seed', async () => {
  const step = compile((batch: Tensor) => {
    const { ids: masked, labels } = text.maskTokens(batch, vocabulary);
    return [masked, labels];
  });
  const run = async () => {
    const out = step(tensor(ids, [40, COUNT / 40]));
    return Promise.all(out.map((each) => each.data()));
  };
  manualSeed(3);
  const [first, second] = [await run(), await run()];
  expectShares(shares(first[0]!, first[1]!), 0.15);
  expect(first[0]).not.toEqual(second[0]);
  manualSeed(3);
  expect(await run()).toEqual(first);
  const all = text.maskTokens(tensor(ids), vocabulary, { p: 1 });
  expect([...(await all.labels.data())].filter((label) => label !== -100)).toHaveLength(0.9 * COUNT);
});

it('says what is wrong', () => {
  const random = new Random(1);
  expect(() => text.maskTokens(ids, { size: 3, mask: undefined, special: [] }, { random })).toThrow('mask: the number of its mask token');
  expect(() => text.maskTokens(ids, vocabulary, { p: 2, random })).toThrow('maskTokens: expected a probability from 0 to 1, got 2');
  expect(() => text.maskTokens(ids, vocabulary, {} as never)).toThrow('maskTokens: expected random to be a Random');
  expect(() => text.maskTokens(tensor([1]), vocabulary)).toThrow('maskTokens: expected ids i32, got f32');
  expect(() => text.maskTokens([1] as never, vocabulary, { random })).toThrow('expected ids to be a tensor or an Int32Array');
});
