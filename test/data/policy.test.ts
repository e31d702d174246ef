// AutoAugment's operations on bytes, by hand, and how they are drawn.
import { describe, expect, it } from 'vitest';
import { applyTransform, type Fields } from '../../src/data/transforms/apply.ts';
import { changes, drawnFrom, moves, type Pixels, policy } from '../../src/data/transforms/policy.ts';
import { ArrayDataset, DataLoader, tensor, transforms } from '../../src/index.ts';

const row = (...values: readonly number[]): Pixels => ({ data: Uint8Array.from(values), width: values.length, height: 1 });
const changed = (operation: keyof typeof changes, image: Pixels, level = 0, sign = 1) => [...changes[operation](image, level, sign)];

describe('operations on bytes', () => {
  it('turn over all, the bright ones, and the last bits', () => {
    expect(changed('invert', row(0, 100, 255))).toEqual([255, 155, 0]);
    // From 256 − 256 · 3/9 = 170⅔ on.
    expect(changed('solarize', row(0, 170, 171, 255), 3)).toEqual([0, 170, 84, 0]);
    // 8 − round(7 · 4/9) = 5 bits.
    expect(changed('posterize', row(7, 8, 255), 7)).toEqual([0, 8, 248]);
    expect(changed('posterize', row(7, 255), 0)).toEqual([7, 255]);
  });

  it('go away from black, from grey, from the mean grey', () => {
    expect(changed('brightness', row(100, 200), 5)).toEqual([150, 255]);
    expect(changed('brightness', row(100, 200), 5, -1)).toEqual([50, 100]);
    // The mean is 150.
    expect(changed('contrast', row(100, 200), 5)).toEqual([75, 225]);
    // Of (200, 100, 0) the grey level is .299 · 200 + .587 · 100 = 118.5, rounded 119.
    const pixel = { data: Uint8Array.of(200, 100, 0), width: 1, height: 1 };
    expect(changed('colour', pixel, 5, -1)).toEqual([159, 109, 59]);
    expect(changed('colour', row(3, 77), 9)).toEqual([3, 77]);
  });

  it('sharpen what is not at the edge', () => {
    const image = { data: Uint8Array.of(0, 0, 0, 0, 130, 0, 0, 0, 0), width: 3, height: 3 };
    // Smoothed 130 · 5/13 = 50; with the factor 1.5 it is 50 + 1.5 · 80.
    expect(changed('sharpness', image, 5)).toEqual([0, 0, 0, 0, 170, 0, 0, 0, 0]);
    expect(changed('sharpness', image, 0)).toEqual([...image.data]);
  });

  it('stretch each channel, and fill its levels', () => {
    const image = { data: Uint8Array.of(50, 100, 150, 9, 9, 9, 0, 1, 255), width: 3, height: 1 };
    expect(changed('autoContrast', image)).toEqual([0, 127, 255, 9, 9, 9, 0, 1, 255]);
    // 510 pixels of 10, 255 of 20, 255 of 30: a step is (1020 − 255) / 255 = 3 pixels.
    const uneven = new Uint8Array(1020).fill(10, 0, 510).fill(20, 510, 765).fill(30, 765);
    const levels = changed('equalize', { data: uneven, width: 1020, height: 1 });
    expect([levels[0], levels[510], levels[765]]).toEqual([0, 170, 255]);
    expect(changed('equalize', row(1, 2, 3))).toEqual([1, 2, 3]);
  });

  it('move pixels by whole places, shear and turn about the middle', () => {
    const size = { width: 33, height: 33 };
    // trunc(150/331 · 33 · 8/9) = 13.
    expect(moves.translateX(size, 8, -1)).toEqual([1, 0, -13, 0, 1, 0]);
    expect(moves.translateY(size, 9, 1)).toEqual([1, 0, 0, 0, 1, 14]);
    const at = ([a, b, c, d, e, f]: readonly number[], x: number, y: number) => [a * x + b * y + c, d * x + e * y + f];
    for (const move of [moves.shearX, moves.shearY, moves.rotate])
      at(move(size, 6, 1), 16, 16).forEach((v) => expect(v).toBeCloseTo(16, 9));
    expect(at(moves.shearX(size, 9, 1), 16, 26)[0]).toBeCloseTo(19, 9);
    // 30°.
    expect(at(moves.rotate(size, 9, 1), 26, 16)[1]).toBeCloseTo(21, 9);
  });
});

