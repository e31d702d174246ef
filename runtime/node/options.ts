// A project's options on the command line, made from its OptionSpecs.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OptionSpec, Project } from '../../src/train/project.ts';
import { kebabCase, type OptionValue, rangeOf, readValue } from '../run/options.ts';

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
  const range = spec.type === 'number' ? rangeOf(spec) : undefined;
  if (range) parts.push(range);
  return parts.join('; ');
}

/** Throws commander's InvalidArgumentError, which names the option. */
function parseValue(spec: OptionSpec, text: string): OptionValue {
  const read = readValue(spec, text);
  if ('problem' in read) throw new InvalidArgumentError(read.problem);
  return read.value;
}
