import { describe, expect, test } from 'vitest';
import { sets } from '../../../src/data/sets/index.ts';
import { openDataSet } from '../../../src/data/sets/open.ts';
import { type DataSet, type Field, form, type Part } from '../../../src/data/sets/set.ts';
import { platformOf } from './platforms.ts';

type Numbers = { readonly train: Part<'value' | 'divisors'>; readonly test: Part<'value' | 'divisors'> };

/** Numbers and their divisors: one field of fixed length and one that is ragged. */
function numbers(from: number, count: number): Part<'value' | 'divisors'> {
  const values = Array.from({ length: count }, (_, i) => from + i);
  const divisors = values.map((value) => values.concat(1, 2, 3).filter((n) => n <= value && value % n === 0));
  const offsets = Uint32Array.from([0, ...divisors.map((_, i) => divisors.slice(0, i + 1).flat().length)]);
  return {
    fields: {
      value: { data: Int32Array.from(values), shape: [] },
      divisors: { data: Int32Array.from(divisors.flat()), shape: [], offsets },
    },
    count,
  };
}

const set: DataSet<Numbers> = {
  name: 'numbers',
  title: 'Numbers',
  samples: 'numbers',
  licence: 'none',
  source: 'https://example.org/numbers',
  forms: [
    form({
      title: 'two files of bytes',
      files: { train: { path: 'numbers/train' }, test: { path: 'numbers/test', optional: true } },
      read: ({ train, test }) => ({ train: numbers(1, train.bytes[0]), test: numbers(100, test?.bytes[0] ?? 1) }),
    }),
    form({
      title: 'one file',
      files: { both: { path: 'numbers/both.gz' } },
      read: ({ both }) => ({ train: numbers(1, both.bytes[0]), test: numbers(1, both.bytes[0]) }),
    }),
  ],
  synthetic: { title: 'counts', make: (seed, { train, test }) => ({ train: numbers(seed, train || 50), test: numbers(seed, test || 5) }) },
};

const valuesOf = (part: Part<'value' | 'divisors'>) => [...part.fields.value.data];
const divisorsOf = ({ fields: { divisors }, count }: Part<'value' | 'divisors'>) =>
  Array.from({ length: count }, (_, i) => [...divisors.data.subarray(divisors.offsets![i], divisors.offsets![i + 1])]);

describe('the forms of a set', () => {
  test('the first that is whole', async () => {
    expect((await openDataSet(platformOf({ 'numbers/train': Uint8Array.of(7), 'numbers/both': Uint8Array.of(9) }), set)).record).toEqual({
      name: 'numbers',
      synthetic: false,
      description: 'Numbers, 7 training and 1 test numbers, from /data/numbers/train',
      files: [{ source: '/data/numbers/train', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    const other = await openDataSet(platformOf({ 'numbers/test': Uint8Array.of(7), 'numbers/both': Uint8Array.of(9) }), set);
    expect(other.parts.train.count).toBe(9);
  });

  test('half of one is no set', async () => {
    await expect(openDataSet(platformOf({ 'numbers/test': Uint8Array.of(7) }), set)).rejects.toThrow(
      'numbers: expected all files of the set (two files of bytes) in the data folder, found test and no train. Add what is missing, or move the rest away.',
    );
  });

  test('none: the twin, and how to get the real ones', async () => {
    const { record, parts } = await openDataSet(platformOf({}), set, { seed: 6, use: { validation: 0.1 } });
    // Whoever has a part knows it too, of all shares.
    for (const part of Object.values(parts)) expect(part.synthetic).toBe(true);
    expect(record.description).toBe(
      "SYNTHETIC counts in place of Numbers (no data folder holds it; for the real ones put numbers/train, numbers/test from https://example.org/numbers into the data folder): 50 training and 5 test numbers drawn from seed 6. Results don't compare with those on Numbers.",
    );
    expect(valuesOf(parts.test)).toEqual([6, 7, 8, 9, 10]);
  });
});

describe('how a project wants it', () => {
  const platform = platformOf({ 'numbers/train': Uint8Array.of(40) });

  test('only the first samples, as views', async () => {
    const { parts, record } = await openDataSet(platform, set, { use: { limit: { train: 6 } } });
    expect(valuesOf(parts.train)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(divisorsOf(parts.train).at(-1)).toEqual([1, 2, 3, 6, 1, 2, 3]);
    expect(parts.train.fields.value.data.buffer.byteLength).toBe(160);
    expect(record.description).toContain('6 training and 1 test');
    expect(parts.train.synthetic).toBeUndefined();
    expect((await openDataSet(platform, set, { use: { limit: { train: 0 } } })).parts.train.count).toBe(40);
  });

  test('a validation share that the seed alone decides', async () => {
    const open = (seed: number) => openDataSet(platform, set, { use: { validation: 0.25 }, seed });
    const [a, again, b] = [await open(1), await open(1), await open(2)].map(({ parts }) => parts);
    expect([a.train.count, a.validation.count]).toEqual([30, 10]);
    expect(valuesOf(a.validation)).toEqual(valuesOf(again.validation));
    expect(valuesOf(a.validation)).not.toEqual(valuesOf(b.validation));
    expect([...valuesOf(a.train), ...valuesOf(a.validation)].sort((x, y) => x - y)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    for (const part of [a.train, a.validation])
      for (const [i, value] of valuesOf(part).entries()) for (const d of divisorsOf(part)[i]) expect(value % d).toBe(0);
    expect(divisorsOf(a.train).length).toBe(30);
  });

  test.each([0.001, 1, 1.5, Number.NaN])('no share of %s', async (validation) => {
    await expect(openDataSet(platform, set, { use: { validation } })).rejects.toThrow(/validation: expected a share/);
  });

  test('fields in another form', async () => {
    const halved = (field: Field): Field => ({ ...field, data: field.data.map((value) => value >> 1) });
    const { parts } = await openDataSet(platform, set, { use: { limit: { train: 4 }, map: { value: halved } } });
    expect([valuesOf(parts.train), valuesOf(parts.test)]).toEqual([[0, 1, 1, 2], [50]]);
  });
});

test('parts of different things are counted each by its name', async () => {
  const { parts, record } = await openDataSet(platformOf({}), sets.cora);
  const [nodes, edges] = [parts.nodes.count, parts.edges.count].map((count) => count.toLocaleString('en'));
  expect(record.description).toContain(`: ${nodes} nodes and ${edges} edges drawn from seed 0.`);
});