describe('the policy', () => {
  it('has 25 pairs of known operations', () => {
    expect(policy).toHaveLength(25);
    for (const { operation, chance, level } of policy.flat()) {
      expect(Object.keys({ ...changes, ...moves })).toContain(operation);
      expect([chance >= 0 && chance < 1, Number.isInteger(level) && level <= 9]).toEqual([true, true]);
    }
  });

  it('draws a pair, and each operation by its chance', () => {
    const names = (...u: readonly number[]) => drawnFrom(u).map(({ operation, sign }) => `${operation} ${sign}`);
    expect(names(0.05, 0.69, 0.29, 0, 0.9)).toEqual(['rotate -1', 'translateX 1']);
    expect(names(0.05, 0.71, 0.29, 0, 0)).toEqual(['translateX -1']);
    expect(names(0.999, 0.7, 0.9, 0, 0)).toEqual([]);
  });

  const sample = (values: readonly number[]): Fields => ({
    image: { data: Uint8Array.from(values), shape: [1, 1, values.length], scale: 1 / 255 },
  });
  const apply = (fields: Fields, ...u: readonly number[]) => applyTransform(transforms.autoAugment({ fill: 1 }), fields, u) as Fields;

  it('does one after the other; bytes stay bytes, points go along', () => {
    // Pair 24 is translateY and autoContrast: the second alone.
    const { image } = apply(sample([10, 20, 30]), 0.97, 0.99, 0, 0, 0);
    expect(image.data).toEqual(Uint8Array.of(0, 127, 255));
    expect(image.scale).toBe(1 / 255);
    // Pair 1: translateX by trunc(150/331 · 3) = 1.
    const points = { data: Float32Array.of(2, 0), shape: [1, 2] };
    const moved = apply({ ...sample([10, 20, 30]), points }, 0.05, 0.9, 0, 0, 0.9);
    expect(moved.image.data).toEqual(Uint8Array.of(20, 30, 255));
    expect([...moved.points.data]).toEqual([1, 0]);
  });

  it('wants bytes, on the CPU', () => {
    const values = { image: { data: Float32Array.of(0.5), shape: [1, 1, 1] } };
    expect(() => apply(values, 0, 0, 0, 0, 0)).toThrow(
      'autoAugment: expected images of 1 or 3 channels that are bytes still, before what makes values of them, got Float32Array [1, 1, 1]',
    );
    expect(() => transforms.onBatch([transforms.autoAugment()], { image: tensor([0], [1, 1, 1, 1]) })).toThrow(
      'onBatch: autoAugment changes bytes on the CPU; give it to the DataLoader',
    );
  });

  it('gives the same in workers', async () => {
    const data = Uint8Array.from({ length: 6 * 3 * 64 }, (_, i) => (i * 37) % 256);
    const dataset = new ArrayDataset({ image: { data, shape: [3, 8, 8], scale: 1 / 255 } });
    const batches = async (workers: number) => {
      const loader = new DataLoader(dataset, { batchSize: 3, seed: 4, transform: [transforms.autoAugment()], workers });
      const found: number[] = [];
      for await (const { image } of loader) found.push(...image.data);
      await loader.close();
      return found;
    };
    const [here, there] = [await batches(0), await batches(1)];
    expect(there).toEqual(here);
    expect(here).not.toEqual(Array.from(data, (value) => Math.fround(value / 255)));
  });
});
