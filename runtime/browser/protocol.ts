// What the page and the worker that trains say to each other. Everything is plain data that `postMessage` can copy.
import type { PictureSize } from '../../src/data/image/resize.ts';
import type { DataRecord } from '../../src/data/record.ts';
import type { InputValues, Offers } from '../../src/train/input.ts';
import type { ProgressUpdate, Table } from '../../src/train/project.ts';
import type { OptionRecord, Preset } from '../run/options.ts';
import type { NoAdapterReason } from './adapter.ts';

/** Where a run's data comes from. Files keep the path they have in the dropped folder. */
export type DataChoice =
  | { readonly kind: 'synthetic' }
  | { readonly kind: 'files'; readonly files: readonly ChosenFile[] }
  /** Files that an earlier run of this browser used (`keptData` of store.ts lists them). */
  | { readonly kind: 'kept' }
  /** A folder on a web server, laid out like a data folder: `<url>/mnist/train-images-idx3-ubyte.gz`. */
  | { readonly kind: 'url'; readonly url: string };

/** A file that a person gave, and its path in the folder that was given. */
export interface ChosenFile {
  readonly path: string;
  readonly file: File;
}

/** Page → worker. One worker runs one project at a time. */
export type Command =
  | {
      readonly type: 'start';
      readonly project: string;
      readonly preset: Preset;
      /** What the user changed; the rest comes from preset and defaults. */
      readonly options: OptionRecord;
      readonly seed: number;
      readonly data: DataChoice;
    }
  /** Goes on with a stored run from its last checkpoint. `data`: its data once more, where the browser has not kept it. */
  | { readonly type: 'resume'; readonly run: string; readonly data?: DataChoice }
  | { readonly type: 'pause' }
  /** Ends a pause. */
  | { readonly type: 'unpause' }
  /** Saves a checkpoint as soon as may be: the page is out of sight, and may be closed. */
  | { readonly type: 'save' }
  /** Saves a checkpoint and ends the run. */
  | { readonly type: 'stop' }
  /** The figures in sight, which a run may draw again and again. */
  | { readonly type: 'see'; readonly figures: readonly string[] }
  /** Asks what the project's model with these options is made of. Gets `model`, also while a run is at work. */
  | { readonly type: 'model'; readonly id: number; readonly project: string; readonly preset: Preset; readonly options: OptionRecord }
  /**
   * Asks what a model holds: that of the run at work here, as it is at its newest step; else of the stored `run`; else of the one that a run with these
   * options begins with. Gets `inside`, while a run is at work at a pace that doesn't slow it.
   */
  | {
      readonly type: 'look';
      readonly project: string;
      readonly preset: Preset;
      readonly options: OptionRecord;
      readonly seed: number;
      readonly run?: string;
    }
  /**
   * Asks a project's interaction: with the newest weights of the run at work here, with the last checkpoint of a stored run, or, without a run, with
   * what comes with the project. Without values it is only made ready. Each question gets `answer` or `noAnswer`; one that a newer question of its
   * kind overtook gets `noAnswer` with an error named `Overtaken`.
   */
  | { readonly type: 'ask'; readonly project: string; readonly run?: string; readonly id: number; readonly values?: InputValues }
  /** Asks in the same way what is below the point of its plane. */
  | { readonly type: 'askSurface'; readonly project: string; readonly run?: string; readonly id: number }
  /** Wants the pixels of a picture that a person gave, whatever else is going on. Gets `picture` with the same id. */
  | { readonly type: 'picture'; readonly id: number; readonly file: Blob; readonly size: PictureSize };

