import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../runtime/node/platform.ts';
import { ArrayDataset, DataLoader, type DataLoaderOptions, setPlatform, transforms } from '../../src/index.ts';
import { encodePng } from '../../src/train/png.ts';

type Names = 'image' | 'label';
const [COUNT, SIDE] = [50, 8];
const images = new ArrayDataset({
  image: { data: Uint8Array.from({ length: COUNT * 3 * SIDE * SIDE }, (_, i) => (i * 37) & 255), shape: [3, SIDE, SIDE], scale: 1 / 255 },
  label: { data: Uint8Array.from({ length: COUNT }, (_, i) => i), shape: [], dtype: 'i32' },
});
const augment = [
  transforms.crop({ size: 8, padding: 2 }),
  transforms.flip(),
  transforms.rotate({ degrees: 20 }),
  transforms.colourJitter({ brightness: 0.2, saturation: 0.3 }),
  transforms.erase(),
  transforms.normalise({ mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.2, 0.2] }),
];

const loader = (options: Partial<DataLoaderOptions<Names>>) =>
  new DataLoader(images, { batchSize: 8, shuffle: true, seed: 3, transform: augment, ...options });

async function epochs(of: DataLoader<Names>, count: number) {
  const batches = [];
  for (let epoch = 0; epoch < count; epoch++) for await (const batch of of) batches.push(batch);
  await of.close();
  return batches;
}

