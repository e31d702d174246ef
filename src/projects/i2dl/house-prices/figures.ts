import { type EpochResult, type Figure, figures, Random } from '../../../index.ts';
import { type Group, type Houses, labelOf } from './houses.ts';
import { sigmoid } from './reference.ts';

/** Classes by their number. */
const names = ['cheap', 'expensive'] as const;
/** The palette's grey. */
const BETWEEN = 9;

/** The weights at a place of the training: standardised, the bias last. */
export type Look = { readonly epoch: number; readonly weights: readonly number[] };

/** The course's first figure: training and validation loss, and what they are worth in accuracy. */
export function lossFigure(results: readonly EpochResult[], optimum: number | undefined): Figure {
  const [{ training: before }, { epoch: end }] = [results[0], results.at(-1)!];
  const loss = { metric: 'loss', y: { label: 'binary cross-entropy (nats)', min: 0 } };
  const panels = {
    Loss: optimum === undefined ? loss : { ...loss, lines: { 'optimum for training': figures.dashed([1, optimum], [end, optimum]) } },
    Accuracy: { metric: 'accuracy', y: 'accuracy (%)' },
  };
  const caption = `Before the first step: ${figures.fixed(before.loss, 3)} nats, ${figures.percent(before.accuracy)} of the validation houses right.`;
  return figures.history(results, panels, { title: 'Training and validation', caption });
}

/** How far gradient descent is above the optimum, here and in float64. */
export function checkFigure(looks: readonly Look[], float32: readonly number[], float64: readonly number[], optimum: number): Figure {
  const above = (losses: readonly number[]) => figures.path(looks.map(({ epoch }, i) => [epoch, losses[i] - optimum]));
  const lines = { 'float32, this adapter': above(float32), 'float64, plain JavaScript': { ...above(float64), style: 'dashed' as const } };
  return figures.curves(lines, {
    ...{ title: 'Gradient descent on the way to the optimum', x: 'epoch', y: { label: 'loss above the optimum (nats)', log: true } },
    caption:
      'Training loss above the least there is, which Newton’s method finds in float64. The same descent from the same weights, once in float32 on this adapter, once in float64 in plain JavaScript; they part where float32 has no more digits.',
  });
}

/** Houses with the log-odds that the model gives them. */
type Scored = Group & { readonly scores: ArrayLike<number> };
type Decided = Readonly<Record<'training' | 'validation' | 'test' | 'between', Scored>>;

/** The course's second figure, and what else tells how the decision falls: by price, in sureness, and at other thresholds. */
export function decisionFigure({ features, cheap, expensive }: Houses, { training, validation, test, between }: Decided): Figure {
  const { scores, count, fields } = test;
  const right = Array.from(fields.y.data).filter((y, i) => scores[i] > 0 === y > 0.5).length;
  const judged = ({ scores, fields }: Scored) => ({ probabilities: Array.from(scores, sigmoid), labels: fields.y.data });
  const all = { training: judged(training), validation: judged(validation), test: judged(test) };
  const x = 'probability of being expensive (%)';
  const sureness = figures.sureness(all.test, { names, title: 'How sure it is', x, y: 'test houses' });
  const byThreshold = figures.thresholds(all, { title: 'Accuracy by threshold', x: 'called expensive from this probability on (%)' });
  const thousands = (dollars: number) => `$${Math.round(dollars / 1000)}k`;
  return figures.join([...placeFigures(features, test, between), sureness, byThreshold], {
    title: `Cheap or expensive: ${right} of ${count} test houses right (${figures.percent(right / count)})`,
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
  const slope = (last - first) / (high - low);
  const model = { ...figures.graph((place) => sigmoid(first + slope * (place - low)), [low, high]), colour: figures.INK };
  const even = low - first / slope;
  const threshold = figures.dashed([even, 0], [even, 1.05 * Math.max(...prices(test))]);
  const random = new Random(1);
  const { data: labels } = test.fields.y;
  const beside = Array.from(labels, (label) => label + (label ? 1 : -1) * random.uniform(0.03, 0.11));
  const pairs = (y: readonly number[]) => shown(test).flatMap((place, i) => [place, y[i]]);
  const all = {
    between: { x: shown(between), y: prices(between), style: 'points', colour: BETWEEN, shape: 'diamond' } as const,
    ...figures.classes(pairs(prices(test)), labels, { names }),
    threshold,
  };
  const y = { label: 'probability of being expensive (%)', min: -0.14, max: 1.14 };
  return [
    figures.curves({ ...figures.classes(pairs(beside), labels, { names }), model }, { title: 'Probability', x, y }),
    figures.curves(all, { title: 'Price', x, y: { label: 'price (thousand dollars)', min: 0 } }),
  ];
}

/** Houses by two of their features, [houses, 2], and whether they are expensive. */
export type Placed = { readonly points: readonly number[]; readonly labels: readonly number[] };

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
  houses: Placed,
  { own, note = '' }: { readonly own?: readonly [x: number, y: number]; readonly note?: string } = {},
): Figure {
  return figures.decision(scores, grid, {
    ...{ title, axes: [labelOf(axes[0]), labelOf(axes[1])], ...houses, names, apart: true },
    over: own ? { 'your house': figures.marks([own], 'star') } : {},
    caption: `The stronger the blue, the likelier expensive; lines at 10, 50 and 90 %.${houses.labels.length ? ' Points: test houses.' : ''}${note}`,
  });
}

/** What each feature of a house adds to its log-odds, above the mean house, whose they are without. */
export function contributionsFigure(features: readonly string[], mean: number, added: ArrayLike<number>): Figure {
  const bars = [mean, ...Array.from(added)];
  const score = bars.reduce((sum, part) => sum + part, 0);
  return figures.bars(
    ['mean house', ...features.map((feature) => labelOf(feature).replace(/ \(.*/, ''))],
    { 'adds to the log-odds': bars },
    {
      ...{ title: `Expensive with a probability of ${figures.probability(sigmoid(score))}`, y: 'log-odds' },
      caption: `What each feature adds, compared with the mean house: together ${score > 0 ? '+' : ''}${figures.fixed(score)}. Above 0 it is likelier expensive than not.`,
    },
  );
}
