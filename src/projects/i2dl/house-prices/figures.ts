import { type Figure, figures, Random } from '../../../index.ts';
import { type Group, type Houses, labelOf } from './houses.ts';
import { logit, type Measured, measure, sigmoid } from './reference.ts';

/** Classes by their number. */
const names = ['cheap', 'expensive'] as const;
/** Places in the palette for what is no class: dark, and grey. */
const [LINE, BETWEEN] = [6, 9];

/** One look at the model between two steps. */
export interface Look {
  readonly epoch: number;
  /** Standardised, the bias last. */
  readonly weights: readonly number[];
  readonly training: Measured;
  readonly validation: Measured;
  /** Training loss and penalty: what is minimised. */
  readonly objective: number;
}

/** The course's first figure: training and validation loss, and what they are worth in accuracy. */
export function lossFigure(looks: readonly Look[], optimum: number | undefined): Figure {
  const [{ training: before }, { epoch: end }] = [looks[0], looks.at(-1)!];
  const lines = optimum !== undefined && {
    lines: { 'optimum for training': { x: [1, end], y: [optimum, optimum], style: 'dashed', colour: LINE } as const },
  };
  const panels = {
    Loss: { metric: 'loss', y: { label: 'binary cross-entropy (nats)', min: 0 }, ...lines },
    Accuracy: { metric: 'accuracy', y: 'accuracy (%)' },
  };
  const caption = `Before the first step: ${before.loss.toFixed(3)} nats, ${figures.percent(before.accuracy)} of the training houses right.`;
  return figures.history(looks, panels, { title: 'Training and validation', caption });
}

/** How far gradient descent is above the optimum, here and in float64. */
export function checkFigure(looks: readonly Look[], float64: readonly number[], optimum: number): Figure {
  const x = looks.map(({ epoch }) => epoch);
  const above = (values: readonly number[]) => ({ x, y: values.map((objective) => objective - optimum) });
  const here = above(looks.map(({ objective }) => objective));
  const lines = { 'float32, this adapter': here, 'float64, plain JavaScript': { ...above(float64), style: 'dashed' as const } };
  return figures.curves(lines, {
    ...{ title: 'Gradient descent on the way to the optimum', x: 'epoch', y: { label: 'loss above the optimum (nats)', log: true } },
    caption:
      'Training loss above the least there is, which Newton’s method finds in float64. The same descent from the same weights, once in float32 on this adapter, once in float64 in plain JavaScript; they part where float32 has no more digits.',
  });
}

/** Houses with the log-odds that the model gives them. */
export type Scored = Group & { readonly scores: ArrayLike<number> };
export type Decided = Readonly<Record<'training' | 'validation' | 'test' | 'between', Scored>>;

/** The course's second figure, and what else tells how the decision falls: by price, in sureness, and at other thresholds. */
export function decisionFigure({ features, cheap, expensive }: Houses, { between, ...parts }: Decided): Figure {
  const { scores, count, fields } = parts.test;
  const right = measure(scores, fields.y.data).accuracy;
  const probabilities = (of: Scored) => Array.from(of.scores, sigmoid);
  const [cheaper, dearer] = [0, 1].map((value) => probabilities(parts.test).filter((_, row) => fields.y.data[row] === value));
  const sureness = figures.histogram(
    { cheap: cheaper, expensive: dearer },
    { title: 'How sure it is', x: 'probability of being expensive (%)', y: 'test houses', bins: 10, range: [0, 1] },
  );
  const judged = Object.entries(parts).map(([name, of]) => [name, { probabilities: probabilities(of), labels: of.fields.y.data }]);
  const x = 'called expensive from this probability on (%)';
  const byThreshold = figures.thresholds(Object.fromEntries(judged), { title: 'Accuracy by threshold', x });
  const thousands = (dollars: number) => `$${Math.round(dollars / 1000)}k`;
  return figures.join([...placeFigures(features, parts.test, between), sureness, byThreshold], {
    title: `Cheap or expensive: ${Math.round(right * count)} of ${count} test houses right (${figures.percent(right)})`,
    caption: `Cheap: up to ${thousands(cheap)}; expensive: from ${thousands(expensive)}. Houses between were not part of training or of any accuracy. Points are moved a little where they would hide each other.`,
    columns: 2,
  });
}

