// What the constructors of modules and the losses take.
import { aBoolean, aFunction, expectArguments, type Kind, listOf, type OptionKinds, positive } from '../engine/graph/arguments.ts';

/** @throws TilegradError unless the arguments are of these kinds, in their order, and no more; options are given by their names. */
export function expectCall(name: string, args: readonly unknown[], takes: Readonly<Record<string, Kind | OptionKinds<object>>>): void {
  expectArguments(name, args, Object.entries(takes));
}

const sizes = (words: string, least: number, length: number): Kind => {
  const holds = (value: unknown) => Number.isInteger(value) && (value as number) >= least;
  if (length === 1) return { words: `a ${words}`, holds };
  const list = listOf({ words, holds }, length);
  return { words: `a ${words} or ${length} of them`, holds: (value) => holds(value) || list.holds(value) };
};
/** One size for all of `length` axes, or one for each. */
export const sizesOf = (length: number): Kind => sizes('whole number > 0', 1, length);
export const countsOf = (length: number): Kind => sizes('whole number ≥ 0', 0, length);
/** Sizes of the last dimensions. */
export const lastShape: Kind = {
  words: 'a whole number > 0 or a list of them',
  holds: (value) => positive.holds(value) || (listOf(positive).holds(value) && (value as unknown[]).length > 0),
};
export const anInitializer: Kind = { words: 'an initialiser: a function from a shape to values', holds: aFunction.holds };
export const affineLayer = { bias: aBoolean, weight: anInitializer };
