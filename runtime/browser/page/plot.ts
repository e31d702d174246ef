// A chart as uPlot draws it: lines, axes, the mouse. What it shows comes from plot-data.ts.
import type uPlot from 'uplot';
import { dashAt } from '../../../src/train/part-colours.ts';
import { type Plotted, type Range, SERIES_A_LINE } from './plot-data.ts';
import { linearTicks, type Tick } from './scale.ts';
import { COLOURS, colours } from './theme.ts';

export const HEIGHT = 190;

/** Where the mouse, or the keyboard's cursor, is. */
export interface Cursor {
  readonly step: number;
  /** Pixels from the drawing's left. */
  readonly left: number;
  /** On the scale; undefined for the keyboard's. */
  readonly place: number | undefined;
}

export interface Listener {
  hover(at: Cursor | undefined): void;
  zoom(range: Range | undefined): void;
}

/** Shows all of it anew. */
export function show(plot: uPlot, plotted: Plotted, shown: readonly boolean[]): void {
  const [minX, maxX] = plotted.x;
  const [minY, maxY] = plotted.y;
  plot.batch(() => {
    shown.forEach((on, line) => {
      const [raw, average] = [1 + SERIES_A_LINE * line, 2 + SERIES_A_LINE * line];
      if (plot.series[raw].show !== on) for (const series of [raw, average]) plot.setSeries(series, { show: on });
    });
    plot.setData(plotted.data, false);
    plot.setScale('x', { min: minX, max: maxX });
    plot.setScale('y', { min: minY, max: maxY });
  });
}

/** What is shown, and the line that stands out while the others fade. */
export interface Shown {
  readonly plotted: Plotted;
  readonly focus: number | undefined;
}

export function optionsFor(places: readonly number[], width: number, shown: () => Shown, { hover, zoom }: Listener): uPlot.Options {
  const now = () => shown().plotted;
  const { lines, axis, grid } = colours();
  const axes = { stroke: axis, font: '11px system-ui, sans-serif', gap: 4, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const stepTicks = (from: number, to: number, pixels: number) =>
    linearTicks(from, to, pixels / 70).filter(({ value }) => Number.isInteger(value));
  const valueTicks = (from: number, to: number) => now().scale.ticks(from, to, HEIGHT / 32);
  const xTicks = (plot: uPlot) => stepTicks(plot.scales.x.min ?? 0, plot.scales.x.max ?? 1, plot.width);
  const yTicks = (plot: uPlot) => valueTicks(plot.scales.y.min ?? 0, plot.scales.y.max ?? 1);
  return {
    width,
    height: HEIGHT,
    // Half of the last step's number stands beyond the plot.
    padding: [8, (plot) => 6 + widest(xTicks(plot)) / 2, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: 5 },
      bind: {
        dblclick: () => () => {
          zoom(undefined);
          return null;
        },
      },
    },
    scales: { x: { time: false, auto: false }, y: { auto: false } },
    axes: [
      {
        ...axes,
        size: 26,
        splits: (plot) => xTicks(plot).map(({ value }) => value),
        values: (plot) => xTicks(plot).map(({ label }) => label),
      },
      {
        ...axes,
        size: (plot) => 10 + widest(yTicks(plot)),
        splits: (plot) => yTicks(plot).map(({ value }) => now().scale.forward(value)),
        values: (plot) => yTicks(plot).map(({ label }) => label),
      },
    ],
    series: [
      {},
      ...places.flatMap((place, line): uPlot.Series[] => {
        const colour = lines[place % COLOURS];
        const mixed = (share: number) => `color-mix(in srgb, ${colour} ${share}%, transparent)`;
        const averaged = () => now().averages.length > 0;
        const stroke = (full: string, faded: string) => () => {
          const { focus } = shown();
          return focus === undefined || focus === line ? full : faded;
        };
        const dash = dashAt(place)?.slice();
        const look = { ...(dash && { dash }), points: { show: false } };
        const dots = {
          size: 5,
          fill: colour,
          show: (plot: uPlot, _: number, from: number, to: number) => !averaged() && apart(plot, from, to),
        };
        const [strong, faint] = [stroke(colour, mixed(25)), stroke(mixed(35), mixed(8))];
        return [
          { ...look, width: 1.5, stroke: () => (averaged() ? faint() : strong()), points: dots },
          { ...look, width: 2, stroke: strong },
        ];
      }),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          const { idx, left = -1, top = -1 } = plot.cursor;
          if (idx === null || idx === undefined || left < 0) hover(undefined);
          else
            hover({
              step: plot.data[0][idx],
              left: plot.valToPos(plot.data[0][idx], 'x'),
              place: top < 0 ? undefined : plot.posToVal(top, 'y'),
            });
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 0) zoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** At about 6.4 pixels a character. */
const widest = (ticks: readonly Tick[]) => 6.4 * Math.max(2, ...ticks.map(({ label }) => label.length));

/** Points that stand apart get a dot. */
const apart = (plot: uPlot, from: number, to: number) => (to - from) * 12 < plot.width;
