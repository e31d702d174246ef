// One metric of one run or of several, over the steps.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { placesOf } from '../../../src/train/part-colours.ts';
import type { Line } from './charts.ts';
import { trend } from './curve.ts';
import { formatNumber } from './format.ts';
import { COLOURS, colours, useDark } from './theme.ts';

const HEIGHT = 190;

/** `legend`: the lines' labels stand beside their values. */
export function Chart({ name, lines, legend = false }: { name: string; lines: readonly Line[]; legend?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const [log, setLog] = useState(false);
  const [hovered, setHovered] = useState<Hovered>();
  const dark = useDark();
  const names = lines.map(({ label }) => label ?? name);
  const labels = names.join('\n');
  const places = placesOf(names);
  // New points are set below; all else needs a new plot.
  useEffect(() => {
    const target = box.current;
    if (!target) return;
    const made = new uPlot(optionsFor(labels.split('\n'), target.clientWidth, log, setHovered), dataOf(lines, log), target);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: HEIGHT }));
    watcher.observe(target);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [labels, log, dark]);
  useEffect(() => {
    plot.current?.setData(dataOf(lines, log));
  }, [lines, log]);
  const canLog = lines.every(({ curve }) => curve.buckets.every(({ low }) => low > 0)) && spanOf(lines) > 10;
  return (
    <figure class="chart">
      <figcaption>
        <span class="name">{name}</span>
        <span class="now">
          {lines.map(({ label, curve }, i) => (
            <span key={label}>
              {lines.length > 1 && <span class="swatch" aria-hidden="true" style={{ background: `var(--line-${places[i] % COLOURS})` }} />}
              {legend && label !== undefined && <span class="soft">{label} </span>}
              {formatNumber(hovered ? (hovered.values[i] ?? Number.NaN) : curve.last)}
            </span>
          ))}
          {hovered && <span class="soft">step {formatNumber(hovered.step)}</span>}
        </span>
        {canLog && (
          <button type="button" class="quiet small" aria-pressed={log} onClick={() => setLog(!log)} aria-label={`log axis for ${name}`}>
            log
          </button>
        )}
      </figcaption>
      <div ref={box} role="img" aria-label={lines.map((line) => described(name, line)).join('; ')} />
    </figure>
  );
}

interface Hovered {
  readonly step: number;
  readonly values: readonly (number | undefined)[];
}

function described(name: string, { label, curve: { buckets, last } }: Line): string {
  const low = Math.min(...buckets.map((bucket) => bucket.low));
  const high = Math.max(...buckets.map((bucket) => bucket.high));
  const which = label === undefined ? name : `${name}, ${label}`;
  return `${which}: ${formatNumber(last)} at step ${formatNumber(buckets.at(-1)?.to ?? 0)}, between ${formatNumber(low)} and ${formatNumber(high)}`;
}

function spanOf(lines: readonly Line[]): number {
  const all = lines.flatMap(({ curve }) => curve.buckets);
  return Math.max(...all.map(({ high }) => high)) / Math.min(...all.map(({ low }) => low));
}

const SERIES_A_LINE = 3;
/** More lines than this, and their extrema would hide them. */
const MOST_WITH_EXTREMA = 3;

/** Steps, then for each line: its highest and lowest values (drawn faintly), and its trend, or itself where it is short. */
function dataOf(lines: readonly Line[], log: boolean): uPlot.AlignedData {
  const drawable = (value: number) => (Number.isFinite(value) && (!log || value > 0) ? value : null);
  const tables = lines.map(({ curve }): uPlot.AlignedData => {
    const { buckets } = curve;
    const main = trend(curve) ?? buckets.map(({ mean }) => mean);
    return [
      buckets.map(({ to }) => to),
      buckets.map(({ high }) => drawable(high)),
      buckets.map(({ low }) => drawable(low)),
      main.map(drawable),
    ];
  });
  return tables.length === 1 ? tables[0] : uPlot.join(tables);
}

/** Room for the longest label, at about 6.4 pixels a character. */
const widthOf = (_: uPlot, labels: readonly string[] | null) => 10 + 6.4 * Math.max(2, ...(labels ?? []).map(({ length }) => length));

function optionsFor(labels: readonly string[], width: number, log: boolean, hover: (at: Hovered | undefined) => void): uPlot.Options {
  const { lines, axis, grid } = colours();
  const places = placesOf(labels);
  const font = '11px system-ui, sans-serif';
  const axes = { stroke: axis, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [6, 10, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
    axes: [
      {
        ...axes,
        size: 26,
        gap: 4,
        space: 60,
        values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? formatNumber(value) : '')),
      },
      {
        ...axes,
        gap: 4,
        size: widthOf,
        space: 30,
        values: (_, splits) => splits.map((value) => (value === null ? '' : formatNumber(value))),
      },
    ],
    series: [
      {},
      ...labels.flatMap((_, i): uPlot.Series[] => {
        const stroke = lines[places[i] % COLOURS];
        const show = labels.length <= MOST_WITH_EXTREMA;
        const faint = {
          stroke: `color-mix(in srgb, ${stroke} 32%, transparent)`,
          width: 1,
          points: { show: false },
          spanGaps: false,
          show,
        };
        // Past the last colour they come again, dashed.
        return [faint, faint, { stroke, width: 1.75, points: { size: 5, fill: stroke }, ...(places[i] >= COLOURS && { dash: [6, 4] }) }];
      }),
    ],
    bands: labels.slice(0, labels.length <= MOST_WITH_EXTREMA ? undefined : 0).map((_, i) => {
      const first = 1 + SERIES_A_LINE * i;
      return { series: [first, first + 1], fill: `color-mix(in srgb, ${lines[places[i] % COLOURS]} 18%, transparent)` };
    }),
    hooks: {
      setCursor: [
        ({ cursor: { idx }, data }) => {
          if (idx === null || idx === undefined) hover(undefined);
          else hover({ step: data[0][idx], values: labels.map((_, i) => data[SERIES_A_LINE * (i + 1)][idx] ?? undefined) });
        },
      ],
    },
  };
}