/** Worker → page. */
export type Report =
  /** Sent unasked as soon as the worker has looked for a GPU. */
  | {
      readonly type: 'adapter';
      readonly name: string;
      readonly kind: 'gpu' | 'cpu' /** Bytes of its largest buffer. */;
      readonly largest?: number;
    }
  /** There is none: why, and in words for a person. */
  | { readonly type: 'noAdapter'; readonly reason: NoAdapterReason; readonly message: string }
  | { readonly type: 'started'; readonly run: string }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'data'; readonly record: DataRecord }
  /** Rows of metrics.jsonl, gathered for a tenth of a second. */
  | { readonly type: 'scalars'; readonly rows: readonly { readonly step: number; readonly values: Readonly<Record<string, number>> }[] }
  /** At most ten a second. `secondsLeft` is undefined until it can be told. */
  | {
      readonly type: 'progress';
      readonly update: ProgressUpdate;
      readonly secondsLeft: number | undefined;
      readonly gpuBytes: number;
    }
  /** `passing`: for the moment; the next one stands in its place. */
  | { readonly type: 'figure'; readonly name: string; readonly svg: string; readonly passing?: true }
  | { readonly type: 'table'; readonly name: string; readonly table: Table }
  | { readonly type: 'summary'; readonly values: Readonly<Record<string, number | string | boolean>> }
  | { readonly type: 'checkpoint'; readonly step: number }
  | { readonly type: 'paused'; readonly paused: boolean }
  /** The GPU was lost; the run goes on by itself from this step, on a new device. */
  | { readonly type: 'recovering'; readonly message: string; readonly step: number }
  /** Comes without `started` when the run could not begin. */
  | {
      readonly type: 'ended';
      readonly status: 'finished' | 'interrupted' | 'failed';
      readonly seconds: number;
      readonly error?: ErrorReport;
      /** A checkpoint is stored, so the run can be resumed and its interaction asked. */
      readonly resumable: boolean;
    }
  /** Whenever an interaction has been made ready: what its inputs have to choose from. */
  | { readonly type: 'offers'; readonly offers: Offers }
  /** `step`: of the run at work whose weights answered. `seconds`: what it took. */
  | { readonly type: 'answer'; readonly id: number; readonly parts: readonly ShownPart[]; readonly step?: number; readonly seconds: number }
  /** `svg`: a drawing to fill a plane with, where the interaction has one. */
  | { readonly type: 'surface'; readonly id: number; readonly svg?: string; readonly seconds: number }
  | { readonly type: 'noAnswer'; readonly id: number; readonly error: ErrorReport }
  | { readonly type: 'model'; readonly id: number; readonly model: ModelReport | ErrorReport }
  | { readonly type: 'inside'; readonly inside: InsideReport | ErrorReport }
  /** [channels, height, width], 0 … 1. */
  | { readonly type: 'picture'; readonly id: number; readonly picture: Float32Array | ErrorReport };

/** A part of an answer as the page shows it. */
export type ShownPart = { readonly svg: string } | { readonly table: Table } | { readonly text: string };

/** A model, layer by layer in the order of the calls, of one sample. */
export interface ModelReport {
  readonly layers: readonly LayerReport[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

export interface LayerReport {
  /** `encoder.0`; '' for the model. */
  readonly name: string;
  readonly type: string;
  readonly depth: number;
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** What a model holds, and what its layers give of one sample. */
export interface InsideReport {
  /** In the order of their first calls. */
  readonly layers: readonly LayerInside[];
  /** The sample, where it is a picture. */
  readonly input: Pictures | undefined;
}

export interface LayerInside {
  readonly name: string;
  readonly type: string;
  readonly tensors: readonly TensorInside[];
  /** What it gives of the sample. */
  readonly maps: Pictures | undefined;
}

export interface TensorInside {
  readonly name: string;
  readonly shape: readonly number[];
  readonly histogram: Histogram;
  /** Where its values are what a picture looks like: kernels on pixels, rows of a linear layer on pixels, a matrix that isn't too large. */
  readonly kernels: Pictures | undefined;
}

export interface Histogram {
  readonly low: number;
  readonly high: number;
  /** In bins of one width from `low` to `high`. */
  readonly counts: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  /** Values that are NaN or infinite. */
  readonly broken: number;
}

/** Pictures of values of either sign, one behind the other, `[channels, height, width]` each. */
export interface Pictures {
  readonly count: number;
  /** The first so many of them. */
  readonly shown: number;
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** −127 … 127 stands for −`most` … `most`. */
  readonly shades: Int8Array;
  readonly most: number;
}

export interface ErrorReport {
  /** The error's class: `ShapeError`, `OutOfMemoryError`, `DataFormatError` … */
  readonly name: string;
  readonly message: string;
  /** The interaction's input that it is about. */
  readonly input?: string;
  /** What the person can do about it. */
  readonly advice?: string;
  /** Of an error that nobody foresaw: where it was thrown. */
  readonly stack?: string;
}
