// What datasets and samplers are made of is checked when they are made.
import { expect, test } from 'vitest';
import { ArrayDataset, samplers } from '../../src/index.ts';

const ints = { data: Int32Array.of(1, 2, 3, 4), shape: [] };
const made = (x: unknown) => new ArrayDataset({ x } as never);

test.each<[string, () => unknown, RegExp]>([
  ['no fields', () => new ArrayDataset(undefined as never), /^ArrayDataset: expected an object of fields, got undefined$/],
  ['a list of fields', () => new ArrayDataset([ints] as never), /^ArrayDataset: expected an object of fields, got \[/],
  ['a number', () => made(3), /^ArrayDataset: expected x to be \{ data: a Float32Array, .*; shape: a list of .* \}, got 3$/],
  ['nothing', () => made(undefined), /^ArrayDataset: expected x to be .*, got undefined$/],
  ['a list of numbers', () => made({ data: [1, 2], shape: [] }), /^ArrayDataset: expected x to be .*, got \{data, shape\}$/],
  ['no shape', () => made({ data: ints.data }), /^ArrayDataset: expected x to be .*, got \{data\}$/],
  ['a fraction in the shape', () => made({ ...ints, shape: [0.5] }), /^ArrayDataset: expected x to be /],
  [
    'another type of element',
    () => made({ ...ints, dtype: 'f16' }),
    /^ArrayDataset: x: expected dtype to be 'f32' or 'i32' or 'u32', got 'f16'$/,
  ],
  ['an unknown key', () => made({ ...ints, scales: 2 }), /^ArrayDataset: x: there is no option scales; did you mean scale\?/],
  ['offsets past the end', () => made({ ...ints, offsets: Uint32Array.of(0, 5) }), /x\.offsets to rise within 4 rows, got 5 at 1$/],
  ['offsets that fall', () => made({ ...ints, offsets: Uint32Array.of(0, 3, 2) }), /x\.offsets to rise within 4 rows, got 2 at 2$/],
  ['a sample past the end', () => made(ints).get(4), /^ArrayDataset: expected a sample from 0 to 3, got 4$/],
  ['half a sample', () => made(ints).get(0.5), /^ArrayDataset: expected a sample from 0 to 3, got 0\.5$/],
  ['weights', () => samplers.weighted('abc' as never), /^weighted: expected weights to be a list or typed array of numbers, got 'abc'$/],
  [
    'labels',
    () => samplers.balanced(['a', 'b'] as never),
    /^balanced: expected labels to be a list or typed array of numbers, got \['a', 'b'\]$/,
  ],
  [
    'lengths',
    () => samplers.lengthBuckets({ length: 3 } as never, { batchSize: 2 }),
    /^lengthBuckets: expected lengths to be a list or typed/,
  ],
])('refuses %s', (_name, make, message) => expect(make).toThrow(message));

test('takes fields of every element type, and offsets up to the end', () => {
  for (const type of [Float32Array, Int32Array, Uint32Array, Uint8Array]) expect(made({ data: new type(6), shape: [2, 1] }).length).toBe(3);
  const ragged = new ArrayDataset({ x: { ...ints, offsets: Uint32Array.of(0, 3, 3, 4) } });
  expect([0, 1, 2].map((i) => [...ragged.get(i).x.data])).toEqual([[1, 2, 3], [], [4]]);
});

test('a label whose classes have names is a field like any other, and its samples have none', () => {
  const dataset = new ArrayDataset({ label: { data: Uint8Array.of(1, 0), shape: [], names: ['cat', 'dog'] } });
  expect(dataset.get(0)).toEqual({ label: { data: Uint8Array.of(1), shape: [] } });
});
