// Metrics of decisions: how often the highest score is the label's. Counts are whole numbers, exact however many there are.
import { either, expectKind, finite, listOf, oneOf, positive } from '../../engine/graph/arguments.ts';
import { TilegradError } from '../../engine/graph/errors.ts';
import type { Tensor } from '../../engine/graph/tensor.ts';
import { iota } from '../../engine/ops/create.ts';
import { degree } from '../../engine/ops/segment.ts';
import {
  expectMetricOptions,
  type Found,
  type Labelled,
  type LabelOptions,
  type Lists,
  labelled,
  type Metric,
  type Numbers,
  type Of,
  totalOf,
} from './metric.ts';

/**
 * Share of samples, or pixels, whose highest score is the label's: `accuracy`. Of equal scores the first class wins; NaN is never right.
 * Logits [n, classes, ..] and labels [n, ..], or for two classes one logit each, in the labels' shape.
 */
export function accuracy<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Numbers<'accuracy'>> {
  return amongHighest('accuracy', 1, scores, labels, options);
}

/** Share of samples whose label is among the k highest scores: `top5`. Of equal scores the first classes win. */
export function topK<B, const K extends number>(
  k: K,
  scores: Of<B>,
  labels: Of<B>,
  options: LabelOptions = {},
): Metric<B, Numbers<`top${K}`>> {
  expectKind('topK', 'k', k, positive);
  return amongHighest(`top${k}`, k, scores, labels, options);
}

function amongHighest<B, N extends string>(name: N, k: number, scores: Of<B>, labels: Of<B>, options: LabelOptions): Metric<B, Numbers<N>> {
  expectMetricOptions(name, options);
  return {
    sums(batch) {
      const all = labelled(name, scores(batch), labels(batch), options);
      return { right: rightOnes(all, k).logicalAnd(all.kept).countNonzero(), ...all.counts };
    },
    value: (found) => ({ [name]: found.right![0]! / totalOf(name, found) }) as Numbers<N>,
  };
}

/** bool [n]: fewer than k classes stand before the label's. Comparisons with NaN don't hold, so what isn't lower stands before it. */
function rightOnes({ scores, binary, labels, classes }: Labelled, k: number): Tensor {
  if (binary)
    return k > 1
      ? labels.lt(2)
      : labels
          .eq(1)
          .logicalAnd(scores.gt(0))
          .logicalOr(labels.eq(0).logicalAnd(scores.le(0)));
  const place = iota(scores.shape, 1);
  const own = labels.unsqueeze(1).expand(scores.shape);
  // A label that is no class has no score: nothing is lower, and all stand before it.
  const score = scores.where(place.eq(own), 0).sum(1);
  const others = score.unsqueeze(1).expand(scores.shape);
  const behind = scores.lt(others).logicalOr(scores.eq(others).logicalAnd(place.gt(own)));
  return behind
    .countNonzero(1)
    .ge(classes - k)
    .logicalAnd(labels.lt(classes))
    .logicalAnd(score.isNaN().logicalNot());
}

/** u32 [classes²]: samples by label and decision, the label's row by row. */
function pairs({ scores, binary, labels, kept, classes }: Labelled): Tensor {
  const decided = (binary ? scores.gt(0) : scores.argMax(1)).cast('u32');
  // What doesn't count has a place of its own, behind the others.
  const cells = classes * classes;
  const place = labels.mul(classes).add(decided).where(labels.lt(classes).logicalAnd(kept), cells);
  return degree(place, cells + 1).slice([[0, cells]]);
}

/** Counts by label and decision, and what to make of them. */
function fromConfusion<B, R extends Found>(
  name: string,
  scores: Of<B>,
  labels: Of<B>,
  options: LabelOptions,
  value: (matrix: Matrix) => R,
): Metric<B, R> {
  return {
    sums(batch) {
      const all = labelled(name, scores(batch), labels(batch), options);
      return { cells: pairs(all), ...all.counts };
    },
    value(found) {
      totalOf(name, found);
      return value(new Matrix(found.cells!));
    },
  };
}

/** A confusion matrix, label by decision. */
class Matrix {
  readonly classes: number;
  /** Of each class: decided rightly, decided at all, labelled so. */
  readonly hits: readonly number[];
  readonly decided: readonly number[];
  readonly labelled: readonly number[];

  constructor(readonly cells: Float64Array) {
    this.classes = Math.round(Math.sqrt(cells.length));
    const each = Array.from({ length: this.classes }, (_, i) => i);
    const sum = (places: readonly number[]) => places.reduce((total, place) => total + cells[place]!, 0);
    this.hits = each.map((c) => cells[c * this.classes + c]!);
    this.labelled = each.map((row) => sum(each.map((column) => row * this.classes + column)));
    this.decided = each.map((column) => sum(each.map((row) => row * this.classes + column)));
  }

