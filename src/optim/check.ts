// What the options of optimisers may be.
import {
  aBoolean,
  above0,
  aFunction,
  either,
  expectKind,
  expectOptions,
  type Kind,
  listOf,
  notNegative,
  type OptionKinds,
  oneOf,
  unitInterval,
} from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';

const number = (words: string, holds: (value: number) => boolean): Kind => ({
  words,
  holds: (value) => typeof value === 'number' && Number.isFinite(value) && holds(value),
});
export const fraction = number('a number in [0, 1)', (value) => value >= 0 && value < 1);

/** A learning rate at one step. */
export const aRate = notNegative;

const KINDS: Readonly<Record<string, Kind>> = {
  lr: either(notNegative, { words: 'a schedule', holds: aFunction.holds }),
  weightDecay: notNegative,
  momentum: fraction,
  dampening: unitInterval,
  alpha: fraction,
  rho: fraction,
  betas: fraction,
  eps: above0,
  lrDecay: notNegative,
  initialAccumulator: notNegative,
  momentumDecay: notNegative,
  etas: above0,
  stepSizes: above0,
  trustCoefficient: above0,
  clipNorm: above0,
  clipValue: above0,
  beta2Decay: number('a number ≤ 0', (value) => value <= 0),
  d: above0,
  decay: fraction,
  nsSteps: number('a whole number ≥ 1', (value) => Number.isInteger(value) && value >= 1),
  nsCoefficients: number('a number', () => true),
  adjustLr: oneOf('original', 'matchRmsAdamW'),
};

/** The options that have these defaults: a list stands for lists of its length, a boolean for a switch. */
function kindsOf(defaults: object): OptionKinds<object> {
  const entries = Object.entries(defaults).map(([name, value]): [string, Kind] => {
    if (typeof value === 'boolean') return [name, aBoolean];
    return [name, Array.isArray(value) ? listOf(KINDS[name], value.length) : KINDS[name]];
  });
  return Object.fromEntries(entries);
}

/** @throws TilegradError for a momentum of which nothing is kept: no group had any when the optimiser was made. */
export function expectKept(kind: string, momentum: number, kept: boolean): void {
  if (kept || !(momentum > 0)) return;
  throw new TilegradError(`${kind}: expected no momentum, since no group had one when it was made, got ${momentum}; make a new optimiser`);
}

/** @throws TilegradError unless this may be an optimiser's learning rate. */
export const expectRate = (where: string, lr: unknown): void => expectKind(where, 'lr', lr, KINDS.lr);

/**
 * The options, with the defaults of those that are left out or undefined.
 * @throws TilegradError for one that has no default here, and for one of the wrong kind or out of its range.
 */
export function settle<O extends object>(where: string, options: { readonly [K in keyof O]?: O[K] | undefined }, defaults: O): O {
  expectOptions<object>(where, options, kindsOf(defaults));
  return { ...defaults, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) };
}
