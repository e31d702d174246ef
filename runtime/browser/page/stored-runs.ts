// The runs that this browser keeps, as the page shows them.
import { signal } from '@preact/signals';
import { type DamagedRun, listDamagedRuns, listRuns, readRun, removeRun, type StoredRecord, type StoredRun, writeName } from '../store.ts';
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
  } catch (error) {
    storageProblem.value = error instanceof Error ? error.message : String(error);
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
    figures: Object.fromEntries(figures.map(({ name, svg }) => [name, [{ svg, step }]])),
    resumable: checkpoint !== undefined,
    ...(checkpoint !== undefined && { checkpoint }),
    ...(error !== undefined && { error: { name: 'Error', message: error } }),
  };
}
