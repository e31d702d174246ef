// What stands beside --resume on the command line: it may repeat what the run has, never change it.
import { TilegradError } from '../../src/index.ts';
import { kebabCase } from '../run/options.ts';
import type { GivenOptions, RunConfig } from '../run/record.ts';

export function checkContradictions(folder: string, config: RunConfig, given: GivenOptions & { readonly out?: string }): void {
  const refuse = (flag: string, asked: unknown, has: unknown): never => {
    throw new TilegradError(
      `--resume ${folder} goes on with the options of that run, and ${flag} ${asked} contradicts its ${has}. Leave it out, or start a new run.`,
    );
  };
  for (const [name, value] of Object.entries(given.options)) {
    if (value !== undefined && config.options[name] !== value) refuse(`--${kebabCase(name)}`, value, String(config.options[name]));
  }
  if (given.seed !== undefined && given.seed !== config.seed) refuse('--seed', given.seed, config.seed);
  if (given.preset !== undefined && given.preset !== config.preset) refuse(`--${given.preset}`, '', `preset ${config.preset}`);
  if (given.out !== undefined) throw new TilegradError('--resume writes into the folder it goes on with: leave --out out.');
}
