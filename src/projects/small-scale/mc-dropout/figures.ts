import { type Figure, figures } from '../../../index.ts';
import { answerFigure, decisionOf } from '../../shared/answer-figure.ts';
import type { Answer } from './model.ts';

const DIGITS = Array.from('0123456789');
const CLASSES = DIGITS.length;
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

/** Whether the ensemble was better than the plain network, and by how many of so many images; over several runs by their means. */
export function outcome(plain: number, ensemble: number, images: number, runs = 1): string {
  const ahead = (ensemble - plain) * images;
  const by = `${figures.fixed(Math.abs(ahead), runs > 1 ? 1 : 0)} of ${images.toLocaleString('en')} test images${runs > 1 ? ' on average' : ''}`;
  if (Math.abs(ahead) < 0.05) return 'the ensemble and the plain network came out even';
  return ahead > 0 ? `the ensemble won by ${by}` : `the plain network won by ${by}`;
}

/** Entropy and mutual information of an ensemble's passes where its decision is right (1) and where it is wrong, by image. */
export function uncertaintyFigure(found: Readonly<Record<'right' | 'entropy' | 'information', readonly number[]>>, passes: number): Figure {
  const panel = (title: string, values: readonly number[], least: number) => {
    const [right, wrong] = [1, 0].map((hit) => values.filter((_, i) => found.right[i] === hit));
    return figures.histogram(
      { [`right (${right.length})`]: right, [`wrong (${wrong.length})`]: wrong },
      {
        ...{ title, x: `${title.toLowerCase()} (nats)`, y: 'share of the images (%)' },
        ...{ bins: 12, share: true, range: [0, Math.max(least, ...values)] },
      },
    );
  };
  return figures.join([panel('Predictive entropy', found.entropy, 0.1), panel('Mutual information', found.information, 0.05)], {
    title: 'Where the ensemble is unsure',
    caption: `Predictive entropy and mutual information of ${passes} passes over the test images, by whether the ensemble's decision was right.`,
  });
}

/** Figure 4 of arXiv 1506.02142 for this network: a digit turned by these angles, what the passes say about it, and how far they agree. */
export function rotationFigure(angles: readonly number[], pictures: ArrayLike<number>, { passes, entropy, information }: Answer): Figure {
  const count = passes.length / (angles.length * CLASSES);
  const outputs = Array.from({ length: CLASSES }, (_, digit) => {
    const pass = (t: number) => angles.map((_, i) => passes[(t * angles.length + i) * CLASSES + digit]);
    const line = figures.spread(
      Array.from({ length: count }, (_, t) => pass(t)),
      { quantiles: [0.1, 0.9] },
    );
    return { digit, line, peak: Math.max(...line.y) };
  });
  // The classes that win or come close at some angle; the others would be lines along zero.
  const likely = outputs.filter(({ peak }) => peak > 0.05).sort((a, b) => b.peak - a.peak);
  const shown = likely.slice(0, 4).sort((a, b) => a.digit - b.digit);
  const lines = Object.fromEntries(shown.map(({ digit, line }) => [`digit ${digit}`, { ...line, x: angles }]));
  const nats = {
    'predictive entropy': { x: angles, y: Array.from(entropy) },
    'mutual information': { x: angles, y: Array.from(information) },
  };
  const x = 'rotation (degrees)';
  return figures.join(
    [
      figures.images(figures.pictures(pictures, { ...shape, captions: angles.map((angle) => `${angle}°`) }), { columns: angles.length }),
      figures.curves(lines, { title: 'Softmax output by class', x, y: probability }),
      figures.curves(nats, { title: 'Uncertainty', x, y: { label: 'nats', min: 0 } }),
    ],
    {
      title: 'A digit 1, turned: the passes begin to disagree',
      caption: `Softmax outputs of ${count} stochastic passes (after figure 4 of arXiv 1506.02142). Lines: mean; bands: the middle 80 % of the passes.`,
      columns: 1,
    },
  );
}

/** What the passes say about one drawn digit: their mean as bars, each pass as a point. */
export function drawingFigure(digit: Float32Array, { passes, entropy, information }: Answer): Figure {
  const answer = { picture: digit, probabilities: passes, entropy: entropy[0], information: information[0] };
  const { means, likeliest } = decisionOf(answer, DIGITS);
  return answerFigure(answer, DIGITS, shape, {
    ...{
      title: `${figures.percent(means[likeliest], 0)} a ${likeliest}`,
      mean: `mean of ${passes.length / CLASSES} passes`,
      one: 'one pass',
    },
    ...{ all: 'passes', x: 'digit', more: ' Left: the drawing as the network gets it.' },
  });
}
