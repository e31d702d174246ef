// What the page knows of a run: a pure function of the reports its worker sent.
import type { DataRecord } from '../../../src/data/record.ts';
import type { ProgressUpdate, Table } from '../../../src/train/project.ts';
import type { ResultValues } from '../../run/record.ts';
import type { ErrorReport, Report } from '../protocol.ts';
import { appendRows, type Curve, emptyCurve } from './curve.ts';

/** `cutOff`: a stored run whose page went away. `elsewhere`: one that another page works on now. */
export type Phase =
  | 'idle'
  | 'starting'
  | 'training'
  | 'paused'
  | 'stopping'
  | 'finished'
  | 'interrupted'
  | 'failed'
  | 'cutOff'
  | 'elsewhere';

export const phaseTexts: Readonly<Record<Phase, string>> = {
  idle: 'ready',
  starting: 'starting',
  training: 'training',
  paused: 'paused',
  stopping: 'stopping',
  finished: 'finished',
  interrupted: 'stopped',
  failed: 'failed',
  cutOff: 'cut off',
  elsewhere: 'in another tab',
};

/** One state of a figure. */
export interface Drawing {
  readonly svg: string;
  /** The last step whose metrics were known when it came. */
  readonly step: number;
  /** Of a run at work: it isn't kept. */
  readonly passing?: true;
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
  readonly results: ResultValues;
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
  /** A stored run is shown. */
  | { readonly type: 'open'; readonly state: RunState }
  /** A stored run goes on: what is known of it stays. */
  | { readonly type: 'continue' }
  | { readonly type: 'stopping' }
  | { readonly type: 'workerDied'; readonly message: string }
  /** The person didn't want to wait for the worker to stop. */
  | { readonly type: 'givenUp' };

/** Older lines and drawings go. */
export const MOST_LINES = 1000;
const MOST_DRAWINGS = 100;

export function advance(state: RunState, event: Report | Deed): RunState {
  switch (event.type) {
    case 'begin':
      return { ...idleRun, phase: 'starting' };
    case 'open':
      return event.state;
    case 'continue':
      return without({ ...state, phase: 'starting' }, 'error', 'recovering', 'seconds', 'progress');
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
      return { ...state, data: [...state.data.filter(({ description }) => description !== event.record.description), event.record] };
    case 'scalars':
      return { ...state, curves: withRows(state.curves, event.rows), step: event.rows.at(-1)?.step ?? state.step };
    case 'progress': {
      const { update, secondsLeft, gpuBytes } = event;
      return without({ ...state, progress: { update, secondsLeft, gpuBytes } }, 'recovering');
    }
    case 'figure': {
      const all = state.figures[event.name] ?? [];
      const before = all.at(-1)?.passing ? all.slice(0, -1) : all;
      const drawing = { svg: event.svg, step: state.step, ...(event.passing && { passing: event.passing }) };
      const drawings = [...before, drawing].slice(-MOST_DRAWINGS);
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
    case 'givenUp':
      return without({ ...state, phase: 'interrupted' }, 'recovering');
    // These are the worker's, whatever the run: the session keeps them.
    case 'adapter':
    case 'noAdapter':
    case 'offers':
    case 'answer':
    case 'surface':
    case 'noAnswer':
    case 'model':
    case 'inside':
    case 'picture':
      return state;
  }
}

/** Rows of metrics.jsonl, sorted to a curve each metric. They stand in the order in which they get a second point: no chart that begins moves another. */
export function withRows(curves: RunState['curves'], rows: Extract<Report, { type: 'scalars' }>['rows']): RunState['curves'] {
  // A metric may have any name: `constructor` is no curve that every object has.
  const known = (name: string) => (Object.hasOwn(curves, name) ? curves[name] : emptyCurve);
  const byName = new Map<string, { step: number; value: number }[]>();
  for (const { step, values } of rows) {
    for (const [name, value] of Object.entries(values)) {
      const points = byName.get(name) ?? [];
      points.push({ step, value });
      if (known(name).buckets.length + points.length === 2) byName.delete(name);
      byName.set(name, points);
    }
  }
  const stay = Object.entries(curves).filter(([name, { buckets }]) => buckets.length > 1 || !byName.has(name));
  const added = [...byName].map(([name, points]) => [name, appendRows(known(name), points)]);
  return { ...Object.fromEntries(stay), ...Object.fromEntries(added) };
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
    resume: phase === 'paused' || (wasBroken(phase) && resumable && run !== undefined),
    stop: active,
    reset: !active && phase !== 'idle',
  };
}

const wasBroken = (phase: Phase) => phase === 'interrupted' || phase === 'failed' || phase === 'cutOff';
