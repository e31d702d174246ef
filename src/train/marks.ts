import type { Series, Shape } from './figure.ts';
import { dashAt, palette, placesOf } from './part-colours.ts';
import { at } from './svg.ts';

const shapes = ['circle', 'square', 'triangle', 'diamond'] as const;

/** How a series looks, in the chart and in its legend. */
export interface Mark {
  readonly series: Series;
  readonly name: string;
  readonly style: NonNullable<Series['style']>;
  readonly colour: string;
  readonly shape: Shape;
  readonly dash: string | undefined;
  /** Has `low` and `high`. */
  readonly band: boolean;
}

/** How the series of one chart look. */
export function marksOf(all: readonly Series[]): Mark[] {
  const places = placesOf(all.map(({ name }) => name));
  return all.map((series, i) => markOf(series, series.colour ?? places[i]!));
}

/** A place in the palette as `#rrggbb`. */
export const colourAt = (place: number): string => palette[place % palette.length]!;

function markOf(series: Series, place: number): Mark {
  const style = series.style ?? 'line';
  return {
    series,
    name: series.name,
    style,
    // Past the palette's end the colours come again, with another shape and dashed.
    colour: colourAt(place),
    shape: series.shape ?? shapes[(place + Math.floor(place / palette.length)) % shapes.length]!,
    dash: style === 'dashed' ? '7 5' : dashAt(place)?.join(' '),
    band: series.low !== undefined && series.high !== undefined,
  };
}

/** Corners of a five-pointed star of radius 1, outer and inner in turn, from the top on; to a thousandth, so that no platform's sine matters. */
const spikes = [
  [0, -1],
  [0.235, -0.324],
  [0.951, -0.309],
  [0.38, 0.124],
  [0.588, 0.809],
  [0, 0.4],
  [-0.588, 0.809],
  [-0.38, 0.124],
  [-0.951, -0.309],
  [-0.235, -0.324],
] as const;

/** A marker of about the area of a circle with this radius. */
export function marker(shape: Shape, x: number, y: number, radius: number): string {
  switch (shape) {
    case 'circle':
      return `<circle cx="${at(x)}" cy="${at(y)}" r="${at(radius)}"/>`;
    case 'square':
      return `<rect x="${at(x - radius * 0.9)}" y="${at(y - radius * 0.9)}" width="${at(radius * 1.8)}" height="${at(radius * 1.8)}"/>`;
    case 'triangle':
      return `<path d="M${at(x)} ${at(y - radius * 1.25)}l${at(radius * 1.15)} ${at(radius * 2)}h${at(-radius * 2.3)}z"/>`;
    case 'diamond':
      return `<path d="M${at(x)} ${at(y - radius * 1.35)}l${at(radius * 1.2)} ${at(radius * 1.35)}l${at(-radius * 1.2)} ${at(radius * 1.35)}l${at(-radius * 1.2)} ${at(-radius * 1.35)}z"/>`;
    case 'star': {
      const corners = spikes.map(([across, down]) => `${at(x + across * radius * 2)} ${at(y + down * radius * 2)}`);
      return `<path d="M${corners.join('L')}z"/>`;
    }
  }
}
