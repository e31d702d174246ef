import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  compile,
  DataLoader,
  type DataLoaderOptions,
  evaluate,
  gradients,
  losses,
  manualSeed,
  metrics,
  nn,
  optim,
  samplers,
  type Tensor,
  transforms,
} from '../../src/index.ts';

const COUNT = 23;
const SHAPE = [3, 5, 7];
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) ^ (i >> 5));

/** Every type that a field can have, in rows of odd lengths; bytes begin and end within words. */
const set = new ArrayDataset({
  image: { data: bytes(COUNT * 105 + 1).subarray(1), shape: SHAPE, scale: 1 / 255 },
  flat: { data: bytes(COUNT * 4), shape: [4] },
  label: { data: bytes(COUNT).map((value) => value % 10), shape: [], dtype: 'u32' },
  signed: { data: bytes(COUNT), shape: [1], dtype: 'i32' },
  rows: { data: Float32Array.from({ length: COUNT * 6 }, (_, i) => Math.sin(i) * 1e3).fill(-0, 0, 2), shape: [2, 3], scale: 0.1 },
  asTheyAre: { data: Float32Array.from({ length: COUNT }, (_, i) => (i === 3 ? Number.NaN : 1 / i)), shape: [] },
  whole: { data: Int32Array.from({ length: COUNT }, (_, i) => -i), shape: [] },
  words: { data: Uint32Array.from({ length: COUNT * 3 }, (_, i) => 2 ** 32 - 1 - i), shape: [3] },
  counted: { data: Int32Array.from({ length: COUNT }, (_, i) => i), shape: [], dtype: 'f32', scale: 1 / 3 },
});
type Names = 'image' | 'flat' | 'label' | 'signed' | 'rows' | 'asTheyAre' | 'whole' | 'words' | 'counted';
const loader = (options: Partial<DataLoaderOptions<Names>> = {}) =>
  new DataLoader(set, { batchSize: 5, shuffle: true, seed: 7, ...options });

/** Bits of all fields of all batches of some epochs, with their shapes and types. */
async function bitsOf(of: DataLoader<Names>, epochs = 3, through = (batch: Readonly<Record<Names, Tensor>>) => batch) {
  const all: unknown[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const batch of of.tensors()) {
      const read = async ([name, { shape, dtype }]: [string, Tensor], values: Promise<ArrayBufferView>) => {
        const { buffer } = await values;
        return [name, shape, dtype, [...new Uint32Array(buffer)]];
      };
      const found = through(batch);
      all.push(await Promise.all(Object.entries<Tensor>(batch).map((entry) => read(entry, found[entry[0] as Names].data()))));
    }
  }
  return all;
}

