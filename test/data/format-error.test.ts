import { expect, it } from 'vitest';
import { grouped } from '../../src/data/format-error.ts';

it('groups the digits of whole numbers, never those behind the point', () => {
  const texts = [0, 999, 1000, 1234567, -1234567, 1234.56789, 0.123456, 12_345_678n, 1e21].map(grouped);
  expect(texts).toEqual(['0', '999', '1,000', '1,234,567', '-1,234,567', '1,234.56789', '0.123456', '12,345,678', '1e+21']);
});
