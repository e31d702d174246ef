// A run's folder on disk: what stands in it, and that none of it is ever half-written.
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { encodeFileVersion, encodeScalarEvent, TilegradError } from '../../src/index.ts';
import type { MetricsRow } from '../run/metrics.ts';
import { runName } from '../run/record.ts';
import { type AppendFile, type RunStore, runFiles } from '../run/store.ts';
import { errorCode, makeFolder, replaceFile, writeError } from './files.ts';

/** `runs/mc-dropout-20261122-163200`, or that with a number where it is taken. */
export function defaultRunFolder(project: string, time: Date): string {
  const base = join('runs', runName(project, time));
  let path = base;
  for (let n = 2; existsSync(path); n++) path = `${base}-${n}`;
  return path;
}

export class RunFolder implements RunStore {
  constructor(readonly path: string) {}

  /** Makes the folder and writes into it at once: better to fail now than after an hour. */
  static create(path: string): RunFolder {
    if (existsSync(join(path, runFiles.config))) {
      throw new TilegradError(`${path} already holds a run. Go on with it by --resume ${path}, or choose another folder with --out.`);
    }
    try {
      makeFolder(path);
    } catch (error) {
      throw writeError(path, error);
    }
    const folder = new RunFolder(path);
    folder.prepare();
    return folder;
  }

  /** Throws when it can't be written to. */
  prepare(): void {
    const probe = join(this.path, '.probe');
    try {
      // A full disk still lets an empty file be made.
      writeFileSync(probe, 'x'.repeat(4096));
    } catch (error) {
      throw writeError(this.path, error);
    } finally {
      rmSync(probe, { force: true });
    }
    // Left by a run that was killed while it replaced a file.
    for (const name of readdirSync(this.path)) if (/^\..*\.tmp-\d+$/.test(name)) rmSync(join(this.path, name), { force: true });
  }

  async write(file: string, content: string | Uint8Array): Promise<void> {
    replaceFile(join(this.path, file), content);
  }

  async read(file: string): Promise<Uint8Array | undefined> {
    const path = join(this.path, file);
    try {
      return readFileSync(path);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new TilegradError(`${path} can't be read (${code})`, { cause: error });
    }
  }

  async remove(file: string): Promise<void> {
    rmSync(join(this.path, file), { force: true });
  }

  async append(file: string): Promise<AppendFile> {
    return new DiskAppendFile(join(this.path, file));
  }

  /** For a run that never began. */
  removeIfEmpty(): void {
    try {
      rmdirSync(this.path);
    } catch {
      // Something of the user's is in it.
    }
  }
}

class DiskAppendFile implements AppendFile {
  private readonly file: number;

  constructor(private readonly path: string) {
    try {
      this.file = openSync(path, 'a');
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
