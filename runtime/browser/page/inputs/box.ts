// Boxes within a picture, in whole pixels of it.
import type { GivenBox } from '../../../../src/train/input.ts';

/** What is pulled at. */
export type Handle = 'inside' | 'corner';
type Size = { readonly width: number; readonly height: number };
type Point = readonly [x: number, y: number];

/** The shortest side, pixels. */
export const LEAST = 2;

const within = (value: number, low: number, high: number) => Math.round(Math.min(high, Math.max(low, value)));

/** From one corner to the opposite one, as far as they are in the picture. */
export function spanned([ax, ay]: Point, [bx, by]: Point, { width, height }: Size): GivenBox {
  const [x1, x2] = [Math.min(ax, bx), Math.max(ax, bx)].map((x) => within(x, 0, width));
  const [y1, y2] = [Math.min(ay, by), Math.max(ay, by)].map((y) => within(y, 0, height));
  return { x1, y1, x2, y2 };
}

/** As large as before, and not beyond the edges. */
export function moved(box: GivenBox, [dx, dy]: Point, { width, height }: Size): GivenBox {
  const [w, h] = [box.x2 - box.x1, box.y2 - box.y1];
  const [x1, y1] = [within(box.x1 + dx, 0, width - w), within(box.y1 + dy, 0, height - h)];
  return { ...box, x1, y1, x2: x1 + w, y2: y1 + h };
}

/** Its lower right corner moved. */
export function resized(box: GivenBox, [dx, dy]: Point, { width, height }: Size): GivenBox {
  return { ...box, x2: within(box.x2 + dx, box.x1 + LEAST, width), y2: within(box.y2 + dy, box.y1 + LEAST, height) };
}

/** `box 1, cat: x 3 … 20, y 4 … 9` */
export const textOfBox = ({ x1, y1, x2, y2, class: name }: GivenBox, i: number): string =>
  `box ${i + 1}${name === undefined ? '' : `, ${name}`}: x ${x1} … ${x2}, y ${y1} … ${y2}`;
