// The runs that this browser keeps: folders of the origin's private file system with the same files as a run's folder in Node.
import { signal } from '@preact/signals';
import { decodeRows } from '../../run/metrics.ts';
import type { RunConfig, RunSummary } from '../../run/record.ts';
import { runFiles } from '../../run/store.ts';
import type { ErrorReport } from '../protocol.ts';
import type { Curve } from './curve.ts';
import { idleRun, MOST_LINES, type Phase, type RunState, withRows } from './run-state.ts';

export interface StoredRun {
  readonly id: string;
  readonly config: RunConfig;
  readonly summary?: RunSummary;
  readonly resumable: boolean;
  /** `training` stands for a run that some page works on now. */
  readonly phase: Extract<Phase, 'finished' | 'interrupted' | 'failed' | 'cutOff'> | 'training';
  readonly bytes: number;
}

/** Newest first; undefined until they have been looked for. */
export const storedRuns = signal<readonly StoredRun[] | undefined>(undefined);

export async function refreshStoredRuns(): Promise<void> {
  const runs: StoredRun[] = [];
  try {
    const alive = await runsAtWork();
    const folder = await runsFolder();
    if (folder) {
      for await (const entry of folder.values()) {
        const run = entry.kind === 'directory' ? await describe(entry as FileSystemDirectoryHandle, alive) : undefined;
        if (run) runs.push(run);
      }
    }
  } catch {
    // Private windows of some browsers refuse the file system: then nothing is stored, and a run says so itself.
  }
  storedRuns.value = runs.sort((a, b) => b.config.started.localeCompare(a.config.started));
}

async function describe(folder: FileSystemDirectoryHandle, alive: ReadonlySet<string>): Promise<StoredRun | undefined> {
  const files = await filesIn(folder);
  const config = await parsed<RunConfig>(files.get(runFiles.config));
  if (!config?.project) return undefined;
  const summary = await parsed<RunSummary>(files.get(runFiles.summary));
  return {
    id: folder.name,
    config,
    ...(summary && { summary }),
    resumable: files.has(runFiles.checkpoint),
    phase: alive.has(folder.name) ? 'training' : (summary?.status ?? 'cutOff'),
    bytes: [...files.values()].reduce((sum, { size }) => sum + size, 0),
  };
}

/** A worker holds a lock with the run's name for as long as it works on it. */
async function runsAtWork(): Promise<Set<string>> {
  const { held } = await navigator.locks.query();
  return new Set((held ?? []).map(({ name }) => (name ?? '').replace(/^tilegrad-run-/, '')));
}

async function runsFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle('runs').catch(() => undefined);
}

async function filesIn(folder: FileSystemDirectoryHandle): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  for await (const entry of folder.values()) {
    // A file being replaced may be gone by now.
    const file = entry.kind === 'file' ? await (entry as FileSystemFileHandle).getFile().catch(() => undefined) : undefined;
    if (file) files.set(entry.name, file);
  }
  return files;
}

async function parsed<T>(file: File | undefined): Promise<T | undefined> {
  try {
    return file && (JSON.parse(await file.text()) as T);
  } catch {
    return undefined;
  }
}

/** By name. Empty when there is no such run. */
export async function filesOfRun(id: string): Promise<ReadonlyMap<string, File>> {
  const folder = await (await runsFolder())?.getDirectoryHandle(id).catch(() => undefined);
  return folder ? filesIn(folder) : new Map();
}

export async function deleteRun(id: string): Promise<void> {
  await (await runsFolder())?.removeEntry(id, { recursive: true });
  await refreshStoredRuns();
}

/** A stored run as the page shows one; undefined when there is none of this name. */
export async function readStoredRun(id: string): Promise<{ readonly config: RunConfig; readonly state: RunState } | undefined> {
  const files = await filesOfRun(id);
  const config = await parsed<RunConfig>(files.get(runFiles.config));
  if (!config) return undefined;
  const summary = await parsed<RunSummary>(files.get(runFiles.summary));
  const alive = (await runsAtWork()).has(id);
  const curves = await readCurves(files.get(runFiles.metrics));
  const step = Math.max(0, ...Object.values(curves).map(({ buckets }) => buckets.at(-1)?.to ?? 0));
  const figures: Record<string, RunState['figures'][string]> = {};
  for (const [name, file] of files) {
    if (name.endsWith('.svg')) figures[name.slice(0, -'.svg'.length)] = [{ svg: await file.text(), step }];
  }
  const log = (await files.get(runFiles.log)?.text())?.trimEnd().split('\n') ?? [];
  const error: ErrorReport | undefined = summary?.error === undefined ? undefined : { name: 'Error', message: summary.error };
  const state: RunState = {
    ...idleRun,
    phase: alive ? 'elsewhere' : (summary?.status ?? 'cutOff'),
    run: id,
    data: config.data,
    log: log.slice(-MOST_LINES),
    step,
    curves,
    figures,
    tables: summary?.tables ?? {},
    results: summary?.results ?? {},
    ...(summary && { seconds: summary.seconds }),
    ...(error && { error }),
    resumable: files.has(runFiles.checkpoint),
  };
  return { config, state };
}

const LINES_AT_ONCE = 2000;

/** Takes so few lines at a time that the page stays quick to answer. */
async function readCurves(file: File | undefined): Promise<RunState['curves']> {
  const lines = file ? (await file.text()).split('\n') : [];
  let curves: Readonly<Record<string, Curve>> = {};
  for (let at = 0; at < lines.length; at += LINES_AT_ONCE) {
    curves = withRows(curves, decodeRows(lines.slice(at, at + LINES_AT_ONCE).join('\n')));
    await new Promise((done) => setTimeout(done));
  }
  return curves;
}
