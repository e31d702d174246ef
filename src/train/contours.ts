// A function of two variables as filled bands with lines between them.
import { contours as trace } from 'd3-contour';
import { ShapeError } from '../engine/graph/errors.ts';
import type { ScaledAxis } from './axis.ts';
import type { Contours } from './figure.ts';
import { at, element, type Size } from './svg.ts';

/** Low bands are almost white, high ones a calm blue grey: lines and markers of every colour stay readable on all of them. */
const low = [0xfb, 0xfc, 0xfd] as const;
const high = [0xa8, 0xbd, 0xd1] as const;
const edge = '#8ba3ba';

/** The last drawing of these values, and what it was made with: paths go over one surface in many panels, again and again. */
const last = new WeakMap<object, { readonly with: string; readonly svg: string }>();

/** Bands for a plot of this size; what reaches past it is for the plot to clip. @throws ShapeError when values and sizes don't agree. */
export function drawContours(contours: Contours, xAxis: ScaledAxis, yAxis: ScaledAxis, size: Size): string {
  const { values, ...rest } = contours;
  const made = JSON.stringify([rest, xAxis.domain, yAxis.domain, size, values[0], values[values.length - 1]]);
  const before = last.get(values);
  if (before?.with === made) return before.svg;
  const svg = traced(contours, xAxis, yAxis, size);
  last.set(values, { with: made, svg });
  return svg;
}

function traced({ values, columns, rows, x, y, levels }: Contours, xAxis: ScaledAxis, yAxis: ScaledAxis, size: Size): string {
  if (values.length !== columns * rows || columns < 2 || rows < 2) {
    throw new ShapeError(`contours: expected columns × rows values, 2 × 2 at least; got ${values.length} for ${columns} × ${rows}`);
  }
  // What isn't a number is as high as can be: it must not look like a minimum.
  const heights = Array.from(values, (value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
  // d3 puts the first value at 0.5 and closes bands half a cell outside the outermost values.
  const across = (place: number): number => xAxis.position(x[0] + ((place - 0.5) / (columns - 1)) * (x[1] - x[0])) * size.width;
  const down = (place: number): number => (1 - yAxis.position(y[0] + ((place - 0.5) / (rows - 1)) * (y[1] - y[0]))) * size.height;
  const bands = trace()
    .size([columns, rows])
    .thresholds([...levels])(heights)
    .map(({ coordinates }, i) => {
      const rings = coordinates.flat().map((ring) => ring.map(([u, v]) => `${at(across(u!))} ${at(down(v!))}`));
      const d = rings.map((ring) => `M${ring.join('L')}Z`).join('');
      return d && element('path', { d, fill: shade((i + 1) / levels.length), stroke: edge, 'stroke-width': '.5' });
    });
  return element('rect', { x: 0, y: 0, ...size, fill: shade(0) }) + bands.join('');
}

function shade(share: number): string {
  return `#${low.map((from, i) => Math.round(from + share * (high[i]! - from)).toString(16)).join('')}`;
}
