import { type Axis, type Contours, type Figure, type Panel, Random, type Series } from '../../../index.ts';
import { type Group, type Houses, labelOf, type Statistics } from './houses.ts';
import { logit, type Measured, measure, sigmoid } from './reference.ts';

/** The same colours for the same things in every panel; training, validation and test have those that they have everywhere. */
const colour = { cheap: 0, expensive: 1, between: 9, line: 6 } as const;
const classes = [
  { name: 'cheap', colour: colour.cheap, shape: 'circle' },
  { name: 'expensive', colour: colour.expensive, shape: 'square' },
] as const;

const chart = (title: string, x: Axis, y: Axis, series: readonly Series[]): Panel => ({ kind: 'chart', title, x, y, series });

/** One look at the model between two steps. */
export interface Look {
  readonly epoch: number;
  readonly step: number;
  /** Standardised, the bias last. */
  readonly weights: readonly number[];
  readonly training: Measured;
  readonly validation: Measured;
  /** Training loss and penalty: what is minimised. */
  readonly objective: number;
}

/** The course's first figure: training and validation loss, and what they are worth in accuracy. */
export function lossFigure(looks: readonly Look[], optimum: number | undefined): Figure {
  const x = looks.map(({ step }) => step);
  const lines = (of: 'loss' | 'accuracy') =>
    (['training', 'validation'] as const).map((part): Series => ({ name: part, x, y: looks.map((look) => look[part][of]) }));
  const least = { name: 'optimum for training', x: [0, x.at(-1)!], style: 'dashed', colour: colour.line } as const;
  // The first look is at weights that know nothing yet; room for it would press all others together.
  const learnt = looks.slice(1).flatMap(({ training, validation }) => [training.accuracy, validation.accuracy]);
  const lowest = Math.floor(20 * Math.min(...learnt) - 0.2) / 20;
  return {
    title: 'Training and validation',
    columns: 2,
    panels: [
      chart('Loss', { label: 'step' }, { label: 'binary cross-entropy (nats)', min: 0 }, [
        ...lines('loss'),
        ...(optimum === undefined ? [] : [{ ...least, y: [optimum, optimum] }]),
      ]),
      chart('Accuracy', { label: 'step' }, { label: 'accuracy (%)', min: lowest, max: 1 }, lines('accuracy')),
    ],
  };
}

/** How far gradient descent is above the optimum, here and in float64. */
export function checkFigure(looks: readonly Look[], float64: readonly number[], optimum: number): Figure {
  const x = looks.map(({ step }) => step);
  return {
    title: 'Gradient descent on the way to the optimum',
    caption:
      'Training loss above the least there is, which Newton’s method finds in float64. The same descent from the same weights, once in float32 on this adapter, once in float64 in plain JavaScript; they part where float32 has no more digits.',
    panels: [
      chart('', { label: 'step' }, { label: 'loss above the optimum (nats)', log: true }, [
        { name: 'float32, this adapter', x, y: looks.map(({ objective }) => objective - optimum), colour: 0 },
        { name: 'float64, plain JavaScript', x, y: float64.map((objective) => objective - optimum), style: 'dashed', colour: 1 },
      ]),
    ],
  };
}

export type Scored = Group & { readonly scores: ArrayLike<number> };

interface Decision extends Readonly<Record<'training' | 'validation' | 'test' | 'between', Scored>> {
  readonly houses: Houses;
  readonly statistics: Statistics;
  /** Standardised weights, the bias last. */
  readonly weights: readonly number[];
}

/** The course's second figure, and what else tells how the decision falls: by price, in sureness, and at other thresholds. */
export function decisionFigure(decision: Decision): Figure {
  const { test, houses } = decision;
  const { accuracy } = measure(test.scores, test.y);
  const thousands = (dollars: number) => `$${Math.round(dollars / 1000)}k`;
  return {
    title: `Cheap or expensive: ${Math.round(accuracy * test.y.length)} of ${test.y.length} test houses right (${(100 * accuracy).toFixed(1)} %)`,
    caption: `Cheap: up to ${thousands(houses.cheap)}; expensive: from ${thousands(houses.expensive)}. Houses between were not part of training or of any accuracy. Points are moved a little where they would hide each other.`,
    columns: 2,
    panels: [...placePanels(decision), surenessPanel(test), thresholdPanel(decision)],
  };
}

/** Probability and price along the feature itself, when there is only one; several only by the score that they add up to. */
function placePanels({ houses: { features }, statistics: { mean, deviation }, weights, test, between }: Decision): Panel[] {
  const single = features.length === 1;
  const label = single ? labelOf(features[0]) : 'score (log-odds)';
  const scoreAt = (x: number) => (single ? (weights[0] * (x - mean[0])) / deviation[0] + weights[1] : x);
  const along = ({ x, y, scores }: Scored, wanted: (y: number) => boolean) => {
    const rows = [...y.keys()].filter((row) => wanted(y[row]));
    const places = rows.map((row) => (single ? x[row] : scores[row]));
    return { rows, x: single ? apart(places, 0.12, rows.length) : places };
  };
  const random = new Random(1);
  const byProbability = classes.map((style, value): Series => {
    const { rows, x } = along(test, (y) => y === value);
    return { ...style, style: 'points', x, y: rows.map(() => value + (value ? 1 : -1) * random.uniform(0.03, 0.11)) };
  });
  const all = byProbability.flatMap(({ x }) => x);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const curve = Array.from({ length: 101 }, (_, i) => low + ((high - low) * i) / 100);
  const byPrice = (scored: Scored, wanted: (y: number) => boolean, style: Pick<Series, 'name' | 'colour' | 'shape'>): Series => {
    const { rows, x } = along(scored, wanted);
    return { ...style, style: 'points', x, y: rows.map((row) => scored.prices[row] / 1000) };
  };
  const prices = [
    byPrice(between, () => true, { name: 'between', colour: colour.between, shape: 'diamond' }),
    ...classes.map((style, value) => byPrice(test, (y) => y === value, style)),
  ];
  // The score is linear along the axis, so two of its values say where it is 0.
  const threshold = scoreAt(0) / (scoreAt(0) - scoreAt(1));
  const top = 1.05 * Math.max(...prices.flatMap(({ y }) => y));
  return [
    chart('Probability', { label }, { label: 'probability of being expensive (%)', min: -0.14, max: 1.14 }, [
      ...byProbability,
      { name: 'model', x: curve, y: curve.map((x) => sigmoid(scoreAt(x))), colour: colour.line },
    ]),
    chart('Price', { label }, { label: 'price (thousand dollars)', min: 0 }, [
      ...prices,
      { name: 'threshold', x: [threshold, threshold], y: [0, top], style: 'dashed', colour: colour.line },
    ]),
  ];
}

