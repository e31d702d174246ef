// Which pictures are attacked, and what a network says about them.
import { compile, figures, type Random, type Tensor, tensor } from '../../../index.ts';
import type { Classifier, Victims } from '../../shared/attacks/attack.ts';
import { winners } from '../../shared/attacks/outcome.ts';

/** Pictures [n, 3, side, side], bytes, that a network names right, and the classes that they are to become. */
export interface Chosen {
  readonly pictures: Uint8Array;
  readonly labels: readonly number[];
  readonly targets: readonly number[];
}

/**
 * Of pictures [all, 3, side, side] the first `most` that a network names right, `guesses` being the classes it names, those of class `first` in front.
 * Each gets another class for a target, by chance.
 */
export function chosen(
  pictures: ArrayLike<number>,
  labels: ArrayLike<number>,
  guesses: readonly number[],
  {
    most,
    classes,
    random,
    first = -1,
  }: { readonly most: number; readonly classes: number; readonly random: Random; readonly first?: number },
): Chosen {
  const right = guesses.flatMap((guess, i) => (guess === labels[i] ? [i] : []));
  const wanted = [...right.filter((i) => labels[i] === first), ...right.filter((i) => labels[i] !== first)].slice(0, most);
  const size = pictures.length / labels.length;
  const own = wanted.map((i) => labels[i]);
  return {
    pictures: Uint8Array.from({ length: wanted.length * size }, (_, p) => pictures[wanted[Math.floor(p / size)] * size + (p % size)]),
    labels: own,
    targets: own.map((label) => (label + 1 + random.integer(classes - 1)) % classes),
  };
}

export const victimsOf = ({ pictures, targets }: Chosen, side: number): Victims => ({
  pictures: Float32Array.from(pictures, (value) => value / 255),
  shape: [targets.length, 3, side, side],
  targets,
});

export const firstOf = ({ pictures, shape: [n, ...rest], targets }: Victims, most: number): Victims => {
  const count = Math.min(n, most);
  return { pictures: pictures.slice(0, (pictures.length / n) * count), shape: [count, ...rest], targets: targets.slice(0, count) };
};

/** Asks a network about pictures of such a size: the likeliest class of each, and that in words, 'frog 99 %'. */
export function asking(logits: Classifier, side: number, names: readonly string[]) {
  const ask = compile((pictures: Tensor) => logits(pictures).softmax());
  return async (pictures: Float32Array) => {
    const shape = [pictures.length / (3 * side ** 2), 3, side, side];
    const p = await ask(tensor(pictures, shape)).data();
    const guesses = winners(p, names.length);
    return { guesses, words: guesses.map((guess, i) => `${names[guess]} ${figures.probability(p[i * names.length + guess])}`) };
  };
}
