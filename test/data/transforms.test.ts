import { describe, expect, it } from 'vitest';
import { applyTransform, type Fields } from '../../src/data/transforms/apply.ts';
import { betaQuantiles } from '../../src/data/transforms/on-batch.ts';
import { compile, Random, tensor, transforms } from '../../src/index.ts';

type Transform = transforms.Transform;
const [CHANNELS, HEIGHT, WIDTH, COUNT] = [3, 7, 9, 4];

const grid = (rows: readonly (readonly number[])[], extra: Fields = {}): Fields => ({
  image: { data: Uint8Array.from(rows.flat()), shape: [1, rows.length, rows[0].length] },
  ...extra,
});
const rowsOf = ({ image: { data, shape } }: Fields) =>
  Array.from({ length: shape[1] }, (_, y) => Array.from(data.subarray(y * shape[2], (y + 1) * shape[2])));
const apply = (transform: Transform, sample: Fields, u: readonly number[] = []) => applyTransform(transform, sample, u) as Fields;

describe('transforms of a sample', () => {
  const image = [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
    [9, 10, 11, 12],
  ];

  it('crop, flip and pad move pixels and keep bytes', () => {
    expect(rowsOf(apply(transforms.crop({ size: 2 }), grid(image), [0.99, 0]))).toEqual([
      [3, 4],
      [7, 8],
    ]);
    expect(rowsOf(apply(transforms.crop({ size: [3, 2], centre: true }), grid(image)))).toEqual([
      [2, 3],
      [6, 7],
      [10, 11],
    ]);
    expect(rowsOf(apply(transforms.crop({ size: [3, 4], padding: 1, fill: 99 }), grid(image), [0, 0.99]))).toEqual([
      [99, 5, 6, 7],
      [99, 9, 10, 11],
      [99, 99, 99, 99],
    ]);
    expect(rowsOf(apply(transforms.flip(), grid(image), [0.4]))[0]).toEqual([4, 3, 2, 1]);
    expect(rowsOf(apply(transforms.flip(), grid(image), [0.5]))[0]).toEqual([1, 2, 3, 4]);
    expect(rowsOf(apply(transforms.flip({ vertical: true }), grid(image), [0]))[0]).toEqual([9, 10, 11, 12]);
    expect(rowsOf(apply(transforms.pad({ padding: [1, 0, 2, 1] }), grid([[1]])))).toEqual([
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(apply(transforms.flip(), grid(image), [0]).image.data).toBeInstanceOf(Uint8Array);
  });

  it('crops reach every place', () => {
    const corner = (u: readonly number[]) => rowsOf(apply(transforms.crop({ size: 1 }), grid(image), u))[0][0];
    expect([0, 0.25, 0.5, 0.75].map((u) => corner([u, 0]))).toEqual([1, 2, 3, 4]);
    expect([0, 0.34, 0.67].map((u) => corner([0, u]))).toEqual([1, 5, 9]);
  });

  it('a crop as wide as its image, wherever it lies, holds what the image has there and else the fill', () => {
    const crop = transforms.crop({ size: [2, 4], padding: 5, fill: 99 });
    const [across, down] = [4 + 10 - 4 + 1, 3 + 10 - 2 + 1];
    for (let left = 0; left < across; left++) {
      for (let top = 0; top < down; top++) {
        const expected = [0, 1].map((y) => [0, 1, 2, 3].map((x) => image[y + top - 5]?.[x + left - 5] ?? 99));
        expect(rowsOf(apply(crop, grid(image), [(left + 0.5) / across, (top + 0.5) / down]))).toEqual(expected);
      }
    }
  });

  it('a quarter turn puts pixels where they belong, masks and points with them', () => {
    const square = [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ];
    const sample = grid(square, {
      mask: { data: Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 2]), shape: [3, 3], dtype: 'i32' },
      points: { data: Float32Array.of(0, 0, 2, 1), shape: [2, 2] },
      boxes: { data: Float32Array.of(0, 0, 1, 2), shape: [1, 4] },
      label: { data: Uint8Array.of(5), shape: [] },
    });
    // Anticlockwise: the right column becomes the top row.
    const turned = apply(transforms.rotate({ degrees: [90, 90] }), sample, [0.3, 0, 0, 0, 0]);
    rowsOf(turned)
      .flat()
      .forEach((value, i) => expect(value).toBeCloseTo([3, 6, 9, 2, 5, 8, 1, 4, 7][i], 5));
    expect(Array.from(turned.mask.data)).toEqual([0, 0, 2, 0, 0, 0, 1, 0, 0]);
    Array.from(turned.points.data).forEach((value, i) => expect(value).toBeCloseTo([0, 2, 1, 0][i], 5));
    Array.from(turned.boxes.data).forEach((value, i) => expect(value).toBeCloseTo([0, 2, 2, 3][i], 5));
    expect(turned.label).toBe(sample.label);
  });

  it('boxes that a crop cuts are cut, and of one outside no area remains', () => {
    const boxes = { data: Float32Array.of(1, 0, 4, 2, 0, 0, 1, 1), shape: [2, 4] };
    const cropped = apply(transforms.crop({ size: 2 }), grid(image, { boxes }), [0.5, 0.5]);
    expect(Array.from(cropped.boxes.data)).toEqual([0, 0, 2, 1, 0, 0, 0, 0]);
  });

  it('affine moves, scales and shears about the middle', () => {
    const wide = grid([[0, 0, 9, 0, 0]]);
    const moved = apply(transforms.affine({ translate: [0.4, 0] }), wide, [0, 1, 0.5, 0, 0]);
    rowsOf(moved)[0].forEach((value, i) => expect(value).toBeCloseTo([0, 0, 0, 0, 9][i], 5));
    const points = { data: Float32Array.of(3, 0), shape: [1, 2] };
    const grown = apply(transforms.affine({ scale: [2, 2] }), { ...wide, points }, [0, 0.5, 0.5, 0, 0]);
    expect(Array.from(grown.points.data)).toEqual([4, 0]);
    const tall = { image: { data: new Uint8Array(9), shape: [1, 3, 3] }, points: { data: Float32Array.of(1, 2), shape: [1, 2] } };
    const sheared = apply(transforms.affine({ shear: [45, 45] }), tall, [0.5, 0.5, 0.5, 0, 0]);
    Array.from(sheared.points.data).forEach((value, i) => expect(value).toBeCloseTo([2, 2][i], 5));
  });

  it('resize averages by a triangle filter, and interpolates between pixels', () => {
    const small = rowsOf(apply(transforms.resize({ size: [1, 2] }), grid([[0, 100, 200, 40]])))[0];
    // Weights 3/7, 3/7, 1/7, as Pillow has them.
    expect(small[0]).toBeCloseTo((3 * 0 + 3 * 100 + 200) / 7, 4);
    expect(small[1]).toBeCloseTo((100 + 3 * 200 + 3 * 40) / 7, 4);
    const large = rowsOf(apply(transforms.resize({ size: [1, 4] }), grid([[0, 100]])))[0];
    large.forEach((value, i) => expect(value).toBeCloseTo([0, 25, 75, 100][i], 4));
    expect(
      apply(transforms.resize({ size: 4 }), grid([[1, 2]], { mask: { data: Uint8Array.of(3, 7), shape: [1, 2] } })).mask.data.slice(0, 4),
    ).toEqual(Uint8Array.of(3, 3, 7, 7));
  });

  it('colours are mixed from values 0 … 1', () => {
    const colour = (transform: Transform, pixel: readonly number[], u: readonly number[]) =>
      Array.from(apply(transform, { image: { data: Uint8Array.from(pixel), shape: [3, 1, 1], scale: 1 / 255 } }, u).image.data);
    const close = (values: readonly number[], expected: readonly number[]) =>
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
    close(colour(transforms.normalise({ mean: [0.5, 0, 0.2], deviation: [0.5, 1, 2] }), [255, 51, 51], []), [1, 0.2, 0]);
    close(colour(transforms.colourJitter({ brightness: [2, 2] }), [51, 0, 102], [0, 0, 0, 0]), [0.4, 0, 0.8]);
    const grey = 0.299 * 0.2 + 0.114 * 0.4;
    close(colour(transforms.colourJitter({ saturation: [0, 0] }), [51, 0, 102], [0, 0, 0, 0]), [grey, grey, grey]);
    // One pixel is its own mean.
    close(colour(transforms.colourJitter({ contrast: [0, 0] }), [51, 0, 102], [0, 0, 0, 0]), [grey, grey, grey]);
    // Half a turn of the colour circle: the opposite colour of the same brightness.
    close(colour(transforms.colourJitter({ hue: [0.5, 0.5] }), [51, 0, 102], [0, 0, 0, 0]), [2 * grey - 0.2, 2 * grey, 2 * grey - 0.4]);
    const none = colour(transforms.colourJitter({}), [51, 7, 102], [0.1, 0.9, 0.3, 0.7]);
    close(none, [51 / 255, 7 / 255, 102 / 255]);
    // u = 1 − e^(−1/2) and v = 0 make the normal number 1.
    const one = 1 - Math.exp(-0.5);
    close(
      colour(transforms.pcaIntensity({ deviation: 1 }), [0, 0, 0], [one, 0, 0, 0, 0, 0]),
      [-0.5675, -0.5808, -0.5836].map((part) => part * 0.2175),
    );
  });

  it('erase fills a rectangle of the area, or nothing', () => {
    const plain = { image: { data: new Uint8Array(100).fill(1), shape: [1, 10, 10], scale: 1 } };
    const erased = apply(transforms.erase({ area: [0.25, 0.25], ratio: [1, 1], value: 9 }), plain, [0.1, 0.5, 0.5, 0.99, 0]);
    expect(rowsOf(erased).map((row) => row.filter((value) => value === 9).length)).toEqual([5, 5, 5, 5, 5, 0, 0, 0, 0, 0]);
    expect(rowsOf(erased)[0]).toEqual([1, 1, 1, 1, 1, 9, 9, 9, 9, 9]);
    expect(apply(transforms.erase(), plain, [0.5, 0.5, 0.5, 0.5, 0.5]).image.data).toEqual(plain.image.data);
    expect(plain.image.data.every((value) => value === 1)).toBe(true);
  });

  it('fills what bytes can’t hold all the same: planes take the type that they have in a batch', () => {
    const image = { data: Uint8Array.of(100, 200), shape: [1, 1, 2], scale: 1 / 200 };
    const mask = { data: Uint8Array.of(1, 2), shape: [1, 2], dtype: 'i32' as const };
    const padded = (fill: number, maskFill: number, scale?: number) => {
      const own = scale === undefined ? mask : { data: mask.data, shape: mask.shape, scale };
      return apply(transforms.pad({ padding: [1, 0, 0, 0], fill, maskFill }), { image, mask: own });
    };
    expect(padded(-1, -100).image).toEqual({ data: Float32Array.of(-1, 0.5, 1), shape: [1, 1, 3] });
    expect(padded(-1, -100).mask).toEqual({ data: Int32Array.of(-100, 1, 2), shape: [1, 3], dtype: 'i32' });
    // The nearest that bytes have.
    expect(padded(0.502, 255).image.data).toEqual(Uint8Array.of(100, 100, 200));
    expect(padded(0, 255).mask.data).toEqual(Uint8Array.of(255, 1, 2));
    // A mask of values is filled with a value too.
    expect(padded(0, 1, 1 / 255).mask.data).toEqual(Uint8Array.of(255, 1, 2));
    expect(apply(transforms.erase({ p: 1, value: 1.5 }), { image }, [0, 0, 0, 0, 0]).image.data).toBeInstanceOf(Float32Array);
    expect(() => padded(0, 0.5)).toThrow('pad: expected a fill that i32 holds, got 0.5');
    const labels = { image: tensor(new Float32Array(4), [1, 1, 2, 2]), mask: tensor([1, 2, 3, 4], [1, 2, 2], 'u32') };
    expect(() => transforms.onBatch([transforms.pad({ padding: 1, maskFill: -100 })], labels)).toThrow(
      'pad: expected a fill that u32 holds, got -100',
    );
  });

  it('a part that lies within its image has its colours up to the edge', async () => {
    const whole = transforms.resizedCrop({ size: 8, area: [1, 1], ratio: [1, 1] });
    const ones = { data: new Float32Array(16).fill(1), shape: [1, 4, 4] };
    expect(apply(whole, { image: ones }, [0, 0, 0, 0]).image.data).toEqual(new Float32Array(64).fill(1));
    const found = transforms.onBatch([whole], { image: tensor(ones.data, [1, 1, 4, 4]) }).image;
    (await found.data()).forEach((value) => expect(value).toBeCloseTo(1, 6));
  });

  it.each([
    [8, 4],
    [12, 2],
    [9, 3],
    [5, 10],
    [10, 15],
    [96, 48],
  ])('masks %i pixels wide are resized to %i as Pillow does, samples and batches alike', async (from, to) => {
    const data = Int32Array.from({ length: from * from }, (_, i) => i);
    const places = Array.from({ length: to }, (_, i) => Math.floor(((2 * i + 1) * from) / (2 * to)));
    const expected = places.flatMap((row) => places.map((column) => row * from + column));
    const image = new Float32Array(from * from);
    const sample = apply(transforms.resize({ size: to }), {
      image: { data: image, shape: [1, from, from] },
      mask: { data, shape: [from, from] },
    });
    expect([...sample.mask.data]).toEqual(expected);
    const batch = { image: tensor(image, [1, 1, from, from]), mask: tensor(data, [1, from, from]) };
    expect([...(await transforms.onBatch([transforms.resize({ size: to })], batch).mask.data())]).toEqual(expected);
  });

  it('points are floats behind what may move them, moved or not, and stay wherever they are', () => {
    const places = { data: Uint32Array.of(7, 3), shape: [1, 2] };
    const one = { image: { data: new Uint8Array(16 * 16), shape: [1, 16, 16] }, points: places };
    for (const transform of [transforms.flip({ p: 0 }), transforms.crop({ size: 16, padding: 0, centre: true })]) {
      expect(apply(transform, one, [0.5, 0.5]).points).toEqual({ data: Float32Array.of(7, 3), shape: [1, 2] });
    }
    expect(
      apply(transforms.crop({ size: 10, padding: 1 }), { ...one, points: { data: new Uint32Array(2), shape: [1, 2] } }, [0.9, 0.9]).points
        .data,
    ).toEqual(Float32Array.of(-7, -7));
  });

  it('say what they need', () => {
    expect(() => apply(transforms.flip(), { label: { data: Uint8Array.of(1), shape: [] } }, [0])).toThrow(
      "flip: expected samples with a field 'image' [channels, height, width], got fields label",
    );
    expect(() => transforms.crop({ sise: 3 } as never)).toThrow('crop: expected size to be');
    expect(() => transforms.flip({ probability: 1 } as never)).toThrow('flip: there is no option probability');
    expect(() => transforms.normalise({ mean: [1], deviation: [0] })).toThrow('expected deviations above 0');
    expect(() => apply(transforms.pcaIntensity(), grid(image), [0, 0, 0, 0, 0, 0])).toThrow(
      'pcaIntensity: expected images of 3 channels, got 1',
    );
    expect(() => apply(transforms.flip(), grid(image, { mask: { data: new Uint8Array(4), shape: [2, 2] } }), [0])).toThrow(
      "expected a mask of the image's size 3 × 4",
    );
  });
});