/** Grades and counts would stand on top of each other. */
function apart(values: readonly number[], by: number, seed: number): readonly number[] {
  const random = new Random(seed);
  return new Set(values).size < 20 ? values.map((value) => value + random.uniform(-by, by)) : values;
}

/** A histogram of the probabilities: a sure model has its houses at the ends. */
function surenessPanel({ y, scores }: Scored): Panel {
  const bins = Array.from({ length: 10 }, (_, i) => i);
  const binOf = (score: number) => Math.min(9, Math.floor(sigmoid(score) * 10));
  const series = classes.map(({ name, colour }, value): Series => {
    const own = Array.from(scores).filter((_, row) => y[row] === value);
    return {
      name,
      colour,
      style: 'bars',
      x: bins.map((i) => (i + 0.5) / 10),
      y: bins.map((i) => own.filter((score) => binOf(score) === i).length),
    };
  });
  return chart('How sure it is', { label: 'probability of being expensive (%)', min: 0, max: 1 }, { label: 'test houses', min: 0 }, series);
}

function thresholdPanel(decision: Decision): Panel {
  const thresholds = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const series = (['training', 'validation', 'test'] as const).map((name): Series => {
    const { scores, y } = decision[name];
    const accuracyFrom = (threshold: number) =>
      measure(
        Array.from(scores, (score) => score - logit(threshold)),
        y,
      ).accuracy;
    return { name, x: thresholds, y: thresholds.map(accuracyFrom) };
  });
  return chart(
    'Accuracy by threshold',
    { label: 'called expensive from this probability on (%)', min: 0, max: 1 },
    { label: 'accuracy (%)' },
    series,
  );
}

/** The plane of two features. */
export type Plane = Readonly<Record<'x' | 'y', { readonly label: string; readonly min: number; readonly max: number }>>;

/** A house in it: where, and whether it is expensive. */
export type Placed = readonly [x: number, y: number, expensive: number];

/** Houses by two of the features. */
export function placed({ x, y }: Group, features: readonly string[], axes: readonly string[]): Placed[] {
  const [i, k] = axes.map((name) => features.indexOf(name));
  return Array.from(y, (label, row) => [x[row * features.length + i], x[row * features.length + k], label]);
}

/** A plane with room for all of these houses. */
export function planeOf(houses: readonly Placed[], axes: readonly string[]): Plane {
  const [x, y] = axes.map((name, i) => {
    const values = houses.map((house) => house[i]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const room = 0.05 * (high - low) || 1;
    return { label: labelOf(name), min: low - room, max: high + room };
  });
  return { x, y };
}

/** Scores are linear in the plane, so that a coarse grid has straight lines. */
const GRID = 9;

/** Points to ask the model for. */
export function gridOf({ x, y }: Plane): [number, number][] {
  const along = ({ min, max }: Plane['x'], place: number) => min + ((max - min) * place) / (GRID - 1);
  return Array.from({ length: GRID * GRID }, (_, i) => [along(x, i % GRID), along(y, Math.floor(i / GRID))]);
}

/** Where houses are expensive in the plane of two features. `scores` are those at {@link gridOf}'s points; `note` ends the caption. */
export function planeFigure(
  title: string,
  { x, y }: Plane,
  scores: ArrayLike<number>,
  houses: readonly Placed[],
  marked: readonly Series[] = [],
  note = '',
): Figure {
  const levels = [0.1, 0.5, 0.9].map(logit);
  const contours: Contours = { values: scores, columns: GRID, rows: GRID, x: [x.min, x.max], y: [y.min, y.max], levels };
  const series =
    houses.length === 0
      ? []
      : classes.map((style, value): Series => {
          const own = houses.filter(([, , expensive]) => expensive === value);
          const [across, up] = [0, 1].map((axis) => own.map((house) => house[axis]));
          return { ...style, style: 'points', x: apart(across, 0.25, 2), y: apart(up, 0.25, 2) };
        });
  return {
    title,
    caption: `The darker, the likelier expensive; lines at 10, 50 and 90 %.${houses.length ? ' Points: test houses.' : ''}${note}`,
    panels: [{ kind: 'chart', x, y, contours, series: [...series, ...marked] }],
  };
}

export const mark = (name: string, [x, y]: ArrayLike<number> & Iterable<number>): Series => ({
  name,
  x: [x],
  y: [y],
  style: 'points',
  colour: colour.line,
  shape: 'star',
});
