import { type Figure, type Panel, Random, type Series } from '../../../index.ts';
import { type Houses, labelOf, type Part, type Split } from './houses.ts';
import { logit, type Measured, measure, sigmoid } from './reference.ts';

/** One look at the model between two steps. */
export interface Look {
  readonly step: number;
  readonly training: Measured;
  readonly validation: Measured;
  /** Training loss and penalty: what is minimised. */
  readonly objective: number;
}

export type Scored = { readonly part: Part; readonly scores: ArrayLike<number> };

/** The same colours for the same things in every panel. */
export const colour = { cheap: 0, expensive: 1, between: 9, training: 2, validation: 3, test: 4, line: 6 } as const;

/** The course's first figure: training and validation loss, and what they are worth in accuracy. */
export function lossFigure(looks: readonly Look[], optimum: number | undefined): Figure {
  const x = looks.map(({ step }) => step);
  const lines = (of: (measured: Measured) => number): Series[] => [
    { name: 'training', x, y: looks.map(({ training }) => of(training)), colour: colour.training },
    { name: 'validation', x, y: looks.map(({ validation }) => of(validation)), colour: colour.validation },
  ];
  const best: Series[] =
    optimum === undefined
      ? []
      : [{ name: 'optimum for training', x: [x[0], x[x.length - 1]], y: [optimum, optimum], style: 'dashed', colour: colour.line }];
  // The first look is at weights that know nothing yet; room for it would press all others together.
  const learnt = looks.slice(1).flatMap(({ training, validation }) => [training.accuracy, validation.accuracy]);
  const lowest = Math.floor(20 * Math.min(...learnt) - 0.2) / 20;
  return {
    title: 'Training and validation',
    columns: 2,
    panels: [
      {
        kind: 'chart',
        title: 'Loss',
        x: { label: 'step' },
        y: { label: 'binary cross-entropy (nats)', min: 0 },
        series: [...lines(({ loss }) => loss), ...best],
      },
      {
        kind: 'chart',
        title: 'Accuracy',
        x: { label: 'step' },
        y: { label: 'accuracy (%)', min: lowest, max: 1 },
        series: lines(({ accuracy }) => accuracy),
      },
    ],
  };
}

interface Decision {
  readonly houses: Houses;
  readonly split: Split;
  readonly test: Scored;
  readonly between: Scored;
  readonly training: Scored;
  readonly validation: Scored;
  /** Standardised weights, the bias last. */
  readonly weights: ArrayLike<number>;
}

/** The course's second figure, and what else tells how the decision falls: by price, in sureness, and at other thresholds. */
export function decisionFigure(decision: Decision): Figure {
  const { test } = decision;
  const { accuracy } = measure(test.scores, test.part.y);
  const wrong = Math.round((1 - accuracy) * test.part.y.length);
  return {
    title: `Cheap or expensive: ${test.part.y.length - wrong} of ${test.part.y.length} test houses right (${(100 * accuracy).toFixed(1)} %)`,
    caption: `Cheap: up to $${thousands(decision.houses.cheap)}; expensive: from $${thousands(decision.houses.expensive)}. Houses between were not part of training or of any accuracy. Points are moved a little where they would hide each other.`,
    columns: 2,
    panels: [probabilityPanel(decision), pricePanel(decision), surenessPanel(test), thresholdPanel(decision)],
  };
}

const thousands = (dollars: number) => `${Math.round(dollars / 1000)}k`;

/** One feature can be shown as it is; several only by the score that they add up to. */
function place({ houses, split, weights }: Decision) {
  const { mean, deviation } = split.statistics;
  if (houses.features.length > 1) return { label: 'score (log-odds)', of: (_: Part, score: number) => score, scoreAt: (x: number) => x };
  return {
    label: labelOf(houses.features[0]),
    of: (part: Part, _: number, row: number) => part.x[row],
    scoreAt: (x: number) => (weights[0] * (x - mean[0])) / deviation[0] + weights[1],
  };
}

/** Where houses of one class stand along the axis. */
function along(decision: Decision, { part, scores }: Scored, wanted: (row: number) => boolean): { rows: number[]; x: number[] } {
  const { of } = place(decision);
  const rows = Array.from(part.y.keys()).filter(wanted);
  const x = rows.map((row) => of(part, scores[row], row));
  const random = new Random(rows.length);
  // Grades and counts would stand on top of each other.
  const few = new Set(x).size < 20 && decision.houses.features.length === 1;
  return { rows, x: few ? x.map((value) => value + random.uniform(-0.12, 0.12)) : x };
}

