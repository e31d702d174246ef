// One chart of a figure: axes, grid, then bands, bars, lines and points over them.
import { grouped } from '../data/format-error.ts';
import { type AxisNeeds, fitAxis, type ScaledAxis } from './axis.ts';
import { drawContours } from './contours.ts';
import type { Panel, Picture, Series } from './figure.ts';
import { legend } from './legend.ts';
import { type Mark, marker, marksOf } from './marks.ts';
import { pictureUrl } from './png.ts';
import { at, type Drawing, element, fontSize, ink, moved, type Size, textElement, textWidth } from './svg.ts';

type Chart = Extract<Panel, { kind: 'chart' }>;

/** More points than this on a line, and markers would hide it. */
const mostMarkers = 30;

/**
 * Draws a chart of exactly this size (taller by its legend's extra rows and by slanted tick names). Its plot begins `plotTop` below the top,
 * or lower if title and legend need more.
 */
export function drawChart(chart: Chart, size: Size, plotTop = 0): Drawing {
  const marks = marksOf(chart.series);
  const hasBars = marks.some((mark) => mark.style === 'bars');
  const lined = marks.some((mark) => mark.style !== 'points' && mark.style !== 'bars');
  const tickCount = Math.max(3, Math.round(size.height / 60));
  const ranges = chart.contours;
  const y = fitAxis(
    ranges ? { ...chart.y, min: chart.y.min ?? ranges.y[0], max: chart.y.max ?? ranges.y[1] } : chart.y,
    valuesOf(chart.series, (s) => [s.y, s.low, s.high]),
    { fromZero: hasBars && !chart.y.log, padding: 0.05, nice: true, tickCount, whole: false },
  );
  const labelled = chart.x.label ? fontSize.label + 10 : 0;
  const left = (chart.y.label ? 24 : 0) + Math.max(...y.ticks.map(({ label }) => textWidth(label, fontSize.tick)), 12) + 10;
  // Half of a tick's number that stands at the end.
  const right = 22;
  const width = size.width - left - right;
  const xNeeds: AxisNeeds = {
    fromZero: false,
    padding: hasBars ? barPadding(chart.series) : lined ? 0.025 : 0.05,
    nice: !lined && !hasBars,
    tickCount: Math.max(3, Math.round(width / 75)),
    whole: chart.series.every(({ x }) => x.every(Number.isInteger)),
  };
  const x = fitAxis(
    ranges ? { ...chart.x, min: chart.x.min ?? ranges.x[0], max: chart.x.max ?? ranges.x[1] } : chart.x,
    valuesOf(chart.series, (s) => [s.x]),
    xNeeds,
  );

  const named = marks.filter((mark) => mark.name);
  const key =
    chart.legend !== false && named.length > 0 && (marks.length > 1 || named.some((mark) => mark.band)) ? legend(named, width) : undefined;
  const title = chart.title
    ? textElement(chart.title, { x: left, y: 14, 'font-size': fontSize.panel, 'font-weight': 'bold', fill: ink.text })
    : '';
  const slant = chart.x.ticks ? x.ticks.some(({ label }) => textWidth(label, fontSize.tick) > (width / x.ticks.length) * 0.95) : false;
  const names = slant ? Math.max(...x.ticks.map(({ label }) => textWidth(label, fontSize.tick))) * 0.6 + 16 : fontSize.tick + 10;
  const head = title ? 26 : 6;
  const top = Math.max(plotTop, head + (key ? key.height + 8 : 0));
  const height = size.height - head - (top > head ? 28 : 0) - fontSize.tick - 10 - labelled;
  const plot = { width, height };

  const parts = [
    ranges ? '' : grid(x, y, plot, chart.x.ticks !== undefined),
    // A nested svg clips to the plot without needing an id, which would have to be unique in the whole page.
    element(
      'svg',
      { x: 0, y: 0, width, height, overflow: 'hidden' },
      (ranges ? drawContours(ranges, x, y, plot) : '') +
        marks.map((mark) => band(mark, x, y, plot)).join('') +
        bars(marks, x, y, plot) +
        marks.map((mark) => line(mark, x, y, plot)).join(''),
    ),
    marks.map((mark) => points(mark, x, y, plot)).join(''),
    labels(marks, x, y, plot),
    frame(x, y, plot, slant),
    barValues(marks, x, y, plot, chart.y.label.includes('%')),
    chart.x.label &&
      textElement(chart.x.label, {
        x: width / 2,
        y: height + names + fontSize.label + 4,
        'text-anchor': 'middle',
        'font-size': fontSize.label,
        fill: ink.text,
      }),
    chart.y.label &&
      textElement(chart.y.label, {
        transform: `translate(${at(-left + 14)} ${at(height / 2)}) rotate(-90)`,
        'text-anchor': 'middle',
        'font-size': fontSize.label,
        fill: ink.text,
      }),
  ];
  const svg = title + (key ? moved(left, head, key.svg) : '') + moved(left, top, parts.filter(Boolean).join(''));
  return { width: size.width, height: Math.ceil(top + height + names + labelled), plotTop: top, svg };
}

