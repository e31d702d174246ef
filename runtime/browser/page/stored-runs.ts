// The runs that this browser keeps, as the page shows them.
import { signal } from '@preact/signals';
import {
  type DamagedRun,
  listDamagedRuns,
  listRuns,
  lockOf,
  readRun,
  removeRun,
  type StoredRecord,
  type StoredRun,
  writeName,
} from '../store.ts';
import { MOST_RUNS } from './form.ts';
import { idleRun, MOST_LINES, type RunState, withRows } from './run-state.ts';

/** Newest first; undefined until they have been looked for. */
export const storedRuns = signal<readonly StoredRun[] | undefined>(undefined);

const damagedRuns = signal<readonly DamagedRun[]>([]);

/** Of one project, by their names: their records can't be read. */
export const damagedRunsOf = (project: string): DamagedRun[] =>
  damagedRuns.value.filter(({ id }) => id.replace(/-\d{8}-\d{6}(-\d+)?$/, '') === project);

/** Why the browser keeps no runs, where it doesn't: a private window, say. */
export const storageProblem = signal<string | undefined>(undefined);

export async function refreshStoredRuns(): Promise<void> {
  try {
    [storedRuns.value, damagedRuns.value] = await Promise.all([listRuns(), listDamagedRuns()]);
    storageProblem.value = undefined;
    hearOfEnds(storedRuns.value);
  } catch (error) {
    storageProblem.value = error instanceof Error ? error.message : String(error);
  }
}

const awaited = new Set<string>();

/** Runs of other tabs, too, are heard to end, even where the tab was closed: whoever works on one holds its lock. */
function hearOfEnds(runs: readonly StoredRun[]): void {
  for (const { id, status } of runs) {
    if (status !== 'running' || awaited.has(id)) continue;
    awaited.add(id);
    void navigator.locks
      .request(lockOf(id), { mode: 'shared' }, () => {})
      .then(() => {
        awaited.delete(id);
        return refreshStoredRuns();
      });
  }
}

export async function deleteRun(id: string): Promise<void> {
  await removeRun(id);
  await refreshStoredRuns();
}

/** An empty name takes the run's name away. */
export async function nameRun(id: string, name: string): Promise<void> {
  await writeName(id, name);
  await refreshStoredRuns();
}

/**
 * Failures don't pile up: of a project's runs that failed without a checkpoint, and so can't go on, those go that were tried again since with the
 * same options and seed; of the others the newest stay, as many as a sweep has, and the one that is shown.
 */
export async function dropFailedRuns(project: string, shown: string | undefined): Promise<void> {
  const useless = uselessOf(
    (storedRuns.value ?? []).filter((run) => run.project === project),
    shown,
  );
  await Promise.all(useless.map(({ id }) => removeRun(id).catch(() => {})));
  if (useless.length > 0) await refreshStoredRuns();
}

/** @param runs of one project, the newest first */
export function uselessOf(runs: readonly StoredRun[], shown: string | undefined): readonly StoredRun[] {
  const same = ({ preset, options, seed }: StoredRun) => JSON.stringify([preset, seed, Object.entries(options).sort()]);
  const failed = runs.filter(({ status, checkpoint, id }) => status === 'failed' && checkpoint === undefined && id !== shown);
  const untried = failed.filter((run) => !runs.slice(0, runs.indexOf(run)).some((newer) => same(newer) === same(run)));
  const kept = new Set(untried.slice(0, MOST_RUNS));
  return failed.filter((run) => !kept.has(run));
}

export interface OpenedRun {
  readonly stored: StoredRun;
  readonly state: RunState;
}

/** Undefined when there is none of this name. */
export async function openRun(id: string): Promise<OpenedRun | undefined> {
  const stored = await readRun(id).catch(() => undefined);
  return stored && { stored, state: await stateOf(stored) };
}

const ROWS_AT_ONCE = 5000;

/** Takes so few rows at a time that the page stays quick to answer. */
async function stateOf(stored: StoredRecord): Promise<RunState> {
  const { id, status, rows, step, checkpoint, figures, tables, results, log, data, seconds, error } = stored;
  let curves: RunState['curves'] = {};
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    curves = withRows(curves, rows.slice(at, at + ROWS_AT_ONCE));
    await new Promise((done) => setTimeout(done));
  }
  return {
    ...idleRun,
    phase: status === 'running' ? 'elsewhere' : status,
    run: id,
    ...{ data, curves, step, tables, results, seconds },
    log: log.slice(-MOST_LINES),
    figures,
    resumable: checkpoint !== undefined,
    ...(checkpoint !== undefined && { checkpoint }),
    ...(error !== undefined && { error: { name: 'Error', message: error } }),
  };
}
