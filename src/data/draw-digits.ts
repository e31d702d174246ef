// The synthetic digits are loaded when some are asked for: who has data never needs them.
import type { DigitSet, syntheticDigits as draw } from './synthetic-digits.ts';

/** Digits drawn from skeletons: 28 × 28 bytes each, in MNIST's form and hard enough to be learnt. `count` of them, for `train` or `test`; a seed gives the same ones everywhere. */
export async function syntheticDigits(options: Parameters<typeof draw>[0]): Promise<DigitSet> {
  return (await import('./synthetic-digits.ts')).syntheticDigits(options);
}