/** Probability and price along the feature itself, when there is only one; several only by the score that they add up to. */
function placeFigures(features: readonly string[], test: Scored, between: Scored): Figure[] {
  const single = features.length === 1;
  const x = single ? labelOf(features[0]) : 'score (log-odds)';
  const places = ({ fields, scores }: Scored) => Array.from(single ? fields.x.data : scores);
  const shown = (of: Scored) => (single ? figures.movedApart(places(of)) : places(of));
  const prices = ({ fields }: Scored) => Array.from(fields.price.data, (dollars) => dollars / 1000);
  // The score is linear along the axis, so that two houses say what it is everywhere.
  const [low, high] = [Math.min(...places(test)), Math.max(...places(test))];
  const [first, last] = [low, high].map((place) => test.scores[places(test).indexOf(place)]);
  const curve = Array.from({ length: 101 }, (_, i) => i / 100);
  const model = { x: curve.map((at) => low + at * (high - low)), y: curve.map((at) => sigmoid(first + at * (last - first))), colour: LINE };
  const threshold = low - (first * (high - low)) / (last - first);
  const { data: labels } = test.fields.y;
  const random = new Random(1);
  const pairs = (y: readonly number[]) => shown(test).flatMap((place, i) => [place, y[i]]);
  const beside = Array.from(labels, (label) => label + (label ? 1 : -1) * random.uniform(0.03, 0.11));
  const probability = { label: 'probability of being expensive (%)', min: -0.14, max: 1.14 };
  const all = {
    between: { x: shown(between), y: prices(between), style: 'points', colour: BETWEEN, shape: 'diamond' } as const,
    ...figures.classes(pairs(prices(test)), labels, { names }),
    threshold: { x: [threshold, threshold], y: [0, 1.05 * Math.max(...prices(test))], style: 'dashed', colour: LINE } as const,
  };
  return [
    figures.curves({ ...figures.classes(pairs(beside), labels, { names }), model }, { title: 'Probability', x, y: probability }),
    figures.curves(all, { title: 'Price', x, y: { label: 'price (thousand dollars)', min: 0 } }),
  ];
}

/** Houses by two of their features, [houses, 2], and whether they are expensive. */
export interface Placed {
  readonly points: readonly number[];
  readonly labels: readonly number[];
}

export function placed({ fields: { x, y }, count }: Group, features: readonly string[], axes: readonly string[]): Placed {
  const at = axes.map((name) => features.indexOf(name));
  const points = Array.from({ length: count }, (_, row) => at.map((i) => x.data[row * features.length + i]));
  return at.includes(-1) ? { points: [], labels: [] } : { points: points.flat(), labels: Array.from(y.data) };
}

/** Scores are linear in the plane, so that a coarse grid has straight lines. */
export const COARSE = { columns: 9, rows: 9 };

/** Where houses are expensive in the plane of two features: scores at a grid's points, houses, and a house of one's own. `note` ends the caption. */
export function planeFigure(
  title: string,
  axes: readonly string[],
  [grid, scores]: readonly [figures.Grid, ArrayLike<number>],
  { points, labels }: Placed,
  { own, note = '' }: { readonly own?: readonly [x: number, y: number]; readonly note?: string } = {},
): Figure {
  const star = own && ({ 'your house': { ...figures.path([own]), style: 'points', colour: LINE, shape: 'star' } } as const);
  return figures.surface(scores, grid, {
    ...{ title, axes: [labelOf(axes[0]), labelOf(axes[1])], levels: [0.1, 0.5, 0.9].map(logit) },
    over: { ...figures.classes(points, labels, { names, apart: true }), ...star },
    caption: `The darker, the likelier expensive; lines at 10, 50 and 90 %.${labels.length ? ' Points: test houses.' : ''}${note}`,
  });
}
