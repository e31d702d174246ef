// A run's folder in the browser's own files, as the worker that runs it uses it.
import { runName } from '../run/record.ts';
import { type AppendFile, type FileParts, type RunStore, runFiles } from '../run/store.ts';
import { bytesOf, openFolder, readFile, removeEntry, StorageError, storageError, writeFile } from './opfs.ts';
import { lockOf } from './store.ts';

/** Milliseconds that a run may still be held by the worker of a page that is just closing. */
const HAND_OVER = 3000;

/** Runs `body` with the folder of a new run, which is this worker's alone until it is done. */
export async function withNewRun<T>(project: string, time: Date, body: (files: RunFiles) => Promise<T>): Promise<T> {
  const base = runName(project, time);
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    const done = await navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => {
      if (!lock || (await openFolder(['runs', id]))) return undefined;
      const files = new RunFiles(id, (await openFolder(['runs', id], true)) as FileSystemDirectoryHandle);
      try {
        return { result: await body(files) };
      } catch (error) {
        await removeIfNotBegun(files);
        throw error;
      }
    });
    if (done) return done.result;
  }
}

/** A folder that not even the config found room in is no run. */
async function removeIfNotBegun(files: RunFiles): Promise<void> {
  const runs = await openFolder(['runs']);
  if (runs && !(await files.read(runFiles.config))) await removeEntry(runs, files.id);
}

/** Runs `body` with the folder of a stored run, which is this worker's alone until it is done. */
export async function withStoredRun<T>(id: string, body: (files: RunFiles) => Promise<T>): Promise<T> {
  let mine = false;
  try {
    return await navigator.locks.request(lockOf(id), { signal: AbortSignal.timeout(HAND_OVER) }, async () => {
      mine = true;
      return body(await openRun(id));
    });
  } catch (error) {
    if (mine) throw error;
    throw new StorageError(`${id} is at work in another tab: go on with it there, or close that tab first.`, 'StorageError', error);
  }
}

/** To read from; another worker may be writing. */
export async function openRun(id: string): Promise<RunFiles> {
  const folder = await openFolder(['runs', id]);
  if (!folder) throw new StorageError(`there is no run ${id} in this browser any more.`);
  return new RunFiles(id, folder);
}

export class RunFiles implements RunStore {
  readonly path: string;

  constructor(
    readonly id: string,
    private readonly folder: FileSystemDirectoryHandle,
  ) {
    this.path = `runs/${id}`;
  }

  write(file: string, content: string | Uint8Array | FileParts): Promise<void> {
    return writeFile(this.folder, file, content);
  }

  read(file: string): Promise<Uint8Array | undefined> {
    return readFile(this.folder, file, bytesOf);
  }

  remove(file: string): Promise<void> {
    return removeEntry(this.folder, file);
  }

  async list(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of this.folder.keys()) names.push(name);
    return names;
  }

  async append(file: string): Promise<AppendFile> {
    try {
      const handle = (await this.folder.getFileHandle(file, { create: true })) as SyncFileHandle;
      return new SyncAppendFile(`${this.path}/${file}`, await handle.createSyncAccessHandle());
    } catch (error) {
      throw storageError(`${this.path}/${file}`, error);
    }
  }
}

/** What workers alone have, and the DOM's types leave out. */
interface SyncFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccess>;
}
interface SyncAccess {
  getSize(): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}

class SyncAppendFile implements AppendFile {
  private readonly encoder = new TextEncoder();
  private end: number;

  constructor(
    private readonly path: string,
    private readonly access: SyncAccess,
  ) {
    this.end = access.getSize();
  }

  append(text: string): void {
    const bytes = this.encoder.encode(text);
    try {
      // A full disk takes a part.
      if (this.access.write(bytes, { at: this.end }) < bytes.length) throw new DOMException('', 'QuotaExceededError');
      this.end += bytes.length;
    } catch (error) {
      this.access.truncate(this.end);
      throw storageError(this.path, error);
    }
  }

  close(): void {
    this.access.close();
  }
}
