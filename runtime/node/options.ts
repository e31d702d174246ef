// A project's options on the command line: made from its OptionSpecs, checked against them, filled up from preset and defaults.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OptionSpec, OptionSpecs, Project } from '../../src/projects/project.ts';

export type Preset = 'default' | 'quick' | 'full';
export type OptionValue = number | string | boolean;
export type OptionRecord = Readonly<Record<string, OptionValue>>;

export const kebabCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Adds the project's options to its command. Booleans get `--x` and `--no-x`. */
export function addProjectOptions(command: Command, project: Project): void {
  for (const [name, spec] of Object.entries(project.options)) {
    const flag = `--${kebabCase(name)}`;
    const help = `${spec.help} (${describeValues(name, spec, project)})`;
    if (spec.type === 'boolean') {
      command.addOption(new Option(flag, help));
      command.addOption(new Option(`--no-${kebabCase(name)}`, `the opposite of ${flag}`).hideHelp(!spec.default));
    } else {
      const placeholder = spec.type === 'number' ? 'number' : (spec.choices?.join('|') ?? 'text');
      command.addOption(new Option(`${flag} <${placeholder}>`, help).argParser((text: string) => parseValue(spec, text)));
    }
  }
}

/** `default: 100; --quick: 20; at least 1` */
function describeValues(name: string, spec: OptionSpec, project: Project): string {
  const parts = [`default: ${spec.default}`];
  for (const preset of ['quick', 'full'] as const) {
    const value = project.presets[preset][name];
    if (value !== undefined) parts.push(`--${preset}: ${value}`);
  }
  if (spec.type === 'number') parts.push(...range(spec));
  return parts.join('; ');
}

function range({ min, max }: Extract<OptionSpec, { type: 'number' }>): string[] {
  if (min !== undefined && max !== undefined) return [`${min} to ${max}`];
  if (min !== undefined) return [`at least ${min}`];
  return max === undefined ? [] : [`at most ${max}`];
}

/** Throws commander's InvalidArgumentError, which names the option. */
export function parseValue(spec: OptionSpec, text: string): OptionValue {
  if (spec.type === 'number') {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
    if (spec.integer && !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
    if ((spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max)) {
      throw new InvalidArgumentError(`It must be ${range(spec).join(' ').replace(' to ', ' … ')}.`);
    }
    return value;
  }
  if (spec.type === 'string' && spec.choices && !spec.choices.includes(text)) {
    throw new InvalidArgumentError(`It must be one of: ${spec.choices.join(', ')}.`);
  }
  return text;
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
