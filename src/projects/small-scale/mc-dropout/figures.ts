import { type Figure, figures, type TypedArray } from '../../../index.ts';
import { meanOf, mutualInformation, type Passes, predictiveEntropy } from './uncertainty.ts';

const CLASSES = 10;
const shape = { width: 28, height: 28 };
const probability = { label: 'probability (%)', min: 0, max: 1 };

/** The document's figure: test accuracy of ensembles of 1, 2 … T passes against the plain network, over the runs. */
export function accuracyFigure(results: readonly { readonly plain: number; readonly ensembles: readonly number[] }[]): Figure {
  const plain = figures.spread(results.map(({ plain, ensembles }) => ensembles.map(() => plain)));
  const ensembles = figures.spread(results.map((result) => result.ensembles));
  const lines = { 'Monte Carlo ensemble': ensembles, 'plain network (dropout off)': { ...plain, style: 'dashed' as const } };
  return figures.curves(lines, {
    title: 'Accuracy of Monte Carlo dropout ensembles',
    caption: results.length > 1 ? `Mean of ${results.length} runs; bands: ± one standard deviation.` : 'One run.',
    ...{ x: { label: 'stochastic passes averaged', ticks: ensembles.y.map((_, t) => String(t + 1)) }, y: 'test accuracy (%)', from: 0 },
  });
}

/** Entropy and mutual information of an ensemble's passes where its decision is right and where it is wrong. */
export function uncertaintyFigure(passes: Passes, right: readonly boolean[]): Figure {
  const count = right.filter((hit) => hit).length;
  const panel = (title: string, values: Float64Array, least: number) => {
    const groups = {
      [`right (${count})`]: values.filter((_, i) => right[i]),
      [`wrong (${right.length - count})`]: values.filter((_, i) => !right[i]),
    };
    const range = [0, Math.max(least, ...values)] as const;
    return figures.histogram(groups, {
      title,
      x: `${title.toLowerCase()} (nats)`,
      y: 'share of the images (%)',
      bins: 12,
      share: true,
      range,
    });
  };
  const entropy = panel('Predictive entropy', predictiveEntropy(passes, CLASSES), 0.1);
  return figures.join([entropy, panel('Mutual information', mutualInformation(passes, CLASSES), 0.05)], {
    title: 'Where the ensemble is unsure',
    caption: `Predictive entropy and mutual information of ${passes.length} passes over the test images, by whether the ensemble's decision was right.`,
  });
}

/** Figure 4 of arXiv 1506.02142 for this network: a digit turned by these angles, the passes' outputs [angles, classes], and their entropy. */
export function rotationFigure(angles: readonly number[], pictures: TypedArray, passes: Passes): Figure {
  const mean = meanOf(passes);
  const of = (values: ArrayLike<number>, digit: number) => angles.map((_, i) => values[i * CLASSES + digit]);
  const digits = Array.from({ length: CLASSES }, (_, digit) => ({ digit, peak: Math.max(...of(mean, digit)) }));
  // The classes that win or come close at some angle; the others would be lines along zero.
  const likely = digits.filter(({ peak }) => peak > 0.05).sort((a, b) => b.peak - a.peak);
  const shown = likely.slice(0, 4).sort((a, b) => a.digit - b.digit);
  const outputs = shown.map(({ digit }) => {
    const sorted = angles.map((_, i) => passes.map((pass) => pass[i * CLASSES + digit]).sort((a, b) => a - b));
    const quantile = (share: number) => sorted.map((values) => values[Math.round(share * (values.length - 1))]);
    return [`digit ${digit}`, { x: angles, y: of(mean, digit), low: quantile(0.1), high: quantile(0.9) }] as const;
  });
  const nats = {
    'predictive entropy': { x: angles, y: Array.from(predictiveEntropy(passes, CLASSES)) },
    'mutual information': { x: angles, y: Array.from(mutualInformation(passes, CLASSES)) },
  };
  const x = 'rotation (degrees)';
  return figures.join(
    [
      figures.images(figures.pictures(pictures, { ...shape, captions: angles.map((angle) => `${angle}°`) }), { columns: angles.length }),
      figures.curves(Object.fromEntries(outputs), { title: 'Softmax output by class', x, y: probability }),
      figures.curves(nats, { title: 'Uncertainty', x, y: { label: 'nats', min: 0 } }),
    ],
    {
      title: 'A digit 1, turned: the passes begin to disagree',
      caption: `Softmax outputs of ${passes.length} stochastic passes (after figure 4 of arXiv 1506.02142). Lines: mean; bands: the middle 80 % of the passes.`,
      columns: 1,
    },
  );
}

/** What the passes say about one drawn digit: their mean as bars, each pass as a point. */
export function drawingFigure(digit: Float32Array, passes: Passes): Figure {
  const [entropy, information] = [predictiveEntropy(passes, CLASSES)[0], mutualInformation(passes, CLASSES)[0]];
  const mean = Array.from(meanOf(passes));
  const likeliest = mean.indexOf(Math.max(...mean));
  // Passes stand beside each other within their class's place.
  const across = passes.flatMap((_, t) => mean.map((_, digit) => digit + 0.5 * ((t + 0.5) / passes.length - 0.5)));
  const points = { x: across, y: passes.flatMap((pass) => Array.from(pass)), style: 'points' as const };
  const bars = { [`mean of ${passes.length} passes`]: mean, 'one pass': points };
  const chart = figures.bars(Array.from('0123456789'), bars, { x: 'digit', y: probability });
  return figures.join([figures.images(figures.pictures(digit, shape)), chart], {
    title: `${(100 * mean[likeliest]).toFixed(0)} % a ${likeliest}`,
    caption: `Predictive entropy ${entropy.toFixed(2)} nats (at most ${Math.log(CLASSES).toFixed(2)}), of which the passes' disagreement (mutual information) ${information.toFixed(2)}. Left: the drawing as the network gets it.`,
  });
}
