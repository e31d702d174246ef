import { expect, test } from 'vitest';
import { philox4x32, Random } from '../src/random.ts';

function block(counter: number[], key: [number, number]): string[] {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  return Array.from(out, (word) => word.toString(16).padStart(8, '0'));
}

test('Philox gives the published known answers (Random123, kat_vectors)', () => {
  const ones = 0xffffffff;
  expect(block([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
  expect(block([ones, ones, ones, ones], [ones, ones])).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']);
  expect(block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
    'd16cfe09',
    '94fdcceb',
    '5001e420',
    '24126ea1',
  ]);
});

test('one seed and stream give one sequence, others give others', () => {
  const draw = (random: Random): number[] => Array.from({ length: 9 }, () => random.uint32());
  expect(draw(new Random(7, 1, 2))).toEqual(draw(new Random(7, 1, 2)));
  const firsts = [new Random(7), new Random(8), new Random(7 + 2 ** 32), new Random(-7), new Random(7, 1), new Random(7, 0, 1)].map(
    (random) => random.uint32(),
  );
  expect(new Set(firsts).size).toBe(6);
});

test('uniform, integer and normal have the moments they should', () => {
  const random = new Random(3);
  const n = 40_000;
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / n;
  // Four standard deviations of each.
  expect(Math.abs(mean(Array.from({ length: n }, () => random.uniform(2, 4))) - 3)).toBeLessThan(0.012);
  const normals = Array.from({ length: n }, () => random.normal(1, 2));
  expect(Math.abs(mean(normals) - 1)).toBeLessThan(0.04);
  expect(Math.abs(mean(normals.map((value) => (value - 1) ** 2)) - 4)).toBeLessThan(0.115);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < n; i++) counts[random.integer(6)]!++;
  for (const count of counts) expect(Math.abs(count - n / 6)).toBeLessThan(300);
});

test('shuffle keeps every value and reaches every order', () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const values = [0, 1, 2, 3];
    new Random(seed).shuffle(values);
    expect([...values].sort()).toEqual([0, 1, 2, 3]);
    orders.add(values.join(''));
  }
  expect(orders.size).toBe(24);
});
