import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/engine/graph/errors.ts';
import type { Contours, Figure, Series } from '../../src/train/figure.ts';
import { renderFigureSvg, renderSurfaceSvg } from '../../src/train/render.ts';

/** Heights of a function over −2 … 2 twice. */
function over(f: (x: number, y: number) => number, levels: readonly number[], columns = 41, rows = 31): Contours {
  const values = Array.from({ length: columns * rows }, (_, i) =>
    f(-2 + (4 * (i % columns)) / (columns - 1), -2 + (4 * Math.floor(i / columns)) / (rows - 1)),
  );
  return { values, columns, rows, x: [-2, 2], y: [-2, 2], levels };
}

function figure(contours: Contours, series: readonly Series[] = []): Figure {
  return { title: '', panels: [{ kind: 'chart', x: { label: '' }, y: { label: '' }, series, contours }] };
}

/** The bands' outlines as lists of points, lowest level first. */
function bands(svg: string): [number, number][][] {
  return [...svg.matchAll(/<path d="([^"]+)" fill="#[0-9a-f]{6}" stroke="#8ba3ba"/g)].map(([, d]) =>
    d!.split(/[MLZ]/).flatMap((point) => (point ? [point.split(' ').map(Number) as [number, number]] : [])),
  );
}

/** Size of the plot: what the lowest band fills. */
function plotOf(svg: string): { width: number; height: number } {
  const [, width, height] = /<rect x="0" y="0" width="([\d.]+)" height="([\d.]+)" fill="#fbfcfd"/.exec(svg)!;
  return { width: Number(width), height: Number(height) };
}

describe('what lies in a plane below its point', () => {
  test('fills it from edge to edge, with nothing around it', () => {
    const star: Series = { name: 'minimum', x: [1], y: [-1], style: 'points', shape: 'star' };
    const svg = renderSurfaceSvg(
      figure(
        over((x) => x, [1]),
        [star],
      ),
    );
    expect(svg).toContain('viewBox="0 0 480 480"');
    expect(svg).not.toContain('<text');
    expect(plotOf(svg)).toEqual({ width: 480, height: 480 });
    // x = 1 is three quarters of the way from −2 to 2.
    const left = Math.min(...bands(svg)[0]!.map(([x]) => x));
    expect(left).toBeCloseTo(360, 0);
  });

  test('or is one picture; other figures are refused', () => {
    const picture = { width: 4, height: 2, channels: 1, pixels: new Float32Array(8) } as const;
    const pictures = { title: '', panels: [{ kind: 'pictures', columns: 1, pictures: [picture] }] } as const;
    expect(renderSurfaceSvg(pictures)).toMatch(/^<svg[^>]*viewBox="0 0 224 112"[^>]*><image x="0" y="0" width="224" height="112"/);
    expect(() => renderSurfaceSvg(renderable([picture, picture]))).toThrow(ShapeError);
    expect(() => renderSurfaceSvg({ title: '', panels: [] })).toThrow(/expected a figure of one panel/);
  });

  const renderable = (pictures: Extract<Figure['panels'][number], { kind: 'pictures' }>['pictures']): Figure => ({
    title: '',
    panels: [{ kind: 'pictures', columns: 2, pictures }],
  });

  test('the same heights are traced once for each size, and anew when they change', () => {
    const contours = over((x) => x, [1]);
    const first = renderFigureSvg(figure(contours));
    expect(renderFigureSvg(figure(contours))).toBe(first);
    expect(bands(renderSurfaceSvg(figure(contours)))).not.toEqual(bands(first));
    expect(bands(renderFigureSvg(figure({ ...contours, levels: [0] })))).not.toEqual(bands(first));
    expect(renderFigureSvg(figure(contours))).toBe(first);
  });
});

