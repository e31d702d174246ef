// A project's options: a call each, and the types of their values follow.
import { aBoolean, aString, expectKind, finite, kind, oneOf, suggestion, whole } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';

/** One option of a project, as `--help` and the page's form show it. */
export type OptionSpec =
  | {
      readonly type: 'number';
      readonly default: number;
      readonly help: string;
      readonly min?: number;
      readonly max?: number;
      readonly integer?: boolean;
      /** What a change of it does to the time that a run takes: makes it grow in proportion, or nothing. Without it that can't be told. */
      readonly time?: 'grows' | 'same';
    }
  | { readonly type: 'boolean'; readonly default: boolean; readonly help: string }
  | { readonly type: 'string'; readonly default: string; readonly help: string; readonly choices?: readonly string[] };

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type OptionValue<S extends OptionSpec> = S extends { readonly type: 'number' }
  ? number
  : S extends { readonly type: 'boolean' }
    ? boolean
    : S extends { readonly choices: readonly (infer C)[] }
      ? C
      : string;

/** What a run gets: numbers, booleans, texts, and of a choice one of its names. */
export type OptionValues<S extends OptionSpecs> = { readonly [K in keyof S]: OptionValue<S[K]> };

/** The least and the most that a number may be; without them any goes. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** What it does to the time that a run takes: in proportion to it, or nothing. The time of a run is foretold from that of others so. */
  readonly time?: 'grows' | 'same';
}

type NumberSpec = Extract<OptionSpec, { type: 'number' }>;
type TextSpec = Extract<OptionSpec, { type: 'string' }>;

function within(name: string, value: number, { min = -Infinity, max = Infinity }: Range): void {
  const inRange = (v: unknown) => (v as number) >= min && (v as number) <= max;
  expectKind(name, 'the default', value, kind(`within ${min} … ${max}`, inRange));
}

/** `help` is a phrase without a full stop: `passes through the training images`. All throw a TilegradError when the default is none that a user may give. */
export const option = {
  integer(value: number, help: string, range: Range = {}): NumberSpec {
    expectKind('option.integer', 'the default', value, whole);
    within('option.integer', value, range);
    return { type: 'number', default: value, help, ...range, integer: true };
  },

  number(value: number, help: string, range: Range = {}): NumberSpec {
    expectKind('option.number', 'the default', value, finite);
    within('option.number', value, range);
    return { type: 'number', default: value, help, ...range };
  },

  flag(value: boolean, help: string): Extract<OptionSpec, { type: 'boolean' }> {
    expectKind('option.flag', 'the default', value, aBoolean);
    return { type: 'boolean', default: value, help };
  },

  /** One of `choices`: `option.choice('adam', ['sgd', 'adam'], 'the optimiser')`. */
  choice<const C extends string>(value: NoInfer<C>, choices: readonly C[], help: string): TextSpec & { readonly choices: readonly C[] } {
    expectKind('option.choice', 'the default', value, oneOf(...choices));
    return { type: 'string', default: value, help, choices };
  },

  text(value: string, help: string): TextSpec {
    expectKind('option.text', 'the default', value, aString);
    return { type: 'string', default: value, help };
  },
} as const;

/** The three options that every training has: whole passes through the data, samples of a step, the learning rate. */
export function training(defaults: { readonly epochs: number; readonly batchSize: number; readonly lr: number }) {
  return {
    epochs: option.integer(defaults.epochs, 'passes through the training data', { min: 1, time: 'grows' }),
    batchSize: option.integer(defaults.batchSize, 'samples in one training step', { min: 1 }),
    lr: option.number(defaults.lr, 'learning rate', { min: 0, time: 'same' }),
  };
}

/**
 * The names in the text of an option, as `adam, sgd`. With `known`, those of them, in their order and spelling, and `all` for every one.
 *
 * @throws TilegradError when there is none, one comes twice, or isn't known
 */
export function namesIn(option: string, text: string, known?: readonly string[]): readonly string[] {
  const folded = (name: string) => name.toLowerCase();
  const given = text.split(',').flatMap((name) => name.trim() || []);
  if (given.length === 0) throw new TilegradError(`${option}: expected at least one name, separated by commas`);
  if (known && given.map(folded).includes('all')) return known;
  const names = given.map((name) => known?.find((other) => folded(other) === folded(name)) ?? name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new TilegradError(`${option}: expected each name once, got ${twice} twice`);
  const other = known && names.find((name) => !known.includes(name));
  if (other) throw new TilegradError(`${option}: there is no ${other}${suggestion(other, known)}`);
  return known ? known.filter((name) => names.includes(name)) : names;
}

/** The numbers in the text of an option, as `1, 2, 4`. @throws TilegradError for what is none, or out of range, and as {@link namesIn} */
export function numbersIn(option: string, text: string, { min = -Infinity, integer = false } = {}): readonly number[] {
  return namesIn(option, text).map((word) => {
    const value = Number(word);
    if ((integer ? Number.isInteger(value) : Number.isFinite(value)) && value >= min) return value;
    const range = min > -Infinity ? ` ≥ ${min}` : '';
    throw new TilegradError(`${option}: expected ${integer ? 'whole numbers' : 'numbers'}${range}, separated by commas, got ${word}`);
  });
}
