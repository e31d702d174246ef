import { describe, expect, it } from 'vitest';
import { figures, tensor } from '../../src/index.ts';
import type { Figure, HeatText, Matrix, Panel, Picture } from '../../src/train/figure.ts';
import { parts, placesOf } from '../../src/train/part-colours.ts';
import { renderFigureSvg } from '../../src/train/render.ts';
import { texts } from './svg-texts.ts';

type Chart = Extract<Panel, { kind: 'chart' }>;
type Pictures = Extract<Panel, { kind: 'pictures' }>;
const only = <P extends Panel>({ panels }: Figure): P => {
  expect(panels).toHaveLength(1);
  return panels[0] as P;
};
const strokes = (figure: Figure) =>
  [...renderFigureSvg(figure).matchAll(/fill="none" stroke="(#[0-9a-f]{6})" stroke-width="2.2"/g)].map(([, colour]) => colour);
const [blue, vermilion, green] = ['#0072b2', '#d55e00', '#009e73'];

describe('colours of parts', () => {
  it('are the same in every chart, whatever stands beside them', () => {
    expect(placesOf(parts)).toEqual([0, 1, 2]);
    expect(placesOf(['test', 'training'])).toEqual([2, 0]);
    expect(placesOf(['adam', 'validation', 'sgd'])).toEqual([0, 1, 2]);
    expect(placesOf(['validation loss'])).toEqual([1]);
    expect(placesOf(['validation, sgd', 'training', 'validation'])).toEqual([2, 0, 1]);
    // Which of them is the test's?
    expect(placesOf(['test, plain', 'test, ensemble'])).toEqual([0, 1]);
    expect(placesOf(['tests', 'trainings'])).toEqual([0, 1]);
  });

  it('show in the drawing', () => {
    const drawn = strokes(figures.curves({ test: [1, 2], training: [2, 3], other: [3, 4] }, { x: 'epoch', y: 'loss' }));
    // In legend and plot.
    expect([...new Set(drawn)]).toEqual([green, blue, vermilion]);
  });
});

