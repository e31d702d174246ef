// A project run by a program: in a page of one's own, in the playground, in a notebook. What it finds stays in memory.
import { currentPlatform } from '../engine/executor/session.ts';
import { aFunction, anObject, expectOptions, type OptionKinds, oneOf, suggestion, whole } from '../engine/graph/arguments.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import type { StateDict } from '../nn/load.ts';
import type { Figure } from './figure.ts';
import type { DoneRecord, ResultValues, Table } from './host.ts';
import type { OptionSpecs, OptionValues } from './option.ts';
import type { Project } from './project.ts';
import { runProject } from './run.ts';

export interface InMemoryOptions<O extends OptionSpecs = OptionSpecs> {
  /** Default `quick`. */
  readonly preset?: 'quick' | 'default' | 'full' | 'smallest';
  /** What differs from the preset. */
  readonly options?: Partial<OptionValues<O>>;
  readonly seed?: number;
  /** Gets each line of the run's log. Default `console.log`. */
  readonly log?: (text: string) => void;
  /** Gets each figure and table as it comes. Default: they are found in the result. */
  readonly show?: (shown: Figure | Table, name: string) => void;
}

/** What a run has found. */
export interface InMemoryResult {
  /** The headline results. */
  readonly summary: ResultValues;
  readonly tables: Readonly<Record<string, Table>>;
  /** As they were drawn last. */
  readonly figures: Readonly<Record<string, Figure>>;
  /** The metrics of all steps that have any. */
  readonly rows: readonly (Readonly<Record<string, number>> & { readonly step: number })[];
  /** Of the project's model, where it has one. */
  readonly weights: StateDict | undefined;
}

const kinds: OptionKinds<InMemoryOptions> = {
  preset: oneOf('quick', 'default', 'full', 'smallest'),
  options: anObject,
  seed: whole,
  log: aFunction,
  show: aFunction,
};

/**
 * Runs a project from its beginning to its end: `await runInMemory(vae, { options: { epochs: 2 } })`. Data comes as in any run: from where the
 * platform finds it, else synthetic. Nothing is kept on disk.
 * @throws TilegradError for an option that the project doesn't have, and what the run throws
 */
export async function runInMemory<O extends OptionSpecs>(project: Project<O>, given: InMemoryOptions<O> = {}): Promise<InMemoryResult> {
  expectOptions('runInMemory', given as InMemoryOptions, kinds);
  const { preset = 'quick', options = {}, seed = 0, log = (text) => console.log(text), show = () => {} } = given;
  const changes: Readonly<Record<string, unknown>> = preset === 'default' ? {} : project.presets[preset];
  const names = Object.keys(project.options);
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw new TilegradError(`${project.name}: there is no option ${name}${suggestion(name, names)}`);
  const all = Object.fromEntries(
    Object.entries(project.options).map(([name, spec]) => {
      const value = (options as Readonly<Record<string, unknown>>)[name] ?? changes[name] ?? spec.default;
      if (typeof value !== spec.type) throw new TilegradError(`${project.name}: ${name}: expected a ${spec.type}, got ${String(value)}`);
      return [name, value];
    }),
  );
  const [tables, figures, rows]: [Record<string, Table>, Record<string, Figure>, InMemoryResult['rows'][number][]] = [{}, {}, []];
  const records = new Map<string, DoneRecord>();
  let summary: ResultValues = {};
  let weights: StateDict | undefined;
  await runProject(project as Project, all, {
    ...{ platform: currentPlatform(), seed, position: undefined, only: undefined, stopping: false },
    ready: async () => {},
    due: () => false,
    readRecord: async (path) => records.get(path) as DoneRecord,
    doneElsewhere: async () => undefined,
    writeRecord: async (path, record) => void records.set(path, record),
    found: () => undefined,
    save: async () => {},
    async saveModel(model) {
      weights = model;
    },
    log,
    reading: () => {},
    data: ({ description }) => log(description),
    row: (step, values) => void rows.push({ ...values, step }),
    progress: () => {},
    async figure(name, figure) {
      figures[name] = figure;
      show(figure, name);
    },
    table(name, table) {
      tables[name] = table;
      show(table, name);
    },
    summary(values) {
      summary = { ...summary, ...values };
    },
    file: async () => {},
  });
  return { summary, tables, figures, rows, weights };
}