describe('workers', () => {
  it('change neither order nor a bit, whatever their number and however far ahead they are', async () => {
    const alone = await epochs(loader({}), 2);
    expect(alone).toHaveLength(14);
    for (const [workers, prefetch] of [[1], [2, 1], [3, 9], [0, 4]] as const) {
      expect(await epochs(loader({ workers, ...(prefetch && { prefetch }) }), 2)).toEqual(alone);
    }
  });

  it('keep what samples of one batch differ in: their scales, their types', async () => {
    const [bytes, floats] = [Uint8Array.of(50, 100), Float32Array.of(0.5, 300.25)];
    for (const [first, second] of [
      [
        { data: bytes, scale: 1 / 200 },
        { data: bytes, scale: 1 / 100 },
      ],
      [{ data: bytes }, { data: floats }],
      [{ data: floats }, { data: bytes, scale: 1 / 255 }],
    ]) {
      const differing = { length: 2, get: (i: number) => ({ image: { shape: [2], ...(i === 0 ? first : second) } }) };
      const [alone, apart] = await Promise.all(
        [0, 1].map((workers) => epochs(new DataLoader(differing as never, { batchSize: 2, workers }), 1)),
      );
      expect(apart).toEqual(alone);
    }
    const [whole, half] = [{ data: Int32Array.of(1) }, { data: Float32Array.of(0.5) }];
    const mixed = { length: 2, get: (i: number) => ({ image: { shape: [], ...(i === 0 ? whole : half) } }) };
    await expect(epochs(new DataLoader(mixed as never, { batchSize: 2 }), 1)).rejects.toThrow(
      "DataLoader: expected every 'image' of a batch to have one type, got i32 and f32",
    );
  });

  it('go on from a restored position, and where a loop was left', async () => {
    const whole = await epochs(loader({}), 2);
    const broken = loader({ workers: 2 });
    const seen = [];
    for await (const batch of broken) {
      seen.push(batch);
      if (seen.length === 3) break;
    }
    for await (const batch of broken) seen.push(batch);
    expect(seen).toEqual(whole.slice(0, 7));
    broken.restore({ ...broken.state(), epoch: 0, index: 16 });
    for await (const batch of broken) seen.push(batch);
    expect(seen.slice(7)).toEqual(whole.slice(2, 7));
    await broken.close();
  });

  it('decode pictures', async () => {
    const pixels = (i: number) => Array.from({ length: 3 * 4 * 5 }, (_, k) => ((k * 7 + i * 31) % 256) / 255);
    const files = Array.from({ length: 6 }, (_, i) => encodePng({ width: 4, height: 5, channels: 3, pixels: pixels(i) }));
    const pictures = {
      length: 6,
      get: async (i: number) => ({ image: { data: files[i], shape: [files[i].length] }, label: { data: Uint32Array.of(i), shape: [] } }),
    };
    const made = await epochs(new DataLoader(pictures, { batchSize: 4, workers: 1, transform: [transforms.decode()] }), 1);
    expect(made.map(({ image }) => image.shape)).toEqual([
      [4, 3, 5, 4],
      [2, 3, 5, 4],
    ]);
    const first = pixels(0);
    const planar = Array.from({ length: 60 }, (_, k) => first[(k % 20) * 3 + Math.floor(k / 20)]);
    made[0].image.data.slice(0, 60).forEach((value, k) => expect(value).toBeCloseTo(planar[k], 6));
  });

  it('surface what goes wrong in the loop, by its class', async () => {
    const tooSmall = loader({ workers: 1, transform: [transforms.crop({ size: 20 })] });
    await expect(epochs(tooSmall, 1)).rejects.toThrow('crop: expected images of at least 20 × 20 with their padding of 0, got 8 × 8');
    await expect(epochs(loader({ workers: 1, transform: [transforms.crop({ size: 20 })] }), 1)).rejects.toMatchObject({
      name: 'ShapeError',
    });
    const broken = { length: 2, get: () => ({ image: { data: Uint8Array.of(1, 2, 3), shape: [3] } }) };
    const decoding = new DataLoader(broken, { batchSize: 2, workers: 1, transform: [transforms.decode()] });
    await expect(decoding[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'DataFormatError' });
    await decoding.close();
    await tooSmall.close();
  });

  it('that die are told of, and others take their place', async () => {
    const platform = nodePlatform();
    // The first thread ends by itself at its first message; those after it are as always.
    let started = 0;
    setPlatform({
      ...platform,
      startWorker: (script, listener) => platform.startWorker!(started++ ? script : "port.on('message', () => process.exit(3));", listener),
    });
    try {
      const dying = loader({ workers: 1, prefetch: 0 });
      await expect(dying[Symbol.asyncIterator]().next()).rejects.toThrow('DataLoader: a worker ended: it exited with code 3');
      expect(await epochs(dying, 1)).toEqual(await epochs(loader({}), 1));
      started = 0;
      setPlatform({
        ...platform,
        startWorker: (script, listener) =>
          platform.startWorker!(started++ ? script : "port.on('message', () => { throw new Error('out of cheese'); });", listener),
      });
      const throwing = loader({ workers: 1 });
      await expect(throwing[Symbol.asyncIterator]().next()).rejects.toThrow('DataLoader: a worker ended: out of cheese');
      await throwing.close();
    } finally {
      setPlatform(platform);
    }
  });

  it('are refused where they cannot be', async () => {
    expect(() => loader({ workers: 1, transform: (sample) => sample })).toThrow('a function, which only workers: 0 can call');
    expect(() => loader({ workers: -1 })).toThrow('DataLoader: expected workers to be a whole number ≥ 0, got -1');
    const platform = nodePlatform();
    const { startWorker, ...without } = platform;
    setPlatform(without);
    try {
      expect(startWorker).toBeDefined();
      await expect(loader({ workers: 1 })[Symbol.asyncIterator]().next()).rejects.toThrow('this platform has no workers');
    } finally {
      setPlatform(platform);
    }
  });

  // Alone on a core, one makes more than 20,000 a second of them (bench/loading.mjs). Processor time is bounded here, of all threads: other work doesn't count.
  it('feed 32 × 32 images with crop and flip', async () => {
    const count = 3200;
    const cifar = new ArrayDataset({
      image: { data: new Uint8Array(count * 3072), shape: [3, 32, 32], scale: 1 / 255 },
      label: { data: new Uint8Array(count), shape: [], dtype: 'u32' },
    });
    const transform = [transforms.crop({ size: 32, padding: 4 }), transforms.flip()];
    const fast = new DataLoader(cifar, { batchSize: 128, shuffle: true, workers: 1, transform });
    const rates: number[] = [];
    for (let epoch = 0; epoch < 6; epoch++) {
      const began = process.cpuUsage();
      let seen = 0;
      for await (const { label } of fast) seen += label.data.length;
      rates.push((1e6 * seen) / process.cpuUsage(began).user);
    }
    await fast.close();
    console.log(`${Math.round(Math.max(...rates))} images a second of processor time, from one worker`);
    expect(Math.max(...rates)).toBeGreaterThan(3000);
  });
});
