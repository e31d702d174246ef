import { type EpochResult, type Figure, figures, Random, type Tensor } from '../../../index.ts';
import { fieldOf, type Group, type Houses, labelOf, type Split } from './houses.ts';
import { sampleOf, scoresOf, sigmoid } from './reference.ts';

/** Classes by their number. */
const names = ['cheap', 'expensive'] as const;
/** The palette's grey. */
const BETWEEN = 9;

/** The training loss at a place of the training: here, and of the same descent in float64. */
export type Look = { readonly epoch: number; readonly float32: number; readonly float64: number };

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
export function checkFigure(looks: readonly Look[], optimum: number): Figure {
  const above = (loss: 'float32' | 'float64') => figures.path(looks.map((look) => [look.epoch, look[loss] - optimum]));
  const float64 = { ...above('float64'), style: 'dashed' as const };
  const lines = { 'float32, this adapter': above('float32'), 'float64, plain JavaScript': float64 };
  return figures.curves(lines, {
    ...{ title: 'Gradient descent on the way to the optimum', x: 'epoch', y: { label: 'loss above the optimum (nats)', log: true } },
    caption:
      'Training loss above the least there is, which Newton’s method finds in float64. The same descent from the same weights, once in float32 on this adapter, once in float64 in plain JavaScript; they part where float32 has no more digits.',
  });
}

/** Houses with the log-odds that a model gives them. */
type Scored = Group & { readonly scores: ArrayLike<number> };

/** The course's second figure, and what else tells how the decision of these weights falls: by price, in sureness, and at other thresholds. */
export function decisionFigure({ features, cheap, expensive }: Houses, split: Split, weights: readonly number[]): Figure {
  const { train, validation, test, between, statistics } = split;
  const scored = (group: Group): Scored => ({ ...group, scores: scoresOf(sampleOf(group.fields, statistics), weights) });
  const judged = (group: Group) => ({ probabilities: Array.from(scored(group).scores, sigmoid), labels: group.fields.y.data });
  const all = { training: judged(train), validation: judged(validation), test: judged(test) };
  const right = all.test.probabilities.filter((p, i) => p > 0.5 === all.test.labels[i] > 0.5).length;
  const x = 'probability of being expensive (%)';
  const sureness = figures.sureness(all.test, { names, title: 'How sure it is', x, y: 'test houses' });
  const byThreshold = figures.thresholds(all, { title: 'Accuracy by threshold', x: 'called expensive from this probability on (%)' });
  // One feature is shown as it is; several only as the score that they add up to.
  const score = (place: number) =>
    features.length > 1 ? place : scoresOf(sampleOf({ x: { data: [place] }, y: { data: [0] } }, statistics), weights)[0];
  const places = placeFigures(features, scored(test), scored(between), score);
  const thousands = (dollars: number) => `$${Math.round(dollars / 1000)}k`;
  return figures.join([...places, sureness, byThreshold], {
    title: `Cheap or expensive: ${right} of ${test.count} test houses right (${figures.percent(right / test.count)})`,
    caption: `Cheap: up to ${thousands(cheap)}; expensive: from ${thousands(expensive)}. Houses between were not part of training or of any accuracy. Points are moved a little where they would hide each other.`,
    columns: 2,
  });
}

/** Probability and price along the feature itself, when there is only one, else along the score. `score` is that of a place on the axis. */
function placeFigures(features: readonly string[], test: Scored, between: Scored, score: (place: number) => number): Figure[] {
  const single = features.length === 1;
  const x = single ? labelOf(features[0]) : 'score (log-odds)';
  const places = ({ fields, scores }: Scored) => Array.from(single ? fields.x.data : scores);
  const prices = ({ fields }: Scored) => Array.from(fields.price.data, (dollars) => dollars / 1000);
  const ends = [Math.min(...places(test)), Math.max(...places(test))] as const;
  const model = { ...figures.graph((place) => sigmoid(score(place)), ends), colour: figures.INK };
  const even = score(0) / (score(0) - score(1));
  const threshold = figures.dashed([even, 0], [even, 1.05 * Math.max(...prices(test))]);
  const random = new Random(1);
  const { data: labels } = test.fields.y;
  const beside = Array.from(labels, (label) => label + (label ? 1 : -1) * random.uniform(0.03, 0.11));
  const pairs = (y: readonly number[]) => figures.movedApart(places(test)).flatMap((place, i) => [place, y[i]]);
  const all = {
    between: { x: figures.movedApart(places(between)), y: prices(between), style: 'points', colour: BETWEEN, shape: 'diamond' } as const,
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

/** Where houses are expensive in the plane of two features, by their scores, and a house of one's own. `note` ends the caption. */
export async function planeFigure(
  title: string,
  axes: readonly string[],
  score: (points: Tensor) => Tensor,
  houses: Placed,
  { own, note = '' }: { readonly own?: readonly [x: number, y: number]; readonly note?: string } = {},
): Promise<Figure> {
  // Scores are linear in the plane, so that a coarse grid has straight lines.
  const size = { columns: 9, rows: 9 };
  const [x, y] = axes.map((axis) => fieldOf(axis, 0, 1));
  const grid = own ? figures.grid([x.min, x.max], [y.min, y.max], size) : figures.gridAround(houses.points, size);
  return figures.decision(await figures.valuesOn(grid, score), grid, {
    ...{ title, axes: [labelOf(axes[0]), labelOf(axes[1])], ...houses, names, apart: true },
    over: own ? { 'your house': figures.marks([own], 'star') } : {},
    caption: `The stronger the blue, the likelier expensive; lines at 10, 50 and 90 %.${houses.labels.length ? ' Points: test houses.' : ''}${note}`,
  });
}

/** What each feature of a house adds to its log-odds, above the mean house, whose they are without. */
export function contributionsFigure(features: readonly string[], mean: number, added: ArrayLike<number>): Figure {
  const bars = [mean, ...Array.from(added)];
  const score = bars.reduce((sum, part) => sum + part, 0);
  const labels = ['mean house', ...features.map((feature) => labelOf(feature).replace(/ \(.*/, ''))];
  const title = `Expensive with a probability of ${figures.probability(sigmoid(score))}`;
  const caption = `What each feature adds, compared with the mean house: together ${score > 0 ? '+' : ''}${figures.fixed(score)}. Above 0 it is likelier expensive than not.`;
  return figures.bars(labels, { 'adds to the log-odds': bars }, { title, y: 'log-odds', caption });
}
