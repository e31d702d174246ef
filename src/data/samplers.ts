// Which samples an epoch has, and in which order.
import { aNumber, anObject, expectKind, expectOptions, kind, listOf, positive } from '../engine/graph/arguments.ts';
import { ShapeError } from '../engine/graph/errors.ts';
import type { Random } from '../random.ts';

/** The samples of an epoch: as many each time, by numbers that depend on the random numbers alone. */
export interface Sampler {
  readonly length: number;
  order(random: Random): Uint32Array;
}

const numbers = listOf(aNumber);
const aNumberList = kind(
  'a list or typed array of numbers',
  (value) => (ArrayBuffer.isView(value) && 'length' in value) || numbers.holds(value),
);

/** Samples drawn with these weights, with replacement; by default as many as there are. @throws ShapeError for weights that are negative or all 0. */
export function weighted(weights: ArrayLike<number>, options: { readonly count?: number } = {}): Sampler {
  expectKind('weighted', 'weights', weights, aNumberList);
  expectOptions('weighted', options, { count: positive });
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    if (!(weights[i]! >= 0 && weights[i]! < Infinity))
      throw new ShapeError(`weighted: expected weights ≥ 0, got ${weights[i]} for sample ${i}`);
    sum += weights[i]!;
    sums[i] = sum;
  }
  if (!(sum > 0)) throw new ShapeError(`weighted: expected some weight above 0, got none among ${weights.length}`);
  const length = options.count ?? weights.length;
  return {
    length,
    order: (random) => Uint32Array.from({ length }, () => firstAbove(sums, random.uniform(0, sum))),
  };
}

/** The first place whose running sum is above the value. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Every class as often as every other, whatever their sizes: samples drawn with replacement, by the labels' classes. */
export function balanced(labels: ArrayLike<number>, options: { readonly count?: number } = {}): Sampler {
  expectKind('balanced', 'labels', labels, aNumberList);
  const sizes = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) sizes.set(labels[i]!, (sizes.get(labels[i]!) ?? 0) + 1);
  return weighted(
    Array.from(labels, (label) => 1 / sizes.get(label)!),
    options,
  );
}

/**
 * All samples once, in batches of nearly one length, so that little is padded: shuffled, sorted within each pool of batches, and the batches
 * shuffled again; one that is not full comes last.
 */
export function lengthBuckets(
  lengths: ArrayLike<number>,
  options: { readonly batchSize: number /** Batches that are sorted together. Default 50. */; readonly pool?: number },
): Sampler {
  expectKind('lengthBuckets', 'lengths', lengths, aNumberList);
  expectKind('lengthBuckets', 'options', options, anObject);
  expectOptions('lengthBuckets', options, { batchSize: positive, pool: positive });
  const { batchSize, pool = 50 } = options;
  expectKind('lengthBuckets', 'batchSize', batchSize, positive);
  return {
    length: lengths.length,
    order(random) {
      const all = Uint32Array.from({ length: lengths.length }, (_, i) => i);
      random.shuffle(all);
      const full = Math.floor(all.length / batchSize);
      // What fills no batch stays apart, so that all others are full.
      const rest = all.slice(full * batchSize);
      const batches: Uint32Array[] = [];
      for (let from = 0; from < full * batchSize; from += pool * batchSize) {
        const some = all
          .slice(from, Math.min(from + pool * batchSize, full * batchSize))
          .sort((a, b) => lengths[a]! - lengths[b]! || a - b);
        for (let at = 0; at < some.length; at += batchSize) batches.push(some.subarray(at, at + batchSize));
      }
      const places = Uint32Array.from(batches.keys());
      random.shuffle(places);
      const order = new Uint32Array(all.length);
      places.forEach((place, i) => order.set(batches[place]!, i * batchSize));
      order.set(
        rest.sort((a, b) => lengths[a]! - lengths[b]! || a - b),
        full * batchSize,
      );
      return order;
    },
  };
}
