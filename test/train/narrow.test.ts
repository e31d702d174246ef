// Figures on a phone: what is too wide for it has a second form.
import { expect, test } from 'vitest';
import { panelsOf } from '../../runtime/browser/page/figure-panels.ts';
import { figures } from '../../src/index.ts';
import type { Figure } from '../../src/train/figure.ts';
import { renderFigureSvg } from '../../src/train/render.ts';

/** Pixels that a phone of 390 has for a figure beside what is played with. */
const ROOM = 303;

const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const digits = (count: number, captions?: readonly string[]) =>
  figures.pictures(new Float32Array(count * 28 * 28), { width: 28, height: 28, ...(captions && { captions }) });
const words = 'one word after the other, until they fill more than a line of it'.split(' ');
const loss = { training: [3, 2, 1], 'a long name of a validation loss': [3, 2.5, 2], 'another long name of a test loss': [3, 2.7, 2.2] };

const wide: Readonly<Record<string, Figure>> = {
  'a chart': figures.curves(loss, { x: 'step', y: 'loss (nats)' }),
  'bars with long names': figures.bars(names, { probability: names.map((_, i) => i / 10) }, { y: { label: 'probability (%)' } }),
  'a confusion matrix': figures.confusion(new Uint32Array(100), names),
  'a row of pictures': figures.images(
    digits(
      8,
      names.slice(0, 8).map((name) => `${name} 99 %`),
    ),
    { columns: 8 },
  ),
  'rows of pictures': figures.images(digits(30), { columns: 10 }),
  'text on colours': figures.heatText({ words, weights: words.map(() => 0.5) }),
};

test.each(Object.entries(wide))('%s has a form that a phone has room for', (_, figure) => {
  const svg = renderFigureSvg(figure, { narrow: true });
  const [usual, narrow] = [false, true].map((narrow) => panelsOf(svg, narrow));
  expect(usual).toEqual(panelsOf(renderFigureSvg(figure)));
  expect(Math.max(...usual.units.map(({ width }) => width * usual.leastScale))).toBeGreaterThan(ROOM);
  expect(narrow.units).toHaveLength(usual.units.length);
  for (const { width } of narrow.units) expect(width * narrow.leastScale).toBeLessThanOrEqual(ROOM);
});

test('a viewer that knows nothing of it shows the usual form alone', () => {
  const svg = renderFigureSvg(wide['a chart'], { narrow: true });
  expect(svg.match(/class="panel narrow"/g)).toHaveLength(1);
  expect(svg).toMatch(/<svg class="panel narrow"[^>]* display="none">/);
  expect(renderFigureSvg(wide['a chart'])).not.toMatch(/narrow/);
});

test('panels that have room stay as they are, beside those that have not; columns stay together', () => {
  const chart = wide['a chart'].panels[0];
  const three = renderFigureSvg({ title: '', columns: 3, panels: [chart, chart, chart] }, { narrow: true });
  expect(three).not.toMatch(/narrow/);
  const pictures = { kind: 'pictures', columns: 4, pictures: digits(4) } as const;
  const column = renderFigureSvg({ title: '', panels: [{ ...chart, title: 'a' }, pictures] }, { narrow: true });
  expect(panelsOf(column, true).units).toHaveLength(1);
});