describe('figures of numbers', () => {
  it('curves take values, or all that a series has', () => {
    const { series, x } = only<Chart>(
      figures.curves({ loss: [3, 2], best: { y: [1, 1], style: 'dashed' }, far: { x: [5], y: [0] } }, { x: 'epoch', y: 'nats', from: 0 }),
    );
    expect(x).toEqual({ label: 'epoch' });
    expect(series).toEqual([
      { name: 'loss', x: [0, 1], y: [3, 2] },
      { name: 'best', x: [0, 1], y: [1, 1], style: 'dashed' },
      { name: 'far', x: [5], y: [0] },
    ]);
  });

  it('spread is the mean in a band of one standard deviation', () => {
    expect(
      figures.spread([
        [1, 5],
        [3, 5],
      ]),
    ).toEqual({ y: [2, 5], low: [2 - Math.SQRT2, 5], high: [2 + Math.SQRT2, 5] });
    expect(figures.spread([[1, 5]])).toEqual({ y: [1, 5] });
    const runs = Array.from({ length: 11 }, (_, i) => [10 - i]);
    expect(figures.spread(runs, { quantiles: [0.1, 0.85] })).toEqual({ y: [5], low: [1], high: [8.5] });
    expect(() => figures.spread([[1], [1, 2]])).toThrow('spread: expected runs of one length, got 1, 2');
  });

  it('history has a panel a metric, and lines for the parts that have it', () => {
    const results = [0, 1, 2].map((epoch) => ({
      epoch,
      training: { loss: 9 - epoch },
      validation: epoch === 2 ? { loss: 8, accuracy: 0.5 } : { loss: 10 },
    }));
    const { panels, columns, title } = figures.history(results, { Loss: 'loss', Accuracy: 'accuracy' }, { title: 'Training', y: 'nats' });
    expect([title, columns]).toEqual(['Training', 2]);
    expect((panels as Chart[]).map(({ title, series }) => [title, series])).toEqual([
      [
        'Loss',
        [
          { name: 'training', x: [1, 2], y: [8, 7] },
          { name: 'validation', x: [1, 2], y: [10, 8] },
        ],
      ],
      ['Accuracy', [{ name: 'validation', x: [2], y: [0.5] }]],
    ]);
  });

  it('a panel of a history may have its own axis and more lines', () => {
    const results = [1, 2].map((epoch) => ({ epoch, training: { loss: epoch } }));
    const least = { x: [0, 2], y: [0.5, 0.5], style: 'dashed' as const };
    const { panels } = figures.history(results, { Loss: { metric: 'loss', y: 'nats', lines: { least } } }, { y: 'other' });
    expect((panels[0] as Chart).y).toEqual({ label: 'nats' });
    expect((panels[0] as Chart).series).toEqual([
      { name: 'training', x: [1, 2], y: [1, 2] },
      { name: 'least', ...least },
    ]);
  });

  it('names stand above the lines unless a panel beside them says the same', () => {
    const lines = { one: [1, 2], two: [2, 1] };
    const shown = (legend?: boolean) =>
      texts(renderFigureSvg(figures.curves(lines, { x: 'step', y: 'f', ...(legend !== undefined && { legend }) })));
    expect(shown()).toContain('two');
    expect(shown(false)).not.toContain('two');
  });

  it('accuracy by threshold: what would be right from another probability on', () => {
    const judged = { probabilities: [0.1, 0.305, 0.9], labels: [0, 1, 1] };
    const { series, y } = only<Chart>(figures.thresholds({ test: judged }, { x: 'from (%)' }));
    expect(y.label).toBe('accuracy (%)');
    const at = (percent: number) => series[0].y[percent - 1];
    expect([at(5), at(20), at(50), at(95)]).toEqual([2 / 3, 1, 2 / 3, 1 / 3]);
  });

  it('few epochs have whole numbers on their axis', () => {
    const shown = texts(renderFigureSvg(figures.curves({ loss: [1, 2, 3] }, { x: 'epoch', y: 'loss' })));
    expect(shown.filter((text) => /^[123](\.\d)?$/.test(text)).slice(0, 3)).toEqual(['1', '2', '3']);
  });

  it('histogram counts every value once, those at the ends and outside in the outermost bins', () => {
    const { series, x } = only<Chart>(
      figures.histogram({ a: [0, 1, 2, 3, 4, Number.NaN], b: [4, 4, 9, -9] }, { x: 'v', bins: 4, range: [0, 4] }),
    );
    expect(series.map(({ y }) => y)).toEqual([
      [1, 1, 1, 2],
      [1, 0, 0, 3],
    ]);
    expect(series[0].x).toEqual([0.5, 1.5, 2.5, 3.5]);
    expect(x).toEqual({ label: 'v', min: 0, max: 4 });
    const shares = only<Chart>(figures.histogram({ a: [1, 2, 3, 3], none: [] }, { x: 'v', bins: 2, share: true }));
    expect(shares.series.map(({ y }) => y)).toEqual([
      [0.25, 0.75],
      [0, 0],
    ]);
    // All equal, and nothing at all: still bins.
    expect(only<Chart>(figures.histogram({ a: [7, 7] }, { x: 'v', bins: 2 })).series[0]).toMatchObject({ x: [6.75, 7.25], y: [0, 2] });
    texts(renderFigureSvg(figures.histogram({ a: [] }, { x: 'v' })));
  });

  it('bars stand by name', () => {
    const figure = figures.bars(
      ['SGD', 'Adam'],
      { accuracy: { y: [0.5, 0.9], low: [0.4, 0.8], high: [0.6, 0.95] } },
      { y: 'accuracy (%)' },
    );
    expect(only<Chart>(figure).x).toEqual({ label: '', ticks: ['SGD', 'Adam'] });
    expect(only<Chart>(figure).series[0]).toMatchObject({ style: 'bars', x: [0, 1], y: [0.5, 0.9], low: [0.4, 0.8] });
    expect(texts(renderFigureSvg(figure))).toContain('Adam');
  });

  it('bars carry as many digits as have room', () => {
    const shown = (count: number) => {
      const bars = figures.bars(new Array(count).fill('a'), { test: new Array(count).fill(0.875) }, { y: 'accuracy (%)' });
      return texts(renderFigureSvg(figures.join([bars, bars])));
    };
    expect(shown(4)).toContain('87.5');
    expect(shown(13)).toContain('88');
    expect(shown(16)).not.toContain('87.5');
    // All with as many decimals: those of the largest, but what is small keeps two digits.
    const values = (y: readonly number[]) => texts(renderFigureSvg(figures.bars(['a', 'b', 'c'], { own: [...y] }, { y: 'loss' })));
    expect(values([12.72, 11, 8.37])).toEqual(expect.arrayContaining(['12.7', '11.0', '8.4']));
    expect(values([312, 0.0456, 0])).toEqual(expect.arrayContaining(['312', '0.046', '0']));
    expect(values([3, 2, 1])).toEqual(expect.arrayContaining(['3', '2', '1']));
  });

  it('bars below zero carry their values at their lower end', () => {
    const svg = renderFigureSvg(figures.bars(['a', 'b'], { adds: [0.25, -0.75] }, { y: 'log-odds' }));
    const heightOf = (value: string) => Number(new RegExp(`y="([\\d.]+)"[^>]*>${value}<`).exec(svg)![1]);
    expect(heightOf('-0.75')).toBeGreaterThan(heightOf('0.25') + 100);
  });

  it('scatter parts points by class, and a class keeps its colour', () => {
    const { series } = only<Chart>(figures.scatter([0, 1, 2, 3, 4, 5], [2, 0, 2], { axes: ['a', 'b'], names: ['x', 'y', 'z'] }));
    expect(series).toEqual([
      { name: 'x', style: 'points', x: [2], y: [3], colour: 0 },
      { name: 'z', style: 'points', x: [0, 4], y: [1, 5], colour: 2 },
    ]);
    expect(() => figures.scatter([1, 2, 3], [0], { axes: ['', ''] })).toThrow(
      'classes: expected points [n, 2] and n labels, got 3 numbers and 1 labels',
    );
  });

  it('points of no class look like none', () => {
    const { series } = only<Chart>(figures.scatter([0, 1, 2, 3, 4, 5], [-1, 0, 1], { axes: ['a', 'b'] }));
    expect(series.map(({ name, colour }) => [name, colour])).toEqual([
      ['0', 0],
      ['1', 1],
      ['-1', 2],
    ]);
  });

  it('scatter draws pictures in place of points, framed in the colours of their classes', () => {
    const pictures = figures.pictures([0, 0.5, 1], { width: 1, height: 1 });
    const figure = figures.scatter([0, 1, 2, 3, 4, 5], [2, 0, 2], { axes: ['a', 'b'], pictures });
    const { series } = only<Chart>(figure);
    expect(series.map((one) => one.pictures)).toEqual([[pictures[1]], [pictures[0], pictures[2]]]);
    const svg = renderFigureSvg(figure);
    expect(svg.match(/<image /g)).toHaveLength(3);
    const frames = [...svg.matchAll(/<rect [^>]*fill="none" stroke="(#[0-9a-f]{6})"/g)].map(([, colour]) => colour);
    expect([frames.length, new Set(frames).size, frames[1]]).toEqual([3, 2, frames[2]]);
  });

  it('join puts figures into one; their titles become those of panels', () => {
    const one = figures.curves({ a: [1] }, { title: 'One', x: '', y: '', caption: 'First.' });
    const two = figures.histogram({ b: [1] }, { title: 'Two', x: '' });
    expect(figures.join([one, two], { title: 'Both' })).toMatchObject({
      title: 'Both',
      caption: 'First.',
      columns: 2,
      panels: [{ title: 'One' }, { title: 'Two' }],
    });
    expect(() => figures.join([one], { column: 1 } as never)).toThrow('join: there is no option column; did you mean columns?');
  });
});

