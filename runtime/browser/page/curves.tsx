// All charts of a view, and how they are drawn.
import { Chart } from './chart.tsx';
import type { ChartOf } from './charts.ts';
import { Scroller } from './scroller.tsx';
import { smoothing } from './smoothing.ts';

/** More charts than these stand side by side where the screen is narrow. */
const FEW = 2;

/** `coming`: there will be so many. They have their place already. */
export function Curves({ charts, coming = 0 }: { charts: readonly ChartOf[]; coming?: number }) {
  const weight = smoothing.value;
  const places = Array.from({ length: Math.max(coming, charts.length) }, (_, i) => charts[i]);
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
      <Scroller class={places.length > FEW ? 'charts many' : 'charts'} label="Charts">
        {places.map((chart, i) =>
          chart ? (
            <Chart key={chart.name} {...chart} />
          ) : (
            <div key={i} class="chart to-come" aria-hidden="true">
              {i === 0 && 'The first curve appears here.'}
            </div>
          ),
        )}
      </Scroller>
      <p class="help">
        Drag across a chart to zoom in, double-click to see all of it. With the keyboard: arrows read values, + and − zoom.
      </p>
    </section>
  );
}
