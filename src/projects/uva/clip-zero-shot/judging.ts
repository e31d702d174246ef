// Which text is the nearest to each picture, and how often that is right.
import { wilson } from '../../../index.ts';

/** Of pictures [n, embed] and texts [k, embed], all unit vectors: cosines [n, k]. */
export function cosines(pictures: Float32Array, texts: Float32Array, embed: number): Float32Array {
  const k = texts.length / embed;
  return Float32Array.from({ length: (pictures.length / embed) * k }, (_, i) => {
    const [picture, text] = [Math.floor(i / k) * embed, (i % k) * embed];
    let sum = 0;
    for (let d = 0; d < embed; d++) sum += pictures[picture + d]! * texts[text + d]!;
    return sum;
  });
}

/** The mean of features [n, embed]. */
export function meanOf(features: Float32Array, embed: number): Float32Array {
  const mean = new Float64Array(embed);
  features.forEach((value, i) => {
    mean[i % embed]! += (value * embed) / features.length;
  });
  return Float32Array.from(mean);
}

/**
 * Cosines [n, k] less what each text has for pictures in general, `usual` [k]: its mean cosine with pictures of another set. A word that was never read
 * lies in the middle of the texts, near to every picture; this takes away what it has by that.
 */
export const calibrated = (cosines: Float32Array, usual: Float32Array): Float32Array =>
  cosines.map((value, i) => value - usual[i % usual.length]!);

/** A share of pictures, and where it lies with 95 %. */
export interface Share {
  readonly right: number;
  readonly count: number;
  readonly share: number;
  readonly interval: readonly [low: number, high: number];
}

export const shareOf = (right: number, count: number): Share => ({ right, count, share: right / count, interval: wilson(right, count) });

/** Counts [label, decision] of the nearest text; of equally near ones the first. Among these classes, others' pictures are left out. */
export function confusionOf(cosines: Float32Array, labels: ArrayLike<number>, among?: readonly number[]): Float64Array {
  const texts = cosines.length / labels.length;
  const classes = among ?? Array.from({ length: texts }, (_, i) => i);
  const counts = new Float64Array(classes.length ** 2);
  Array.from(labels, (label, i) => {
    if (!classes.includes(label)) return;
    const own = classes.map((text) => cosines[i * texts + text]!);
    counts[classes.indexOf(label) * classes.length + own.indexOf(Math.max(...own))]++;
  });
  return counts;
}

/** How many of the pictures are named rightly; of those of one class, if it is given. */
export function accuracyOf(counts: Float64Array, own?: number): Share {
  const k = Math.sqrt(counts.length);
  const rows = own === undefined ? Array.from({ length: k }, (_, i) => i) : [own];
  const right = rows.reduce((sum, row) => sum + counts[row * k + row]!, 0);
  const all = rows.reduce((sum, row) => sum + counts.subarray(row * k, (row + 1) * k).reduce((a, b) => a + b), 0);
  return shareOf(right, all);
}

/** How often the decision is of the label's kind, `kinds` being that of each class. */
export function kindAccuracyOf(counts: Float64Array, kinds: readonly string[]): Share {
  const k = kinds.length;
  const right = counts.reduce((sum, count, i) => sum + (kinds[Math.floor(i / k)] === kinds[i % k] ? count : 0), 0);
  return shareOf(
    right,
    counts.reduce((a, b) => a + b),
  );
}