/** What lies in the plane of its contours alone, from edge to edge of so large a field: no axes, no names. */
export function drawField({ series, contours }: Chart, size: Size): string {
  const marks = marksOf(series);
  const needs: AxisNeeds = { fromZero: false, padding: 0, nice: false, tickCount: 2, whole: false };
  const [x, y] = (['x', 'y'] as const).map((axis) => {
    const [min, max] = contours?.[axis] ?? [0, 1];
    return fitAxis({ label: '', min, max }, [], needs);
  }) as [ScaledAxis, ScaledAxis];
  const lines = marks.map((mark) => line(mark, x, y, size) + points(mark, x, y, size));
  return (contours ? drawContours(contours, x, y, size) : '') + lines.join('');
}

function* valuesOf(series: readonly Series[], pick: (series: Series) => readonly (readonly number[] | undefined)[]): Iterable<number> {
  for (const one of series) for (const values of pick(one)) if (values) yield* values;
}

/** Half a bar's slot on either side, as a part of the range. */
function barPadding(series: readonly Series[]): number {
  const places = new Set(series.filter((s) => s.style === 'bars').flatMap((s) => [...s.x]));
  return places.size > 1 ? 0.5 / (places.size - 1) : 0.5;
}

function grid(x: ScaledAxis, y: ScaledAxis, { width, height }: Size, categorical: boolean): string {
  const rows = y.ticks.map(({ value }) => `M0 ${at((1 - y.position(value)) * height)}H${at(width)}`);
  const columns = categorical ? [] : x.ticks.map(({ value }) => `M${at(x.position(value) * width)} 0V${at(height)}`);
  return element('path', { d: [...rows, ...columns].join(''), stroke: ink.grid, 'stroke-width': '1', fill: 'none' });
}

function frame(x: ScaledAxis, y: ScaledAxis, { width, height }: Size, slant: boolean): string {
  const ticks = x.ticks.map(({ value, label }) => {
    const place = x.position(value) * width;
    const where = slant
      ? { transform: `translate(${at(place + 4)} ${at(height + 15)}) rotate(-35)`, 'text-anchor': 'end' }
      : { x: place, y: height + fontSize.tick + 7, 'text-anchor': 'middle' };
    return textElement(label, where);
  });
  for (const { value, label } of y.ticks)
    ticks.push(textElement(label, { x: -8, y: (1 - y.position(value)) * height + fontSize.tick * 0.36, 'text-anchor': 'end' }));
  const small =
    x.ticks.map(({ value }) => `M${at(x.position(value) * width)} ${at(height)}v4`).join('') +
    y.ticks.map(({ value }) => `M0 ${at((1 - y.position(value)) * height)}h-4`).join('');
  return (
    element('path', { d: `M0 0V${at(height)}H${at(width)}${small}`, stroke: ink.axis, fill: 'none' }) +
    element('g', { 'font-size': fontSize.tick, fill: ink.soft }, ticks.join(''))
  );
}

