// What the page knows of a run: a pure function of the reports its worker sent.
import type { DataRecord, ProgressUpdate, Table } from '../../../src/projects/project.ts';
import type { ErrorReport, Report } from '../protocol.ts';
import { appendRows, type Curve, emptyCurve } from './curve.ts';

export type Phase = 'idle' | 'starting' | 'training' | 'paused' | 'stopping' | 'finished' | 'interrupted' | 'failed';

export type SummaryValues = Readonly<Record<string, number | string | boolean>>;

/** One state of a figure. */
export interface Drawing {
  readonly svg: string;
  /** The last step whose metrics were known when it came. */
  readonly step: number;
}

export interface RunState {
  readonly phase: Phase;
  /** The stored run's name, once it has one. */
  readonly run?: string;
  readonly data: readonly DataRecord[];
  readonly log: readonly string[];
  readonly step: number;
  readonly curves: Readonly<Record<string, Curve>>;
  readonly progress?: { readonly update: ProgressUpdate; readonly secondsLeft: number | undefined; readonly gpuBytes: number };
  /** By name; the newest is the last. */
  readonly figures: Readonly<Record<string, readonly Drawing[]>>;
  readonly tables: Readonly<Record<string, Table>>;
  readonly results: SummaryValues;
  /** Of the newest checkpoint. */
  readonly checkpoint?: number;
  /** The GPU was lost and the run goes on by itself. */
  readonly recovering?: { readonly message: string; readonly step: number };
  readonly seconds?: number;
  readonly error?: ErrorReport;
  readonly resumable: boolean;
}

export const idleRun: RunState = {
  phase: 'idle',
  data: [],
  log: [],
  step: 0,
  curves: {},
  figures: {},
  tables: {},
  results: {},
  resumable: false,
};

/** What happens on the page's side. */
export type Deed =
  /** Train was pressed: everything of the run before goes. */
  | { readonly type: 'begin' }
  /** A stored run goes on: what is known of it stays. */
  | { readonly type: 'continue' }
  | { readonly type: 'stopping' }
  | { readonly type: 'workerDied'; readonly message: string }
  /** The person didn't want to wait for the worker to stop. */
  | { readonly type: 'cutOff' };

/** Older lines and drawings go. */
const MOST_LINES = 1000;
const MOST_DRAWINGS = 100;

export function advance(state: RunState, event: Report | Deed): RunState {
  switch (event.type) {
    case 'begin':
      return { ...idleRun, phase: 'starting' };
    case 'continue':
      return without({ ...state, phase: 'starting', resumable: false }, 'error', 'recovering', 'seconds', 'progress');
    case 'stopping':
      return { ...state, phase: 'stopping' };
    case 'started':
      // Stop may have been pressed while the worker was getting ready.
      return { ...state, phase: state.phase === 'stopping' ? 'stopping' : 'training', run: event.run };
    case 'paused':
      return state.phase === 'stopping' ? state : { ...state, phase: event.paused ? 'paused' : 'training' };
    case 'log':
      return { ...state, log: [...state.log, event.text].slice(-MOST_LINES) };
    case 'data':
      return { ...state, data: [...state.data.filter(({ name }) => name !== event.record.name), event.record] };
    case 'scalars':
      return withRows(state, event.rows);
    case 'progress': {
      const { update, secondsLeft, gpuBytes } = event;
      return without({ ...state, progress: { update, secondsLeft, gpuBytes } }, 'recovering');
    }
    case 'figure': {
      const before = state.figures[event.name] ?? [];
      const drawings = [...before, { svg: event.svg, step: state.step }].slice(-MOST_DRAWINGS);
      return { ...state, figures: { ...state.figures, [event.name]: drawings } };
    }
    case 'table':
      return { ...state, tables: { ...state.tables, [event.name]: event.table } };
    case 'summary':
      return { ...state, results: { ...state.results, ...event.values } };
    case 'checkpoint':
      return { ...state, checkpoint: event.step, resumable: true };
    case 'recovering':
      return { ...state, recovering: { message: event.message, step: event.step } };
    case 'ended': {
      const { status, seconds, error, resumable } = event;
      return without({ ...state, phase: status, seconds, resumable, ...(error && { error }) }, 'recovering');
    }
    case 'workerDied':
      if (!isActive(state.phase)) return state;
      return without({ ...state, phase: 'failed', error: { name: 'WorkerDied', message: event.message } }, 'recovering');
    case 'cutOff':
      return without({ ...state, phase: 'interrupted' }, 'recovering');
    // These are the worker's, whatever the run: the session keeps them.
    case 'adapter':
    case 'noAdapter':
    case 'answer':
    case 'noAnswer':
      return state;
  }
}

function withRows(state: RunState, rows: Extract<Report, { type: 'scalars' }>['rows']): RunState {
  const byName: Record<string, { step: number; value: number }[]> = {};
  for (const { step, values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      byName[name] ??= [];
      byName[name].push({ step, value });
    }
  }
  const curves = { ...state.curves };
  for (const [name, added] of Object.entries(byName)) curves[name] = appendRows(curves[name] ?? emptyCurve, added);
  return { ...state, curves, step: rows.at(-1)?.step ?? state.step };
}

function without(state: RunState, ...names: ('error' | 'recovering' | 'seconds' | 'progress')[]): RunState {
  const rest: Record<string, unknown> = { ...state };
  for (const name of names) delete rest[name];
  return rest as unknown as RunState;
}

/** Something runs, or is about to. */
export const isActive = (phase: Phase) => phase === 'starting' || phase === 'training' || phase === 'paused' || phase === 'stopping';

/** What can be done now. `train` also wants a form that can be read and a GPU, which the reports don't tell. */
export function controls({ phase, resumable, run }: RunState): {
  readonly train: boolean;
  readonly pause: boolean;
  /** Ends a pause, or goes on from the checkpoint of a run that ended early. */
  readonly resume: boolean;
  readonly stop: boolean;
  readonly reset: boolean;
} {
  const active = isActive(phase);
  return {
    train: !active,
    pause: phase === 'training',
    resume: phase === 'paused' || ((phase === 'interrupted' || phase === 'failed') && resumable && run !== undefined),
    stop: active,
    reset: !active && phase !== 'idle',
  };
}
