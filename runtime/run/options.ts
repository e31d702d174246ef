// A project's options as a person gives them, on the command line or in the page's form: checked against its OptionSpecs, filled up from
// preset and defaults. Imports no library code: the page's own thread runs without it.
import type { OptionSpec, OptionSpecs } from '../../src/train/project.ts';

export type Preset = 'default' | 'quick' | 'full';
export type OptionValue = number | string | boolean;
export type OptionRecord = Readonly<Record<string, OptionValue>>;

/** An option's name on the command line: `batchSize` is `--batch-size`. */
export const kebabCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What a text means for an option, or what is wrong with it ("It must be a whole number."). */
export function readValue(spec: OptionSpec, text: string): { readonly value: OptionValue } | { readonly problem: string } {
  if (spec.type === 'number') {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return checked(spec, value);
  }
  if (spec.type === 'boolean') return checked(spec, text === 'true' ? true : text === 'false' ? false : text);
  return checked(spec, text);
}

function checked(spec: OptionSpec, value: OptionValue): ReturnType<typeof readValue> {
  const problem = valueProblem(spec, value);
  return problem === undefined ? { value } : { problem };
}

/** What is wrong with a value of unknown origin. */
export function valueProblem(spec: OptionSpec, value: unknown): string | undefined {
  if (spec.type === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value)) return 'It must be a number.';
    if (spec.integer && !Number.isSafeInteger(value)) return 'It must be a whole number.';
    const outside = (spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max);
    return outside ? `It must be ${rangeOf(spec)?.replace(' to ', ' … ')}.` : undefined;
  }
  if (spec.type === 'boolean') return typeof value === 'boolean' ? undefined : 'It must be true or false.';
  if (typeof value !== 'string') return 'It must be a text.';
  return spec.choices && !spec.choices.includes(value) ? `It must be one of: ${spec.choices.join(', ')}.` : undefined;
}

/** `1 to 100`, `at least 1`; undefined where anything goes. */
export function rangeOf({ min, max }: Extract<OptionSpec, { type: 'number' }>): string | undefined {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? undefined : `at most ${max}`;
}

/** Every option's value: what the user gave, else the preset's, else the default. */
export function resolveOptions(
  specs: OptionSpecs,
  presets: Readonly<Record<'quick' | 'full', Readonly<Record<string, unknown>>>>,
  preset: Preset,
  given: Readonly<Record<string, unknown>>,
): OptionRecord {
  const changes: Readonly<Record<string, unknown>> = preset === 'default' ? {} : presets[preset];
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, (given[name] ?? changes[name] ?? spec.default) as OptionValue]),
  );
}

/** A run as a person asks for it: of the options only what differs from the preset. */
export interface GivenRun {
  readonly preset: Preset;
  readonly options: OptionRecord;
  readonly seed: number;
}

/** What stands behind `tilegrad run`, as a shell reads it: `mc-dropout`, `--quick`, `--epochs 2`. */
export function commandWords(project: string, { preset, options, seed }: GivenRun): string[] {
  return [
    project,
    ...(preset === 'default' ? [] : [`--${preset}`]),
    ...Object.entries(options).map(([name, value]) => argument(kebabCase(name), value)),
    ...(seed === 0 ? [] : [argument('seed', seed)]),
  ];
}

function argument(flag: string, value: OptionValue): string {
  if (typeof value === 'boolean') return value ? `--${flag}` : `--no-${flag}`;
  const text = String(value);
  const quoted = /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  // A value that begins with a dash would be taken for a flag.
  return text.startsWith('-') ? `--${flag}=${quoted}` : `--${flag} ${quoted}`;
}
