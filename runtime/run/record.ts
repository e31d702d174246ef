// What a run's files say of it. Imports no library code: the page reads stored runs without it.
import type { DataRecord } from '../../src/data/record.ts';
import type { AdapterChoice } from '../../src/platform.ts';
import type { Project, Table } from '../../src/train/project.ts';
import { type OptionRecord, type Preset, resolveOptions } from './options.ts';
import { amount, count, list, number, object, oneOf, optional, plainName, recordOf, scalar, seed, text, truth } from './schema.ts';

export interface AdapterRecord {
  readonly name: string;
  readonly kind: 'gpu' | 'cpu';
  readonly reason: string;
  readonly driver: string;
  readonly vendor: string;
  readonly architecture: string;
}

/** The circumstances of one process, or one page, that worked on the run. */
export interface Session {
  readonly started: string;
  /** On the command line. */
  readonly argv?: readonly string[];
  readonly adapter: AdapterRecord;
  /** Of tilegrad, and of what it ran on. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: string;
  /** For a resumed run: the step it went on from. */
  readonly step?: number;
}

/** config.json: everything it takes to say what a run was, and to go on with it. */
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

const session = {
  started: text,
  argv: optional(list(text)),
  adapter: object({ name: text, kind: oneOf('gpu', 'cpu'), reason: text, driver: text, vendor: text, architecture: text }),
  versions: recordOf(text),
  machine: text,
  step: optional(count),
};

/** Whether two records are of one opening: the same set, read as far. */
export const sameOpening = (a: DataRecord, b: DataRecord): boolean =>
  a.name === b.name && JSON.stringify(a.limit) === JSON.stringify(b.limit);

export const checkDataRecord = object({
  ...{ name: text, synthetic: truth, description: text },
  limit: optional(recordOf(count)),
  files: list(object({ source: text, sha256: text })),
});

/** Says what is wrong with the content of a config.json, if anything is. Options are checked against their project's. */
export const checkConfig = object({
  ...session,
  project: text,
  preset: oneOf('default', 'quick', 'full'),
  seed,
  options: recordOf(scalar),
  wanted: object({ adapter: optional(text), data: optional(text) }),
  data: list(checkDataRecord),
  resumed: list(object(session)),
});

export type ResultValues = Readonly<Record<string, number | string | boolean>>;

/** What a run has found so far. Part of every checkpoint, so that a resumed run still has it. */
export interface Results {
  readonly values: ResultValues;
  readonly tables: Readonly<Record<string, Table>>;
  /** File names. */
  readonly figures: readonly string[];
}

/** What a checkpoint file holds beside the run's position and what its loops keep. */
export interface RunState {
  readonly step: number;
  readonly seconds: number;
  /** As in the summary; older checkpoints say nothing of it. */
  readonly saving?: number;
  readonly results: Results;
}

const tables = recordOf(object({ title: text, columns: list(text), rows: list(list(scalar)) }));

/** Says what is wrong with the run's part of a checkpoint, if anything is. */
export const checkRunState = object({
  step: count,
  seconds: amount,
  saving: optional(amount),
  results: object({ values: recordOf(scalar), tables, figures: list(plainName) }),
});

const live = object({
  path: text,
  at: object({ epoch: count, index: number }),
  random: object({ seed: count, step: count }),
  step: count,
  rows: count,
});

/** Says what is wrong with the place in a run that a checkpoint holds, if anything is. */
export const checkPosition = object({
  step: count,
  rows: count,
  done: list(text),
  live: list(live),
  model: optional(text),
  trained: optional(truth),
});

/** summary.json */
export interface RunSummary {
  readonly project: string;
  readonly status: 'finished' | 'interrupted' | 'failed';
  readonly folder: string;
  readonly seconds: number;
  /** Seconds of these in which a checkpoint was being saved. The steps went on meanwhile: what saving cost is less. */
  readonly saving: number;
  readonly seed: number;
  readonly adapter: string;
  readonly data: readonly string[];
  readonly results: ResultValues;
  /** The result by which runs of the project are told apart. */
  readonly headline: Project['headline'];
  readonly tables: Readonly<Record<string, Table>>;
  readonly figures: readonly string[];
  readonly error?: string;
}

/** Says what is wrong with the content of a summary.json, if anything is. */
export const checkSummary = object({
  status: oneOf('finished', 'interrupted', 'failed'),
  seconds: amount,
  results: recordOf(scalar),
  tables,
  figures: list(plainName),
  error: optional(text),
});

export function adapterRecord({ adapter, name, kind, reason }: AdapterChoice): AdapterRecord {
  const { description: driver, vendor, architecture } = adapter.info;
  return { name, kind, reason, driver, vendor, architecture };
}

/** What a person gave: what they left out comes from preset and defaults. */
export interface GivenOptions {
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly preset?: Preset;
}

export function newConfig(
  project: Project,
  { preset = 'default', options, seed = 0 }: GivenOptions,
  session: Session,
  wanted: RunConfig['wanted'] = {},
): RunConfig {
  const resolved = resolveOptions(project.options, project.presets, preset, options);
  return { project: project.name, preset, seed, options: resolved, wanted, ...session, data: [], resumed: [] };
}

/** `mc-dropout-20261122-163200` */
export function runName(project: string, time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${project}-${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}
