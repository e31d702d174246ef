// What Node gives to the library: an adapter, the user's data folder, downloads.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { TilegradError } from '../../src/index.ts';
import type { AdapterChoice, DataFile, DataListing, DataRange, DownloadRequest, Platform, PlatformCache } from '../../src/platform.ts';
import { openAdapter } from './adapter.ts';
import { download } from './download.ts';
import { cacheFolder, errorCode, makeFolder, replaceFile } from './files.ts';
import { StatusLine } from './status-line.ts';
import { ownFolder } from './versions.ts';
import { startWorker } from './worker.ts';

export interface NodePlatformOptions {
  /** As `--adapter`. Otherwise `TILEGRAD_ADAPTER`, otherwise the best there is. */
  readonly adapter?: string;
  /** The folder of the user's data files. Otherwise `TILEGRAD_DATA`. */
  readonly data?: string;
  /** Where downloads are kept. Otherwise `TILEGRAD_CACHE`, otherwise the system's cache folder. */
  readonly cache?: string;
  /** Where downloads show their progress. Otherwise standard error. */
  readonly status?: StatusLine;
}

export interface NodePlatform extends Platform {
  readonly name: 'node';
  /** The adapter that the next `requestAdapter` gives: an adapter makes one device only, so looking must not use one up. */
  peekAdapter(): Promise<AdapterChoice>;
  readonly dataFolder: string | undefined;
}

export function nodePlatform(options: NodePlatformOptions = {}): NodePlatform {
  const dataFolder = options.data ?? (process.env.TILEGRAD_DATA || undefined);
  const status = options.status ?? new StatusLine(process.stderr);
  const downloads = new Map<string, Promise<DataFile | undefined>>();
  let ready: Promise<AdapterChoice> | undefined;
  const peekAdapter = () => {
    ready ??= openAdapter(options.adapter);
    return ready;
  };
  return {
    name: 'node',
    dataFolder,
    peekAdapter,
    async requestAdapter() {
      const choice = peekAdapter();
      ready = undefined;
      return choice;
    },
    async readData(path) {
      return dataFolder === undefined ? undefined : readDataFile(dataFolder, path);
    },
    async readRange(path, begin, end) {
      return dataFolder === undefined ? undefined : readDataRange(dataFolder, path, begin, end);
    },
    async listData(path) {
      return dataFolder === undefined ? undefined : listDataFolder(dataFolder, path);
    },
    fetchCached(request: DownloadRequest) {
      // Two askers for one file must not write one `.part`.
      let running = downloads.get(request.path);
      if (!running) {
        running = download(request, { folder: options.cache ?? cacheFolder(), status }).finally(() => downloads.delete(request.path));
        downloads.set(request.path, running);
      }
      return running;
    },
    async readStarter(project) {
      const own = ownFolder();
      return own === undefined ? undefined : readIn(join(own, 'dist/projects', `${project}.safetensors`), withDigest);
    },
    cache: results(join(options.cache ?? cacheFolder(), 'results')),
    startWorker,
  };
}

/** A folder of them, made when it is first written to. */
function results(path: string): PlatformCache {
  return {
    path,
    async read(file) {
      try {
        return readFileSync(join(path, file));
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      }
    },
    async write(file, parts) {
      makeFolder(path);
      await replaceFile(join(path, file), parts, 'Free some space, or name another folder in TILEGRAD_CACHE.');
    },
  };
}

/** Throws when the data folder that the user named can't be used. */
export function checkDataFolder(folder: string): void {
  const advice = 'Name an existing folder with --data or TILEGRAD_DATA, or leave both out to download the data.';
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(folder);
  } catch (error) {
    throw new TilegradError(
      `the data folder ${folder} ${errorCode(error) === 'ENOENT' ? 'does not exist' : `can't be opened (${errorCode(error)})`}. ${advice}`,
    );
  }
  if (!found.isDirectory()) throw new TilegradError(`the data folder ${folder} is a file, not a folder. ${advice}`);
}

function readDataFile(folder: string, path: string): DataFile | undefined {
  return fromDataFolder(folder, path, withDigest);
}

function withDigest(source: string): DataFile {
  const bytes = readFileSync(source);
  return { bytes, source, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function readDataRange(folder: string, path: string, begin: number, end: number): DataRange | undefined {
  return fromDataFolder(folder, path, (source) => {
    const file = openSync(source, 'r');
    try {
      const bytes = new Uint8Array(end - begin);
      let at = 0;
      for (let got = -1; at < bytes.length && got !== 0; at += got) got = readSync(file, bytes, at, bytes.length - at, begin + at);
      return { bytes: bytes.subarray(0, at), source };
    } finally {
      closeSync(file);
    }
  });
}

function fromDataFolder<T>(folder: string, path: string, read: (source: string) => T): T | undefined {
  checkDataFolder(folder);
  return readIn(join(folder, path), read);
}

/** What `read` makes of a file; undefined where there is none. */
function readIn<T>(source: string, read: (source: string) => T): T | undefined {
  try {
    return read(source);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TilegradError(`can't read ${source}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/**
 * Links are followed: a large set may lie on another disk. `closed`: only those that stay inside of the data folder.
 */
export function listDataFolder(folder: string, path: string, closed = false): DataListing | undefined {
  checkDataFolder(folder);
  const root = realpathSync(folder);
  const files: { path: string; size: number }[] = [];
  const allowed = (real: string) => !closed || real === root || real.startsWith(root + sep);
  const walk = (real: string, below: string, above: readonly string[]): void => {
    for (const name of readdirSync(real).sort()) {
      if (name.startsWith('.')) continue;
      const stats = statSync(join(real, name), { throwIfNoEntry: false });
      const target = stats && realpathSync(join(real, name));
      if (!target || !allowed(target)) continue;
      if (stats.isFile()) files.push({ path: below + name, size: stats.size });
      // A link to a folder above would lead round for ever.
      else if (stats.isDirectory() && !above.includes(target)) walk(target, `${below}${name}/`, [...above, target]);
    }
  };
  const start = join(folder, path);
  try {
    const real = realpathSync(start);
    if (!allowed(real) || !statSync(real).isDirectory()) return undefined;
    walk(real, '', [real]);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TilegradError(`can't list ${start}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  return { files, named: true };
}
