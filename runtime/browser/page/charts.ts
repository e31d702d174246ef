// Which metrics share a chart: `loss` and `validation loss`, or `loss, adam` and `loss, sgd`.
import type { Curve } from './curve.ts';

/** A line of a chart. */
export interface Line {
  /** What it is among the lines of its chart, where there are several. */
  readonly label?: string;
  readonly curve: Curve;
  /** In the palette, where it isn't the label's: a run keeps its colour in all charts. */
  readonly place?: number;
}

export interface ChartOf {
  readonly name: string;
  readonly lines: readonly Line[];
}

/** Curves of one point are left out: they are numbers. A metric that has nothing to share keeps its own name. */
export function chartsOf(curves: Readonly<Record<string, Curve>>): ChartOf[] {
  const charts = new Map<string, { readonly metric: string; readonly label: string; readonly curve: Curve }[]>();
  for (const [metric, curve] of Object.entries(curves)) {
    if (curve.buckets.length < 2) continue;
    const { name, label } = parts(metric);
    charts.set(name, [...(charts.get(name) ?? []), { metric, label, curve }]);
  }
  return Array.from(charts, ([name, lines]) => {
    const [{ metric, curve }] = lines;
    return lines.length > 1 ? { name, lines } : { name: metric, lines: [{ curve }] };
  });
}

/** What a training step reports bears no name of its own. */
const PLAIN = 'training';

function parts(metric: string): { readonly name: string; readonly label: string } {
  const [, part, rest] = /^(training|validation|test) (.+)$/.exec(metric) ?? [];
  if (part) return { name: rest, label: part };
  const [, name, variant] = /^(.+?), (.+)$/.exec(metric) ?? [];
  return name ? { name, label: variant } : { name: metric, label: PLAIN };
}
