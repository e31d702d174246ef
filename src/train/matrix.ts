// A matrix of coloured cells with numbers in them: confusions, similarities, attention.
import { ShapeError } from '../engine/graph/errors.ts';
import type { Matrix } from './figure.ts';
import { isDark, shadeColour } from './shade.ts';
import { at, type Drawing, element, fontSize, ink, moved, type Size, textElement, textWidth } from './svg.ts';

const largestCell = 84;
const leastCell = 3;
const scaleWidth = 14;

/** Draws square cells as large as this size allows. @throws ShapeError when names and cells don't agree. */
export function drawMatrix(matrix: Matrix, size: Size): Drawing {
  const { rows, columns, shades, texts, title, range } = matrix;
  const count = rows.length * columns.length;
  if (shades.length !== count || (texts && texts.length !== count)) {
    throw new ShapeError(
      `matrix: expected ${rows.length} × ${columns.length} cells, got ${shades.length} shades and ${texts?.length ?? 'no'} texts`,
    );
  }
  const widest = (names: readonly string[]) => Math.max(0, ...names.map((name) => textWidth(name, fontSize.tick)));
  const left = (matrix.y ? 24 : 0) + widest(rows) + 8;
  const scale = range ? scaleWidth + 16 + Math.max(...range.map((value) => textWidth(numberText(value), fontSize.tick))) + 6 : 0;
  // Numbers are only written where they fit, so that a matrix may stand higher than a chart.
  const tall = Math.max(size.height, 0.8 * size.width) - 60;
  const room = Math.min((size.width - left - scale) / columns.length, tall / rows.length, largestCell);
  const cell = Math.max(leastCell, room >= 12 ? Math.floor(room) : room);
  const [width, height] = [cell * columns.length, cell * rows.length];
  const slant = widest(columns) > cell * 0.95;
  const below = (slant ? widest(columns) * 0.6 + 18 : fontSize.tick + 10) + (matrix.x ? fontSize.label + 8 : 0);
  const top = title ? 26 : 4;

  const cells = Array.from({ length: count }, (_, i) =>
    element('rect', {
      x: (i % columns.length) * cell,
      y: Math.floor(i / columns.length) * cell,
      width: cell,
      height: cell,
      fill: shadeColour(shades[i]!),
    }),
  );
  const parts = [
    element('g', { stroke: cell >= 12 ? ink.grid : undefined }, cells.join('')),
    element('rect', { x: 0, y: 0, width, height, fill: 'none', stroke: ink.axis }),
    texts ? numbers(matrix, texts, cell) : '',
    names(matrix, cell, height, slant),
    matrix.x &&
      textElement(matrix.x, { x: width / 2, y: height + below - 4, 'text-anchor': 'middle', 'font-size': fontSize.label, fill: ink.text }),
    matrix.y &&
      textElement(matrix.y, {
        transform: `translate(${at(-left + 14)} ${at(height / 2)}) rotate(-90)`,
        'text-anchor': 'middle',
        'font-size': fontSize.label,
        fill: ink.text,
      }),
    range && moved(width + 16, 0, colourScale(range, height)),
  ];
  const head = title ? textElement(title, { x: left, y: 14, 'font-size': fontSize.panel, 'font-weight': 'bold', fill: ink.text }) : '';
  return { width: left + width + scale + 4, height: top + height + below, svg: head + moved(left, top, parts.filter(Boolean).join('')) };
}

/** Texts of the cells, where all of them fit. */
function numbers({ columns, shades }: Matrix, texts: readonly string[], cell: number): string {
  const widest = Math.max(1, ...texts.map((text) => textWidth(text, 1)));
  if (widest * fontSize.tick > cell - 4) return '';
  const written = texts.map((text, i) =>
    textElement(text, {
      x: ((i % columns.length) + 0.5) * cell,
      y: (Math.floor(i / columns.length) + 0.5) * cell + fontSize.tick * 0.36,
      fill: isDark(shades[i]!) ? ink.paper : ink.text,
    }),
  );
  return element('g', { 'font-size': fontSize.tick, 'text-anchor': 'middle' }, written.join(''));
}

/** Names of rows and columns; of many only as many as have room. */
function names({ rows, columns }: Matrix, cell: number, height: number, slant: boolean): string {
  const every = (needed: number) => Math.max(1, Math.ceil(needed / cell));
  const down = rows.map((name, i) =>
    i % every(fontSize.tick + 2) ? '' : textElement(name, { x: -6, y: (i + 0.5) * cell + fontSize.tick * 0.36, 'text-anchor': 'end' }),
  );
  const across = columns.map((name, i) => {
    // Slanted names need the room of their height along the axis.
    if (i % every(slant ? 1.9 * fontSize.tick : 0)) return '';
    const x = (i + 0.5) * cell;
    return textElement(
      name,
      slant
        ? { transform: `translate(${at(x + 4)} ${at(height + 14)}) rotate(-35)`, 'text-anchor': 'end' }
        : { x, y: height + fontSize.tick + 4, 'text-anchor': 'middle' },
    );
  });
  return element('g', { 'font-size': fontSize.tick, fill: ink.soft }, [...down, ...across].join(''));
}

/** From the highest shade down. A matrix whose lowest is below 0 has both colours, of which the farther end is the darkest. */
function colourScale([low, high]: readonly [number, number], height: number): string {
  const steps = 40;
  const reach = Math.max(-low, high);
  const [from, to] = low < 0 ? [low / reach, high / reach] : [0, 1];
  const parts = Array.from({ length: steps }, (_, i) =>
    element('rect', {
      x: 0,
      y: (i * height) / steps,
      width: scaleWidth,
      height: height / steps + 0.5,
      fill: shadeColour(to + ((from - to) * (i + 0.5)) / steps),
    }),
  );
  const label = (value: number, y: number) =>
    textElement(numberText(value), { x: scaleWidth + 6, y, 'font-size': fontSize.tick, fill: ink.soft });
  return (
    element('g', { 'shape-rendering': 'crispEdges' }, parts.join('')) +
    element('rect', { x: 0, y: 0, width: scaleWidth, height, fill: 'none', stroke: ink.axis }) +
    label(high, fontSize.tick - 2) +
    label(low, height)
  );
}

const numberText = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');
