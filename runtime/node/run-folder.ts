// A run's folder on disk: what stands in it, and that none of it is ever half-written.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { encodeFileVersion, encodeScalarEvent, TilegradError } from '../../src/index.ts';
import type { MetricsRow } from '../run/metrics.ts';
import { runName } from '../run/record.ts';
import { type AppendFile, type FileParts, type RunStore, runFiles } from '../run/store.ts';
import { errorCode, makeFolder, openPlain, replaceFile, writeError, writeNew } from './files.ts';
import { FolderLock } from './folder-lock.ts';

export class RunFolder implements RunStore {
  private readonly writing = new Map<string, Promise<void>>();

  private constructor(
    readonly path: string,
    private readonly lock?: FolderLock,
  ) {}

  /** To read from alone: a process may be at work on the run. */
  static read(path: string): RunStore {
    return new RunFolder(path);
  }

  /** For a new run, in a folder that holds none, and writes into it at once: better to fail now than after an hour. */
  static create(path: string): RunFolder {
    try {
      makeFolder(path);
    } catch (error) {
      throw writeError(path, error);
    }
    const folder = new RunFolder(path, FolderLock.take(path));
    try {
      if (existsSync(join(path, runFiles.config))) {
        throw new TilegradError(`${path} already holds a run. Go on with it by --resume ${path}, or choose another folder with --out.`);
      }
      folder.prepare();
    } catch (error) {
      folder.close();
      throw error;
    }
    return folder;
  }

  /** `runs/mc-dropout-20261122-163200`, or that with a number where it is taken. */
  static createNamed(project: string, time: Date): RunFolder {
    const base = join('runs', runName(project, time));
    try {
      makeFolder('runs');
    } catch (error) {
      throw writeError('runs', error);
    }
    for (let n = 1; ; n++) {
      const path = n === 1 ? base : `${base}-${n}`;
      try {
        // Of two processes that begin in the same second only one makes it.
        mkdirSync(path);
      } catch (error) {
        if (errorCode(error) === 'EEXIST') continue;
        throw writeError(path, error);
      }
      return RunFolder.create(path);
    }
  }

  /** To go on with the run in it. Throws when there is none, or a process is at work on it. */
  static open(path: string): RunFolder {
    if (!existsSync(join(path, runFiles.config))) {
      throw new TilegradError(`--resume ${path}: its config.json can't be read: there is none, so no run was kept there.`);
    }
    const folder = new RunFolder(path, FolderLock.take(path));
    try {
      folder.prepare();
    } catch (error) {
      folder.close();
      throw error;
    }
    return folder;
  }

  /** Throws when it can't be written to. */
  private prepare(): void {
    const probe = join(this.path, '.probe');
    try {
      rmSync(probe, { force: true });
      // A full disk still lets an empty file be made.
      writeNew(probe, 'x'.repeat(4096));
    } catch (error) {
      throw writeError(this.path, error);
    } finally {
      rmSync(probe, { force: true });
    }
    // Left by a run that was killed while it replaced a file.
    for (const name of readdirSync(this.path)) if (/^\..*\.tmp-[\d-]+$/.test(name)) rmSync(join(this.path, name), { force: true });
  }

  /** Lets another process have it. One in which no run began goes, unless something of the user's is in it. */
  close(): void {
    this.lock?.release();
    try {
      rmdirSync(this.path);
    } catch {
      // Most have files.
    }
  }

  async write(file: string, content: string | Uint8Array | FileParts): Promise<void> {
    // Of two that write one file the later one is to stand.
    const before = this.writing.get(file)?.catch(() => {});
    const writing = (before ?? Promise.resolve()).then(() => replaceFile(join(this.path, file), content));
    this.writing.set(file, writing);
    try {
      await writing;
    } finally {
      if (this.writing.get(file) === writing) this.writing.delete(file);
    }
  }

  async read(file: string): Promise<Uint8Array | undefined> {
    const path = join(this.path, file);
    let opened: number | undefined;
    try {
      opened = openPlain(path, constants.O_RDONLY);
      return readFileSync(opened);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw code === undefined ? error : new TilegradError(`${path} can't be read (${code})`, { cause: error });
    } finally {
      if (opened !== undefined) closeSync(opened);
    }
  }

  async remove(file: string): Promise<void> {
    rmSync(join(this.path, file), { force: true });
  }

  async list(): Promise<readonly string[]> {
    return readdirSync(this.path);
  }

  async append(file: string): Promise<AppendFile> {
    return new DiskAppendFile(join(this.path, file));
  }
}

class DiskAppendFile implements AppendFile {
  private readonly file: number;

  constructor(private readonly path: string) {
    try {
      this.file = openPlain(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  append(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const before = fstatSync(this.file).size;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    } catch (error) {
      ftruncateSync(this.file, before);
      throw writeError(this.path, error);
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

/** The metrics once more, as TensorBoard reads them. */
export class EventsFile {
  private file: DiskAppendFile | undefined;

  constructor(
    private readonly folder: string,
    private readonly started: Date,
  ) {}

  /** Starts the file with these rows, in place of any that stands in the folder. */
  begin(rows: readonly MetricsRow[]): void {
    this.close();
    for (const name of readdirSync(this.folder)) if (name.startsWith('events.out.tfevents.')) rmSync(join(this.folder, name));
    const seconds = this.started.getTime() / 1000;
    this.file = new DiskAppendFile(join(this.folder, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}`));
    this.file.append(encodeFileVersion(seconds));
    for (const row of rows) this.add(row);
  }

  add({ step, time, values }: MetricsRow): void {
    this.file?.append(encodeScalarEvent(step, time, values));
  }

  close(): void {
    this.file?.close();
    this.file = undefined;
  }
}
