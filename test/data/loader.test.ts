import { describe, expect, test } from 'vitest';
import { ArrayDataset, type Dataset, type Sample } from '../../src/data/dataset.ts';
import { type Batch, DataLoader, type DataLoaderOptions, type LoaderState } from '../../src/data/loader.ts';
import { ShapeError, TilegradError } from '../../src/engine/graph/errors.ts';

type Names = 'image' | 'label';

/** Ten 2-element images [10·i, 10·i + 1], labelled i. */
const ten = new ArrayDataset({
  image: { data: Uint8Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) * 10 + (i % 2)), shape: [1, 2], scale: 0.5 },
  label: { data: Uint8Array.from({ length: 10 }, (_, i) => i), shape: [], dtype: 'i32' },
});

const loader = (options: Partial<DataLoaderOptions<Names>> = {}): DataLoader<Names> => new DataLoader(ten, { batchSize: 4, ...options });
const labels = (batch: Batch<Names>): number[] => [...batch.label.data];

async function epoch(source: DataLoader<Names>): Promise<number[][]> {
  const out: number[][] = [];
  for await (const batch of source) out.push(labels(batch));
  return out;
}

describe('batches', () => {
  test('hold shapes, types and scaled values; the last one is short', async () => {
    const batches: Batch<Names>[] = [];
    for await (const batch of loader()) batches.push(batch);
    expect(batches.map((batch) => batch.image.shape)).toEqual([
      [4, 1, 2],
      [4, 1, 2],
      [2, 1, 2],
    ]);
    expect(batches[0]!.label).toEqual({ data: Int32Array.of(0, 1, 2, 3), shape: [4] });
    expect(batches[2]!.image.data).toEqual(Float32Array.of(40, 40.5, 45, 45.5));
  });

  test('dropLast leaves the short one out', async () => {
    expect(await epoch(loader({ dropLast: true }))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(loader({ dropLast: true }).length).toBe(2);
    expect(loader().length).toBe(3);
  });

  test('come from asynchronous datasets too', async () => {
    const slow: Dataset<Sample<Names>> = { length: 10, get: async (i) => ten.get(i) };
    expect(await epoch(new DataLoader(slow, { batchSize: 5 }))).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ]);
  });

  test('never share memory with the dataset', async () => {
    for await (const batch of loader()) batch.image.data.fill(-1);
    expect(ten.get(3).image.data).toEqual(Uint8Array.of(30, 31));
  });
});

test('a field may have any name', async () => {
  const data = { data: Uint8Array.of(1, 2), shape: [] };
  const named = new ArrayDataset(Object.fromEntries(['constructor', '__proto__', 'toString'].map((name) => [name, data])));
  for await (const batch of new DataLoader(named, { batchSize: 2, transform: [] })) {
    expect(Object.keys(batch)).toEqual(['constructor', '__proto__', 'toString']);
    for (const [, value] of Object.entries(batch)) expect(value).toEqual({ data: Float32Array.of(1, 2), shape: [2] });
  }
});

describe('the order', () => {
  test('holds every sample once, another one each epoch and seed, the same one for one seed', async () => {
    const one = loader({ shuffle: true, seed: 5 });
    const epochs = [await epoch(one), await epoch(one)].map((batches) => batches.flat());
    for (const order of epochs) expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    const again = loader({ shuffle: true, seed: 5 });
    expect([(await epoch(again)).flat(), (await epoch(again)).flat()]).toEqual(epochs);
    expect((await epoch(loader({ shuffle: true, seed: 6 }))).flat()).not.toEqual(epochs[0]);
  });
});

