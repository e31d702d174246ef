import { type Figure, type Series, spread } from '../../../index.ts';
import { meanOf, mutualInformation, type Passes, predictiveEntropy } from './uncertainty.ts';

const CLASSES = 10;

/** Test accuracies of one run: without dropout, and of ensembles of 1, 2 … T passes. */
export interface RunResult {
  readonly plain: number;
  readonly ensembles: readonly number[];
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

/** Figure 4 of arXiv 1506.02142 for this network: a digit turned by these angles, the passes' outputs [angles, classes], and their entropy. */
export function rotationFigure(angles: readonly number[], pictures: readonly Float32Array[], passes: Passes): Figure {
  const mean = meanOf(passes);
  const of = (values: ArrayLike<number>, digit: number) => angles.map((_, i) => values[i * CLASSES + digit]);
  const digits = Array.from({ length: CLASSES }, (_, digit) => ({ digit, peak: Math.max(...of(mean, digit)) }));
  // The classes that win or come close at some angle; the others would be lines along zero.
  const shown = digits
    .sort((a, b) => b.peak - a.peak)
    .slice(0, 4)
    .filter(({ peak }) => peak > 0.05)
    .sort((a, b) => a.digit - b.digit);
  const band = (digit: number, share: number) =>
    angles.map((_, i) =>
      quantile(
        passes.map((pass) => pass[i * CLASSES + digit]),
        share,
      ),
    );
  const x = { label: 'rotation (degrees)' };
  return {
    title: 'A digit 1, turned: the passes begin to disagree',
    caption: `Softmax outputs of ${passes.length} stochastic passes (after figure 4 of arXiv 1506.02142). Lines: mean; bands: the middle 80 % of the passes.`,
    columns: 1,
    panels: [
      {
        kind: 'pictures',
        columns: angles.length,
        pictures: pictures.map((pixels, i) => ({ width: 28, height: 28, channels: 1, pixels, caption: `${angles[i]}°` })),
      },
      {
        ...{ kind: 'chart', title: 'Softmax output by class', x, y: { label: 'probability (%)', min: 0, max: 1 } },
        series: shown.map(({ digit }) => ({
          ...{ name: `digit ${digit}`, x: angles, y: of(mean, digit), low: band(digit, 0.1), high: band(digit, 0.9) },
        })),
      },
      {
        ...{ kind: 'chart', title: 'Uncertainty', x, y: { label: 'nats', min: 0 } },
        series: [
          { name: 'predictive entropy', x: angles, y: Array.from(predictiveEntropy(passes, CLASSES)) },
          { name: 'mutual information', x: angles, y: Array.from(mutualInformation(passes, CLASSES)) },
        ],
      },
    ],
  };
}

/** What the passes say about one drawn digit: their mean as bars, each pass as a point. */
export function drawingFigure(digit: Float32Array, passes: Passes): Figure {
  const [entropy, information] = [predictiveEntropy(passes, CLASSES)[0], mutualInformation(passes, CLASSES)[0]];
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
