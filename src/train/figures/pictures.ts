// Figures of pictures: tiles, captions, masks laid over, boxes and points.
import { ShapeError } from '../../engine/graph/errors.ts';
import type { Figure, Key, Panel, Picture, PictureBox, PicturePoint } from '../figure.ts';
import { colourAt } from '../marks.ts';
import { placesOf } from '../part-colours.ts';
import { single, type Words } from './charts.ts';

export interface PictureShape {
  readonly width: number;
  readonly height: number;
  /** Default 1. Values stand as in a tensor [n, channels, height, width]. */
  readonly channels?: 1 | 3;
  /** What becomes black and white. Default 0 and 1. */
  readonly range?: readonly [number, number];
}

/** Images [n, channels, height, width] as pictures, with a caption each. @throws ShapeError when the values are no whole number of images. */
export function pictures(values: ArrayLike<number>, shape: PictureShape & { readonly captions?: readonly string[] }): Picture[] {
  const { width, height, channels = 1, range: [black, white] = [0, 1], captions = [] } = shape;
  const plane = width * height;
  const count = values.length / (plane * channels);
  if (!Number.isInteger(count)) {
    throw new ShapeError(`pictures: expected values [n, ${channels}, ${height}, ${width}], got ${values.length}`);
  }
  return Array.from({ length: count }, (_, i): Picture => {
    const pixels = new Float32Array(plane * channels);
    for (let c = 0; c < channels; c++) {
      const from = (i * channels + c) * plane;
      for (let p = 0; p < plane; p++) pixels[p * channels + c] = (values[from + p]! - black) / (white - black);
    }
    return { width, height, channels, pixels, ...(captions[i] === undefined ? {} : { caption: captions[i] }) };
  });
}

export interface TileOptions extends PictureShape {
  /** Default: as many as make a square. */
  readonly columns?: number;
  /** White pixels between tiles. Default 2. */
  readonly gap?: number;
}

/** Images [n, channels, height, width] as one picture, side by side: sheets of samples, manifolds, filters. */
export function tiles(values: ArrayLike<number>, { gap = 2, columns, ...shape }: TileOptions): Picture {
  const all = pictures(values, shape);
  const across = columns ?? Math.max(1, Math.ceil(Math.sqrt(all.length)));
  const { channels = 1 } = shape;
  const width = across * (shape.width + gap) - gap;
  const height = Math.ceil(all.length / across) * (shape.height + gap) - gap;
  const pixels = new Float32Array(Math.max(0, width * height * channels)).fill(1);
  all.forEach((tile, i) => {
    const left = (i % across) * (shape.width + gap);
    const top = Math.floor(i / across) * (shape.height + gap);
    for (let y = 0; y < shape.height; y++) {
      const row = (tile.pixels as Float32Array).subarray(y * shape.width * channels, (y + 1) * shape.width * channels);
      pixels.set(row, ((top + y) * width + left) * channels);
    }
  });
  return { width, height, channels, pixels };
}

type Pictures = Picture | readonly Picture[];

export interface ImageOptions extends Words {
  /** Pictures side by side. Default: as many as make a square, 8 at most. */
  readonly columns?: number;
}

const asList = (some: Pictures): readonly Picture[] => (Array.isArray(some) ? some : [some as Picture]);
const squareColumns = (count: number): number => Math.max(1, Math.min(8, Math.ceil(Math.sqrt(count))));

/** Pictures with their captions; by name, a panel each: `{ 'Expected intensity': tiles(…), Drawn: tiles(…) }` side by side. */
export function images(content: Pictures | Readonly<Record<string, Pictures>>, { columns, ...words }: ImageOptions = {}): Figure {
  const panel = (some: Pictures, title?: string): Panel => {
    const all = asList(some);
    return { kind: 'pictures', ...(title && { title }), columns: columns ?? squareColumns(all.length), pictures: all };
  };
  if (Array.isArray(content) || 'pixels' in content) return single(panel(content as Pictures), words);
  const panels = Object.entries(content as Readonly<Record<string, Pictures>>).map(([title, some]) => panel(some, title));
  // One picture a panel stands beside the others; rows of them stand below each other.
  const beside = Object.values(content as Readonly<Record<string, Pictures>>).every((some) => asList(some).length === 1);
  return { ...single(panels[0]!, words), columns: beside ? panels.length : 1, panels };
}

export interface OverlayOptions extends Words {
  /** Names of the classes, in their order. */
  readonly classes: readonly string[];
  /** Pixels of this class show the picture as it is. */
  readonly ignoreIndex?: number;
  /** Of the masks' colours. Default .6. */
  readonly opacity?: number;
}

