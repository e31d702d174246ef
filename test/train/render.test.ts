import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { unzlibSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { crc32 } from '../../src/data/crc.ts';
import type { Axis, Figure, Panel, Series } from '../../src/train/figure.ts';
import { base64, encodePng } from '../../src/train/png.ts';
import { renderFigureSvg } from '../../src/train/render.ts';
import { texts } from './svg-texts.ts';

const epochs: Series = { name: 'training', x: [1, 2, 3, 4], y: [0.9, 0.95, 0.97, 0.98] };

function chart(series: readonly Series[], y: Axis = { label: 'Loss (nats)' }, x: Axis = { label: 'Epoch' }): Figure {
  return { title: 'A figure', panels: [{ kind: 'chart', x, y, series }] };
}

describe('charts', () => {
  test('name their axes, series and title; the same figure gives the same text', () => {
    const figure = chart([epochs, { ...epochs, name: 'test', low: [0.8, 0.9, 0.9, 0.9], high: [0.95, 0.97, 0.98, 0.99] }]);
    const found = texts(renderFigureSvg(figure));
    for (const text of ['A figure', 'Epoch', 'Loss (nats)', 'training', 'test']) expect(found).toContain(text);
    expect(renderFigureSvg(figure)).toBe(renderFigureSvg(figure));
  });

  test('labels stand beside their points, but for one that would stand on another; all of them keep to the plot', () => {
    const labels = ['left', 'hidden', 'right'];
    const svg = renderFigureSvg(chart([{ name: 'words', style: 'points', x: [0, 0.001, 1], y: [0, 0, 1], labels }]));
    const found = texts(svg);
    expect(labels.filter((label) => found.includes(label))).toEqual(['left', 'right']);
    const [circle, text] = [/<circle[^>]*cx="([\d.]+)"[^>]*>(?!.*<circle)/s, /<text[^>]*x="([\d.]+)"[^>]*>right</].map((place) =>
      Number(place.exec(svg)?.[1]),
    );
    expect(text).toBeLessThan(circle);
  });

  test('an axis with % shows shares times 100, and never more than 100', () => {
    const found = texts(renderFigureSvg(chart([{ ...epochs, y: [0.7, 0.8, 0.9, 1] }], { label: 'Accuracy (%)' })));
    expect(found).toContain('100');
    expect(found).toContain('80');
    expect(found).not.toContain('105');
  });

  test('log axes label powers, and leave out what has no logarithm', () => {
    const found = texts(renderFigureSvg(chart([{ name: 'a', x: [0, 1, 2], y: [1e-6, 0, 1e6] }], { label: 'Norm', log: true })));
    expect(found).toContain('10⁻⁶');
    expect(found).toContain('1');
  });

  test('log axes have numbers however short they are, and end however long', () => {
    const labelled = (y: readonly number[]) =>
      texts(renderFigureSvg(chart([{ name: 'a', x: y.map((_, i) => i), y }], { label: 'Norm', log: true }))).filter((text) =>
        /^[\d.]+$|10/.test(text),
      );
    expect(labelled([0.0022, 0.0027]).filter((text) => /^0\.00/.test(text)).length).toBeGreaterThanOrEqual(2);
    expect(labelled([6.6, 7.2]).filter((text) => /^[67]/.test(text)).length).toBeGreaterThanOrEqual(2);
    expect(labelled([1e-200, 1e200]).filter((text) => /^10.+/.test(text)).length).toBeGreaterThan(4);
  });

  test('a point between missing values is seen, however many there are, and an infinite bar is left out', () => {
    const y = Array.from({ length: 80 }, (_, i) => (i % 2 ? Number.NaN : i));
    expect(renderFigureSvg(chart([{ name: 'a', x: y.map((_, i) => i), y }])).split('<circle').length).toBe(41);
    const bars = (height: number) => renderFigureSvg(chart([{ name: 'a', style: 'bars', x: [0, 1], y: [1, height] }]));
    expect(bars(2).split('<rect').length - bars(Number.POSITIVE_INFINITY).split('<rect').length).toBe(1);
  });

  test('log axes write the powers from a thousandth to ten thousand out', () => {
    const found = texts(renderFigureSvg(chart([{ name: 'a', x: [0, 1], y: [0.002, 5000] }], { label: 'Norm', log: true })));
    for (const label of ['0.01', '0.1', '1', '10', '100', '1,000']) expect(found).toContain(label);
  });

  test('plots that stand side by side begin at one height, whatever their legends need', () => {
    const panels = [1, 9].map(
      (count) => chart(Array.from({ length: count }, (_, i) => ({ ...epochs, name: `a rather long name ${i}` }))).panels[0]!,
    );
    const tops = [
      ...renderFigureSvg({ title: '', columns: 2, panels }).matchAll(/translate\([\d.]+ ([\d.]+)\)"><path d="M0[^"]*" stroke="#e6e6e6"/g),
    ].map(([, top]) => top);
    expect(tops).toHaveLength(2);
    expect(tops[1]).toBe(tops[0]);
    expect(Number(tops[0])).toBeGreaterThan(100);
  });

  test('categories stand by name, bars with their values', () => {
    const figure = chart(
      [{ name: 'speed', style: 'bars', x: [0, 1], y: [1234, 20.6] }],
      { label: 'Images/s' },
      { label: '', ticks: ['ours <1>', 'theirs & co'] },
    );
    const found = texts(renderFigureSvg(figure));
    for (const text of ['ours <1>', 'theirs & co', '1,234', '21']) expect(found).toContain(text);
  });

  test('values that are not finite break the line', () => {
    const svg = renderFigureSvg(chart([{ name: 'a', x: [0, 1, 2, 3, 4], y: [1, 2, Number.NaN, 4, 5] }]));
    texts(svg);
    expect(svg).toMatch(/d="M[\d. L]+M[\d. L]+" fill="none" stroke="#0072b2"/);
  });

  test.each<[string, readonly Series[], Axis?]>([
    ['no series', []],
    ['an empty series', [{ name: 'a', x: [], y: [] }]],
    ['one point', [{ name: 'a', x: [3], y: [0] }]],
    ['one bar', [{ name: 'a', x: [3], y: [2], style: 'bars' }]],
    ['nothing finite', [{ name: 'a', x: [1], y: [Number.POSITIVE_INFINITY] }]],
    ['all equal', [{ name: 'a', x: [1, 2], y: [5, 5] }]],
    ['nothing for a log axis', [{ name: 'a', x: [1, 2], y: [0, -5] }], { label: 'y', log: true }],
    ['one value on a log axis', [{ name: 'a', x: [1, 2], y: [5, 5] }], { label: 'y', log: true }],
    ['a range outside the data', [epochs], { label: 'y', min: 5, max: 6 }],
    ['a range upside down', [epochs], { label: 'y', min: 2, max: 1 }],
    ['tiny values', [{ name: 'a', x: [1, 2], y: [1e-9, 2e-9] }]],
    ['huge values', [{ name: 'a', x: [1, 2], y: [1e12, -2e12] }]],
    ['a band without its line', [{ name: 'a', x: [1, 2], y: [Number.NaN, Number.NaN], low: [0, 1], high: [1, 2] }]],
    ['short arrays', [{ name: 'a', x: [1, 2, 3], y: [1], low: [0], high: [2, 3] }]],
  ])('%s: still a sound document', (_, series, y) => {
    texts(renderFigureSvg(chart(series, y)));
  });

  test('a long line stays a small file and keeps its peaks', () => {
    const x = Array.from({ length: 200_000 }, (_, i) => i);
    const svg = renderFigureSvg(
      chart([{ name: 'loss', x, y: x.map((i) => (i === 77_777 ? 50 : Math.sin(i))) }], { label: 'Loss', min: -50, max: 50 }),
    );
    expect(svg.length).toBeLessThan(60_000);
    const path = /d="(M[^"]+)" fill="none" stroke="#0072b2"/.exec(svg)![1]!;
    expect(
      Math.min(
        ...path
          .slice(1)
          .split('L')
          .map((point) => Number(point.split(' ')[1])),
      ),
    ).toBe(0);
  });

  test('text is escaped, and what XML can not hold is replaced', () => {
    const found = texts(renderFigureSvg({ ...chart([{ ...epochs, name: '<a> & "b"\u0000\ud800' }, epochs]), caption: '</svg>' }));
    expect(found).toContain('<a> & "b"\ufffd\ufffd');
    expect(found).toContain('</svg>');
  });
});

