// Which line is which, and which are shown.
import { dashAt } from '../../../src/train/part-colours.ts';
import type { Line } from './charts.ts';
import { formatNumber, plural } from './format.ts';
import { labelOf } from './plot-data.ts';
import { COLOURS } from './theme.ts';

/** A piece of the line at this place of the palette, its dash too. */
export function Swatch({ place }: { place: number }) {
  return (
    <svg class="swatch" width="20" height="8" viewBox="0 0 20 8" aria-hidden="true">
      <path
        d="M0 4H20"
        stroke={`var(--line-${place % COLOURS})`}
        stroke-width="3"
        stroke-dasharray={dashAt(place)?.join(' ')}
        fill="none"
      />
    </svg>
  );
}

interface Legend {
  /** Of the chart. */
  readonly name: string;
  readonly lines: readonly Line[];
  readonly places: readonly number[];
  readonly hidden: ReadonlySet<string>;
  hide(labels: ReadonlySet<string>): void;
}

/** Characters of labels that stand beside each other. */
const MOST_BESIDE = 50;

/** A button a line. Where they would take several rows, they open from a count of them. */
export function LineLegend(legend: Legend) {
  const { lines, hidden, places, name, hide } = legend;
  const length = lines.reduce((sum, line) => sum + labelOf(line).length + 8, 0);
  if (lines.length <= 3 && length <= MOST_BESIDE) {
    return (
      // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
      <div class="legend" role="group" aria-label={`Lines of ${name}`}>
        <Toggles {...legend} />
      </div>
    );
  }
  const on = lines.filter((line) => !hidden.has(labelOf(line))).length;
  return (
    <details
      class="legend folded"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.currentTarget.open = false;
        event.currentTarget.querySelector('summary')?.focus();
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && !event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
      }}
    >
      <summary>
        <span>{on === lines.length ? plural(on, 'line') : `${on} of ${plural(lines.length, 'line')}`}</span>
        <span class="all" aria-hidden="true">
          {places.map((place, i) => !hidden.has(labelOf(lines[i])) && <Swatch key={i} place={place} />)}
        </span>
      </summary>
      <div class="panel">
        <p class="both">
          <button type="button" class="quiet small" onClick={() => hide(new Set())} aria-label={`all lines of ${name}`}>
            all
          </button>
          <button
            type="button"
            class="quiet small"
            onClick={() => hide(new Set(lines.map(labelOf)))}
            aria-label={`none of the lines of ${name}`}
          >
            none
          </button>
        </p>
        <Toggles {...legend} />
      </div>
    </details>
  );
}

function Toggles({ lines, places, hidden, hide }: Legend) {
  return (
    <>
      {lines.map((line, i) => {
        const label = labelOf(line);
        const on = !hidden.has(label);
        const toggle = () => hide(new Set(on ? [...hidden, label] : [...hidden].filter((one) => one !== label)));
        return (
          <button key={label} type="button" class="line" aria-pressed={on} onClick={toggle}>
            <Swatch place={places[i]} />
            <span class={on ? 'label' : 'label off'}>{label}</span>
            <span class="value">{formatNumber(line.curve.last)}</span>
          </button>
        );
      })}
    </>
  );
}
