// What a run needs of the program that it runs in: the command line, the page's worker, a test.
import type { DataRecord } from '../data/record.ts';
import type { Parts } from '../data/sets/set.ts';
import type { StateDict } from '../nn/load.ts';
import type { Module } from '../nn/module.ts';
import type { Platform } from '../platform.ts';
import type { Figure } from './figure.ts';
import type { Packed } from './values.ts';

/** Where the whole run is. */
export interface ProgressUpdate {
  /** What is being done: `run 2 of 3 › training`. */
  readonly phase: string;
  /** Share of the whole run that is done, 0 … 1. It never falls. */
  readonly fraction: number;
  readonly loss?: number;
  /** Items (images, tokens …) a second, and what they are. */
  readonly rate?: number;
  readonly unit?: string;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export type ResultValues = Readonly<Record<string, number | string | boolean>>;

/** What a finished stage or loop leaves. */
export interface DoneRecord extends Packed {
  /** Steps that were taken in it, and rows of metrics that it wrote. */
  readonly steps: number;
  readonly rows: number;
  /** Of a stage that was done elsewhere: what it told there, a {@link Told}. */
  readonly told?: Packed;
}

/** A loop that a checkpoint found under way. */
export interface LiveLoop {
  readonly path: string;
  /** Where it goes on: in this epoch, after so many samples of it (−1: after the last one); in a loop of steps, at this one. */
  readonly at: { readonly epoch: number; readonly index: number };
  readonly random: { readonly seed: number; readonly step: number };
  /** Steps of the whole run before that place, and rows. */
  readonly step: number;
  readonly rows: number;
}

/** Where a run is. Results of finished stages and loops lie elsewhere; here are their paths. */
export interface RunPosition {
  readonly step: number;
  /** Rows of metrics that stand: those that a resumed run comes to again are left out. */
  readonly rows: number;
  readonly done: readonly string[];
  /** The outermost first. */
  readonly live: readonly LiveLoop[];
  /** What begins the names of the model's tensors, where a loop under way keeps it. */
  readonly model?: string;
  /** Whether a loop that kept the model is through: its weights are saved, and stand. */
  readonly trained?: boolean;
}

/** A checkpoint: a position, and what the loops under way keep, by the loop's path. */
export interface RunCheckpoint extends RunPosition {
  readonly kept: Packed;
  /** What {@link RunHost.found} gave at that moment. */
  readonly found: unknown;
}

/** A run at work, for who looks into it while it stands still in {@link RunHost.ready}. */
export interface LiveRun {
  /** Steps so far. */
  readonly step: number;
  /** The model that is trained, with its newest weights; undefined before it was made. */
  readonly model: Module | undefined;
  /** What a stage of the whole run has found; undefined when it isn't done. */
  resultOf(stage: string): Promise<unknown>;
}

/** Results of stages that any run finds the same, whatever its project and seed. */
export interface SharedResults {
  /** @param key of all that it follows from. Gives undefined where no run has left it, or it can't be read. */
  read(path: string, key: string): Promise<DoneRecord | undefined>;
  /** Without room for it nothing is kept. */
  write(path: string, key: string, record: DoneRecord): Promise<void>;
}

/** Everything a run may do to the outside world. */
export interface RunHost {
  readonly platform: Platform;
  readonly seed: number;
  /** True once the user asked to stop. */
  readonly stopping: boolean;
  /** The checkpoint to go on from. */
  readonly position: (RunPosition & { readonly kept: Packed }) | undefined;
  /** Does this stage alone, for another process that wants its result, instead of the whole run. */
  readonly only: string | undefined;
  /** Comes back at once, or, in a pause that begins where a checkpoint can be saved, at its end. Until then the run stands still: whoever looks into it leaves its random numbers as they were. */
  ready(live: LiveRun, savable: boolean): Promise<void>;
  /** Whether it is time for a checkpoint. */
  due(): boolean;
  /** Of a finished stage or loop. @throws TilegradError when it is missing or damaged */
  readRecord(path: string): Promise<DoneRecord>;
  /** Of a stage that was done elsewhere, where its record was brought here. @throws TilegradError when it is of another run, or damaged */
  doneElsewhere(path: string): Promise<DoneRecord | undefined>;
  /** Where results that other runs find the same are kept. */
  readonly shared?: SharedResults | undefined;
  writeRecord(path: string, record: DoneRecord): Promise<void>;
  /** What has been shown and found so far, to be part of a checkpoint. */
  found(): unknown;
  /** Replaces the last checkpoint in one step; records of paths that are not `done` may go then. */
  save(checkpoint: RunCheckpoint): Promise<void>;
  /** The model's weights, whenever a loop that trains it is through. */
  saveModel(weights: StateDict): Promise<void>;
  /** A line for the log. */
  log(text: string): void;
  /** A data set is being read: so many of all files. */
  reading(title: string, done: number, total: number): void;
  /** Which data the run uses. Goes to the log and to the run's record. `parts`: what was opened, where it is a data set. */
  data(record: DataRecord, parts?: Parts): void;
  /** One row of metrics.jsonl and of the TensorBoard events. */
  row(step: number, values: Readonly<Record<string, number>>): void;
  progress(update: ProgressUpdate): void;
  figure(name: string, figure: Figure): Promise<void>;
  /** What shows a figure for a moment, where somebody looks on and it was not drawn just now. */
  glimpse?(name: string): ((figure: Figure) => Promise<void>) | undefined;
  table(name: string, table: Table): void;
  summary(values: ResultValues): void;
  file(name: string, bytes: Uint8Array): Promise<void>;
}