const random = new Random(11);
const pixels = Float32Array.from({ length: COUNT * CHANNELS * HEIGHT * WIDTH }, () => random.uniform());
const masks = Int32Array.from({ length: COUNT * HEIGHT * WIDTH }, () => random.uint32() % 5);
const points = Float32Array.from({ length: COUNT * 2 * 2 }, () => random.uniform(0, 7));

describe('transforms of a batch', () => {
  const all: readonly (readonly [string, Transform])[] = [
    ['crop', transforms.crop({ size: [5, 6], padding: 2, fill: 0.5, maskFill: 4 })],
    ['flip', transforms.flip()],
    ['flip, vertical', transforms.flip({ vertical: true })],
    ['pad', transforms.pad({ padding: 2 })],
    ['resizedCrop', transforms.resizedCrop({ size: [6, 5], area: [0.3, 1] })],
    ['rotate', transforms.rotate({ degrees: 40, fill: 0.2 })],
    ['affine', transforms.affine({ degrees: 30, translate: [0.2, 0.1], scale: [0.7, 1.4], shear: 20 })],
    ['resize', transforms.resize({ size: [4, 12] })],
    ['colourJitter', transforms.colourJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2 })],
    ['pcaIntensity', transforms.pcaIntensity({ deviation: 1 })],
    ['normalise', transforms.normalise({ mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.3, 0.4] })],
    ['erase', transforms.erase({ p: 0.7, value: 0.5 })],
  ];

  it.each(all)('%s does the same as on samples, from the same random numbers', async (_, transform) => {
    const u = Float32Array.from({ length: COUNT * transform.draws }, () => Math.fround(random.uniform()));
    const batch = {
      image: tensor(pixels, [COUNT, CHANNELS, HEIGHT, WIDTH]),
      mask: tensor(masks, [COUNT, HEIGHT, WIDTH]),
      points: tensor(points, [COUNT, 2, 2]),
    };
    const found = transforms.onBatch([transform], batch, tensor(u, [COUNT, transform.draws]));
    const [image, mask, moved] = await Promise.all([found.image.data(), found.mask.data(), found.points.data()]);
    const part = <A extends Float32Array | Int32Array>(values: A, i: number) =>
      values.subarray((i * values.length) / COUNT, ((i + 1) * values.length) / COUNT);
    for (let i = 0; i < COUNT; i++) {
      const sample = applyTransform(
        transform,
        {
          image: { data: part(pixels, i), shape: [CHANNELS, HEIGHT, WIDTH] },
          mask: { data: part(masks, i), shape: [HEIGHT, WIDTH] },
          points: { data: part(points, i), shape: [2, 2] },
        },
        Array.from(part(u, i)),
      ) as Fields;
      expect(found.image.shape.slice(1)).toEqual(sample.image.shape);
      part(image as Float32Array, i).forEach((value, k) => expect(value).toBeCloseTo(sample.image.data[k], 4));
      part(moved as Float32Array, i).forEach((value, k) => expect(value).toBeCloseTo(sample.points.data[k], 3));
      // Where a pixel lies between two, rounding decides.
      const other = part(mask as Int32Array, i).filter((value, k) => value !== sample.mask.data[k]).length;
      expect(other).toBeLessThanOrEqual(1);
    }
  });

  it('every sample draws its own numbers, and each call new ones', async () => {
    const ramp = tensor(
      Float32Array.from({ length: 32 * 8 }, (_, i) => i % 8),
      [32, 1, 1, 8],
    );
    const step = compile((image: typeof ramp) => transforms.onBatch([transforms.crop({ size: [1, 1] })], { image }).image);
    const [first, second] = [await step(ramp).data(), await step(ramp).data()];
    expect(new Set(first).size).toBeGreaterThan(4);
    expect(first).not.toEqual(second);
  });

  it('mixup mixes each sample with the next, images and labels in one share', async () => {
    const image = tensor([1, 10, 100], [3, 1, 1, 1]);
    const mixed = transforms.mixup({ image, label: tensor([0, 2, 1], [3], 'u32') }, { alpha: 1, classes: 3 });
    const [values, labels] = [await mixed.image.data(), await mixed.label.data()];
    const next = [10, 100, 1];
    const own = [1, 10, 100];
    [0, 2, 1].forEach((label, i) => {
      const share = labels[3 * i + label];
      expect(share).toBeGreaterThanOrEqual(0);
      expect(values[i]).toBeCloseTo(share * own[i] + (1 - share) * next[i], 3);
      expect(labels[3 * i] + labels[3 * i + 1] + labels[3 * i + 2]).toBeCloseTo(1, 5);
    });
  });

  it('shares follow Beta(α, α)', () => {
    betaQuantiles(1).forEach((value, q) => expect(value).toBeCloseTo(q / 1024, 3));
    for (const alpha of [0.2, 0.5, 2]) {
      const table = betaQuantiles(alpha);
      // Variance 1 / (4·(2α + 1)), by the trapezoid over the quantiles.
      const mean = (of: (x: number) => number) => table.slice(1).reduce((sum, x, q) => sum + (of(x) + of(table[q])) / 2, 0) / 1024;
      expect(mean((x) => x)).toBeCloseTo(0.5, 3);
      expect(mean((x) => (x - 0.5) ** 2)).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 3);
    }
  });

  it('say what they need', () => {
    expect(() => transforms.onBatch([transforms.flip()], { image: tensor([1, 2], [1, 2]) })).toThrow(
      'onBatch: expected an image [n, channels, height, width], got [1, 2]',
    );
    expect(() => transforms.onBatch([transforms.decode()], { image: tensor([1], [1, 1, 1, 1]) })).toThrow(
      'give decode() to the DataLoader',
    );
    expect(
      () => transforms.crop({ size: 20 }) && transforms.onBatch([transforms.crop({ size: 20 })], { image: tensor([1], [1, 1, 1, 1]) }),
    ).toThrow('crop: expected images of at least 20 × 20');
  });
});