describe('pictures', () => {
  test('stand in rows with their captions, as PNG', () => {
    const picture = { width: 2, height: 2, channels: 1 as const, pixels: [0, 0.5, 1, 2], caption: 'seven' };
    const svg = renderFigureSvg({
      title: 't',
      panels: [{ kind: 'pictures', title: 'Worst', columns: 2, pictures: [picture, picture, picture] }],
    });
    expect(texts(svg)).toEqual(['t', 'Worst', 'seven', 'seven', 'seven']);
    expect(svg.match(/href="data:image\/png;base64,/g)).toHaveLength(3);
  });

  test('no picture at all, and no panel at all: still sound documents', () => {
    texts(renderFigureSvg({ title: '', panels: [{ kind: 'pictures', columns: 3, pictures: [] }] }));
    texts(renderFigureSvg({ title: 'Nothing', panels: [] }));
  });

  test('the PNG has sound chunks and the pixels it was given, cut off at 0 and 1', () => {
    const png = encodePng({ width: 2, height: 2, channels: 3, pixels: [0, 0.5, 1, 2, -1, Number.NaN, 0.2, 0.2, 0.2, 1, 1, 1] });
    const view = new DataView(png.buffer);
    const chunks: [string, Uint8Array][] = [];
    for (let at = 8; at < png.length; ) {
      const length = view.getUint32(at);
      expect(view.getUint32(at + 8 + length)).toBe(crc32(png.subarray(at + 4, at + 8 + length)));
      chunks.push([new TextDecoder().decode(png.subarray(at + 4, at + 8)), png.subarray(at + 8, at + 8 + length)]);
      at += 12 + length;
    }
    expect(chunks.map(([type]) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([...chunks[0]![1]]).toEqual([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
    expect([...unzlibSync(chunks[1]![1])]).toEqual([0, 0, 128, 255, 255, 0, 0, 0, 51, 51, 51, 255, 255, 255]);
  });

  test('base64 is what everyone else calls base64', () => {
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 91) & 255);
      expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    }
  });
});

describe('drawn by resvg', () => {
  beforeAll(async () => {
    await initWasm(readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
  });

  /** How many pixels of the picture have this colour. */
  function count(figure: Figure, red: number, green: number, blue: number): number {
    const { pixels } = new Resvg(renderFigureSvg(figure)).render();
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i] === red && pixels[i + 1] === green && pixels[i + 2] === blue) found++;
    return found;
  }

  test('lines, bars and pictures show in their colours, pixels enlarged without smoothing', () => {
    expect(count(chart([epochs]), 0x00, 0x72, 0xb2)).toBeGreaterThan(800);
    expect(count(chart([{ ...epochs, style: 'bars' }]), 0x00, 0x72, 0xb2)).toBeGreaterThan(100_000);
    const picture: Panel = { kind: 'pictures', columns: 1, pictures: [{ width: 2, height: 1, channels: 3, pixels: [1, 0, 0, 0, 0, 1] }] };
    // Two pixels, each 112 × 112 when enlarged: pure red and pure blue, and no mixture of them.
    expect(count({ title: '', panels: [picture] }, 255, 0, 0)).toBe(112 * 112);
    expect(count({ title: '', panels: [picture] }, 0, 0, 255)).toBe(112 * 112);
  });

  test('what leaves the axis range is cut off at the frame', () => {
    const far: Axis = { label: 'y', min: 0, max: 1 };
    const away = [-1000, -999, -998];
    for (const style of ['line', 'points', 'bars', 'dashed'] as const) {
      const gone: Series = { name: '', style, x: [0, 1, 2], y: away, low: away, high: away };
      expect(count(chart([gone], far), 0x00, 0x72, 0xb2)).toBe(0);
      expect(
        count(chart([{ name: 'a', style, x: [0, 1, 2], y: [0.5, 1e6, 0.5], low: [0, 0, -1e9], high: [1, 1e9, 1] }], far), 0x00, 0x72, 0xb2),
      ).toBeGreaterThan(10);
    }
  });
});

test('refuses bounds of an axis that are not finite', () => {
  const y = { label: 'y', log: true, max: Number.POSITIVE_INFINITY };
  const endless = { title: '', panels: [{ kind: 'chart' as const, x: { label: 'x' }, y, series: [] }] };
  expect(() => renderFigureSvg(endless)).toThrow('figure: expected finite bounds of the axis y, got Infinity');
});
