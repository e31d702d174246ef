// A host that keeps a run in memory, and stops it where a test wants.
import { nodePlatform } from '../../runtime/node/platform.ts';
import type { Parts } from '../../src/data/sets/set.ts';
import { type Platform, renderFigureSvg } from '../../src/index.ts';
import type { StateDict } from '../../src/nn/load.ts';
import type { Figure } from '../../src/train/figure.ts';
import type { DoneRecord, LiveRun, ProgressUpdate, RunCheckpoint, RunHost, Table } from '../../src/train/host.ts';
import type { Answer, Inputs, Opened } from '../../src/train/input.ts';
import { Stopped } from '../../src/train/journal.ts';
import type { Interaction, Project } from '../../src/train/project.ts';
import { runProject } from '../../src/train/run.ts';
import { unpack } from '../../src/train/values.ts';

interface Shown {
  readonly tables: Record<string, Table>;
  readonly values: Record<string, number | string | boolean>;
  readonly figures: string[];
}

/** What a run has left on disk: all that the process that goes on with it finds. */
export interface Left {
  readonly checkpoint: RunCheckpoint | undefined;
  readonly records: ReadonlyMap<string, DoneRecord>;
  readonly rows: readonly (Readonly<Record<string, number>> & { readonly step: number })[];
  readonly weights: StateDict | undefined;
}

export const nothing: Left = { checkpoint: undefined, records: new Map(), rows: [], weights: undefined };

export interface Outcome extends Left {
  readonly stopped: boolean;
  readonly shown: Shown;
  /** Those that this process drew. */
  readonly figures: ReadonlyMap<string, Figure>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly progress: readonly ProgressUpdate[];
  /** What was left at each checkpoint. */
  readonly checkpoints: readonly Left[];
  /** Times that the run asked whether to stop. */
  readonly asked: number;
  /** Paths of the records that this process wrote, one after the other. */
  readonly written: readonly string[];
}

export interface Wishes {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly seed?: number;
  readonly only?: string;
  /** The files of the user's data folder, as text by their paths. Default none. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where data comes from in place of these. */
  readonly platform?: Pick<Platform, 'readData' | 'listData' | 'fetchCached'>;
  /** Stages that were done elsewhere. */
  readonly elsewhere?: ReadonlyMap<string, DoneRecord>;
  /** Whether to stop, asked the n-th time. */
  readonly stopAt?: (asked: number) => boolean;
  /** Whether a checkpoint is due, asked the n-th time. */
  readonly dueAt?: (asked: number) => boolean;
  /** Looks into the run wherever it stands still. */
  readonly look?: (live: LiveRun) => Promise<void>;
  /** Gets what the run opens. */
  readonly opened?: (parts: Parts) => void;
}

function dataFrom(files: Readonly<Record<string, string>>) {
  const file = (path: string) => ({ bytes: new TextEncoder().encode(files[path]), source: `data/${path}`, sha256: '0' });
  const readData = async (path: string) => (Object.hasOwn(files, path) ? file(path) : undefined);
  return { readData, listData: async () => undefined, fetchCached: async () => undefined };
}

export async function run(project: Project, from: Left = nothing, wishes: Wishes = {}): Promise<Outcome> {
  const {
    options = {},
    seed = 3,
    only,
    files = {},
    platform: { readData, listData, fetchCached } = dataFrom(files),
    elsewhere,
    stopAt = () => false,
    dueAt = () => false,
    look = async () => {},
    opened,
  } = wishes;
  const smallest: Readonly<Record<string, unknown>> = project.presets.smallest;
  const all = Object.fromEntries(
    Object.entries(project.options).map(([name, spec]) => [name, options[name] ?? smallest[name] ?? spec.default]),
  );
  const { found: before, ...position } = from.checkpoint ?? { found: undefined };
  const shown = structuredClone((before as Shown | undefined) ?? { tables: {}, values: {}, figures: [] });
  const records = new Map(from.records);
  const rows = from.rows.slice(0, from.checkpoint?.rows ?? 0);
  const progress: ProgressUpdate[] = [];
  const figures = new Map<string, Figure>();
  const checkpoints: Left[] = [];
  const written: string[] = [];
  let { checkpoint, weights } = from;
  let [asked, due] = [0, 0];
  const host: RunHost = {
    ...{ platform: { ...nodePlatform(), readData, listData, fetchCached }, seed, only },
    position: from.checkpoint && (position as RunCheckpoint),
    get stopping() {
      return stopAt(++asked);
    },
    ready: look,
    due: () => dueAt(++due),
    async readRecord(path) {
      const record = records.get(path);
      if (!record) throw new Error(`there is no record ${path}`);
      return structuredClone(record);
    },
    doneElsewhere: async (path) => structuredClone(elsewhere?.get(path)),
    async writeRecord(path, record) {
      records.set(path, structuredClone(record));
      written.push(path);
    },
    found: () => structuredClone(shown),
    async save(saved) {
      checkpoint = structuredClone(saved);
      for (const path of records.keys()) if (!saved.done.includes(path)) records.delete(path);
      checkpoints.push({ checkpoint, records: new Map(records), rows: [...rows], weights });
    },
    async saveModel(model) {
      weights = structuredClone(model);
    },
    log: () => {},
    reading: () => {},
    data: (_record, parts) => void (parts && opened?.(parts)),
    row: (step, values) => void rows.push({ step, ...values } as (typeof rows)[number]),
    progress: (update) => void progress.push(update),
    async figure(name, figure) {
      await renderFigureSvg(figure);
      figures.set(name, figure);
      if (!shown.figures.includes(name)) shown.figures.push(name);
    },
    table: (name, table) => void Object.assign(shown.tables, { [name]: table }),
    summary: (values) => void Object.assign(shown.values, values),
    file: async () => {},
  };
  let stopped = false;
  try {
    await runProject(project, all, host);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    stopped = true;
  }
  return { stopped, checkpoint, records, rows, weights, shown, figures, options: all, progress, checkpoints, asked, written };
}

/** Opens a project's interaction with what a finished run has left. */
export async function play<I extends Inputs>(project: Playable<I>, { weights, records, shown, options }: Outcome): Promise<Opened<I>> {
  const model = project.model?.(options as never);
  model?.loadStateDict(weights as StateDict);
  const opened = await project.interaction?.open({
    model: model as never,
    options: options as never,
    found: shown.values,
    result: async (stage) => (records.has(stage) ? unpack(records.get(stage) as DoneRecord, stage) : undefined),
  });
  if (!opened) throw new Error('the project has no interaction');
  return opened;
}

type Playable<I extends Inputs> = Pick<Project, 'model'> & { readonly interaction?: Interaction<never, never, I> };

/** Of an answer that is one figure. */
export function onlyFigure(answer: Answer): Figure {
  if (typeof answer === 'object' && 'panels' in answer) return answer;
  throw new Error('the answer is not one figure');
}
