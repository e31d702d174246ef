// Which metrics share a chart: `loss` and `validation loss`, `loss, adam` and `loss, sgd`, `test accuracy, plain` and `test accuracy, ensemble`.
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
    const [{ metric, label, curve }] = lines;
    if (lines.length === 1) return { name: metric, lines: [{ curve }] };
    // A part that all of them are of is said once.
    const [said, part] = /^(training|validation|test), /.exec(label) ?? [];
    if (!said || !lines.every((line) => line.label.startsWith(said))) return { name, lines };
    return { name: `${part} ${name}`, lines: lines.map(({ label, curve }) => ({ label: label.slice(said.length), curve })) };
  });
}

/** What a training step reports bears no name of its own. */
const PLAIN = 'training';

function parts(metric: string): { readonly name: string; readonly label: string } {
  const [, part, name = metric, variant] = /^(?:(training|validation|test) )?(.+?)(?:, (.+))?$/s.exec(metric) ?? [];
  return { name, label: [part, variant].filter(Boolean).join(', ') || PLAIN };
}
