// An attack from its beginning to its end, and what came of it.
import { type Figure, figures, type Keep, type Run } from '../../../index.ts';
import type { Attack, Attacked, Victims } from './attack.ts';

/** Does a whole attack as a stage of a run, with a row of how many pictures are taken for their targets by now after each tenth of a round. */
export function carryOut(run: Run<unknown>, name: string, make: () => Attack, keep: Keep = {}): Promise<Attacked> {
  return run.stage(name, async (run) => {
    const attack = make();
    for await (const _ of run.steps('search', { count: attack.count, keep: { ...keep, attack } })) {
      const more = await attack.advance();
      const done = (await attack.distances()).filter(Number.isFinite);
      run.log({ [`changed, ${name}`]: done.length / attack.size });
      if (!more) break;
    }
    return attack.result();
  });
}

/** The class of most points of each row of [n, classes]. */
export function winners(scores: ArrayLike<number>, classes: number): number[] {
  return Array.from({ length: scores.length / classes }, (_, i) => {
    const row = Array.from({ length: classes }, (_, c) => scores[i * classes + c]);
    return row.indexOf(Math.max(...row));
  });
}

/** As a file of 8 bits a colour has them. */
export const rounded = (pictures: Float32Array): Float32Array => pictures.map((value) => Math.round(255 * value) / 255);

/** What an attack came to. */
export interface Tally {
  readonly success: number;
  /** Mean L2 and L∞ norm of the changes that succeeded. */
  readonly distance: number;
  readonly largest: number;
  /** Share that is taken for its target after rounding to 8 bits too. */
  readonly asFile: number;
  /** L2 by picture, ∞ where it failed. */
  readonly distances: readonly number[];
}

/** @param asFile what each picture is taken for once it is {@link rounded} */
export function tally(victims: Victims, { pictures, distances }: Attacked, asFile: readonly number[]): Tally {
  const { pictures: before, targets } = victims;
  const done = distances.flatMap((distance, i) => (Number.isFinite(distance) ? [i] : []));
  const size = before.length / targets.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const largest = done.map((i) => {
    let most = 0;
    for (let p = i * size; p < (i + 1) * size; p++) most = Math.max(most, Math.abs(pictures[p] - before[p]));
    return most;
  });
  return {
    success: done.length / targets.length,
    distance: mean(done.map((i) => distances[i])),
    largest: mean(largest),
    asFile: done.filter((i) => asFile[i] === targets[i]).length / targets.length,
    distances,
  };
}

export interface ChangedOptions {
  readonly title: string;
  readonly caption: string;
  /** What each picture is taken for, before and after: 'frog 99 %'. */
  readonly was: readonly string[];
  readonly is: readonly string[];
}

/** Pictures [n, 3, height, width] as they were, ten times the difference around grey, and as they became: as many as `was` has words for. */
export function changedFigure({ pictures, shape }: Victims, after: Float32Array, { was, is, ...words }: ChangedOptions): Figure {
  const [, , height = 1, width = 1] = shape;
  const size = 3 * height * width;
  const before = pictures.subarray(0, was.length * size);
  const difference = before.map((value, i) => after[i] - value);
  const length = (_: string, i: number) => {
    const squares = difference.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + value ** 2, 0);
    return `L2 ${figures.fixed(Math.sqrt(squares))}`;
  };
  const row = (values: Float32Array, captions: readonly string[], range: readonly [number, number] = [0, 1]) =>
    figures.pictures(values, { width, height, channels: 3, range, captions });
  const rows = {
    Original: row(before, was),
    'Difference × 10': row(difference, was.map(length), [-0.05, 0.05]),
    Adversarial: row(after.subarray(0, before.length), is),
  };
  return figures.images(rows, { ...words, columns: was.length });
}