describe('the position', () => {
  const jittered: Partial<DataLoaderOptions<Names>> = {
    shuffle: true,
    seed: 9,
    transform: ({ image: { data, shape }, label }, random) => ({
      image: { data: Float32Array.from(data, (value) => value + random.uniform()), shape },
      label,
    }),
  };

  test('restored after any batch, goes on as if nothing had happened, through JSON and over epochs', async () => {
    const whole = loader(jittered);
    const seen: { readonly batch: Batch<Names>; readonly after: LoaderState }[] = [];
    for (let e = 0; e < 2; e++) for await (const batch of whole) seen.push({ batch, after: whole.state() });
    expect(seen.map(({ after }) => [after.epoch, after.index])).toEqual([
      [0, 4],
      [0, 8],
      [1, 0],
      [1, 4],
      [1, 8],
      [2, 0],
    ]);
    for (let k = 0; k < seen.length - 1; k++) {
      const resumed = loader(jittered);
      resumed.restore(JSON.parse(JSON.stringify(seen[k]!.after)) as LoaderState);
      const rest: Batch<Names>[] = [];
      while (rest.length < seen.length - 1 - k) for await (const batch of resumed) rest.push(batch);
      expect(rest).toEqual(seen.slice(k + 1).map(({ batch }) => batch));
    }
  });

  test('stays where a loop was left', async () => {
    const one = loader();
    for await (const batch of one) {
      expect(labels(batch)).toEqual([0, 1, 2, 3]);
      break;
    }
    expect(await epoch(one)).toEqual([
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  test('of another run is refused', () => {
    expect(() => loader({ seed: 1 }).restore({ seed: 2, length: 10, epoch: 0, index: 0 })).toThrow(
      /seed 1 in 10 samples, got one of seed 2/,
    );
    expect(() => loader().restore({ seed: 0, length: 10, epoch: 0, index: 10 })).toThrow(TilegradError);
    expect(() => loader().restore({ seed: 0, length: 10, epoch: 0.5, index: 0 })).toThrow(TilegradError);
  });
});

describe('transforms', () => {
  test('get a scaled copy and may change the shape', async () => {
    const cropped = loader({
      transform: ({ image, label }) => ({ image: { data: image.data.fill(7, 0, 1).subarray(1), shape: [1, 1] }, label }),
    });
    for await (const batch of cropped) {
      expect(batch.image.shape).toEqual([4, 1, 1]);
      expect(batch.image.data).toEqual(Float32Array.of(0.5, 5.5, 10.5, 15.5));
      break;
    }
  });

  test('that give different shapes are refused', async () => {
    let n = 0;
    const ragged = loader({
      transform: ({ image, label }) => ({ image: n++ ? { data: image.data.subarray(1), shape: [1, 1] } : image, label }),
    });
    await expect(epoch(ragged)).rejects.toThrow(/every 'image' of a batch to have one shape, got \[1, 2\] and \[1, 1\]/);
  });
});

test('fields of different lengths, no samples, no batch: refused', () => {
  const image = { data: new Uint8Array(6), shape: [3] };
  expect(() => new ArrayDataset({ image, label: { data: new Uint8Array(3), shape: [] } })).toThrow(/image \[3\] × 2; label \[\] × 3/);
  expect(() => new ArrayDataset({ image: { data: new Uint8Array(7), shape: [3] } })).toThrow(ShapeError);
  expect(() => new DataLoader(ten, { batchSize: 0 })).toThrow('DataLoader: expected batchSize to be a whole number > 0, got 0');
  expect(() => new DataLoader(ten, { batchSize: 11, dropLast: true })).toThrow(/at least one batch/);
});

test.each<[string, () => unknown, RegExp]>([
  [
    'an unknown option',
    () => new DataLoader(ten, { batchsize: 2 } as never),
    /^DataLoader: there is no option batchsize; did you mean batchSize\?/,
  ],
  [
    'no options',
    () => new DataLoader(ten, undefined as never),
    /^DataLoader: expected options to be an object with a batchSize, got undefined/,
  ],
  ['a number', () => new DataLoader(ten, 2 as never), /^DataLoader: expected options to be an object with a batchSize, got 2/],
  [
    'no batchSize',
    () => new DataLoader(ten, { shuffle: true } as never),
    /^DataLoader: expected batchSize to be a whole number > 0, got undefined/,
  ],
  [
    'a switch',
    () => new DataLoader(ten, { batchSize: 2, shuffle: 1 } as never),
    /^DataLoader: expected shuffle to be true or false, got 1/,
  ],
  [
    'a transform',
    () => new DataLoader(ten, { batchSize: 2, transform: { x: 1 } } as never),
    /^DataLoader: expected transform to be a list of transforms, or a function of a sample, got/,
  ],
  ['what is no dataset', () => new DataLoader([1, 2] as never, { batchSize: 2 }), /^DataLoader: expected dataset to be a dataset/],
])('refuses %s', (_name, make, message) => expect(make).toThrow(message));
