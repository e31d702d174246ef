// config.json: everything it takes to say what a run was, and to go on with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TilegradError } from '../../src/index.ts';
import type { AdapterChoice } from '../../src/platform.ts';
import type { DataRecord, Project } from '../../src/projects/project.ts';
import { kebabCase, type OptionRecord, type Preset } from '../run/options.ts';
import { errorCode } from './files.ts';
import type { Versions } from './versions.ts';

export interface AdapterRecord {
  readonly name: string;
  readonly kind: 'gpu' | 'cpu';
  readonly reason: string;
  readonly driver: string;
  readonly vendor: string;
  readonly architecture: string;
}

/** The circumstances of one process that worked on the run. */
export interface Session {
  readonly started: string;
  readonly argv: readonly string[];
  readonly adapter: AdapterRecord;
  readonly versions: Versions;
  readonly machine: string;
  /** For a resumed run: the step it went on from. */
  readonly step?: number;
}

export interface RunConfig extends Session {
  readonly project: string;
  readonly preset: Preset;
  readonly seed: number;
  readonly options: OptionRecord;
  /** As asked for by --adapter and --data. */
  readonly wanted: { readonly adapter?: string; readonly data?: string };
  readonly data: readonly DataRecord[];
  readonly resumed: readonly Session[];
}

export function adapterRecord({ adapter, name, kind, reason }: AdapterChoice): AdapterRecord {
  const { description: driver, vendor, architecture } = adapter.info;
  return { name, kind, reason, driver, vendor, architecture };
}

/** Throws when the folder holds no run of this project. */
export function readConfig(folder: string, project: Project): RunConfig {
  const path = join(folder, 'config.json');
  let config: Partial<RunConfig>;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = errorCode(error) === undefined ? 'is damaged: it is not JSON' : `can't be read (${errorCode(error)})`;
    throw new TilegradError(`--resume ${folder}: its config.json ${why}. Name the folder of a run, such as runs/${project.name}-…`);
  }
  if (config.project !== project.name) {
    throw new TilegradError(`--resume ${folder}: that is a run of ${config.project ?? 'something else'}, not of ${project.name}.`);
  }
  if (typeof config.seed !== 'number' || !config.options || !config.adapter || !config.preset) {
    throw new TilegradError(`--resume ${folder}: its config.json lacks the seed, the options or the adapter: it is damaged.`);
  }
  return { ...config, wanted: config.wanted ?? {}, data: config.data ?? [], resumed: config.resumed ?? [] } as RunConfig;
}

/** What the command line gave beside --resume: it may repeat what the run has, never change it. */
export interface GivenOptions {
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly preset?: Preset;
  readonly out?: string;
}

export function checkContradictions(folder: string, config: RunConfig, given: GivenOptions): void {
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

/** A run that goes on with other data would not be the run it says it is. */
export function checkSameData(before: readonly DataRecord[], now: DataRecord): void {
  const then = before.find(({ name }) => name === now.name);
  if (!then) return;
  const digests = (record: DataRecord) => record.files.map(({ sha256 }) => sha256).join();
  if (then.synthetic !== now.synthetic || digests(then) !== digests(now)) {
    throw new TilegradError(
      `the data of this run has changed since it began: "${then.description}" then, "${now.description}" now. Give it the same data (--data), or start a new run.`,
    );
  }
}
