// One metric of one run or of several, over the steps.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { placesOf } from '../../../src/train/part-colours.ts';
import { announce } from './announce.ts';
import type { Line } from './charts.ts';
import { formatNumber } from './format.ts';
import { LineLegend } from './line-legend.tsx';
import { onPinch } from './pinch.ts';
import { type Cursor, HEIGHT, optionsFor, type Shown, show } from './plot.ts';
import { labelOf, plotLines, type Range } from './plot-data.ts';
import { Readout, readings, readingText } from './readout.tsx';
import { smoothing } from './smoothing.ts';
import { useDark } from './theme.ts';

export function Chart({ name, lines: given }: { name: string; lines: readonly Line[] }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const [log, setLog] = useState(false);
  const [clip, setClip] = useState(false);
  const [zoom, setZoom] = useState<Range>();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<Cursor>();
  const dark = useDark();
  const lines = useStable(given);
  const labels = lines.map(labelOf);
  const palette = lines.map(({ place }, i) => place ?? placesOf(labels[i] === '' ? [name] : labels)[i]);
  const weight = smoothing.value;
  const plotted = useMemo(() => plotLines(lines, { hidden, log, clip, zoom, smoothing: weight }), [lines, hidden, log, clip, zoom, weight]);
  const shown = lines
    .map((line, i) => ({ line, place: palette[i], averages: plotted.averages[i] }))
    .filter(({ line }) => !hidden.has(labelOf(line)));
  const read = cursor && readings(shown, cursor, plotted.scale);
  const focus = lines.length > CROWD && read && cursor.place !== undefined ? labels.indexOf(read[0]?.label ?? '') : undefined;
  const now = useRef<Shown>({ plotted, focus });
  now.current = { plotted, focus };
  const zoomTo = (range: Range | undefined) => setZoom(range && withinSteps(range, plotLines(lines, { ...NOTHING, hidden }).x));
  const zooming = useRef(zoomTo);
  zooming.current = zoomTo;
  // New points are set below; only other lines and other colours need a new plot.
  useEffect(() => {
    const target = box.current;
    if (!target) return;
    const listener = { hover: setCursor, zoom: (range: Range | undefined) => zooming.current(range) };
    const made = new uPlot(
      optionsFor(palette, target.clientWidth, () => now.current, listener),
      now.current.plotted.data,
      target,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: HEIGHT }));
    watcher.observe(target);
    const endPinch = onPinch(
      made.over,
      (left) => made.posToVal(left, 'x'),
      (range) => zooming.current(range),
    );
    return () => {
      endPinch();
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [palette.join(), dark]);
  useEffect(() => {
    const { current } = plot;
    if (!current) return;
    const on = lines.map((line) => !hidden.has(labelOf(line)));
    show(current, plotted, on);
  }, [plotted, palette.join(), dark]);

  useEffect(() => plot.current?.redraw(false, false), [focus]);

  const several = lines.length > 1;
  const logName = plotted.scale.kind === 'symlog' ? 'symmetric log' : 'log';
  const onKey = (event: KeyboardEvent) => {
    const { current } = plot;
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = current.data[0];
    const at = cursor ? steps.indexOf(cursor.step) : -1;
    const [from, to] = plotted.x;
    const centre = cursor ? cursor.step : (from + to) / 2;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const stride = event.shiftKey ? Math.ceil(steps.length / 20) : 1;
      const first = steps.findIndex((step) => step >= from);
      const last = steps.findLastIndex((step) => step <= to);
      const start = at < 0 ? (event.key === 'ArrowRight' ? first - stride : last + stride) : at;
      const index = Math.min(last, Math.max(first, start + (event.key === 'ArrowRight' ? stride : -stride)));
      const step = steps[index];
      if (step === undefined) return;
      current.setCursor({ left: current.valToPos(step, 'x'), top: -10 });
      setCursor({ step, left: current.valToPos(step, 'x'), place: undefined });
      const texts = readings(shown, { step, left: 0, place: undefined }, plotted.scale).map(
        ({ label, reading }) => `${label} ${readingText(reading)}`,
      );
      announce(`step ${formatNumber(step)}: ${texts.join(', ')}`);
    } else if (event.key === '+' || event.key === '=') zoomTo([centre - (to - from) / 4, centre + (to - from) / 4]);
    else if (event.key === '-') zoomTo([centre - (to - from), centre + (to - from)]);
    else if (event.key === '0' || event.key === 'Escape') {
      zoomTo(undefined);
      setCursor(undefined);
    } else return;
    event.preventDefault();
  };
  return (
    <figure class="chart" data-name={name}>
      <figcaption>
        <span class="name">{name}</span>
        {!several && <span class="now">{formatNumber(lines[0]?.curve.last ?? Number.NaN)}</span>}
        <span class="tools">
          {zoom && (
            <button type="button" class="quiet small" onClick={() => zoomTo(undefined)} aria-label={`show all steps of ${name}`}>
              all steps
            </button>
          )}
          {(plotted.outlier !== undefined || clip) && (
            <button
              type="button"
              class="quiet small"
              aria-pressed={clip}
              onClick={() => setClip(!clip)}
              aria-label={`clip outliers of ${name}`}
            >
              clip outliers
            </button>
          )}
          {(plotted.canLog || log) && (
            <button
              type="button"
              class="quiet small"
              aria-pressed={log}
              onClick={() => setLog(!log)}
              aria-label={`${logName} axis for ${name}`}
            >
              {logName}
            </button>
          )}
        </span>
      </figcaption>
      {several && <LineLegend name={name} lines={lines} places={palette} hidden={hidden} hide={setHidden} />}
      {clip && plotted.outlier && (
        <p class="clipped soft">
          Outliers lie off the axis, up to {formatNumber(plotted.outlier.value)} at step {formatNumber(plotted.outlier.step)}.
        </p>
      )}
      <div
        ref={box}
        class="plot"
        role="application"
        aria-roledescription="chart"
        aria-label={`${lines.map((line) => described(name, line)).join('; ')}. Arrow keys read values, + and − zoom, 0 shows all.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard reads values and zooms
        tabIndex={0}
        onKeyDown={onKey}
        onBlur={() => setCursor(undefined)}
      >
        {cursor && read && plot.current && (
          <Readout read={read} cursor={cursor} over={plot.current.over} several={several} averaged={plotted.averages.length > 0} />
        )}
      </div>
    </figure>
  );
}

/** More lines than this, and those that aren't nearest to the mouse fade. */
const CROWD = 3;

const NOTHING = { log: false, clip: false, zoom: undefined, smoothing: 0 };

/** Never less than two steps; undefined, which is all of them, for what reaches past both ends. */
function withinSteps([from, to]: Range, [first, last]: Range): Range | undefined {
  const width = Math.max(2, to - from);
  const start = Math.max(first, Math.min((from + to - width) / 2, last - width));
  const range: Range = [start, Math.min(last, start + width)];
  return range[0] <= first && range[1] >= last ? undefined : range;
}

/** The array of the last time, while it holds the same: its owner makes a new one whenever any metric has new rows. */
function useStable(lines: readonly Line[]): readonly Line[] {
  const kept = useRef(lines);
  const same =
    kept.current.length === lines.length &&
    lines.every(({ label, curve, place }, i) => {
      const before = kept.current[i];
      return before.label === label && before.curve === curve && before.place === place;
    });
  if (!same) kept.current = lines;
  return kept.current;
}

function described(name: string, { label, curve: { buckets, last } }: Line): string {
  const low = Math.min(...buckets.map((bucket) => bucket.low.value));
  const high = Math.max(...buckets.map((bucket) => bucket.high.value));
  const which = label === undefined ? name : `${name}, ${label}`;
  return `${which}: ${formatNumber(last)} at step ${formatNumber(buckets.at(-1)?.last.step ?? 0)}, between ${formatNumber(low)} and ${formatNumber(high)}`;
}
