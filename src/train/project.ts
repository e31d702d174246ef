// The contract between a project and whatever drives it: the command line, the web page, the tests.
import type { DataRecord } from '../data/record.ts';
import type { Platform } from '../platform.ts';
import type { Figure } from './figure.ts';
import type { OptionSpecs, OptionValues } from './option.ts';

export type { OptionSpec, OptionSpecs, OptionValues } from './option.ts';

/** What a list of projects says of each, known before any of it is loaded. */
export interface ProjectCard {
  /** What a person types: `mc-dropout`. */
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  /** The folder under `src/projects/`: `small-scale`, `applied`, `i2dl`, `uva`. */
  readonly document: string;
}

/** One project of the collection. Option names are camelCase here; the command line spells them `--kebab-case`. */
export interface Project<S extends OptionSpecs = OptionSpecs> extends ProjectCard {
  readonly options: S;
  /** Changes to the option defaults under `--quick` (a 2-core machine, two minutes) and `--full` (the published size). */
  readonly presets: { readonly quick: Partial<OptionValues<S>>; readonly full: Partial<OptionValues<S>> };
  run(context: ProjectContext, options: OptionValues<S>): Promise<void>;
  /** What a person can do with the trained weights in the page. */
  readonly interaction?: Interaction<S>;
}

/** Something to play with once there are weights: the page takes the input, the project answers with a figure. */
export interface Interaction<S extends OptionSpecs = OptionSpecs> {
  readonly title: string;
  /** One sentence: what to do and what to look for. */
  readonly help: string;
  /**
   * `draw`: a square picture drawn by hand, white on black; gives `size`² values 0 … 1, rows top to bottom.
   * `plane`: a point moved through a plane; gives its x and y.
   */
  readonly input:
    | { readonly kind: 'draw'; readonly size: number }
    | {
        readonly kind: 'plane';
        readonly x: { readonly label: string; readonly min: number; readonly max: number };
        readonly y: { readonly label: string; readonly min: number; readonly max: number };
      };
  /** Makes the model of a checkpoint ready. The function it gives answers one input after another. */
  open(checkpoint: Checkpoint, options: OptionValues<S>): Promise<(input: Float32Array) => Promise<Figure>>;
}

/** Everything a project may do to the outside world. */
export interface ProjectContext {
  readonly platform: Platform;
  readonly seed: number;
  /** True once the user asked to stop (Ctrl-C, the Stop button): save a checkpoint and return. */
  readonly stopping: boolean;
  /** Await it between steps: it comes back at once, or, when the user has paused the run, when it goes on. */
  ready(): Promise<void>;
  /** Checkpoint to go on from, when the run is a resumed one. */
  readonly resume: Checkpoint | undefined;
  /** A line for the log. */
  log(text: string): void;
  /** Which data the run uses. Goes to the log and to the run's record. */
  data(record: DataRecord): void;
  /**
   * One row of metrics.jsonl and of the TensorBoard events. `step` counts optimiser steps. The page draws `loss` and `validation loss` in one
   * chart, and so `loss, adam` and `loss, sgd`.
   */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  /** Where the run is: drives the progress bar and its time left. `done` of `total` items. */
  progress(update: ProgressUpdate): void;
  /** Saves a figure as SVG and PNG under this name. */
  figure(name: string, figure: Figure): Promise<void>;
  /** Shows a table and keeps it in the run's summary. */
  table(name: string, table: Table): void;
  /** Headline results, kept in summary.json. */
  summary(values: Readonly<Record<string, number | string | boolean>>): void;
  /** Saves the run's state, replacing the last checkpoint in one atomic step. */
  checkpoint(checkpoint: Checkpoint): Promise<void>;
}

export interface ProgressUpdate {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
  /** Items (images, tokens …) a second, and what they are. */
  readonly rate?: number;
  readonly unit?: string;
}

/** Tensors by name, and whatever else it takes to go on bit for bit (positions, counters, results so far), as JSON. */
export interface Checkpoint {
  readonly tensors: Readonly<
    Record<
      string,
      { readonly dtype: 'f32' | 'i32' | 'u32'; readonly shape: readonly number[]; readonly data: Float32Array | Int32Array | Uint32Array }
    >
  >;
  readonly state: Readonly<Record<string, unknown>>;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}
