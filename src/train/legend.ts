import { type Mark, marker } from './marks.ts';
import { type Drawing, element, fontSize, ink, moved, textElement, textWidth } from './svg.ts';

const swatch = 26;
const row = 20;

/** The names of the series in rows of at most `width` pixels. It stands above the plot, where no data can be under it. */
export function legend(marks: readonly Mark[], width: number): Drawing {
  let x = 0;
  let y = 0;
  const entries: string[] = [];
  for (const mark of marks) {
    const needed = swatch + 7 + textWidth(mark.name, fontSize.tick);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += row;
    }
    const name = textElement(mark.name, { x: swatch + 7, y: 14, 'font-size': fontSize.tick, fill: ink.text });
    entries.push(moved(x, y, picture(mark) + name));
    x += needed + 20;
  }
  return { width, height: y + row, svg: entries.join('') };
}

function picture(mark: Mark): string {
  const symbol = element('g', { fill: mark.colour, stroke: ink.paper }, marker(mark.shape, swatch / 2, 10, 4));
  if (mark.style === 'bars') return element('rect', { x: 6, y: 4, width: 14, height: 12, fill: mark.colour });
  if (mark.style === 'points') return symbol;
  const area = mark.band ? element('rect', { x: 0, y: 4, width: swatch, height: 12, fill: mark.colour, 'fill-opacity': '.18' }) : '';
  const stroke = element('path', { d: `M0 10H${swatch}`, stroke: mark.colour, 'stroke-width': '2.2', 'stroke-dasharray': mark.dash });
  return area + stroke + (mark.style === 'dashed' || mark.series.x.length > 30 ? '' : symbol);
}
