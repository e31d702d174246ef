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

/** A share of pictures, and where it lies with 95 %. */
export interface Share {
  readonly right: number;
  readonly count: number;
  readonly share: number;
  readonly interval: readonly [low: number, high: number];
}

export const shareOf = (right: number, count: number): Share => ({ right, count, share: right / count, interval: wilson(right, count) });

/** Counts [label, decision] of the nearest text; of equally near ones the first. */
export function confusionOf(cosines: Float32Array, labels: ArrayLike<number>): Float64Array {
  const k = cosines.length / labels.length;
  const counts = new Float64Array(k * k);
  Array.from(labels, (label, i) => {
    const own = cosines.subarray(i * k, (i + 1) * k);
    counts[label * k + own.indexOf(own.reduce((a, b) => Math.max(a, b)))]++;
  });
  return counts;
}

/** How many of the pictures of these classes are named rightly. */
export function accuracyOf(counts: Float64Array, classes: readonly number[]): Share {
  const k = Math.sqrt(counts.length);
  const right = classes.reduce((sum, own) => sum + counts[own * k + own]!, 0);
  const all = classes.reduce((sum, own) => sum + counts.subarray(own * k, (own + 1) * k).reduce((a, b) => a + b), 0);
  return shareOf(right, all);
}

/** How often the decision is of the label's kind, `kinds` being that of each class. */
export function kindAccuracyOf(counts: Float64Array, kinds: readonly string[]): Share {
  const k = kinds.length;
  const right = counts.reduce((sum, count, i) => sum + (kinds[Math.floor(i / k)] === kinds[i % k] ? count : 0), 0);
  return shareOf(right, counts.reduce((a, b) => a + b));
}