function probabilityPanel(decision: Decision): Panel {
  const { label, scoreAt } = place(decision);
  const random = new Random(1);
  const { test } = decision;
  const group = (name: string, value: number, shape: Series['shape']): Series => {
    const { rows, x } = along(decision, test, (row) => test.part.y[row] === value);
    return {
      name,
      x,
      y: rows.map(() => value + (value ? 1 : -1) * random.uniform(0.03, 0.11)),
      style: 'points',
      colour: value ? colour.expensive : colour.cheap,
      shape,
    };
  };
  const groups = [group('cheap', 0, 'circle'), group('expensive', 1, 'square')];
  const all = groups.flatMap(({ x }) => x);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const curve = Array.from({ length: 101 }, (_, i) => low + ((high - low) * i) / 100);
  return {
    kind: 'chart',
    title: 'Probability',
    x: { label },
    y: { label: 'probability of being expensive (%)', min: -0.14, max: 1.14 },
    series: [...groups, { name: 'model', x: curve, y: curve.map((x) => sigmoid(scoreAt(x))), colour: colour.line }],
  };
}

function pricePanel(decision: Decision): Panel {
  const { test, between } = decision;
  const { label, scoreAt } = place(decision);
  const group = (name: string, scored: Scored, wanted: (row: number) => boolean, style: Pick<Series, 'colour' | 'shape'>): Series => {
    const { rows, x } = along(decision, scored, wanted);
    return { name, x, y: rows.map((row) => scored.part.prices[row] / 1000), style: 'points', ...style };
  };
  const groups = [
    group('between', between, () => true, { colour: colour.between, shape: 'diamond' }),
    group('cheap', test, (row) => test.part.y[row] === 0, { colour: colour.cheap, shape: 'circle' }),
    group('expensive', test, (row) => test.part.y[row] === 1, { colour: colour.expensive, shape: 'square' }),
  ];
  // The score is linear along the axis, so two of its values say where it is 0.
  const [at0, at1] = [scoreAt(0), scoreAt(1)];
  const threshold = at0 / (at0 - at1);
  const top = Math.max(...groups.flatMap(({ y }) => y));
  return {
    kind: 'chart',
    title: 'Price',
    x: { label },
    y: { label: 'price (thousand dollars)', min: 0 },
    series: [...groups, { name: 'threshold', x: [threshold, threshold], y: [0, top * 1.05], style: 'dashed', colour: colour.line }],
  };
}

/** A histogram of the probabilities: a sure model has its houses at the ends. */
function surenessPanel({ part, scores }: Scored): Panel {
  const bins = 10;
  const counts = (value: number) => {
    const result = new Array<number>(bins).fill(0);
    part.y.forEach((y, row) => {
      if (y === value) result[Math.min(bins - 1, Math.floor(sigmoid(scores[row]) * bins))]++;
    });
    return result;
  };
  const x = Array.from({ length: bins }, (_, i) => (i + 0.5) / bins);
  return {
    kind: 'chart',
    title: 'How sure it is',
    x: { label: 'probability of being expensive (%)', min: 0, max: 1 },
    y: { label: 'test houses', min: 0 },
    series: [
      { name: 'cheap', x, y: counts(0), style: 'bars', colour: colour.cheap },
      { name: 'expensive', x, y: counts(1), style: 'bars', colour: colour.expensive },
    ],
  };
}

function thresholdPanel({ training, validation, test }: Decision): Panel {
  const thresholds = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const line = (name: string, { part, scores }: Scored, place: number): Series => ({
    name,
    x: thresholds,
    y: thresholds.map((threshold) => {
      const shift = logit(threshold);
      return measure(
        Array.from(scores, (score) => score - shift),
        part.y,
      ).accuracy;
    }),
    colour: place,
  });
  return {
    kind: 'chart',
    title: 'Accuracy by threshold',
    x: { label: 'called expensive from this probability on (%)', min: 0, max: 1 },
    y: { label: 'accuracy (%)' },
    series: [
      line('training', training, colour.training),
      line('validation', validation, colour.validation),
      line('test', test, colour.test),
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
      {
        kind: 'chart',
        x: { label: 'step' },
        y: { label: 'loss above the optimum (nats)', log: true },
        series: [
          { name: 'float32, this adapter', x, y: looks.map(({ objective }) => objective - optimum), colour: 0 },
          { name: 'float64, plain JavaScript', x, y: float64.map((objective) => objective - optimum), style: 'dashed', colour: 1 },
        ],
      },
    ],
  };
}