/** Runs of points that can be joined: a missing value breaks a line. */
function runs(
  mark: Mark,
  x: ScaledAxis,
  y: ScaledAxis,
  size: Size,
  ys: readonly number[],
): { readonly x: number; readonly y: number; readonly index: number }[][] {
  const out: { x: number; y: number; index: number }[][] = [[]];
  for (let index = 0; index < mark.series.x.length; index++) {
    const point = { x: x.position(mark.series.x[index]!) * size.width, y: (1 - y.position(ys[index] ?? Number.NaN)) * size.height, index };
    if (Number.isFinite(point.x) && Number.isFinite(point.y)) out.at(-1)!.push(point);
    else if (out.at(-1)!.length) out.push([]);
  }
  return out.filter((run) => run.length && reaches(run, size));
}

/** Whether some of a path may show. One that lies wholly outside must not be drawn, even clipped: resvg 2.6 panics over it. */
function reaches(path: readonly { readonly x: number; readonly y: number }[], { width, height }: Size): boolean {
  return path.some((p) => p.x >= 0) && path.some((p) => p.x <= width) && path.some((p) => p.y >= 0) && path.some((p) => p.y <= height);
}

function line(mark: Mark, x: ScaledAxis, y: ScaledAxis, size: Size): string {
  if (mark.style === 'points' || mark.style === 'bars') return '';
  const path = runs(mark, x, y, size, mark.series.y).map(
    (run) =>
      `M${thinned(run)
        .map((p) => `${at(p.x)} ${at(p.y)}`)
        .join('L')}`,
  );
  if (!path.length) return '';
  return element('path', {
    d: path.join(''),
    fill: 'none',
    stroke: mark.colour,
    'stroke-width': mark.series.x.length > 400 ? '1.4' : '2.2',
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round',
    'stroke-dasharray': mark.dash,
  });
}

/** Of the points that fall on one half pixel only those that can be seen: first, lowest, highest and last. A line of 100,000 steps stays a small file. */
function thinned<P extends { readonly x: number; readonly y: number }>(run: readonly P[]): readonly P[] {
  const out: P[] = [];
  for (let start = 0; start < run.length; ) {
    const column = Math.floor(run[start]!.x * 2);
    let [end, low, high] = [start, start, start];
    for (; end < run.length && Math.floor(run[end]!.x * 2) === column; end++) {
      if (run[end]!.y < run[low]!.y) low = end;
      if (run[end]!.y > run[high]!.y) high = end;
    }
    for (const i of new Set([start, Math.min(low, high), Math.max(low, high), end - 1])) out.push(run[i]!);
    start = end;
  }
  return out;
}

function band(mark: Mark, x: ScaledAxis, y: ScaledAxis, size: Size): string {
  if (!mark.band || mark.style === 'points' || mark.style === 'bars') return '';
  // Down one edge and back along the other, wherever both exist.
  const areas: string[] = [];
  let edge: { upper: { x: number; y: number }[]; lower: { x: number; y: number }[] } = { upper: [], lower: [] };
  for (let i = 0; i <= mark.series.x.length; i++) {
    const place = x.position(mark.series.x[i] ?? Number.NaN) * size.width;
    const [high, low] = [mark.series.high![i], mark.series.low![i]].map((value) => (1 - y.position(value ?? Number.NaN)) * size.height) as [
      number,
      number,
    ];
    if (Number.isFinite(place + high + low)) {
      edge.upper.push({ x: place, y: high });
      edge.lower.unshift({ x: place, y: low });
    } else {
      const outline = [...edge.upper, ...edge.lower];
      if (outline.length && reaches(outline, size)) areas.push(`M${outline.map((p) => `${at(p.x)} ${at(p.y)}`).join('L')}Z`);
      edge = { upper: [], lower: [] };
    }
  }
  if (!areas.length) return '';
  return element('path', { d: areas.join(''), fill: mark.colour, 'fill-opacity': '.18' });
}

