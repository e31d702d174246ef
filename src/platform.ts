import type { GPUAdapter, GPUDevice } from './engine/gpu/webgpu.ts';
import type { DeviceTraits } from './engine/ops/kernel.ts';

/** An adapter that a platform found, as a person would want it named. */
export interface AdapterChoice {
  readonly adapter: GPUAdapter;
  /** For example `llvmpipe (LLVM 19.1.7, 256 bits)`. */
  readonly name: string;
  /** `cpu` for a software adapter. */
  readonly kind: 'gpu' | 'cpu';
  /** Why this one: "the only hardware adapter", "no hardware adapter; lavapipe is installed" … */
  readonly reason: string;
  /** What to make kernels for in place of what the adapter says, to run variants and limits of other adapters on this one. */
  readonly traits?: Partial<DeviceTraits>;
  /** A device of the adapter that {@link keep} was given: its kernels are compiled. None: a new one is opened. */
  readonly device?: GPUDevice;
  /** Gets the device, all its buffers freed, when it is closed and nothing was wrong with it. Without it the device is destroyed. */
  keep?(device: GPUDevice): void;
}

/**
 * Everything that differs between Node and a browser. `src/` reaches the outside world through this alone.
 * A missing file gives `undefined`; any other failure throws a TilegradError that says what to do.
 */
export interface Platform {
  readonly name: 'node' | 'browser';
  /** Finds and chooses an adapter. Throws when there is none, saying what to install. */
  requestAdapter(): Promise<AdapterChoice>;
  /** Reads one of the user's data files, by its path under the data folder (`mnist/train-images-idx3-ubyte.gz`). */
  readData(path: string): Promise<DataFile | undefined>;
  /**
   * The bytes from `begin` to before `end` of such a file, of which the rest stays where it is: less where it ends sooner. Platforms without it read
   * files whole.
   */
  readRange?(path: string, begin: number, end: number): Promise<DataRange | undefined>;
  /** Keeps what was taken out of a file by ranges as a data file of its own, where what is read is kept. */
  keepData?(path: string, bytes: Uint8Array): Promise<void>;
  /** What lies in a folder under the data folder (`cifar10`), and in all folders below it. `undefined` where there is none. */
  listData(path: string): Promise<DataListing | undefined>;
  /** Downloads a file once (resumable, sha256 checked, progress shown) and keeps it in the cache. `undefined` when the network can't be reached. */
  fetchCached(request: DownloadRequest): Promise<DataFile | undefined>;
  /** The file of the small trained weights that come with a project, by its name. Platforms without it have none. */
  readStarter?(project: string): Promise<DataFile | undefined>;
  /** What a run keeps for others. Platforms without it keep nothing. */
  readonly cache?: PlatformCache;
  /**
   * Starts a thread with this script, which finds `port`, with `postMessage(message, transfer)` and `on('message', listener)`, among its globals. It
   * doesn't keep a process from ending. Platforms without it load data in the caller's thread alone.
   */
  startWorker?(script: string, listener: WorkerListener): PlatformWorker;
}

/** Files by their names, which may be removed at any time. */
export interface PlatformCache {
  /** What a person knows it by. */
  readonly path: string;
  read(file: string): Promise<Uint8Array | undefined>;
  /** Replaces a file in one step. Nobody may change the parts until it is written. */
  write(file: string, parts: readonly Uint8Array<ArrayBuffer>[]): Promise<void>;
}

/** A thread that runs a script beside this one. */
export interface PlatformWorker {
  /** Hands over a message, and the buffers for good. */
  post(message: unknown, transfer: readonly ArrayBufferLike[]): void;
  stop(): void;
}

export interface WorkerListener {
  message(message: unknown): void;
  /** The script threw outside of a message's answer, or the thread ended. */
  error(error: Error): void;
}

export interface DataFile {
  readonly bytes: Uint8Array;
  /** Where it came from, for the run's record: a path or a URL. */
  readonly source: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A part of a file, and the file's name. */
export type DataRange = Pick<DataFile, 'bytes' | 'source'>;

export interface DataListing {
  /** Paths within the folder, `/` between their parts; bytes. Hidden files are left out. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** False where no folder has the name, but a person gave files that may all the same be those of it. */
  readonly named: boolean;
}

export interface DownloadRequest {
  /** Mirrors in the order to try. */
  readonly urls: readonly string[];
  /** Path inside the cache. */
  readonly path: string;
  /** Lower-case hex; a download with another digest is refused. */
  readonly sha256: string;
  /** The file's size in bytes: nothing is taken in beyond it. */
  readonly size: number;
}
