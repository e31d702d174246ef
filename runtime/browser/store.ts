// The runs that this browser keeps, as the page shows them. Imports no library code.
import type { DataRecord } from '../../src/data/record.ts';
import type { Table } from '../../src/train/project.ts';
import { decodeRows, type MetricsRow } from '../run/metrics.ts';
import type { OptionRecord, Preset } from '../run/options.ts';
import {
  checkConfig,
  checkRunState,
  checkSummary,
  type ResultValues,
  type RunConfig,
  type RunState,
  type RunSummary,
} from '../run/record.ts';
import type { Check } from '../run/schema.ts';
import { runFiles } from '../run/store.ts';
import { type Drawing, decodeDrawings, drawingsFile } from './drawings.ts';
import { bytesOf, openFolder, RESULTS, readFile, removeEntry, StorageError, writeFile } from './opfs.ts';

/** The Web Lock that a worker holds while it works on a run. */
export const lockOf = (id: string) => `tilegrad-run-${id}`;

export interface StoredRun {
  /** `mc-dropout-20261122-163200` */
  readonly id: string;
  readonly project: string;
  /** Given by a person; empty unless one did. */
  readonly name: string;
  /** `running`: in this tab or another one. `cutOff`: the page was closed, or crashed. */
  readonly status: 'running' | 'cutOff' | 'finished' | 'interrupted' | 'failed';
  /** When it began, as an ISO date. */
  readonly started: string;
  readonly preset: Preset;
  readonly options: OptionRecord;
  readonly seed: number;
  readonly adapter: string;
  readonly data: readonly DataRecord[];
  /** Of the last row of its metrics. */
  readonly step: number;
  /** Of its checkpoint: where a resumed run goes on. Without one it can't be resumed. */
  readonly checkpoint: number | undefined;
  /** Of work, up to its end or its last checkpoint. */
  readonly seconds: number;
  /** Headline results: those at its end or in its last checkpoint. */
  readonly results: ResultValues;
  readonly error?: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** A stored run with all that it showed. */
export interface StoredRecord extends StoredRun {
  readonly rows: readonly MetricsRow[];
  /** The states of each figure, the newest last. */
  readonly figures: Readonly<Record<string, readonly Drawing[]>>;
  readonly tables: Readonly<Record<string, Table>>;
  readonly log: readonly string[];
}

/** What is left of a run whose config can't be read. */
export interface DamagedRun {
  readonly id: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** All whole runs, the newest first. */
export async function listRuns(): Promise<StoredRun[]> {
  const running = await runningRuns();
  const runs = await forEachRun((folder) => readEntry(folder, running).then((run) => run?.stored));
  return runs.sort((a, b) => (a.started < b.started ? 1 : -1));
}

/** Runs that can only be deleted. One that is about to begin, or never wrote anything, is none of them. */
export async function listDamagedRuns(): Promise<DamagedRun[]> {
  const running = await runningRuns();
  return forEachRun(async (folder) => {
    if (running.has(lockOf(folder.name)) || (await readConfig(folder))) return undefined;
    const bytes = await bytesIn(folder);
    return bytes > 0 ? { id: folder.name, bytes } : undefined;
  });
}

async function forEachRun<T>(read: (folder: FileSystemDirectoryHandle) => Promise<T | undefined>): Promise<T[]> {
  const folder = await openFolder(['runs']);
  if (!folder) return [];
  const found: Promise<T | undefined>[] = [];
  for await (const entry of folder.values()) if (entry instanceof FileSystemDirectoryHandle) found.push(read(entry));
  return (await Promise.all(found)).filter((run) => run !== undefined);
}

/** Undefined when there is no such run. */
export async function readRun(id: string): Promise<StoredRecord | undefined> {
  const folder = await openFolder(['runs', id]);
  const read = folder && (await readEntry(folder, await runningRuns()));
  if (!folder || !read) return undefined;
  const { stored, found } = read;
  const svgs = found.figures.filter((file) => file.endsWith('.svg'));
  const earlier = decodeDrawings(await readText(folder, drawingsFile));
  const figures = svgs.map(async (file) => {
    const name = file.slice(0, -4);
    const newest = { name, step: stored.step, svg: await readText(folder, file) };
    const before = (Object.hasOwn(earlier, name) ? earlier[name] : []).filter(({ svg }) => svg !== newest.svg);
    return [name, newest.svg === '' ? before : [...before, newest]] as const;
  });
  return {
    ...stored,
    rows: decodeRows(await readText(folder, runFiles.metrics)),
    figures: Object.fromEntries((await Promise.all(figures)).filter(([, drawings]) => drawings.length > 0)),
    tables: found.tables,
    log: (await readText(folder, runFiles.log)).split('\n').slice(0, -1),
  };
}

/** One file of a run, to be downloaded: `metrics.jsonl`, `checkpoint.safetensors` … Undefined when it isn't there. */
export async function readRunFile(id: string, file: string): Promise<Blob | undefined> {
  const folder = await openFolder(['runs', id]);
  const bytes = folder && (await readFile(folder, file, bytesOf));
  return bytes && new Blob([bytes]);
}

/** Gives a run a name, or takes it away: ''. @throws StorageError when there is no such run any more, or no room. */
export async function writeName(id: string, name: string): Promise<void> {
  const folder = await openFolder(['runs', id]);
  if (!folder) throw new StorageError(`there is no run ${id} in this browser any more.`);
  if (name === '') await removeEntry(folder, runFiles.name);
  else await writeFile(folder, runFiles.name, name);
}

/** @throws StorageError when a worker is at work on it. */
export async function removeRun(id: string): Promise<void> {
  const gone = await navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => {
    if (!lock) return false;
    const folder = await openFolder(['runs']);
    if (folder) await removeEntry(folder, id);
    return true;
  });
  if (!gone) throw new StorageError(`${id} is still running: stop it first.`);
}

/** Bytes. */
const PIECE = 2 ** 20;

/** The run's folder as a zip file: unpacked, `tilegrad run <project> --resume <folder>` goes on with it in Node. */
export async function zipRun(id: string): Promise<Blob> {
  const folder = await openFolder(['runs', id]);
  if (!folder) throw new StorageError(`there is no run ${id} in this browser any more.`);
  const { Zip, ZipPassThrough } = await import('./zip-parts.ts');
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(chunk as Uint8Array<ArrayBuffer>);
  });
  for await (const { name } of folder.values()) {
    const bytes = await readFile(folder, name, bytesOf);
    if (!bytes) continue;
    const entry = new ZipPassThrough(`${id}/${name}`);
    zip.add(entry);
    // Piece by piece, so that the page stays awake.
    for (let at = 0; at < bytes.length; at += PIECE) {
      entry.push(bytes.subarray(at, at + PIECE));
      await new Promise((resolve) => setTimeout(resolve));
    }
    entry.push(new Uint8Array(), true);
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
}

