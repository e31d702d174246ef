// Where a run keeps its files: a folder on disk in Node, one in the browser's own file system.

/** A file's content, one part after the other. Nobody may change them until they are written. */
export type FileParts = readonly Uint8Array<ArrayBuffer>[];

export interface RunStore {
  /** What a person knows it by. */
  readonly path: string;
  /** Replaces a file in one step: a reader, or the next run after a crash, sees the old content or the new, never a part. */
  write(file: string, content: string | Uint8Array | FileParts): Promise<void>;
  read(file: string): Promise<Uint8Array | undefined>;
  remove(file: string): Promise<void>;
  /** Names of all files. */
  list(): Promise<readonly string[]>;
  /** Opens a file, made if it isn't there, to write at its end. */
  append(file: string): Promise<AppendFile>;
}

export interface AppendFile {
  /** Whole or not at all: where there is no room for the text, what was written of it goes again. */
  append(text: string): void;
  close(): void;
}

/** The files of a run beside its figures; the same in every store, so that a downloaded run can be gone on with in Node. */
export const runFiles = {
  config: 'config.json',
  checkpoint: 'checkpoint.safetensors',
  /** The trained weights alone. */
  model: 'model.safetensors',
  metrics: 'metrics.jsonl',
  log: 'log.txt',
  summary: 'summary.json',
  /** What a person calls it, where they gave it a name. */
  name: 'name.txt',
} as const;
