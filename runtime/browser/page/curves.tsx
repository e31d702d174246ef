// All charts of a view, and how they are drawn.
import { Chart } from './chart.tsx';
import type { ChartOf } from './charts.ts';
import { Scroller } from './scroller.tsx';
import { smoothing } from './smoothing.ts';

/** More charts than these stand side by side where the screen is narrow. */
const FEW = 2;

/** `coming`: there will be others. They have their place already. */
export function Curves({ charts, coming = false }: { charts: readonly ChartOf[]; coming?: boolean }) {
  const weight = smoothing.value;
  return (
    <section class="curves" aria-label="Curves">
      <label class="smoothing">
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={weight}
          onInput={(event) => {
            smoothing.value = Number(event.currentTarget.value);
          }}
        />
        <output>{weight === 0 ? 'off' : weight.toFixed(2)}</output>
      </label>
      <Scroller class={charts.length > FEW ? 'charts many' : 'charts'} label="Charts">
        {charts.map(({ name, lines }) => (
          <Chart key={name} name={name} lines={lines} />
        ))}
        {charts.length === 0 && (
          <div class="chart to-come" aria-hidden="true">
            The first curve appears here.
          </div>
        )}
        {coming && charts.length < 2 && <div class="chart to-come" aria-hidden="true" />}
      </Scroller>
      <p class="help">
        Drag across a chart to zoom in, double-click to see all of it. With the keyboard: arrows read values, + and − zoom.
      </p>
    </section>
  );
}
