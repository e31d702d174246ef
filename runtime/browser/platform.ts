// What the page gives to the library: the browser's GPU, and data files that the person dropped or that a server has.
import { TilegradError } from '../../src/index.ts';
import type { Platform } from '../../src/platform.ts';
import type { Adapters } from './adapter.ts';
import { type Content, fetchFile, withDigest } from './fetch-data.ts';
import { findFile } from './find-file.ts';
import { bytesOf, openFolder, readFile, writeFile } from './opfs.ts';
import type { DataChoice } from './protocol.ts';

export interface PagePlatform extends Platform {
  readonly name: 'browser';
  /** The files that were asked for in vain; empty once any was found. */
  missing(): readonly string[];
}

/** Files that a run used are kept, so that it can be resumed and others can use them. */
export function pagePlatform(adapters: Adapters, data: DataChoice): PagePlatform {
  const missing = new Set<string>();
  let found = false;
  return {
    name: 'browser',
    requestAdapter: () => adapters.take(),
    async readData(path) {
      const file = await readChosen(data, path);
      if (file) found = true;
      else missing.add(path);
      return file && withDigest(file);
    },
    // The page asks nothing of other servers.
    fetchCached: async () => undefined,
    // A packed file that is looked for unpacked as well is named once.
    missing: () => (found ? [] : [...missing].filter((path) => !missing.has(path.replace(/\.gz$/, '')) || !path.endsWith('.gz'))),
  };
}

async function readChosen(data: DataChoice, path: string): Promise<Content | undefined> {
  switch (data.kind) {
    case 'synthetic':
      return undefined;
    case 'kept':
      return readKept(path);
    case 'files': {
      const chosen = findFile(data.files, path);
      return chosen && keep(path, { bytes: await readDropped(chosen.file), source: chosen.path });
    }
    case 'url': {
      const content = await fetchFile(data.url, path);
      return content && keep(path, content);
    }
  }
}

async function readDropped(file: File): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await bytesOf(file);
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

async function readKept(path: string): Promise<Content | undefined> {
  const { folder, name } = place(path);
  const opened = await openFolder(folder);
  const bytes = opened && (await readFile(opened, name, bytesOf));
  return bytes && { bytes, source: `the browser's kept files: ${path}` };
}

function place(path: string): { readonly folder: readonly string[]; readonly name: string } {
  const parts = ['data', ...path.split('/')];
  return { folder: parts.slice(0, -1), name: parts[parts.length - 1] };
}
