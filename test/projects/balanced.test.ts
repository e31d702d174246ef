// The few samples whose labels are known: as many of each class.
import { describe, expect, it } from 'vitest';
import { type Part, Random } from '../../src/index.ts';
import { balanced } from '../../src/projects/shared/balanced.ts';

/** Images of one pixel, each with its own number. */
const images = (labels: readonly number[], names?: readonly string[]): Part<'image' | 'label'> => ({
  fields: {
    image: { data: Uint8Array.from(labels.keys()), shape: [1, 1, 1] },
    label: { data: Uint8Array.from(labels), shape: [], dtype: 'i32', ...(names && { names }) },
  },
  count: labels.length,
});

describe('samples of each class alike', () => {
  const hundred = images(Array.from({ length: 100 }, (_, i) => (i * 7) % 10));

  it('are as many of each class, one more of the first ones where it does not come out even', () => {
    const { fields, count } = balanced(hundred, 23, new Random(1));
    expect(count).toBe(23);
    const counts = Array.from({ length: 10 }, (_, own) => fields.label.data.filter((label) => label === own).length);
    expect(counts).toEqual([3, 3, 3, 2, 2, 2, 2, 2, 2, 2]);
    // Each with its own image, none twice.
    fields.image.data.forEach((pixel, i) => expect((pixel * 7) % 10).toBe(fields.label.data[i]));
    expect(new Set(fields.image.data).size).toBe(23);
  });

  it('are others for another seed, and the same for the same', () => {
    const drawn = (seed: number) => [...balanced(hundred, 20, new Random(seed)).fields.image.data];
    expect(drawn(5)).toEqual(drawn(5));
    expect(drawn(6)).not.toEqual(drawn(5));
  });

  it('are refused where a class has too few', () => {
    const names = Array.from('abcdefghij');
    const few = images(
      [...hundred.fields.label.data].map((label, i) => (label === 3 && i > 20 ? 4 : label)),
      names,
    );
    expect(() => balanced(few, 50, new Random(1))).toThrow(
      'balanced: expected 5 samples of each class to draw 50 from, got 2 of d among 100; draw fewer, or from more',
    );
  });
});