describe('contours', () => {
  test('the line of a plane stands where the plane has its height', () => {
    const svg = renderFigureSvg(figure(over((x) => x, [1])));
    const { width, height } = plotOf(svg);
    const inside = ([x, y]: [number, number]) => x > 0 && x < width && y > 0 && y < height;
    const across = bands(svg)[0]!.filter(inside);
    expect(across.length).toBeGreaterThan(25);
    for (const [x] of across) expect(x).toBeCloseTo(0.75 * width, 1);
    const upwards = bands(renderFigureSvg(figure(over((_, y) => y, [1]))))[0]!.filter(inside);
    expect(upwards.length).toBeGreaterThan(25);
    for (const [, y] of upwards) expect(y).toBeCloseTo(0.25 * height, 1);
  });

  test('the line of a cone is a circle, and levels without a line are left out', () => {
    const svg = renderFigureSvg(figure(over((x, y) => Math.hypot(x, y), [0.5, 1, 9])));
    const { width, height } = plotOf(svg);
    const [half, one, ...more] = bands(svg);
    expect(more).toEqual([]);
    for (const [line, radius] of [[half!, 0.5] as const, [one!, 1] as const]) {
      const inner = line.filter(([x, y]) => x > 0 && x < width && y > 0 && y < height);
      for (const [x, y] of inner) expect(Math.hypot((4 * x) / width - 2, (4 * y) / height - 2)).toBeCloseTo(radius, 2);
    }
  });

  test('the axes end where the contours do, and the same figure gives the same text', () => {
    const contours = over((x, y) => x * y, [0, 1]);
    const svg = renderFigureSvg(figure(contours, [{ name: 'far', x: [0, 50], y: [0, 50] }]));
    expect(svg).not.toContain('>50<');
    expect(renderFigureSvg(figure(contours, [{ name: 'far', x: [0, 50], y: [0, 50] }]))).toBe(svg);
  });

  test('values and sizes have to agree', () => {
    const contours = over((x) => x, [0]);
    expect(() => renderFigureSvg(figure({ ...contours, rows: 7 }))).toThrow(ShapeError);
    expect(() => renderFigureSvg(figure({ ...contours, values: [1, 2], columns: 2, rows: 1 }))).toThrow('columns × rows');
  });
});

describe('drawn by resvg', () => {
  beforeAll(async () => {
    await initWasm(readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
  });

  /** Red of the picture at a share of its width and height: the darker, the higher the band. */
  function red(figure: Figure, across: number, down: number): number {
    const image = new Resvg(renderFigureSvg(figure)).render();
    return image.pixels[4 * (Math.round(down * image.height) * image.width + Math.round(across * image.width))]!;
  }

  test('higher bands are darker, and what is no number is not taken for a low', () => {
    const bowl = figure(over((x, y) => x * x + y * y, [0.5, 2, 4]));
    const [middle, between, corner] = [red(bowl, 0.5, 0.5), red(bowl, 0.75, 0.5), red(bowl, 0.9, 0.1)];
    expect(middle).toBeGreaterThan(between);
    expect(between).toBeGreaterThan(corner);
    const hole = figure(over((x, y) => (x > 1 ? Number.NaN : x * x + y * y), [0.5, 2, 4]));
    expect(red(hole, 0.9, 0.5)).toBe(corner);
  });

  test('lines and markers stand over the bands, in the colours and shapes they ask for', () => {
    const path: Series = { name: 'path', x: [-1, 1], y: [-1, 1], colour: 1 };
    const svg = renderFigureSvg(
      figure(
        over((x) => x, [0]),
        [path, { name: 'end', style: 'points', x: [1], y: [1], colour: 6, shape: 'star' }],
      ),
    );
    expect(svg.lastIndexOf('stroke="#d55e00"')).toBeGreaterThan(svg.lastIndexOf('stroke="#8ba3ba"'));
    expect(svg).toMatch(/<g fill="#222222"[^>]*><path d="M[\d. L]+z"\/>/);
    new Resvg(svg).render();
  });
});