describe('figures of the plane', () => {
  const square = figures.grid([0, 2], [-1, 1], { columns: 3, rows: 2 });

  it('a grid goes from the lowest y up, both ends among its places', () => {
    expect(Array.from(square.points)).toEqual([0, -1, 1, -1, 2, -1, 0, 1, 1, 1, 2, 1]);
    const around = figures.gridAround([0, 5, 10, 5], { columns: 2, rows: 2 });
    expect([around.x, around.y]).toEqual([
      [-0.5, 10.5],
      [4, 6],
    ]);
  });

  it('the principal plane of points is where they are widest, with its shares of the variance', () => {
    // ±3 along (.6, .8, 0, 0), ±1 along (0, 0, 1, 0), around (5, −2, 1, 9).
    const at = (a: number, b: number) => [5 + 0.6 * a, -2 + 0.8 * a, 1 + b, 9];
    const { plane, shares } = figures.principalPlane([at(3, 1), at(-3, 1), at(3, -1), at(-3, -1)].flat(), 4);
    [3, 1, -3, 1, 3, -1, -3, -1].forEach((value, i) => expect(plane[i]).toBeCloseTo(value, 9));
    expect(shares[0]).toBeCloseTo(0.9, 12);
    expect(shares[1]).toBeCloseTo(0.1, 12);
    // One dimension alone, and nothing that varies.
    expect([...figures.principalPlane([1, 3], 1).plane]).toEqual([-1, 0, 1, 0]);
    expect(figures.principalPlane([2, 2, 2, 2], 2)).toEqual({ plane: new Float64Array(4), shares: [0, 0] });
    expect(() => figures.principalPlane([1, 2, 3], 2)).toThrow('principalPlane: expected points [n, 2], at least one, got 3 values');
  });

  it('points of equal probability: the first row is the uppermost', () => {
    const points = figures.normalGrid(4);
    expect(points).toHaveLength(16);
    expect(points[0][0]).toBeCloseTo(-1.1503493803760079, 10);
    expect(points[0][1]).toBeCloseTo(1.1503493803760079, 10);
    expect(points[15]).toEqual([points[3][0], points[12][1]]);
    // The quantiles at .5, .975 and .025.
    expect(figures.normalGrid(1)[0][0]).toBeCloseTo(0, 12);
    expect(figures.normalGrid(20)[19][0]).toBeCloseTo(1.959963984540054, 10);
    expect(figures.normalGrid(20)[0][0]).toBeCloseTo(-1.959963984540054, 10);
  });

  it('a surface has its contours under paths, which end where they have left it for good', async () => {
    const over = {
      path: figures.path([
        [1, 0],
        [3, 0],
        [5, 0],
        [1, 0],
      ]),
      start: { ...figures.path([[9, 9]]), style: 'points' as const },
    };
    const figure = figures.surface([1, 2, 3, 4, 5, 6], square, { levels: [2, 4], axes: ['a', 'b'], over });
    const { series, contours, x } = only<Chart>(figure);
    expect(x).toEqual({ label: 'a' });
    expect(contours).toEqual({ values: [1, 2, 3, 4, 5, 6], levels: [2, 4], columns: 3, rows: 2, x: [0, 2], y: [-1, 1] });
    expect(series.map(({ x }) => x)).toEqual([[1, 3, 5], [9]]);
    expect(renderFigureSvg(figure)).not.toMatch(/NaN|undefined/);
    expect(() => figures.surface([1], square, { levels: [0] })).toThrow("surface: expected a value for each of the grid's 6 points, got 1");
  });

  it('a function that spreads over decades has lines at 1 and 3 times the powers of ten', () => {
    const bowl = Array.from({ length: 1000 }, (_, i) => (i / 100) ** 2 + 1e-4);
    expect(figures.decades(bowl)).toEqual([0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]);
    expect(figures.decades([0.02, 0.5, 2, Number.POSITIVE_INFINITY])).toEqual([0.03, 0.1, 0.3, 1]);
    expect(() => figures.decades([-1, 1])).toThrow('decades: expected values above 0 nearly everywhere');
  });

  it('a function of points has its values on a grid, each at its place', async () => {
    const grid = figures.grid([0, 2], [10, 11], { columns: 3, rows: 2 });
    const values = await figures.valuesOn(grid, (points) => points.matmul(tensor([1, 100])));
    expect(Array.from(values)).toEqual([1000, 1001, 1002, 1100, 1101, 1102]);
  });

  it('a binary decision has its lines at 10, 50 and 90 %, and its samples by class', () => {
    const grid = figures.grid([0, 2], [-1, 3], { columns: 3, rows: 2 });
    const options = { points: [0, 0, 2, 2], labels: [0, 1], names: ['no', 'yes'], over: { own: figures.marks([[1, 1]], 'star') } };
    const { contours, series } = only<Chart>(figures.decision([-3, 0, 3, -3, 0, 3], grid, options));
    expect(contours?.levels.map((level) => 1 / (1 + Math.exp(-level)))).toEqual([0.1, 0.5, 0.9].map((p) => expect.closeTo(p, 12)));
    expect(series.map(({ name, x, style }) => [name, x, style])).toEqual([
      ['no', [0], 'points'],
      ['yes', [2], 'points'],
      ['own', [1], 'points'],
    ]);
  });

  it('sureness shows which probabilities each class is given', () => {
    const judged = { probabilities: [0.05, 0.15, 0.95, 0.91], labels: [0, 1, 1, 1] };
    const { series } = only<Chart>(figures.sureness(judged, { names: ['cheap', 'dear'], x: 'p (%)' }));
    expect(series.map(({ name }) => name)).toEqual(['cheap', 'dear']);
    expect(series.map(({ y }) => y)).toEqual([
      [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 0, 0, 0, 2],
    ]);
  });

  it('a function of one variable is a line, a limit a dashed one', () => {
    const { x, y } = figures.graph((x) => x * x, [-1, 1]);
    expect([x[0], x[50], x[100], y[0], y[50], y[100]]).toEqual([-1, 0, 1, 1, 0, 1]);
    expect(figures.dashed([0, 1], [2, 3])).toMatchObject({ x: [0, 2], y: [1, 3], style: 'dashed' });
  });

  it('numbers with so many digits that count', () => {
    expect([1973.512, 6.1, 1_234_567, Number.NaN].map((value) => figures.significant(value))).toEqual(['1973.5', '6.1', '1234600', '']);
    expect(figures.significant(0.012345, 2)).toBe('0.012');
  });

  it('points that would hide each other are moved apart, those on a scale of their own stay', () => {
    const grades = [1, 2, 2, 2, 3, 3];
    const moved = figures.movedApart(grades);
    moved.forEach((value, i) => expect(Math.abs(value - grades[i])).toBeLessThanOrEqual(0.25));
    expect(new Set(moved).size).toBe(6);
    expect(figures.movedApart(grades)).toEqual(moved);
    const fine = Array.from({ length: 30 }, (_, i) => i / 7);
    expect(figures.movedApart(fine)).toEqual(fine);
    const { a } = figures.classes([1, 0.5, 1, 0.25], [0, 0], { names: ['a'], apart: true });
    expect(a.x?.[0]).not.toBe(a.x?.[1]);
  });
});

