// What the options of optimisers may be.
import { TilegradError } from '../engine/graph/errors.ts';

interface Range {
  readonly words: string;
  readonly holds: (value: number) => boolean;
}

const NOT_NEGATIVE: Range = { words: 'a number ≥ 0', holds: (value) => value >= 0 && Number.isFinite(value) };
const POSITIVE: Range = { words: 'a number > 0', holds: (value) => value > 0 && Number.isFinite(value) };
const FRACTION: Range = { words: 'a number in [0, 1)', holds: (value) => value >= 0 && value < 1 };
const SHARE: Range = { words: 'a number in [0, 1]', holds: (value) => value >= 0 && value <= 1 };

const RANGES: Readonly<Record<string, Range>> = {
  lr: NOT_NEGATIVE,
  weightDecay: NOT_NEGATIVE,
  momentum: FRACTION,
  dampening: SHARE,
  alpha: FRACTION,
  rho: FRACTION,
  betas: FRACTION,
  eps: POSITIVE,
  lrDecay: NOT_NEGATIVE,
  initialAccumulator: NOT_NEGATIVE,
  momentumDecay: NOT_NEGATIVE,
  etas: POSITIVE,
  stepSizes: POSITIVE,
  trustCoefficient: POSITIVE,
  clipNorm: POSITIVE,
  clipValue: POSITIVE,
  beta2Decay: { words: 'a number ≤ 0', holds: (value) => value <= 0 && Number.isFinite(value) },
  d: POSITIVE,
  decay: FRACTION,
};

/** @throws TilegradError for a number, or one of several, outside its option's range. Schedules, switches and what is left out pass. */
export function checkNumbers(where: string, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const range = RANGES[name];
    const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!range || numbers.every((item) => typeof item !== 'number' || range.holds(item))) continue;
    const [words, got] = Array.isArray(value)
      ? [range.words.replace('a number', 'numbers'), `[${value.join(', ')}]`]
      : [range.words, value];
    throw new TilegradError(`${where}: expected ${name} to be ${words}, got ${got}`);
  }
}