function points(mark: Mark, x: ScaledAxis, y: ScaledAxis, size: Size): string {
  if (mark.style === 'bars') return '';
  const scattered = mark.style === 'points';
  const joined = runs(mark, x, y, size, mark.series.y);
  const plain = !scattered && (joined.flat().length > mostMarkers || mark.style === 'dashed');
  // A line of one point shows nothing else.
  const all = (plain ? joined.filter(({ length }) => length === 1) : joined).flat();
  if (all.length === 0) return '';
  const inside = all.filter((p) => p.x > -1 && p.x < size.width + 1 && p.y > -1 && p.y < size.height + 1);
  const radius = scattered ? (inside.length > 300 ? 2.4 : 3.6) : inside.length > 15 ? 3 : 3.8;
  const whiskers =
    scattered && mark.band
      ? errorBars(
          inside.map((p) => ({ x: p.x, index: p.index })),
          mark,
          y,
          size,
        )
      : '';
  const attributes = {
    fill: mark.colour,
    'fill-opacity': scattered && inside.length > 60 ? '.7' : undefined,
    stroke: ink.paper,
    'stroke-width': inside.length > 300 ? '.4' : '1',
  };
  const { pictures } = mark.series;
  if (pictures) return whiskers + inside.flatMap((p) => framed(pictures[p.index], p, mark.colour)).join('');
  return whiskers + element('g', attributes, inside.map((p) => marker(mark.shape, p.x, p.y, radius)).join(''));
}

/** What stands beside points, to their right as long as the plot goes on there. */
function labels(marks: readonly Mark[], x: ScaledAxis, y: ScaledAxis, size: Size): string {
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];
  const texts = marks.flatMap((mark) => {
    const { labels, y: ys } = mark.series;
    return (labels ? runs(mark, x, y, size, ys).flat() : []).map((point) => {
      const text = labels![point.index] ?? '';
      const width = textWidth(text, fontSize.tick);
      const left = point.x + 6 + width > size.width ? point.x - 6 - width : point.x + 6;
      const place = { left, right: left + width, y: point.y };
      if (taken.some((other) => Math.abs(other.y - place.y) < fontSize.tick && other.left < place.right && left < other.right)) return '';
      taken.push(place);
      return textElement(text, { x: left, y: point.y + 4, 'font-size': fontSize.tick, fill: mark.colour });
    });
  });
  return texts.join('');
}

/** A small picture around a point, 30 pixels at its longer side. */
function framed(picture: Picture | undefined, { x, y }: { readonly x: number; readonly y: number }, colour: string): string[] {
  if (!picture) return [];
  const scale = 30 / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  const place = { x: x - width / 2, y: y - height / 2, width, height };
  return [
    element('image', { ...place, href: pictureUrl(picture) }),
    element('rect', { ...place, fill: 'none', stroke: colour, 'stroke-width': '2.5' }),
  ];
}

function errorBars(
  places: readonly { readonly x: number; readonly index: number }[],
  mark: Mark,
  y: ScaledAxis,
  size: Size,
  colour: string = mark.colour,
): string {
  const within = (value: number): number => Math.min(size.height, Math.max(0, value));
  const path = places.map(({ x, index }) => {
    const ends = [mark.series.low![index], mark.series.high![index]].map(
      (value) => (1 - y.position(value ?? Number.NaN)) * size.height,
    ) as [number, number];
    if (!ends.every(Number.isFinite)) return '';
    // An end outside the plot gets no cap: the stem runs to the frame.
    const caps = ends.filter((end) => end === within(end)).map((end) => `M${at(x - 4)} ${at(end)}h8`);
    return `M${at(x)} ${at(within(ends[0]))}V${at(within(ends[1]))}${caps.join('')}`;
  });
  return element('path', { d: path.join(''), fill: 'none', stroke: colour, 'stroke-width': '1.4' });
}

