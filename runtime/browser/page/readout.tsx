// What the lines of a chart say at the mouse: values that were recorded, or the range of those that are drawn as one, and averages beside them.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Line } from './charts.ts';
import { type Reading, readingAt } from './curve.ts';
import { formatNumber } from './format.ts';
import { Swatch } from './line-legend.tsx';
import type { Cursor } from './plot.ts';
import type { Scale } from './scale.ts';

export interface ShownLine {
  readonly line: Line;
  readonly place: number;
  /** By bucket, on the scale. */
  readonly averages: readonly number[] | undefined;
}

export interface ReadLine {
  readonly label: string;
  readonly place: number;
  readonly reading: Reading;
  /** As a value. */
  readonly average: number | undefined;
}

/** The lines' readings, those nearest to the mouse first. */
export function readings(lines: readonly ShownLine[], { step, place: mouse }: Cursor, scale: Scale): ReadLine[] {
  const found = lines.flatMap(({ line, place, averages }) => {
    const read = readingAt(line.curve, step);
    if (!read) return [];
    const { reading, bucket } = read;
    const average = averages?.[bucket];
    const at = average ?? scale.forward('value' in reading ? reading.value : (reading.low + reading.high) / 2);
    const distance = mouse === undefined || !Number.isFinite(at) ? 0 : Math.abs(at - mouse);
    return [{ label: line.label ?? '', place, reading, average: average === undefined ? undefined : scale.backward(average), distance }];
  });
  return found.sort((a, b) => a.distance - b.distance).map(({ distance: _, ...read }) => read);
}

export const readingText = (reading: Reading) =>
  'value' in reading ? formatNumber(reading.value) : `${formatNumber(reading.low)} … ${formatNumber(reading.high)}`;

/** Of the steps that a reading is of, where they aren't the one that is pointed at. */
function stepsText(reading: Reading, step: number): string {
  if ('value' in reading) return reading.step === step ? '' : `at ${formatNumber(reading.step)}`;
  return `${formatNumber(reading.from)} – ${formatNumber(reading.to)}`;
}

/** More lines would hide the chart. */
const MOST = 5;
/** Pixels from the mouse. */
const GAP = 12;

export function Readout({
  read,
  cursor,
  over,
  several,
  averaged,
}: {
  read: readonly ReadLine[];
  cursor: Cursor;
  /** uPlot's element over the drawn lines. */
  over: HTMLElement;
  /** The chart has several lines, whichever are shown. */
  several: boolean;
  averaged: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  // Right of the mouse where there is room, else left of it, and never beyond the plot.
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const [width, mouse] = [current.offsetWidth, over.offsetLeft + cursor.left];
    const most = over.offsetLeft + over.offsetWidth - width;
    const left = mouse + GAP <= most ? mouse + GAP : mouse - GAP - width >= 0 ? mouse - GAP - width : most;
    current.style.left = `${Math.max(0, left)}px`;
  });
  return (
    <div class="readout" ref={box} aria-hidden="true">
      <table>
        <thead>
          <tr>
            <th>step {formatNumber(cursor.step)}</th>
            {averaged && several && (
              <>
                <th>raw</th>
                <th>smoothed</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {read.slice(0, MOST).map(({ label, place, reading, average }) => {
            const steps = stepsText(reading, cursor.step);
            return (
              <tr key={label}>
                {several && (
                  <th>
                    <Swatch place={place} /> {label}
                  </th>
                )}
                <td>
                  {averaged && !several && <span class="soft">raw </span>}
                  {readingText(reading)} {steps && <span class="soft">({steps})</span>}
                </td>
                {average !== undefined && (
                  <td>
                    {!several && <span class="soft">smoothed </span>}
                    {formatNumber(average)}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {read.length > MOST && <p class="soft">{read.length - MOST} more</p>}
    </div>
  );
}