describe('numbers as people read them', () => {
  it('with a real minus sign, as shares, with their spread', () => {
    expect([figures.fixed(-1.5, 1), figures.fixed(-0.001), figures.fixed(Number.NaN)]).toEqual(['−1.5', '0.00', '–']);
    expect(figures.fixed(Number.NEGATIVE_INFINITY)).toBe('−Infinity');
    expect([figures.percent(0.12345), figures.percent(1, 0)]).toEqual(['12.3 %', '100 %']);
    expect([figures.plusMinus([1, 3]), figures.plusMinus([0.5])]).toEqual(['2.00 ± 1.41', '0.50']);
    expect(figures.plusMinus([0.5, 0.7], { shares: true, digits: 1 })).toBe('60.0 % ± 14.1');
    expect([0.0005, 0.005, 0.5, 0.995, 0.9995].map(figures.probability)).toEqual([
      'below 0.1 %',
      '0.5 %',
      '50 %',
      '99.5 %',
      'above 99.9 %',
    ]);
  });

  it('a table has a row for each name, a column for each way to show it', () => {
    expect(figures.table('T', 'who', { a: 1, b: 2 }, { half: (n) => n / 2, text: (n) => `${n}!` })).toEqual({
      title: 'T',
      columns: ['who', 'half', 'text'],
      rows: [
        ['a', 0.5, '1!'],
        ['b', 1, '2!'],
      ],
    });
  });

  it('running means look back only', () => {
    expect(figures.runningMean([2, 4, 6, 8], 2)).toEqual([2, 3, 5, 7]);
    // What was far larger, or no number, leaves nothing behind.
    expect(figures.runningMean([2, 1e17, 2, 1, Number.NaN, 1, 3], 2).slice(3)).toEqual([1.5, Number.NaN, Number.NaN, 2]);
  });
});