  /** A ratio for each class; NaN for one that there neither is nor is decided on. */
  ratios(of: (hits: number, decided: number, labelled: number) => number): number[] {
    return this.hits.map((hits, c) => {
      const [decided, labelled] = [this.decided[c]!, this.labelled[c]!];
      return decided + labelled === 0 ? Number.NaN : of(hits, decided, labelled);
    });
  }
}

/** Mean of those that are numbers. */
function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** How often each decision fell on each label: `confusion`, row by row, a row a label. `figures.confusion` draws it. */
export function confusion<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Lists<'confusion'>> {
  expectMetricOptions('confusion', options);
  return fromConfusion('confusion', scores, labels, options, ({ cells }) => ({ confusion: Array.from(cells) }));
}

export interface FScoreOptions extends LabelOptions {
  /** Weight of recall beside precision, or several. Default 1; the results are called `f1`, `f2`, `f0.5`. */
  readonly beta?: number | readonly number[];
  /**
   * `macro`: the classes' mean; `micro`: of all samples together; `none`: a list with one for each class; `binary`: of class 1 of two. Default `macro`.
   */
  readonly average?: 'macro' | 'micro' | 'none' | 'binary';
}

/**
 * `precision` (right among those decided for a class), `recall` (right among those of a class), and their weighted harmonic mean
 * F_β = (1 + β²)·hits / (β²·labelled + decided). 0/0 is 0; a class that there neither is nor is decided on is left out of a mean, NaN in a list.
 */
export function fScore<B, const O extends FScoreOptions = Record<never, never>>(
  scores: Of<B>,
  labels: Of<B>,
  options: O = {} as O,
): Metric<B, FScores<O>> {
  expectMetricOptions('fScore', options, { beta: either(finite, listOf(finite)), average: oneOf('macro', 'micro', 'none', 'binary') });
  const { beta = 1, average = 'macro', ...rest }: FScoreOptions = options;
  const betas = [beta].flat();
  for (const beta of betas) if (beta < 0) throw new TilegradError(`fScore: expected beta ≥ 0, got ${beta}`);
  const formulas: Record<string, (hits: number, decided: number, labelled: number) => number> = {
    precision: share,
    recall: (hits, _, labelled) => share(hits, labelled),
  };
  for (const beta of betas) {
    formulas[`f${beta}`] = (hits, decided, labelled) => share((1 + beta ** 2) * hits, beta ** 2 * labelled + decided);
  }
  return fromConfusion('fScore', scores, labels, rest, (matrix) => {
    if (average === 'binary' && matrix.classes !== 2) {
      throw new TilegradError(`fScore: expected two classes for the average 'binary', got ${matrix.classes}`);
    }
    const whole = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    const results = Object.entries(formulas).map(([name, formula]) => {
      const each = matrix.ratios(formula);
      if (average === 'none') return [name, each] as const;
      if (average === 'binary') return [name, formula(matrix.hits[1]!, matrix.decided[1]!, matrix.labelled[1]!)] as const;
      return [
        name,
        average === 'macro' ? meanOf(each) : formula(whole(matrix.hits), whole(matrix.decided), whole(matrix.labelled)),
      ] as const;
    });
    return Object.fromEntries(results) as FScores<O>;
  });
}

/** A number each, or with the average `none` a list. */
type FScores<O extends FScoreOptions> = Readonly<
  Record<
    | 'precision'
    | 'recall'
    | `f${O extends { readonly beta: infer F } ? (F extends number ? F : F extends readonly number[] ? F[number] : 1) : 1}`,
    O extends { readonly average: 'none' } ? readonly number[] : number
  >
>;

/**
 * Intersection over union of each class over all pixels, `iou`, and the mean of the classes, `meanIou`. A class that there neither is nor is
 * decided on is NaN, and not in the mean.
 */
export function meanIou<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Numbers<'meanIou'> & Lists<'iou'>> {
  expectMetricOptions('meanIou', options);
  return fromConfusion('meanIou', scores, labels, options, (matrix) => {
    const iou = matrix.ratios((hits, decided, labelled) => hits / (decided + labelled - hits));
    return { meanIou: meanOf(iou), iou };
  });
}

/** Dice's coefficient 2·|A ∩ B| / (|A| + |B|) of each class over all pixels, `diceByClass`, and the mean of the classes, `dice`; as {@link meanIou}. */
export function dice<B>(scores: Of<B>, labels: Of<B>, options: LabelOptions = {}): Metric<B, Numbers<'dice'> & Lists<'diceByClass'>> {
  expectMetricOptions('dice', options);
  return fromConfusion('dice', scores, labels, options, (matrix) => {
    const diceByClass = matrix.ratios((hits, decided, labelled) => (2 * hits) / (decided + labelled));
    return { dice: meanOf(diceByClass), diceByClass };
  });
}
