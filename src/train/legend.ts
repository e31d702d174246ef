import type { Key } from './figure.ts';
import { colourAt, type Mark, marker } from './marks.ts';
import { type Drawing, element, fontSize, ink, moved, textElement, textWidth } from './svg.ts';

const swatch = 26;
const row = 20;

/** The names of the series in rows of at most `width` pixels. It stands above the plot, where no data can be under it. */
export function legend(marks: readonly Mark[], width: number): Drawing {
  return rows(
    marks.map((mark) => ({ name: mark.name, swatch, picture: picture(mark) })),
    width,
  );
}

/** Names of colours, in rows of at most `width` pixels. */
export function keyLegend(keys: readonly Key[], width: number): Drawing {
  const square = (colour: Key['colour']) => element('rect', { x: 0, y: 3, width: 14, height: 14, rx: 2, fill: hexOf(colour) });
  return rows(
    keys.map(({ name, colour }) => ({ name, swatch: 14, picture: square(colour) })),
    width,
  );
}

export const hexOf = (colour: Key['colour']): string => (typeof colour === 'number' ? colourAt(colour) : colour);

function rows(entries: readonly { readonly name: string; readonly swatch: number; readonly picture: string }[], width: number): Drawing {
  let x = 0;
  let y = 0;
  let widest = 0;
  const parts = entries.map(({ name, swatch, picture }) => {
    const needed = swatch + 7 + textWidth(name, fontSize.tick);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += row;
    }
    const text = textElement(name, { x: swatch + 7, y: 14, 'font-size': fontSize.tick, fill: ink.text });
    const part = moved(x, y, picture + text);
    widest = Math.max(widest, x + needed);
    x += needed + 20;
    return part;
  });
  return { width: widest, height: y + row, svg: parts.join('') };
}

function picture(mark: Mark): string {
  const symbol = element('g', { fill: mark.colour, stroke: ink.paper }, marker(mark.shape, swatch / 2, 10, 4));
  if (mark.style === 'bars') return element('rect', { x: 6, y: 4, width: 14, height: 12, fill: mark.colour });
  if (mark.style === 'points') return symbol;
  const area = mark.band ? element('rect', { x: 0, y: 4, width: swatch, height: 12, fill: mark.colour, 'fill-opacity': '.18' }) : '';
  const stroke = element('path', { d: `M0 10H${swatch}`, stroke: mark.colour, 'stroke-width': '2.2', 'stroke-dasharray': mark.dash });
  return area + stroke + (mark.style === 'dashed' || mark.series.x.length > 30 ? '' : symbol);
}
