// The expected texts are what PyTorch 2 prints for the same values (its dtype and size in our words).
import { describe, expect, it } from 'vitest';
import { formatValues } from '../../src/engine/executor/show-tensor.ts';
import { showTensor, tensor } from '../../src/index.ts';

const f32 = (...values: number[]) => Float32Array.from(values);

describe('tensors as text', () => {
  it.each([
    ['a scalar', f32(0.5), [], 'tensor(0.5000, dtype=f32)'],
    ['whole floats', f32(1, 2, 3, 4), [2, 2], 'tensor([[1., 2.],\n        [3., 4.]], shape=[2, 2], dtype=f32)'],
    ['signs in one column', f32(-1.5, 2, 0), [3], 'tensor([-1.5000,  2.0000,  0.0000], shape=[3], dtype=f32)'],
    ['a wide range', f32(1e-5, 1), [2], 'tensor([1.0000e-05, 1.0000e+00], shape=[2], dtype=f32)'],
    ['what is no number', f32(Number.NaN, Number.POSITIVE_INFINITY, -1), [3], 'tensor([nan, inf, -1.], shape=[3], dtype=f32)'],
    ['nothing', f32(), [0, 3], 'tensor([], shape=[0, 3], dtype=f32)'],
    ['three axes', f32(0, 1, 2, 3), [2, 1, 2], 'tensor([[[0., 1.]],\n\n        [[2., 3.]]], shape=[2, 1, 2], dtype=f32)'],
  ])('%s', (_, values, shape, text) => expect(formatValues(values, shape, 'f32')).toBe(text));

  it('integers and truth values have their own forms', () => {
    expect(formatValues(Int32Array.of(-1, 10), [2], 'i32')).toBe('tensor([-1, 10], shape=[2], dtype=i32)');
    expect(formatValues(Uint32Array.of(0, 1), [2], 'bool')).toBe('tensor([false,  true], shape=[2], dtype=bool)');
  });

  it('long rows are broken within 80 columns', () => {
    const lines = formatValues(
      Float32Array.from({ length: 30 }, (_, i) => i / 8),
      [30],
      'f32',
    ).split('\n');
    expect(lines[0]).toBe('tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,');
    expect(lines[1].startsWith('        1.1250, ')).toBe(true);
  });

  it('over 1,000 elements the middle is left out', () => {
    const many = Float32Array.from({ length: 1001 }, (_, i) => i);
    expect(formatValues(many, [1001], 'f32')).toBe('tensor([   0.,    1.,    2.,  ...,  998.,  999., 1000.], shape=[1001], dtype=f32)');
    const rows = formatValues(new Float32Array(100 * 100), [100, 100], 'f32').split('\n');
    expect(rows).toHaveLength(7);
    expect(rows[3]).toBe('        ...,');
    expect(rows[0]).toBe('tensor([[0., 0., 0.,  ..., 0., 0., 0.],');
  });

  it('reads the values of a formula', async () => {
    expect(await showTensor(tensor([1, 2]).mul(2))).toBe('tensor([2., 4.], shape=[2], dtype=f32)');
  });
});
