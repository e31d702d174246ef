// Figures of cells and words: matrices, confusions, text by weight.

import { grouped } from '../../data/format-error.ts';
import { ShapeError } from '../../engine/graph/errors.ts';
import type { Figure } from '../figure.ts';
import { single, type Words } from './charts.ts';
import { fixed } from './text.ts';

export interface MatrixOptions extends Words {
  /** Names from the top and from the left. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** What rows and columns are. */
  readonly y?: string;
  readonly x?: string;
  /** The values of white and of the darkest colour; with a low below 0, white is 0 and both ends are dark. Default: 0, or the lowest below it, and the largest. */
  readonly range?: readonly [number, number];
  /** Digits behind the point of the numbers in the cells. Default 2. */
  readonly digits?: number;
}

/** Values [rows, columns] as coloured cells with numbers in them: similarities, attention, correlations. */
export function matrix(values: ArrayLike<number>, { rows, columns, x, y, range, digits = 2, ...words }: MatrixOptions): Figure {
  const all = Array.from(values);
  const least = Math.min(0, ...all.filter(Number.isFinite));
  const most = Math.max(...all.map(Math.abs).filter(Number.isFinite), 1e-30);
  const [low, high] = range ?? [least < 0 ? -most : 0, most];
  const shades = all.map((value) => (low < 0 ? value / Math.max(-low, high) : Math.max(0, (value - low) / (high - low))));
  const texts = all.map((value) => fixed(value, digits));
  return single({ kind: 'matrix', rows, columns, ...(x && { x }), ...(y && { y }), shades, texts, range: [low, high] }, words);
}

/**
 * A confusion matrix as `metrics.confusion` gives it: a row a label, a column a decision, with its counts. The colours are shares of their row:
 * blue where label and decision agree, red where they don't; red by its root, so that rare mistakes show.
 *
 * @throws ShapeError unless there is a count for each pair of names.
 */
export function confusion(counts: ArrayLike<number>, names: readonly string[], words: Words = {}): Figure {
  const n = names.length;
  if (counts.length !== n * n) throw new ShapeError(`confusion: expected ${n} × ${n} counts, got ${counts.length}`);
  const totals = names.map((_, row) => Array.from({ length: n }, (_, column) => counts[row * n + column]!).reduce((a, b) => a + b, 0));
  const shades = Array.from(counts, (count, i) => {
    const row = Math.floor(i / n);
    const share = totals[row]! > 0 ? count / totals[row]! : 0;
    return row === i % n ? share : -Math.sqrt(share);
  });
  const texts = Array.from(counts, (count) => (count === 0 ? '' : grouped(count)));
  return single({ kind: 'matrix', rows: names, columns: names, y: 'label', x: 'decision', shades, texts }, words);
}

/** Words or tokens of a text, with a weight each. A token that begins with `##` belongs to the one before (WordPiece). */
export interface WeightedText {
  readonly words: readonly string[];
  readonly weights: ArrayLike<number>;
  readonly caption?: string;
}

export interface HeatTextOptions extends Words {
  /** What weights above and below 0 mean. */
  readonly positive?: string;
  readonly negative?: string;
  /** The weight of the darkest colour. Default: the largest there is, so that texts can be compared. */
  readonly most?: number;
}

/** Text on colours, by weight: attention, what speaks for and against a decision. @throws ShapeError when there is not one weight a word. */
export function heatText(
  text: WeightedText | readonly WeightedText[],
  { positive, negative, most, ...words }: HeatTextOptions = {},
): Figure {
  const texts = Array.isArray(text) ? (text as readonly WeightedText[]) : [text as WeightedText];
  for (const { words: own, weights } of texts) {
    if (own.length !== weights.length)
      throw new ShapeError(`heatText: expected a weight for each of ${own.length} words, got ${weights.length}`);
  }
  const darkest = most ?? Math.max(1e-30, ...texts.flatMap(({ weights }) => Array.from(weights, Math.abs).filter(Number.isFinite)));
  const lines = texts.map(({ words: own, weights, caption }) => ({
    ...(caption === undefined ? {} : { caption }),
    words: own.map((word, i) => {
      const joined = word.startsWith('##') && word.length > 2;
      return { text: joined ? word.slice(2) : word, weight: weights[i]! / darkest, ...(joined && { joined }) };
    }),
  }));
  return single({ kind: 'text', lines, meaning: { ...(positive && { positive }), ...(negative && { negative }) } }, words);
}