/** Series of bars stand side by side at each place. */
function barPlaces(marks: readonly Mark[], x: ScaledAxis, width: number): { readonly group: readonly Mark[]; readonly slot: number } {
  const group = marks.filter((mark) => mark.style === 'bars');
  const places = [...new Set(group.flatMap((mark) => [...mark.series.x]))].sort((a, b) => a - b);
  let gap = places.length > 1 ? Number.POSITIVE_INFINITY : width * 0.6;
  for (let i = 1; i < places.length; i++) gap = Math.min(gap, (x.position(places[i]!) - x.position(places[i - 1]!)) * width);
  return { group, slot: Math.min(gap * (places.length > 12 ? 0.94 : 0.78), 90 * group.length) / group.length };
}

function bars(marks: readonly Mark[], x: ScaledAxis, y: ScaledAxis, size: Size): string {
  const { group, slot } = barPlaces(marks, x, size.width);
  const zero = (1 - Math.min(1, Math.max(0, y.position(Math.max(y.domain[0], 0))))) * size.height;
  return group
    .map((mark, k) => {
      const centres: { x: number; index: number }[] = [];
      const boxes = mark.series.x.map((place, index) => {
        const value = Math.min(size.height, Math.max(0, (1 - y.position(mark.series.y[index] ?? Number.NaN)) * size.height));
        if (!Number.isFinite(mark.series.y[index]) || !Number.isFinite(value)) return '';
        const start = x.position(place) * size.width + (k - group.length / 2) * slot;
        centres.push({ x: start + slot / 2, index });
        return element('rect', {
          x: start + 0.5,
          y: Math.min(value, zero),
          width: Math.max(slot - 1, 0.5),
          height: Math.abs(value - zero),
        });
      });
      return element('g', { fill: mark.colour }, boxes.join('')) + (mark.band ? errorBars(centres, mark, y, size, ink.text) : '');
    })
    .join('');
}

/** Few bars carry their values, the largest with as many digits as have room, and all with as many decimals; many would only be crowded by them. */
function barValues(marks: readonly Mark[], x: ScaledAxis, y: ScaledAxis, size: Size, percent: boolean): string {
  const { group, slot } = barPlaces(marks, x, size.width);
  const shown = (value: number) => (percent ? value * 100 : value);
  const all = group.flatMap((mark) => mark.series.y.map(shown).filter(Number.isFinite));
  const labelled = (digits: number) => {
    let decimals = decimalsOf(Math.max(...all.map(Math.abs)), digits);
    while (decimals > 0 && all.every((value) => Number(value.toFixed(decimals)) === Number(value.toFixed(decimals - 1)))) decimals--;
    return group.flatMap((mark, k) =>
      mark.series.x.map((place, index) => {
        const value = mark.series.y[index] ?? Number.NaN;
        const isDown = value < 0;
        const { low, high } = mark.series;
        const end = isDown ? Math.min(value, low?.[index] ?? value) : Math.max(value, high?.[index] ?? value);
        const text = barValue(shown(value), decimals);
        return {
          text,
          x: x.position(place) * size.width + (k + 0.5 - group.length / 2) * slot,
          y: (1 - y.position(end)) * size.height + (isDown ? fontSize.tick + 2 : -5),
          fits: isDown ? end > y.domain[0] : end <= y.domain[1],
        };
      }),
    );
  };
  // Numbers under points would be read by nobody.
  if (marks.some(({ style }) => style === 'points')) return '';
  const labels = [3, 2].map(labelled).find((all) => all.every(({ text }) => textWidth(text, fontSize.tick) <= slot + 2));
  if (!labels?.length || labels.length > 16) return '';
  const texts = labels.filter(({ fits }) => fits).map(({ text, x, y }) => textElement(text, { x, y }));
  return element('g', { 'font-size': fontSize.tick, fill: ink.soft, 'text-anchor': 'middle' }, texts.join(''));
}

const decimalsOf = (value: number, digits: number) => Math.min(Math.max(digits - 1 - Math.floor(Math.log10(value || 1)), 0), 100);

/** What is so small that little would be left of it keeps two digits. */
function barValue(value: number, decimals: number): string {
  const own = value === Number(value.toFixed(decimals)) ? 0 : decimalsOf(Math.abs(value), 2);
  const most = Math.max(decimals, own);
  return most === 0 ? grouped(Math.round(value)) : value.toFixed(most);
}
