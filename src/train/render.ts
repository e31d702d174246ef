// A figure as one SVG document: title, panels in a grid, caption. No DOM: the same text comes out on every platform.
import { ShapeError } from '../engine/graph/errors.ts';
import { drawChart, drawField } from './chart.ts';
import type { Figure, Panel } from './figure.ts';
import { drawHeatText } from './heat-text.ts';
import { drawMatrix } from './matrix.ts';
import { drawPictures, type Room } from './pictures.ts';
import { type Attributes, type Drawing, element, escapeXml, fontFamily, fontSize, ink, type Size, textElement, wrap } from './svg.ts';

const margin = 24;
const gutter = 30;

const smallest = Math.min(...Object.values(fontSize));
/** Shown 700 pixels wide, as on a page, the smallest text of so wide a figure still stands 10 pixels high. */
const widest = Math.floor((700 * smallest) / 10);

/** A panel that has to be narrow, and the widest that needs no other form on a phone: shown 300 pixels wide its smallest text stands 10 high. */
const NARROW: Room = { width: 320, height: 270, narrow: true };
const NARROW_ENOUGH = (300 * smallest) / 10;

export interface RenderOptions {
  /** Give panels that a phone has no room for a second form each, `class="panel narrow"`, not displayed: for viewers that set them anew. */
  readonly narrow?: boolean;
}

/** Charts share the figure's width: alone they may be large. */
function chartSize(columns: number): Size {
  if (columns === 1) return { width: 680, height: 430 };
  return { width: Math.floor((widest - 2 * margin - gutter * (columns - 1)) / columns), height: columns === 2 ? 310 : 250 };
}

/**
 * Renders a figure as a standalone SVG document (its pixel size in `width` and `height`), white behind it, in one font family.
 * Lines of more than 30 points go without markers; series of an axis whose label has a % are shown times 100; values that are
 * not finite are left out. Pictures are embedded as PNG, enlarged without smoothing.
 */
export function renderFigureSvg(figure: Figure, { narrow = false }: RenderOptions = {}): string {
  const columns = Math.max(1, Math.min(figure.columns ?? 1, figure.panels.length));
  const rows = Array.from({ length: Math.ceil(figure.panels.length / columns) }, (_, i) =>
    figure.panels.slice(i * columns, (i + 1) * columns),
  );
  const drawings = rows.flatMap((row) => drawRow(row, chartSize(columns)));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(0, ...drawings.filter((_, i) => i % columns === c).map((d) => d.width)),
  );
  const inner = Math.max(widths.reduce((sum, w) => sum + w, 0) + gutter * (columns - 1), 360);
  const title = figure.title ? wrap(figure.title, inner, fontSize.title, true) : [];
  const caption = figure.caption ? wrap(figure.caption, inner, fontSize.caption) : [];

  const parts = title.map((line, i) =>
    textElement(line, { x: margin, y: margin + 16 + i * 24, 'font-size': fontSize.title, 'font-weight': 'bold', fill: ink.text }),
  );
  let y = margin + (title.length ? title.length * 24 + 12 : 0);
  for (let first = 0; first < drawings.length; first += columns) {
    const row = drawings.slice(first, first + columns);
    row.forEach((drawing, c) => {
      const x = margin + widths.slice(0, c).reduce((sum, w) => sum + w + gutter, 0);
      if (!drawing.svg) return;
      // An SVG of its own, so that a viewer with less room can set the panels anew (runtime/browser/page/figure-panels.ts does).
      parts.push(panelElement(drawing, { class: 'panel', x, y }));
      if (!narrow || drawing.width <= NARROW_ENOUGH) return;
      parts.push(panelElement(drawPanel(figure.panels[first + c]!, NARROW), { class: 'panel narrow', x, y, display: 'none' }));
    });
    y += Math.max(...row.map((d) => d.height)) + gutter;
  }
  y += drawings.length ? 6 - gutter : 0;
  for (const line of caption) {
    y += 17;
    parts.push(textElement(line, { x: margin, y: y + 4, 'font-size': fontSize.caption, fill: ink.soft }));
  }
  const width = inner + 2 * margin;
  const height = y + margin;
  const paper = element('rect', { width, height, fill: ink.paper });
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`,
    'font-family': fontFamily,
    // Else browsers fit letters to whole pixels, and lines become wider than reckoned here.
    'text-rendering': 'geometricPrecision',
    role: 'img',
    'data-columns': columns,
    // Below a row of titles a panel without one belongs to the one above it.
    'data-flow': rows[0]?.every(({ title }) => title) && figure.panels.some(({ title }) => !title) ? 'columns' : 'rows',
  };
  const words = `<title>${escapeXml(figure.title)}</title>${figure.caption ? element('desc', {}, escapeXml(figure.caption)) : ''}`;
  return element('svg', attributes, `${words}${paper}${parts.join('')}`);
}

function panelElement({ width, height, svg }: Drawing, { display, ...place }: Attributes): string {
  return element('svg', { ...place, width, height, overflow: 'visible', display }, svg);
}

/** Pixels of a side. */
const FIELD = 480;

/**
 * The drawing of a figure's one panel without anything around it, to fill a square plane with: a chart's contours and what lies over them, or a
 * picture.
 * @throws ShapeError for a figure of another form
 */
export function renderSurfaceSvg({ panels }: Figure): string {
  const [panel] = panels;
  const isField = panel?.kind === 'chart' && panel.contours !== undefined;
  if (panels.length !== 1 || !panel || !(isField || (panel.kind === 'pictures' && panel.pictures.length === 1))) {
    throw new ShapeError(
      `surface: expected a figure of one panel, contours or one picture, got ${panels.map(({ kind }) => kind).join(', ')}`,
    );
  }
  const square = { width: FIELD, height: FIELD };
  const drawing = panel.kind === 'chart' ? { ...square, svg: drawField(panel, square) } : drawPanel(panel, square);
  const { width, height, svg } = drawing;
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none' };
  return element('svg', attributes, svg);
}

/** Panels that stand side by side; the plots of charts begin at one height. */
function drawRow(panels: readonly Panel[], size: Size): Drawing[] {
  const drawn = panels.map((panel) => drawPanel(panel, size));
  const plotTop = Math.max(...drawn.map((drawing) => drawing.plotTop ?? 0));
  return panels.map((panel, i) => (panel.kind === 'chart' && drawn[i]!.plotTop !== plotTop ? drawChart(panel, size, plotTop) : drawn[i]!));
}

function drawPanel(panel: Panel, size: Room): Drawing {
  switch (panel.kind) {
    case 'chart':
      return drawChart(panel, size);
    case 'pictures':
      return drawPictures(panel, size);
    case 'matrix':
      return drawMatrix(panel, size);
    case 'text':
      return drawHeatText(panel, size);
  }
}
