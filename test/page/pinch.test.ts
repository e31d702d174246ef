import { expect, it } from 'vitest';
import { pinched } from '../../runtime/browser/page/pinch.ts';

it('keeps under two fingers what was under them', () => {
  // 100 pixels for 0 … 100; what was at 40 and 60 is drawn out to 20 and 80.
  const range = pinched([40, 60], [20, 80], 100)!;
  expect(range[0]).toBeCloseTo(40 - 20 / 3, 9);
  expect(range[1]).toBeCloseTo(60 + 20 / 3, 9);
  // Moved together: the axis moves along.
  expect(pinched([40, 60], [50, 70], 100)).toEqual([-10, 90]);
  expect(pinched([40, 60], [50, 50], 100)).toBeUndefined();
});
