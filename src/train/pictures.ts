// Pictures in a grid, and what is marked on them.
import type { Panel, Picture } from './figure.ts';
import { keyLegend } from './legend.ts';
import { colourAt, marker } from './marks.ts';
import { pictureUrl } from './png.ts';
import { type Drawing, element, fontSize, ink, moved, type Size, textElement, textWidth, wrap } from './svg.ts';

/** Room for a panel. In a narrow one a row of pictures wraps. */
export interface Room extends Size {
  readonly narrow?: boolean;
}

/** Pixels of a row that wraps. */
const LEAST_CELL = 64;

/** Pictures in a grid, all in cells of one size; small ones enlarged by a whole number, to 224 or twice their size, so that their pixels stay square and equal. */
export function drawPictures({ title, columns, pictures, legend = [] }: Extract<Panel, { kind: 'pictures' }>, size: Room): Drawing {
  const gap = size.narrow ? 6 : 10;
  const widest = Math.max(1, ...pictures.map((p) => p.width));
  const tallest = Math.max(1, ...pictures.map((p) => p.height));
  const row = Math.max(1, Math.min(columns, pictures.length || 1));
  // Of several rows, what stands below what may mean something.
  const across = size.narrow && pictures.length <= columns ? evenly(row, Math.floor((size.width + gap) / (LEAST_CELL + gap))) : row;
  const room = Math.min((size.width - gap * (across - 1)) / across, Math.max(224, 2 * widest));
  const scale = room >= widest ? Math.floor(room / widest) : Math.max(room / widest, (size.narrow ? 24 : 40) / widest);
  const cell = { width: Math.round(widest * scale), height: Math.round(tallest * scale) };
  const captions = pictures.map((picture) => (picture.caption ? wrap(picture.caption, cell.width + gap, fontSize.caption) : []));

  const parts = title ? [textElement(title, { x: 0, y: 14, 'font-size': fontSize.panel, 'font-weight': 'bold', fill: ink.text })] : [];
  let y = title ? 26 : 0;
  const width = across * cell.width + gap * (across - 1);
  const key = legend.length > 0 ? keyLegend(legend, Math.max(width, 320)) : undefined;
  if (key) {
    parts.push(moved(0, y, key.svg));
    y += key.height + 8;
  }
  for (let first = 0; first < pictures.length; first += across) {
    const row = pictures.slice(first, first + across);
    const lines = Math.max(...row.map((_, i) => captions[first + i]!.length));
    row.forEach((picture, i) => {
      const x = i * (cell.width + gap);
      const [left, top] = [x + (cell.width - picture.width * scale) / 2, y + cell.height - picture.height * scale];
      parts.push(image(picture, left, top, scale));
      if (picture.boxes || picture.points) parts.push(moved(Math.round(left), Math.round(top), marked(picture, scale)));
      captions[first + i]!.forEach((line, k) => {
        parts.push(
          textElement(line, {
            x: x + cell.width / 2,
            y: y + cell.height + 15 + k * 15,
            'text-anchor': 'middle',
            'font-size': fontSize.caption,
            fill: ink.soft,
          }),
        );
      });
    });
    y += cell.height + (lines ? lines * 15 + 6 : 0) + gap;
  }
  return { width: Math.max(width, key?.width ?? 0), height: Math.max(0, y - gap), svg: parts.join('') };
}

/** How many of a row stand in each of as few rows as hold at most so many. */
const evenly = (count: number, most: number) => Math.ceil(count / Math.ceil(count / most));

function image(picture: Picture, x: number, y: number, scale: number): string {
  // Enlarged here and not by the viewer: several (resvg, Inkscape) smooth whatever they are told. Deflate makes little of the repeats.
  const times = Math.max(1, Math.floor(scale));
  const href = pictureUrl(enlarged(picture, times));
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

/** Height of a label. */
const tall = 17;

/** Boxes with their labels, and points. A white line under each keeps it apart from whatever it stands on. */
function marked({ boxes = [], points = [], width, height }: Picture, scale: number): string {
  const frames = boxes.map(({ x1, y1, x2, y2, colour }) => {
    const place = { x: x1 * scale, y: y1 * scale, width: (x2 - x1) * scale, height: (y2 - y1) * scale, fill: 'none' };
    const under = element('rect', { ...place, stroke: ink.paper, 'stroke-width': 4, 'stroke-opacity': '.8' });
    return under + element('rect', { ...place, stroke: colourAt(colour), 'stroke-width': 2 });
  });
  const labels = boxes.flatMap(({ x1, y1, y2, colour, label }) => {
    if (!label) return [];
    const size = fontSize.caption;
    const wide = textWidth(label, size) + 8;
    // Above its box, or below it for every other colour, so that labels of nearly the same box don't hide each other; within at the picture's edge.
    const above = y1 * scale >= tall ? y1 * scale - tall : y1 * scale;
    const below = y2 * scale + tall <= height * scale ? y2 * scale : y2 * scale - tall;
    const y = colour % 2 === 0 ? above : below;
    const x = Math.max(0, Math.min(x1 * scale - 1, width * scale - wide));
    const tag = element('rect', { x, y, width: wide, height: tall, fill: colourAt(colour) });
    return [tag + textElement(label, { x: x + 4, y: y + 13, 'font-size': size, fill: ink.paper })];
  });
  const radius = Math.max(3, Math.min(5, scale));
  // Points stand in the middle of their pixel.
  const dots = points.map(({ x, y, colour, shape = 'circle' }) =>
    element('g', { fill: colourAt(colour) }, marker(shape, (x + 0.5) * scale, (y + 0.5) * scale, radius)),
  );
  return frames.join('') + labels.join('') + element('g', { stroke: ink.paper, 'stroke-width': 1.2 }, dots.join(''));
}
