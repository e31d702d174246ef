// Figures taken apart for the room there is, and their colours in the dark.
import { expect, test } from 'vitest';
import { darkened, panelsOf } from '../../runtime/browser/page/figure-panels.ts';
import { type Figure, renderFigureSvg } from '../../src/index.ts';

const chart = (title?: string): Figure['panels'][number] => ({
  kind: 'chart',
  ...(title && { title }),
  x: { label: 'step' },
  y: { label: 'loss' },
  series: [{ name: 'a < b', x: [0, 1], y: [1, 0] }],
});

test('a figure comes apart into whole panels, its title and its caption', async () => {
  const figure = { title: 'Loss & more', caption: 'One "word".', columns: 2, panels: [chart('one'), chart('two'), chart('three')] };
  const { title, caption, columns, units, leastScale } = panelsOf(await renderFigureSvg(figure));
  expect([title, caption, columns]).toEqual(['Loss & more', 'One "word".', 2]);
  expect(units.map(({ svg }) => />(one|two|three)</.exec(svg)?.[1])).toEqual(['one', 'two', 'three']);
  for (const { svg, width, height } of units) {
    expect(svg.match(/<svg/g)).toHaveLength(svg.match(/<\/svg>/g)!.length);
    expect([width, height]).toEqual([381, 310]);
  }
  // The smallest text is 11 or 12 pixels high as drawn.
  expect(leastScale).toBeGreaterThan(0.83);
  expect(leastScale).toBeLessThan(0.92);
});

test('panels without a title stay below the one they belong to', async () => {
  const { units, columns } = panelsOf(
    await renderFigureSvg({ title: 't', columns: 2, panels: [chart('a'), chart('b'), chart(), chart()] }),
  );
  expect([units.length, columns]).toEqual([2, 2]);
  for (const { svg, height } of units) {
    expect(svg.match(/>step</g)).toHaveLength(2);
    expect(height).toBe(650);
  }
});

test('one beside its neighbour, whose title both have, follows it', async () => {
  const { units } = panelsOf(await renderFigureSvg({ title: 't', columns: 2, panels: [chart('a'), chart(), chart('b'), chart()] }));
  expect(units.map(({ svg }) => />(a|b)</.exec(svg)?.[1])).toEqual(['a', undefined, 'b', undefined]);
});

test('a drawing without panels stays as it is', () => {
  const svg = '<svg viewBox="0 0 300 200"><title>old</title><text font-size="8">x</text></svg>';
  expect(panelsOf(svg)).toEqual({ title: 'old', caption: '', columns: 1, units: [{ svg, width: 300, height: 200 }], leastScale: 1.25 });
});

test('in the dark paper and ink change places, lines are the lighter ones, and what was darker is lighter', () => {
  expect(darkened('<a fill="#ffffff"/><b stroke="#222222"/><c fill="#0072b2"/>')).toBe(
    '<a fill="#1b1e21"/><b stroke="#e7e7e3"/><c fill="#6cb8ee"/>',
  );
  const lightness = (colour: string) => [1, 3, 5].reduce((sum, at) => sum + Number.parseInt(colour.slice(at, at + 2), 16), 0);
  const [low, middle, high] = ['#fbfcfd', '#d0dce8', '#004c86'].map((colour) => lightness(darkened(`"${colour}"`).slice(1, -1)));
  expect(low).toBeLessThan(middle);
  expect(middle).toBeLessThan(high);
  const picture = '<image href="data:image/png;base64,#0072b2"/>';
  expect(darkened(picture)).toBe(picture);
});