describe('on a page 700 pixels wide', () => {
  const chart = figures.curves({ a: [1, 2], b: [2, 3] }, { title: 'One', x: 'step', y: 'loss' });
  const picture = { width: 28, height: 28, channels: 1 as const, pixels: new Float32Array(784), caption: 'seven' };
  const cells = figures.confusion(new Array(100).fill(123), '0123456789'.split(''));
  it.each<[string, Figure]>([
    ['one chart', chart],
    ['two charts side by side', figures.join([chart, chart])],
    ['three', figures.join([chart, chart, chart])],
    ['bars with their values', figures.bars(['a', 'b'], { test: [0.5, 0.7] }, { y: 'accuracy (%)' })],
    ['pictures with captions', figures.images(new Array(24).fill(picture), { columns: 8 })],
    ['boxes', figures.boxes([picture], { truth: [[{ x1: 1, y1: 1, x2: 9, y2: 9, label: 'cat' }]] })],
    ['cells', figures.join([cells, cells])],
    ['words', figures.heatText({ words: ['good', 'film'], weights: [1, -1] })],
  ])('no text is lower than 10 pixels: %s', (_, figure) => {
    const svg = renderFigureSvg(figure);
    const width = Number(/width="([\d.]+)"/.exec(svg)?.[1]);
    const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size) * Math.min(1, 700 / width));
    expect(sizes.length).toBeGreaterThan(0);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(10);
  });
});

