// A project's options: a call each, and the types of their values follow.
import { aBoolean, aString, expectKind, finite, kind, oneOf, whole } from '../engine/graph/arguments.ts';

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
