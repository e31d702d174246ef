// What inputs reckon with, without a page.
import { describe, expect, it } from 'vitest';
import { orientationOf } from '../../runtime/browser/orientation.ts';
import { moved, resized, spanned, textOfBox } from '../../runtime/browser/page/inputs/box.ts';
import { ahead, nearest, placedIn } from '../../runtime/browser/page/inputs/node-places.ts';
import { pictureOf, planarOf } from '../../runtime/browser/page/inputs/planar.ts';

describe('boxes', () => {
  const picture = { width: 20, height: 10 };
  const box = { x1: 2, y1: 3, x2: 8, y2: 7, class: 'cat' };

  it('span two corners in any order, in whole pixels of the picture', () => {
    expect(spanned([8.4, -3], [2.2, 30], picture)).toEqual({ x1: 2, y1: 0, x2: 8, y2: 10 });
  });

  it('are moved as they are, up to the edge', () => {
    expect(moved(box, [3, -1], picture)).toEqual({ ...box, x1: 5, x2: 11, y1: 2, y2: 6 });
    expect(moved(box, [99, 99], picture)).toEqual({ ...box, x1: 14, x2: 20, y1: 6, y2: 10 });
    expect(moved(box, [-99, -99], picture)).toEqual({ ...box, x1: 0, x2: 6, y1: 0, y2: 4 });
  });

  it('are pulled larger and smaller, never inside out', () => {
    expect(resized(box, [2, 1], picture)).toEqual({ ...box, x2: 10, y2: 8 });
    expect(resized(box, [-99, 99], picture)).toEqual({ ...box, x2: 4, y2: 10 });
    expect(textOfBox(box, 0)).toBe('box 1, cat: x 2 … 8, y 3 … 7');
  });
});

describe('nodes', () => {
  // A cross: its middle, then right, left, up, down; and one far up to the right.
  const places = placedIn([0, 0, 1, 0, -1, 0, 0, 1, 0, -1, 3, 3], 100);

  it('fill the square, y upwards', () => {
    expect([...places.slice(10)]).toEqual([96, 4]);
    expect(places[4]).toBeCloseTo(4);
    expect(places[9]).toBeCloseTo(96);
    expect([...placedIn([5, 5], 100)]).toEqual([50, 50]);
  });

  it('the nearest one is meant; arrow keys go to the next that way, and stay where there is none', () => {
    expect(nearest(places, places[2] + 3, places[3] - 2)).toBe(1);
    const directions = [
      [1, 0],
      [-1, 0],
      [0, -1],
      [0, 1],
    ] as const;
    expect(directions.map((direction) => ahead(places, 0, direction))).toEqual([1, 2, 3, 4]);
    expect(ahead(places, 4, [0, 1])).toBe(4);
  });
});

it('pixels of a picture are put plane by plane, and back', () => {
  const picture = { width: 2, height: 1, channels: 3 as const, pixels: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 0.125) };
  const values = planarOf(picture);
  expect([...values]).toEqual([0, 0.75, 0.25, 1, 0.5, 0.125]);
  expect(pictureOf(values, picture)).toEqual(picture);
});

describe('the orientation in a JPEG', () => {
  const exif = (little: boolean, orientation: number) => {
    const u16 = (value: number) => (little ? [value & 255, value >> 8] : [value >> 8, value & 255]);
    const u32 = (value: number) => (little ? [...u16(value), 0, 0] : [0, 0, ...u16(value)]);
    const entry = (tag: number, value: number) => [...u16(tag), ...u16(3), ...u32(1), ...u16(value), 0, 0];
    const tiff = [
      ...(little ? [0x49, 0x49] : [0x4d, 0x4d]),
      ...u16(42),
      ...u32(8),
      ...u16(2),
      ...entry(0x100, 40),
      ...entry(0x112, orientation),
    ];
    const content = [...new TextEncoder().encode('Exif'), 0, 0, ...tiff];
    return [0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255, ...content];
  };
  const other = [0xff, 0xe0, 0, 4, 1, 2];
  const jpeg = (...segments: readonly number[][]) =>
    Uint8Array.from([0xff, 0xd8, ...segments.flat(), 0xff, 0xda, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);

  it('is read in either byte order, behind other segments', () => {
    expect(orientationOf(jpeg(exif(true, 6)))).toBe(6);
    expect(orientationOf(jpeg(other, exif(false, 8)))).toBe(8);
  });

  it('is upright where nothing sensible stands, wherever the file ends', () => {
    expect(orientationOf(jpeg(other))).toBe(1);
    expect(orientationOf(jpeg(exif(true, 99)))).toBe(1);
    const whole = jpeg(other, exif(false, 8));
    for (let length = 0; length <= whole.length; length++) expect([1, 8]).toContain(orientationOf(whole.subarray(0, length)));
  });
});