/** Data files of earlier runs, which a run can be given again. */
export async function keptData(): Promise<{
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly bytes: number;
}> {
  const files: { path: string; size: number }[] = [];
  let bytes = 0;
  const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
    for await (const entry of folder.values()) {
      if (entry instanceof FileSystemDirectoryHandle) await walk(entry, `${path}${entry.name}/`);
      else {
        const size = (await readFile(folder, entry.name, (file) => file.size)) ?? 0;
        files.push({ path: path + entry.name, size });
        bytes += size;
      }
    }
  };
  const folder = await openFolder(['data']);
  if (folder) await walk(folder, '');
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), bytes };
}

/** And what runs kept of their own. */
export async function removeKeptData(): Promise<void> {
  for (const name of ['data', RESULTS]) await removeEntry(await navigator.storage.getDirectory(), name);
}

async function runningRuns(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name }) => name ?? ''));
}

type Found = Pick<RunSummary, 'tables' | 'figures' | 'seconds'> & { readonly values: ResultValues };

async function readEntry(
  folder: FileSystemDirectoryHandle,
  running: ReadonlySet<string>,
): Promise<{ readonly stored: StoredRun; readonly found: Found } | undefined> {
  const config = await readConfig(folder);
  if (!config) return undefined;
  const alive = running.has(lockOf(folder.name));
  const summary = alive ? undefined : await readJson<RunSummary>(folder, runFiles.summary, checkSummary);
  const saved = await readCheckpointState(folder);
  const found: Found = summary
    ? { ...summary, values: summary.results }
    : { values: {}, tables: {}, figures: [], ...saved?.results, seconds: saved?.seconds ?? 0 };
  const { project, started, preset, options, seed, data, resumed } = config;
  const stored: StoredRun = {
    id: folder.name,
    name: (await readText(folder, runFiles.name)).trim(),
    ...{ project, started, preset, options, seed, data },
    status: alive ? 'running' : (summary?.status ?? 'cutOff'),
    adapter: (resumed.at(-1) ?? config).adapter.name,
    step: await lastStep(folder),
    checkpoint: saved?.step,
    seconds: found.seconds,
    results: found.values,
    bytes: await bytesIn(folder),
    ...(summary?.error !== undefined && { error: summary.error }),
  };
  return { stored, found };
}

const readConfig = (folder: FileSystemDirectoryHandle) => readJson<RunConfig>(folder, runFiles.config, checkConfig);

async function readText(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  return (await readFile(folder, name, (file) => file.text())) ?? '';
}

/** Undefined also for a damaged file: a list of runs must not fail over one of them. */
async function readJson<T>(folder: FileSystemDirectoryHandle, name: string, check: Check): Promise<T | undefined> {
  try {
    const content: unknown = JSON.parse(await readText(folder, name));
    return check(content, name) === undefined ? (content as T) : undefined;
  } catch {
    return undefined;
  }
}

/** The run's own part of a checkpoint, out of the head of its file: 8 bytes of length, then JSON. */
async function readCheckpointState(folder: FileSystemDirectoryHandle): Promise<RunState | undefined> {
  try {
    return await readFile(folder, runFiles.checkpoint, async (file) => {
      const length = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
      const header = JSON.parse(await file.slice(8, 8 + length).text()) as { __metadata__: { run: string } };
      const state: unknown = JSON.parse(header.__metadata__.run);
      return checkRunState(state, 'run') === undefined ? (state as RunState) : undefined;
    });
  } catch {
    return undefined;
  }
}

async function lastStep(folder: FileSystemDirectoryHandle): Promise<number> {
  const end = await readFile(folder, runFiles.metrics, (file) => file.slice(-4096).text());
  // The first row of the piece may be torn, and is then left out.
  return decodeRows(end ?? '').at(-1)?.step ?? 0;
}

async function bytesIn(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  for await (const { name } of folder.values()) bytes += (await readFile(folder, name, ({ size }) => size)) ?? 0;
  return bytes;
}
