// The brush of the drawing pad.
import { expect, test } from 'vitest';
import { paintStroke } from '../../runtime/browser/page/inputs/brush.ts';

const SIZE = 28;
const at = (picture: Float32Array, x: number, y: number) => picture[y * SIZE + x];

test('a stroke is bright along its way, soft at its edge, and nowhere else', () => {
  const picture = new Float32Array(SIZE * SIZE);
  paintStroke(picture, SIZE, [5.5, 14.5], [22.5, 14.5]);
  for (let x = 5; x <= 22; x++) expect(at(picture, x, 14)).toBe(1);
  expect(at(picture, 14, 13)).toBeGreaterThan(0.5);
  expect(at(picture, 14, 16)).toBe(0);
  expect(at(picture, 14, 11)).toBe(0);
  expect(at(picture, 1, 14)).toBe(0);
  expect(picture.every((value) => value >= 0 && value <= 1)).toBe(true);
});

test('painting over a stroke darkens nothing', () => {
  const picture = new Float32Array(SIZE * SIZE);
  paintStroke(picture, SIZE, [14.5, 5.5], [14.5, 22.5]);
  const before = picture.slice();
  paintStroke(picture, SIZE, [5.5, 14.2], [22.5, 14.2]);
  expect(picture.every((value, i) => value >= before[i])).toBe(true);
  expect(at(picture, 14, 20)).toBe(1);
});

test('a click alone makes a dot', () => {
  const picture = new Float32Array(SIZE * SIZE);
  paintStroke(picture, SIZE, [10.5, 10.5], [10.5, 10.5]);
  expect(at(picture, 10, 10)).toBe(1);
  expect(picture.filter((value) => value > 0).length).toBeLessThan(14);
});
