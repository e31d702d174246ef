// What the page gives to the library: the browser's GPU, and data files that the person dropped or that a server has.
import { TilegradError } from '../../src/index.ts';
import type { DataListing, DataRange, Platform } from '../../src/platform.ts';
import type { Adapters } from './adapter.ts';
import { type Content, ServedFiles, servedStarter, withDigest } from './fetch-data.ts';
import { GivenFiles } from './given-files.ts';
import { bytesOf, openFolder, RESULTS, readFile, writeFile } from './opfs.ts';
import type { ChosenFile, DataChoice } from './protocol.ts';
import { startWorker } from './start-worker.ts';

export interface PagePlatform extends Platform {
  readonly name: 'browser';
  /** The files and folders that were asked for in vain. */
  missing(): readonly string[];
}

/** Files that a run used are kept, so that it can be resumed and others can use them. */
export function pagePlatform(adapters: Adapters, data: DataChoice): PagePlatform {
  const missing = new Set<string>();
  const source = sourceOf(data);
  return {
    name: 'browser',
    requestAdapter: () => adapters.take(),
    async readData(path) {
      const file = await source?.read(path);
      if (!file) missing.add(path);
      return file && withDigest(file);
    },
    readRange: async (path, begin, end) => source?.range(path, begin, end),
    async keepData(path, bytes) {
      if (data.kind !== 'kept') await keep(path, { bytes: bytes as Content['bytes'], source: path });
    },
    async listData(path) {
      const listing = await source?.list(path);
      if (!listing?.named) missing.add(`${path}/`);
      return listing;
    },
    async readStarter(project) {
      const file = await servedStarter(project);
      return file && withDigest(file);
    },
    // The page asks nothing of other servers.
    fetchCached: async () => undefined,
    cache: {
      path: 'the browser’s kept files',
      async read(file) {
        const folder = await openFolder([RESULTS]);
        return folder && readFile(folder, file, bytesOf);
      },
      write: async (file, parts) => writeFile((await openFolder([RESULTS], true)) as FileSystemDirectoryHandle, file, parts),
    },
    startWorker,
    // A packed file that is looked for unpacked as well is named once, and so is a folder beside files of it.
    missing: () => {
      const all = [...missing];
      const twice = (path: string) =>
        path.endsWith('/')
          ? all.some((other) => other !== path && other.startsWith(path))
          : path.endsWith('.gz') && missing.has(path.slice(0, -3));
      return all.filter((path) => !twice(path));
    },
  };
}

interface Source {
  read(path: string): Promise<Content | undefined>;
  range(path: string, begin: number, end: number): Promise<DataRange | undefined>;
  list(folder: string): Promise<DataListing | undefined>;
}

function sourceOf(data: DataChoice): Source | undefined {
  switch (data.kind) {
    case 'synthetic':
      return undefined;
    case 'kept':
      return { read: readKept, range: readKept, list: listKept };
    case 'files': {
      const given = new GivenFiles<ChosenFile>(data.files);
      return {
        read: async (path) => {
          const found = theOne(path, given.find(path));
          return found && keep(path, { bytes: await readDropped(found.file), source: found.path });
        },
        range: async (path, begin, end) => {
          const found = theOne(path, given.find(path));
          return found && { bytes: await readDropped(found.file, begin, end), source: found.path };
        },
        list: async (folder) => given.list(folder, ({ file }) => file.size),
      };
    }
    case 'url': {
      const served = new ServedFiles(data.url);
      return {
        read: async (path) => {
          const content = await served.read(path);
          return content && keep(path, content);
        },
        range: (path, begin, end) => served.range(path, begin, end),
        list: (folder) => served.list(folder),
      };
    }
  }
}

/** @throws TilegradError when several files could be the one at `path` */
export function theOne<F extends { readonly path: string }>(path: string, [best, second]: readonly F[]): F | undefined {
  if (best && second) {
    throw new TilegradError(`both ${best.path} and ${second.path} could be ${path}: give one of their folders, without the other.`);
  }
  return best;
}

async function readDropped(file: File, begin = 0, end = file.size): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await bytesOf(file.slice(begin, end));
  } catch (error) {
    throw new TilegradError(
      `${file.name} can't be read: ${error instanceof Error ? error.message : error}. It may have changed since it was chosen: choose it again.`,
    );
  }
}

/** Without room for it the run goes on all the same; to resume it, the person gives the file again. */
async function keep(path: string, content: Content): Promise<Content> {
  const { folder, name } = place(path);
  try {
    await writeFile((await openFolder(folder, true)) as FileSystemDirectoryHandle, name, content.bytes);
  } catch {
    // As above.
  }
  return content;
}

/** All of a file, or its bytes from `begin` to before `end`. */
async function readKept(path: string, begin?: number, end?: number): Promise<Content | undefined> {
  const { folder, name } = place(path);
  const opened = await openFolder(folder);
  const bytes = opened && (await readFile(opened, name, (file) => bytesOf(file.slice(begin, end))));
  return bytes && { bytes, source: `the browser's kept files: ${path}` };
}

async function listKept(path: string): Promise<DataListing | undefined> {
  const top = await openFolder(['data', ...path.split('/')]);
  if (!top) return undefined;
  const files: { path: string; size: number }[] = [];
  const walk = async (folder: FileSystemDirectoryHandle, below: string): Promise<void> => {
    for await (const entry of folder.values()) {
      if (entry instanceof FileSystemDirectoryHandle) await walk(entry, `${below}${entry.name}/`);
      else files.push({ path: below + entry.name, size: (await readFile(folder, entry.name, ({ size }) => size)) ?? 0 });
    }
  };
  await walk(top, '');
  return files.length ? { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), named: true } : undefined;
}

function place(path: string): { readonly folder: readonly string[]; readonly name: string } {
  const parts = ['data', ...path.split('/')];
  return { folder: parts.slice(0, -1), name: parts[parts.length - 1] };
}
