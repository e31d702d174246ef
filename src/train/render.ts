// A figure as one SVG document: title, panels in a grid, caption. No DOM: the same text comes out on every platform.
import { drawChart } from './chart.ts';
import type { Figure, Panel, Picture } from './figure.ts';
import { base64, encodePng } from './png.ts';
import { type Drawing, element, escapeXml, fontFamily, fontSize, ink, moved, type Size, textElement, wrap } from './svg.ts';

const margin = 24;
const gutter = 30;

/** Charts share the page's width: alone they may be large. */
function chartSize(columns: number): Size {
  if (columns === 1) return { width: 680, height: 430 };
  return columns === 2 ? { width: 500, height: 350 } : { width: 390, height: 300 };
}

/**
 * Renders a figure as a standalone SVG document (its pixel size in `width` and `height`), white behind it, in one font family.
 * Lines of more than 30 points go without markers; series of an axis whose label has a % are shown times 100; values that are
 * not finite are left out. Pictures are embedded as PNG, enlarged without smoothing.
 */
export function renderFigureSvg(figure: Figure): string {
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
      parts.push(moved(x, y, drawing.svg));
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
    role: 'img',
  };
  return element('svg', attributes, `<title>${escapeXml(figure.title)}</title>${paper}${parts.join('')}`);
}

/** Panels that stand side by side; the plots of charts begin at one height. */
function drawRow(panels: readonly Panel[], size: Size): Drawing[] {
  const drawn = panels.map((panel) => (panel.kind === 'chart' ? drawChart(panel, size) : drawPictures(panel, size)));
  const plotTop = Math.max(...drawn.map((drawing) => drawing.plotTop ?? 0));
  return panels.map((panel, i) => (panel.kind === 'chart' && drawn[i]!.plotTop !== plotTop ? drawChart(panel, size, plotTop) : drawn[i]!));
}

/** Pictures in a grid, all in cells of one size; small ones enlarged by a whole number, to 224 or twice their size, so that their pixels stay square and equal. */
function drawPictures({ title, columns, pictures }: Extract<Panel, { kind: 'pictures' }>, size: Size): Drawing {
  const gap = 10;
  const widest = Math.max(1, ...pictures.map((p) => p.width));
  const tallest = Math.max(1, ...pictures.map((p) => p.height));
  const across = Math.max(1, Math.min(columns, pictures.length || 1));
  const room = Math.min((size.width - gap * (across - 1)) / across, Math.max(224, 2 * widest));
  const scale = room >= widest ? Math.floor(room / widest) : Math.max(room / widest, 40 / widest);
  const cell = { width: Math.round(widest * scale), height: Math.round(tallest * scale) };
  const captions = pictures.map((picture) => (picture.caption ? wrap(picture.caption, cell.width + gap, fontSize.tick - 1) : []));

  const parts = title ? [textElement(title, { x: 0, y: 14, 'font-size': fontSize.panel, 'font-weight': 'bold', fill: ink.text })] : [];
  let y = title ? 26 : 0;
  for (let first = 0; first < pictures.length; first += across) {
    const row = pictures.slice(first, first + across);
    const lines = Math.max(...row.map((_, i) => captions[first + i]!.length));
    row.forEach((picture, i) => {
      const x = i * (cell.width + gap);
      parts.push(image(picture, x + (cell.width - picture.width * scale) / 2, y + cell.height - picture.height * scale, scale));
      captions[first + i]!.forEach((line, k) => {
        parts.push(
          textElement(line, {
            x: x + cell.width / 2,
            y: y + cell.height + 14 + k * 14,
            'text-anchor': 'middle',
            'font-size': fontSize.tick - 1,
            fill: ink.soft,
          }),
        );
      });
    });
    y += cell.height + (lines ? lines * 14 + 6 : 0) + gap;
  }
  return { width: across * cell.width + gap * (across - 1), height: Math.max(0, y - gap), svg: parts.join('') };
}

function image(picture: Picture, x: number, y: number, scale: number): string {
  // Enlarged here and not by the viewer: several (resvg, Inkscape) smooth whatever they are told. Deflate makes little of the repeats.
  const times = Math.max(1, Math.floor(scale));
  const href = `data:image/png;base64,${base64(encodePng(enlarged(picture, times)))}`;
  const size = { width: picture.width * scale, height: picture.height * scale };
  return element('image', {
    x: Math.round(x),
    y: Math.round(y),
    ...size,
    style: times > 1 ? 'image-rendering:pixelated' : undefined,
    href,
  });
}

/** Every pixel `times` × `times`. */
function enlarged(picture: Picture, times: number): Picture {
  if (times === 1) return picture;
  const { channels } = picture;
  const width = picture.width * times;
  const height = picture.height * times;
  const pixels = new Float32Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / times) * picture.width + Math.floor(x / times)) * channels;
      for (let c = 0; c < channels; c++) pixels[(y * width + x) * channels + c] = picture.pixels[from + c] ?? 0;
    }
  }
  return { ...picture, width, height, pixels };
}