describe('figures of pictures', () => {
  it('take images as tensors have them: a plane a channel', () => {
    const [first, second] = figures.pictures([0, 2, 4, 6, 8, 10, 1, 1, 1, 1, 1, 1], {
      width: 2,
      height: 1,
      channels: 3,
      range: [0, 10],
      captions: ['a'],
    });
    expect(Array.from(first.pixels, (value) => Math.round(value * 10))).toEqual([0, 4, 8, 2, 6, 10]);
    expect([first.caption, second.caption]).toEqual(['a', undefined]);
    expect(() => figures.pictures([1, 2, 3], { width: 2, height: 1 })).toThrow('pictures: expected values [n, 1, 1, 2], got 3');
  });

  it('tiles stand side by side with white between, the last row filled up', () => {
    const sheet = figures.tiles([0, 0.5, 0.25], { width: 1, height: 1, columns: 2, gap: 1 });
    expect(sheet).toMatchObject({ width: 3, height: 3, channels: 1 });
    expect([...(sheet.pixels as Float32Array)]).toEqual([0, 1, 0.5, 1, 1, 1, 0.25, 1, 1]);
    expect(figures.tiles(new Float32Array(20), { width: 1, height: 1, gap: 0 })).toMatchObject({ width: 5, height: 4 });
  });

  it('images stand in one panel, or in one for each name', () => {
    const picture: Picture = { width: 1, height: 1, channels: 1, pixels: [0] };
    expect(only<Pictures>(figures.images([picture, picture, picture])).columns).toBe(2);
    expect(figures.images({ a: picture, b: picture }, { title: 't' })).toMatchObject({
      title: 't',
      columns: 2,
      panels: [{ title: 'a' }, { title: 'b' }],
    });
    expect(figures.images({ a: [picture, picture], b: [picture] })).toMatchObject({ columns: 1 });
  });

  it('overlays mix the mask into the picture, and name the classes that there are', () => {
    const picture: Picture = { width: 2, height: 1, channels: 1, pixels: [1, 0], caption: 'own' };
    const figure = figures.overlays(
      [picture],
      { truth: [1, 255], prediction: [0, 1] },
      { classes: ['a', 'b', 'c'], ignoreIndex: 255, opacity: 0.5 },
    );
    const { pictures, legend, columns } = only<Pictures>(figure);
    expect(columns).toBe(3);
    expect(pictures.map(({ caption }) => caption)).toEqual(['own', 'truth', 'prediction']);
    expect(legend).toEqual([
      { name: 'a', colour: blue },
      { name: 'b', colour: vermilion },
    ]);
    const expected = [0xd5, 0x5e, 0x00].map((value) => (1 + value / 255) / 2).concat(0, 0, 0);
    Array.from(pictures[1].pixels).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
    expect(texts(renderFigureSvg(figure))).toEqual(expect.arrayContaining(['a', 'b', 'truth']));
    expect(() => figures.overlays([picture], { truth: [1] }, { classes: [] })).toThrow(
      "expected a class for each of 2 pixels, got 1 in 'truth'",
    );
  });

  it('boxes and points stand on their pixels', () => {
    // 8 pixels across are enlarged 28 times, to 224.
    const picture: Picture = { width: 8, height: 8, channels: 1, pixels: new Float32Array(64) };
    const figure = figures.boxes([picture], { truth: [[{ x1: 1, y1: 2, x2: 3, y2: 4, label: 'cell' }]], detected: [[]] }, { columns: 1 });
    expect(renderFigureSvg(figure)).toContain(`<rect x="28" y="56" width="56" height="56" fill="none" stroke="${blue}"`);
    expect(texts(renderFigureSvg(figure))).toEqual(['truth', 'detected', 'cell']);
    const dots = figures.points([picture], { truth: [[{ x: 0, y: 7 }]], prediction: [[{ x: 1, y: 1 }]] }, { columns: 1 });
    expect(renderFigureSvg(dots)).toContain('<circle cx="14" cy="210"');
    expect(() => figures.boxes([picture], { truth: [] })).toThrow("boxes: expected a list for each of 1 pictures, got 0 in 'truth'");
  });
});

