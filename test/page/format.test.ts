// Numbers as a person reads them.
import { expect, test } from 'vitest';
import { formatBytes, formatNumber, formatSeconds, formatTime, plural } from '../../runtime/browser/page/format.ts';

test('numbers have four significant digits', () => {
  expect([0, 12345, 0.012345678, 97.5678, 0.000123, 1.5e10, 1, Number.NaN].map(formatNumber)).toEqual([
    ...['0', '12,345', '0.01235', '97.57', '1.23e-4', '1.5e10', '1', 'NaN'],
  ]);
});

test('durations, sizes and counts', () => {
  expect([8.4, 65, 7400].map(formatSeconds)).toEqual(['8 s', '1:05 min', '2:03:20 h']);
  expect([512, 3_400_000, 999_900, 11_594_722].map(formatBytes)).toEqual(['512 B', '3.4 MB', '1.0 MB', '11.6 MB']);
  expect([plural(1, 'file'), plural(1200, 'file')]).toEqual(['1 file', '1,200 files']);
});

test('times of today leave the date out', () => {
  const now = new Date(2026, 10, 22, 15);
  expect(formatTime(new Date(2026, 10, 22, 14, 5).toISOString(), now)).toBe('today 14:05');
  expect(formatTime(new Date(2026, 10, 21, 14, 5).toISOString(), now)).toBe('21 Nov 2026, 14:05');
});
