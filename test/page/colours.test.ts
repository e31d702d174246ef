// The page's colours of lines: those of figures, with contrast enough for thin lines on a card.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dashAt, palette, parts, placesOf } from '../../src/train/part-colours.ts';

const css = readFileSync(new URL('../../runtime/browser/page/styles/base.css', import.meta.url), 'utf8');
const pairs = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, [light, dark]]),
);
const [light, dark] = [0, 1].map((theme) => palette.map((_, i) => pairs.get(`line-${i}`)![theme]));

const linear = (colour: string) =>
  [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
const luminance = (colour: string) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => sum + weight * linear(colour)[i], 0);
const contrast = (a: string, b: string) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
/** Ottosson's Oklab. */
const lab = (colour: string) => {
  const [r, g, b] = linear(colour);
  const l = Math.cbrt(0.4122 * r + 0.5363 * g + 0.0514 * b);
  const m = Math.cbrt(0.2119 * r + 0.6807 * g + 0.1074 * b);
  const s = Math.cbrt(0.0883 * r + 0.2817 * g + 0.63 * b);
  return [0.2105 * l + 0.7936 * m - 0.0041 * s, 1.978 * l - 2.4286 * m + 0.4506 * s, 0.0259 * l + 0.7828 * m - 0.8087 * s];
};
const distance = (a: string, b: string) => Math.hypot(...lab(a).map((value, i) => value - lab(b)[i]));

test('training, validation and test look as they do in figures', () => {
  expect(light.slice(0, parts.length)).toEqual(palette.slice(0, parts.length));
});

test.each([
  ['light', light, pairs.get('card')![0]],
  ['dark', dark, pairs.get('card')![1]],
])('in the %s theme each stands out from the card, and from the others', (_, colours, card) => {
  for (const colour of colours) expect(contrast(colour, card)).toBeGreaterThanOrEqual(3);
  colours.forEach((one, i) => {
    for (const other of colours.slice(0, i)) expect([one, other, distance(one, other) > 0.095]).toEqual([one, other, true]);
  });
});

test('fourteen lines look fourteen ways', () => {
  const places = placesOf(Array.from({ length: 14 }, (_, i) => `optimiser ${i}`));
  const looks = places.map((place) => `${palette[place % palette.length]} ${dashAt(place)}`);
  expect(new Set(looks).size).toBe(14);
});
