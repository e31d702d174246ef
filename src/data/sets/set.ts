// A data set, declared: what it is called, which files it lies in, how they are read, and what stands in for it where there are none.
// The run, `tilegrad data`, the page and the tables of the documentation all go by this record.
import type { DataFile } from '../../platform.ts';
import type { Value } from '../dataset.ts';

/** One field of all samples of a part, one sample after the other, in the form they are stored. `shape` is that of one sample. */
export interface Field extends Value {
  /**
   * Where samples differ in length (texts, boxes): count + 1 rising numbers. Sample i has the rows from `offsets[i]` up to `offsets[i + 1]`, and
   * `shape` is that of one row. Texts are bytes of UTF-8, see `textsOf`.
   */
  readonly offsets?: Uint32Array;
  /** What the numbers of a label mean: `names[3]` is class 3. */
  readonly names?: readonly string[];
}

/** Samples that belong together: the training images, say. */
export interface Part<F extends string = string> {
  readonly fields: Readonly<Record<F, Field>>;
  readonly count: number;
  /** What was odd in its files, and how much of it: it goes into the record. */
  readonly note?: string;
  /** Of a synthetic twin, opened in place of the real set: what was learned from real samples knows nothing of these. */
  readonly synthetic?: true;
}

/** What a set consists of: `train` and `test`, as a rule. */
export type Parts = Readonly<Record<string, Part>>;

/** Names of all fields of all parts. */
export type FieldOf<S extends Parts> = keyof S[keyof S]['fields'] & string;

/** Only the first so many samples of a part. 0 or none: all. */
export type Limit<S extends Parts = Parts> = Readonly<Partial<Record<keyof S, number>>>;

/** How a project wants a set. */
export interface Use<S extends Parts = Parts> {
  readonly limit?: Limit<S>;
  /** Share of `train` that becomes `validation`, between 0 and 1. Which samples, the seed decides. */
  readonly validation?: number;
  /** Another form of a field: fewer bits, another element type. It must not change which samples there are, nor their order. */
  readonly map?: Readonly<Partial<Record<FieldOf<S>, (field: Field) => Field>>>;
}

/** A file of a set. */
export interface SetFile {
  /** Under the data folder. One that ends in `.gz` is found unpacked too. */
  readonly path: string;
  /** A set can do without it. */
  readonly optional?: true;
  /** Where it can be had without a login or a form to sign; without it there is no download. */
  readonly download?: Download;
}

export interface Download {
  /** Mirrors, in the order to try. */
  readonly urls: readonly string[];
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Many files of a set: those of a folder, loose or in an archive (`.tar.gz`, `.tgz`, `.tar`, `.zip`) that lies in it. */
export interface SetFolder {
  /** Under the data folder. */
  readonly folder: string;
  /** Which files are meant, by the end of their paths: `/(?:^|\/)(train|test)\/[^/]+\/[^/]+\.jpe?g$/i`. */
  readonly pattern: RegExp;
  /** The same for a person: `{train,test}/<class>/<image>.jpg`. */
  readonly layout: string;
  /** Names of files without which it isn't the set. */
  readonly needs?: readonly string[];
  /** An archive of it, to be had without a login. */
  readonly archive?: { readonly path: string } & Download;
}

/** Those files of a folder that belong to a set. */
export interface Folder {
  /** A path or an address, of the folder or of the archive. */
  readonly source: string;
  /** Sorted, so that samples have the same order on every platform. */
  readonly paths: readonly string[];
  /** Of the content at one of `paths`. `source` names it in full. */
  read(path: string): Promise<{ readonly bytes: Uint8Array; readonly source: string }>;
  /** What was read, for the run's record. */
  used(): Promise<{ readonly source: string; readonly sha256: string }>;
}

export type SetFiles = Readonly<Record<string, SetFile | SetFolder>>;

/** What was found for each entry of `files`. */
export type Found<W extends SetFiles> = {
  readonly [K in keyof W]: W[K] extends SetFolder ? Folder : W[K] extends { readonly optional: true } ? DataFile | undefined : DataFile;
};

/** Of reading: how much is wanted, and whom to tell how far it is. */
export interface Reading {
  readonly limit: Limit;
  readonly progress: (done: number, total: number) => void;
}

/** A way in which a set is spread: all of its files are there, or the set isn't there in this form. */
export interface Form<S extends Parts = Parts> {
  /** "IDX files" */
  readonly title: string;
  /** What a reader of the results must know of this form: it goes into the record. */
  readonly note?: string;
  readonly files: SetFiles;
  /** @throws DataFormatError where a file isn't what it should be */
  read(found: Readonly<Record<string, DataFile | Folder | undefined>>, reading: Reading): S | Promise<S>;
}

/** A form whose reader knows its files by name. */
export function form<const W extends SetFiles, S extends Parts>(declared: {
  readonly title: string;
  readonly note?: string;
  readonly files: W;
  read(found: Found<W>, reading: Reading): S | Promise<S>;
}): Form<S> {
  return declared as unknown as Form<S>;
}

/** A set, or what loads it: sets beyond the smallest are files of their own, fetched when they are opened (`sets.cifar10`). */
export type SetSource<S extends Parts = Parts> = DataSet<S> | (() => Promise<DataSet<S>>);

export interface DataSet<S extends Parts = Parts> {
  /** `mnist`. The record of a run and the command line call it so. */
  readonly name: string;
  /** `MNIST` */
  readonly title: string;
  /** What its samples are, in a sentence: `images`. */
  readonly samples: string;
  readonly licence: string;
  /** Where a person finds it. */
  readonly source: string;
  /** Under the data folder, where it has one to itself: other files in there than its own are a mistake. */
  readonly folder?: string;
  /** In the order of preference. */
  readonly forms: readonly Form<S>[];
  /** Data of the same fields, shapes and types that is hard enough for comparisons to mean something. */
  readonly synthetic: {
    /** `digits`: what is made. */
    readonly title: string;
    make(seed: number, limit: Limit<S>): S | Promise<S>;
  };
}