describe('figures of cells and words', () => {
  it('confusion colours shares of the row, and writes counts', () => {
    const figure = figures.confusion([1200, 0, 1, 3], ['cat', 'dog'], { title: 't' });
    const { shades, texts: written } = only<Matrix>(figure);
    expect(shades).toEqual([1, -0, -0.5, 0.75]);
    expect(written).toEqual(['1,200', '', '1', '3']);
    expect(texts(renderFigureSvg(figure))).toEqual(expect.arrayContaining(['cat', 'dog', 'label', 'decision', '1,200', '3']));
    expect(() => figures.confusion([1], ['a', 'b'])).toThrow('confusion: expected 2 × 2 counts, got 1');
  });

  it('matrix has white at 0 and a scale beside it', () => {
    const figure = figures.matrix([-1, 0, 2, Number.NaN], { rows: ['a', 'b'], columns: ['c', 'd'] });
    expect(only<Matrix>(figure)).toMatchObject({
      shades: [-0.5, 0, 1, Number.NaN],
      texts: ['−1.00', '0.00', '2.00', '–'],
      range: [-2, 2],
    });
    expect(texts(renderFigureSvg(figure))).toEqual(expect.arrayContaining(['2', '−2', '−1.00']));
    const positive = figures.matrix([0.5, 1], { rows: ['a'], columns: ['c', 'd'], range: [0.5, 1.5] });
    expect(only<Matrix>(positive)).toMatchObject({ shades: [0, 0.5] });
    expect(only<Matrix>(figures.matrix([-0.001], { rows: ['a'], columns: ['b'] })).texts).toEqual(['0.00']);
  });

  it('of many classes only as many are named as have room, and no number stands in a cell that is too small', () => {
    const names = Array.from({ length: 100 }, (_, i) => `class ${i}`);
    const found = texts(renderFigureSvg(figures.confusion(new Array(10_000).fill(1), names)));
    expect(found.filter((text) => text === '1')).toEqual([]);
    const named = found.filter((text) => text.startsWith('class')).length;
    expect(named).toBeGreaterThan(20);
    expect(named).toBeLessThan(60);
  });

  it('heatText weighs words by the largest of all texts, and joins the parts of one', () => {
    const figure = figures.heatText(
      [
        { words: ['un', '##believ', '##able', '##'], weights: [1, -4, 2, 0], caption: 'one' },
        { words: ['fine'], weights: [2] },
      ],
      { positive: 'for', negative: 'against' },
    );
    const { lines, meaning } = only<HeatText>(figure);
    expect(lines[0].words.map(({ text, weight, joined = false }) => [text, weight, joined])).toEqual([
      ['un', 0.25, false],
      ['believ', -1, true],
      ['able', 0.5, true],
      ['##', 0, false],
    ]);
    expect(lines[1].words[0].weight).toBe(0.5);
    expect(meaning).toEqual({ positive: 'for', negative: 'against' });
    expect(texts(renderFigureSvg(figure))).toEqual(['against', 'for', 'one', 'un', 'believ', 'able', '##', 'fine']);
    expect(() => figures.heatText({ words: ['a'], weights: [] })).toThrow('heatText: expected a weight for each of 1 words, got 0');
  });

  it('a long text is broken to the width of its panel', () => {
    const words = Array.from({ length: 200 }, () => 'word');
    const svg = renderFigureSvg(figures.heatText({ words, weights: words.map(() => 1) }));
    const ends = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="22"/g)].map(
      ([, x, width]) => Number(x) + Number(width),
    );
    expect(ends).toHaveLength(200);
    expect(Math.max(...ends)).toBeLessThanOrEqual(680);
  });
});