/**
 * Pictures, and beside each the same with a mask's colours laid over it, for one or several masks: `{ truth, prediction }`, class numbers
 * [n, height, width]. The legend names the classes that there are.
 *
 * @throws ShapeError when a mask has not one number a pixel.
 */
export function overlays(some: readonly Picture[], masks: Readonly<Record<string, ArrayLike<number>>>, options: OverlayOptions): Figure {
  const { classes, ignoreIndex, opacity = 0.6, ...words } = options;
  const starts = [0];
  for (const { width, height } of some) starts.push(starts.at(-1)! + width * height);
  const pixelCount = starts.pop()!;
  const present = new Set<number>();
  for (const [name, mask] of Object.entries(masks)) {
    if (mask.length !== pixelCount)
      throw new ShapeError(`overlays: expected a class for each of ${pixelCount} pixels, got ${mask.length} in '${name}'`);
    for (let i = 0; i < mask.length; i++) if (mask[i] !== ignoreIndex) present.add(mask[i]!);
  }
  const colours = classes.map((_, c) => rgb(classColour(c)));
  const laid = (picture: Picture, mask: ArrayLike<number>, start: number, caption: string): Picture => {
    const { width, height, channels, pixels } = picture;
    const out = new Float32Array(width * height * 3);
    for (let p = 0; p < width * height; p++) {
      const colour = mask[start + p] === ignoreIndex ? undefined : colours[mask[start + p]!];
      for (let c = 0; c < 3; c++) {
        const own = pixels[channels === 1 ? p : 3 * p + c]!;
        out[3 * p + c] = colour ? own + opacity * (colour[c]! - own) : own;
      }
    }
    return { width, height, channels: 3, pixels: out, caption };
  };
  const all = some.flatMap((picture, i) => [
    picture,
    ...Object.entries(masks).map(([name, mask]) => laid(picture, mask, starts[i]!, name)),
  ]);
  const legend = classes.flatMap((name, c): Key[] => (present.has(c) ? [{ name, colour: classColour(c) }] : []));
  return single({ kind: 'pictures', columns: 1 + Object.keys(masks).length, pictures: all, legend }, words);
}

const rgb = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);

/** Behind the colours of lines, as far from those and from each other as there are (in Oklab). */
const more = '#22cc55 #9900ff #ff22ff #555500 #0000aa #22ffdd #eeee33 #ffaaff #3333ff #cc0099 #6600aa #ccccbb #7777ff #00ff00'.split(' ');

/** Colours of many classes. */
const classColour = (place: number): string => (place < 10 ? colourAt(place) : more[(place - 10) % more.length]!);

/** A box in pixels of its picture, with what is written on it. */
export type Box = Omit<PictureBox, 'colour'>;
/** A place in pixels of its picture. */
export type Point = Pick<PicturePoint, 'x' | 'y'>;

/** Pictures with boxes drawn on them, by set: `{ truth, detected }`, a list of boxes for each picture. */
export function boxes(
  some: readonly Picture[],
  sets: Readonly<Record<string, readonly (readonly Box[])[]>>,
  options: ImageOptions = {},
): Figure {
  return marked('boxes', some, sets, options, (picture, own) => ({ ...picture, boxes: own }));
}

const shapes = ['circle', 'square', 'triangle', 'diamond'] as const;

/** Pictures with points drawn on them, by set: `{ truth, prediction }`, a list of points for each picture. */
export function points(
  some: readonly Picture[],
  sets: Readonly<Record<string, readonly (readonly Point[])[]>>,
  options: ImageOptions = {},
): Figure {
  return marked('points', some, sets, options, (picture, own) => ({
    ...picture,
    points: own.map((point) => ({ ...point, shape: shapes[point.colour % shapes.length]! })),
  }));
}

function marked<M extends object>(
  op: string,
  some: readonly Picture[],
  sets: Readonly<Record<string, readonly (readonly M[])[]>>,
  { columns = squareColumns(some.length), ...words }: ImageOptions,
  put: (picture: Picture, marks: readonly (M & { readonly colour: number })[]) => Picture,
): Figure {
  const names = Object.keys(sets);
  for (const [name, lists] of Object.entries(sets)) {
    if (lists.length !== some.length)
      throw new ShapeError(`${op}: expected a list for each of ${some.length} pictures, got ${lists.length} in '${name}'`);
  }
  const places = placesOf(names);
  const all = some.map((picture, i) =>
    put(
      picture,
      names.flatMap((name, s) => sets[name]![i]!.map((mark) => ({ ...mark, colour: places[s]! }))),
    ),
  );
  const legend = names.map((name, s) => ({ name, colour: places[s]! }));
  return single({ kind: 'pictures', columns, pictures: all, legend }, words);
}
