import { type Figure, type Series, spread } from '../../../index.ts';
import { meanOf, type Passes } from './uncertainty.ts';

/** Test accuracies of one run: without dropout, and of ensembles of 1, 2 … T passes. */
export interface RunResult {
  readonly plain: number;
  readonly ensembles: readonly number[];
}

/** A digit turned by `angle` degrees: what the passes say, and on average. */
export interface RotationView {
  readonly angle: number;
  /** 28×28, 0 … 1. */
  readonly picture: Float32Array;
  readonly mean: readonly number[];
  readonly passes: readonly (readonly number[])[];
}

/** The document's figure: accuracy by ensemble size against the plain network. */
export function accuracyFigure(results: readonly RunResult[]): Figure {
  const sizes = results[0].ensembles.map((_, t) => t + 1);
  const places = sizes.map((_, t) => t);
  const ensembles = sizes.map((_, t) => spread(results.map((result) => result.ensembles[t])));
  const plain = spread(results.map((result) => result.plain));
  const band = results.length > 1;
  const series: Series[] = [
    {
      name: 'Monte Carlo ensemble',
      x: places,
      y: ensembles.map(({ mean }) => mean),
      ...(band
        ? { low: ensembles.map(({ mean, deviation }) => mean - deviation), high: ensembles.map(({ mean, deviation }) => mean + deviation) }
        : {}),
    },
    {
      name: 'plain network (dropout off)',
      x: places,
      y: sizes.map(() => plain.mean),
      style: 'dashed',
      ...(band ? { low: sizes.map(() => plain.mean - plain.deviation), high: sizes.map(() => plain.mean + plain.deviation) } : {}),
    },
  ];
  return {
    title: 'Accuracy of Monte Carlo dropout ensembles',
    caption: band ? `Mean of ${results.length} runs; bands: ± one standard deviation.` : 'One run.',
    panels: [
      { kind: 'chart', x: { label: 'stochastic passes averaged', ticks: sizes.map(String) }, y: { label: 'test accuracy (%)' }, series },
    ],
  };
}

interface Uncertainty {
  readonly entropy: Float64Array;
  readonly information: Float64Array;
  readonly right: readonly boolean[];
  readonly passes: number;
}

/** Entropy and mutual information where the ensemble is right and where it is wrong. */
export function uncertaintyFigure({ entropy, information, right, passes }: Uncertainty): Figure {
  const wrong = right.filter((hit) => !hit).length;
  const panel = (title: string, label: string, values: Float64Array, top: number) => {
    const bins = 12;
    const share = (wanted: boolean) => {
      const counts = new Array<number>(bins).fill(0);
      let total = 0;
      values.forEach((value, i) => {
        if (right[i] !== wanted) return;
        counts[Math.min(bins - 1, Math.floor((value / top) * bins))]++;
        total++;
      });
      return counts.map((count) => (total > 0 ? count / total : 0));
    };
    const x = Array.from({ length: bins }, (_, i) => ((i + 0.5) * top) / bins);
    return {
      kind: 'chart' as const,
      title,
      x: { label, min: 0, max: top },
      y: { label: 'share of the images (%)', min: 0 },
      series: [
        { name: `right (${right.length - wrong})`, x, y: share(true), style: 'bars' as const },
        { name: `wrong (${wrong})`, x, y: share(false), style: 'bars' as const },
      ],
    };
  };
  const highest = (values: Float64Array, least: number) => Math.max(least, ...values);
  return {
    title: 'Where the ensemble is unsure',
    caption: `Predictive entropy and mutual information of ${passes} passes over the test images, by whether the ensemble's decision was right.`,
    columns: 2,
    panels: [
      panel('Predictive entropy', 'entropy (nats)', entropy, highest(entropy, 0.1)),
      panel('Mutual information', 'mutual information (nats)', information, highest(information, 0.05)),
    ],
  };
}

/** Figure 4 of arXiv 1506.02142 for this network: a digit turned, the passes' outputs, and their entropy. */
export function rotationFigure(views: readonly RotationView[], entropy: Float64Array, information: Float64Array): Figure {
  const angles = views.map(({ angle }) => angle);
  const classes = views[0].mean.map((_, digit) => digit);
  // The classes that win or come close at some angle; the others would be lines along zero.
  const shown = classes
    .map((digit) => ({ digit, peak: Math.max(...views.map(({ mean }) => mean[digit])) }))
    .sort((a, b) => b.peak - a.peak)
    .slice(0, 4)
    .filter(({ peak }) => peak > 0.05)
    .sort((a, b) => a.digit - b.digit);
  return {
    title: 'A digit 1, turned: the passes begin to disagree',
    caption: `Softmax outputs of ${views[0].passes.length} stochastic passes (after figure 4 of arXiv 1506.02142). Lines: mean; bands: the middle 80 % of the passes.`,
    columns: 1,
    panels: [
      {
        kind: 'pictures',
        columns: views.length,
        pictures: views.map(({ angle, picture }) => ({ width: 28, height: 28, channels: 1, pixels: picture, caption: `${angle}°` })),
      },
      {
        kind: 'chart',
        title: 'Softmax output by class',
        x: { label: 'rotation (degrees)' },
        y: { label: 'probability (%)', min: 0, max: 1 },
        series: shown.map(({ digit }) => ({
          name: `digit ${digit}`,
          x: angles,
          y: views.map(({ mean }) => mean[digit]),
          low: views.map(({ passes }) =>
            quantile(
              passes.map((pass) => pass[digit]),
              0.1,
            ),
          ),
          high: views.map(({ passes }) =>
            quantile(
              passes.map((pass) => pass[digit]),
              0.9,
            ),
          ),
        })),
      },
      {
        kind: 'chart',
        title: 'Uncertainty',
        x: { label: 'rotation (degrees)' },
        y: { label: 'nats', min: 0 },
        series: [
          { name: 'predictive entropy', x: angles, y: Array.from(entropy) },
          { name: 'mutual information', x: angles, y: Array.from(information) },
        ],
      },
    ],
  };
}

/** What the passes say about one drawn digit: their mean as bars, each pass as a point. */
export function drawingFigure(digit: Float32Array, passes: Passes, entropy: number, information: number): Figure {
  const mean = Array.from(meanOf(passes));
  const classes = mean.map((_, i) => i);
  const likeliest = mean.indexOf(Math.max(...mean));
  // Passes stand beside each other within their class's place.
  const across = (t: number) => 0.5 * ((t + 0.5) / passes.length - 0.5);
  return {
    title: `${(100 * mean[likeliest]).toFixed(0)} % a ${likeliest}`,
    caption: `Predictive entropy ${entropy.toFixed(2)} nats (at most ${Math.log(classes.length).toFixed(2)}), of which the passes' disagreement (mutual information) ${information.toFixed(2)}. Left: the drawing as the network gets it.`,
    columns: 2,
    panels: [
      { kind: 'pictures', columns: 1, pictures: [{ width: 28, height: 28, channels: 1, pixels: digit }] },
      {
        kind: 'chart',
        x: { label: 'digit', ticks: classes.map(String) },
        y: { label: 'probability (%)', min: 0, max: 1 },
        series: [
          { name: `mean of ${passes.length} passes`, x: classes, y: mean, style: 'bars' },
          {
            name: 'one pass',
            x: passes.flatMap((_, t) => classes.map((digit) => digit + across(t))),
            y: passes.flatMap((pass) => Array.from(pass)),
            style: 'points',
          },
        ],
      },
    ],
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}