describe('a set on the GPU', () => {
  it('gives the same batches to the last bit, over epochs, in every type, to compiled functions and outside of them', async () => {
    const uploaded = await bitsOf(loader({ resident: false }));
    expect(uploaded).toHaveLength(15);
    expect(await bitsOf(loader({ resident: true }))).toEqual(uploaded);
    const through = compile((batch: Readonly<Record<Names, Tensor>>) => batch);
    expect(await bitsOf(loader({ resident: true }), 3, through)).toEqual(uploaded);
  });

  it('keeps to samplers, dropLast and restored positions', async () => {
    const cases: Partial<DataLoaderOptions<Names>>[] = [
      { dropLast: true },
      { shuffle: false, batchSize: 40 },
      { shuffle: false, sampler: samplers.weighted(Array.from({ length: COUNT }, (_, i) => i)) },
    ];
    for (const options of cases) {
      expect(await bitsOf(loader({ ...options, resident: true }))).toEqual(await bitsOf(loader({ ...options, resident: false })));
    }
    const [here, there] = [true, false].map((resident) => loader({ resident }));
    for (const each of [here, there]) each.restore({ ...each.state(), epoch: 4, index: 10 });
    expect(await bitsOf(here, 1)).toEqual(await bitsOf(there, 1));
    expect(here.state()).toEqual({ seed: 7, length: COUNT, epoch: 5, index: 0 });
  });

  it('trains the same weights to the last bit', async () => {
    const train = async (resident: boolean) => {
      manualSeed(3);
      const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(105, 8), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(8, 10));
      const adam = new optim.Adam(model.parameters(), { lr: 1e-2 });
      const step = compile((image: Tensor, label: Tensor) => {
        const loss = losses.crossEntropy(model.forward(image.mul(1 / 0.3).sub(1.7)), label);
        adam.minimize(loss);
        return loss;
      });
      const found: number[] = [];
      for (const of = loader({ resident }); of.state().epoch < 2; ) {
        for await (const { image, label } of of.tensors()) found.push(await step(image, label).item());
      }
      return [found, await Promise.all(model.parameters().map((parameter) => parameter.data()))];
    };
    expect(await train(true)).toEqual(await train(false));
  });

  it('lets a step find its rows itself, by one index for all fields', async () => {
    const step = compile(({ image, label }: { readonly image: Tensor; readonly label: Tensor }) => [image.sum(), label.sum()]);
    for await (const { image, label } of loader({ resident: true }).tensors()) {
      step({ image, label });
      break;
    }
    const here = await step.describe();
    expect(here).toContain('pick');
    // The index, and of each field its bytes and what they stand for.
    expect([...new Set(here.match(/input \d+/g))].sort()).toEqual([0, 1, 2, 3, 4].map((i) => `input ${i}`));
  });

  it('serves two batches in one call, and gradients with respect to a batch', async () => {
    const both = compile((a: Tensor, b: Tensor) => {
      const y = a.square().sum().add(b.sum());
      return [a.sub(b), ...gradients(y, [a, b])];
    });
    const take = async (resident: boolean) => {
      const batches = loader({ resident, dropLast: true }).tensors();
      const [{ rows: a }, { rows: b }] = [(await batches.next()).value!, (await batches.next()).value!];
      return [
        await Promise.all(both(a, b).map((value) => value.data())),
        // The same two by one index.
        await Promise.all(both(a, a).map((value) => value.data())),
      ];
    };
    expect(await take(true)).toEqual(await take(false));
  });

  it('is what a small one is without being asked, and what is too large or of another form is not', async () => {
    const picks = async (options: Partial<DataLoaderOptions<Names>>) => {
      const step = compile((x: Tensor) => x.sum());
      for await (const { flat } of loader(options).tensors()) step(flat);
      return (await step.describe()).includes('pick');
    };
    expect(await picks({})).toBe(true);
    expect(await picks({ resident: false })).toBe(false);
    // An epoch of few of its samples uploads less than the whole set.
    const few = { length: 3, order: () => Uint32Array.of(3, 1, 2) };
    expect(await picks({ shuffle: false, sampler: few })).toBe(false);
    expect(await picks({ shuffle: false, sampler: few, resident: true })).toBe(true);
    expect(await picks({ transform: (sample) => sample })).toBe(false);
  });

  it('is refused where it cannot be', async () => {
    const first = (options: object, of: { length: number; get(i: number): never } = set as never) =>
      new DataLoader(of, { batchSize: 5, resident: true, ...options }).tensors().next();
    await expect(first({ transform: [transforms.flip()] })).rejects.toThrow(
      'DataLoader: resident expects an ArrayDataset that fits the GPU as it is, got transforms, which onBatch() applies on the GPU',
    );
    await expect(first({ pad: { flat: { value: 0 } } })).rejects.toThrow('got samples that are padded');
    await expect(first({}, { length: 9, get: (i) => set.get(i) as never })).rejects.toThrow('got a dataset of another kind');
    const ragged = new ArrayDataset({ text: { data: bytes(9), shape: [], offsets: Uint32Array.of(0, 4, 9) } });
    await expect(first({}, ragged as never)).rejects.toThrow("got samples of 'text' that differ in length");
    expect(() => first({ resident: 1 })).toThrow('DataLoader: expected resident to be true or false, got 1');
  });

  it('is uploaded anew for a new data set over the same arrays', async () => {
    const data = Float32Array.of(1, 2, 3);
    const sum = async () => {
      const { value } = await new DataLoader(new ArrayDataset({ x: { data, shape: [] } }), { batchSize: 3 }).tensors().next();
      return value!.x.sum().item();
    };
    expect(await sum()).toBe(6);
    data.fill(5);
    expect(await sum()).toBe(15);
  });

  it('is evaluated as it lies', async () => {
    const mean = metrics.mean((batch: Readonly<Record<Names, Tensor>>) => ({ whole: batch.whole.cast('f32').mean() }));
    expect(await evaluate(loader(), [mean])).toEqual({ whole: -11 });
  });
});
