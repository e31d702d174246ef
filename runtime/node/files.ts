// Writing files so that nothing half-written is ever seen, and saying in words what the file system refused.
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  write,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { TilegradError } from '../../src/index.ts';

/** `$TILEGRAD_CACHE`, else `tilegrad` in the operating system's cache folder. */
export function cacheFolder(): string {
  const { TILEGRAD_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (TILEGRAD_CACHE) return TILEGRAD_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'tilegrad');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tilegrad');
  if (process.platform === 'win32') return join(LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'tilegrad');
  return join(homedir(), '.cache', 'tilegrad');
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'files may not grow so large here',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ELOOP: 'a symbolic link is in the way',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file of that name is in the way',
  ENOENT: 'the folder is gone or cannot be made',
};

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** A file system's refusal in a person's words; anything else is passed on as it came. */
export function writeError(path: string, error: unknown, advice = 'Free some space or choose another folder with --out.'): unknown {
  const code = errorCode(error);
  if (code === undefined || !(error instanceof Error) || error instanceof TilegradError) return error;
  return new TilegradError(`can't write ${path}: ${failureReason(error)}. ${advice}`, { cause: error });
}

/** @throws TilegradError where no such file can be written: better to know before the work than behind it */
export function checkPlace(path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  } catch (error) {
    throw writeError(path, error, 'Name a file in a folder that can be written to.');
  }
}

/** `the disk is full (ENOSPC)` */
export function failureReason(error: NodeJS.ErrnoException): string {
  return `${reasons[error.code ?? ''] ?? error.message} (${error.code})`;
}

/**
 * Makes a folder and those above it. Not `mkdir` with `recursive`: where a folder can't be made in one that exists (as in /proc), Node 20's
 * tries for ever.
 */
export function makeFolder(path: string, mode?: number): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(resolve(path));
  if (parent !== resolve(path)) makeFolder(parent);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have been first.
    if (errorCode(error) !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

/** Opens a plain file: never through a symbolic link, which may lead anywhere, and no pipe, which would wait for its other end. */
export function openPlain(path: string, flags: number): number {
  // Windows has neither flag.
  const file = openSync(path, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0), 0o666);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new TilegradError(`${path} is no plain file`);
}

/** Writes a file that must not be there yet. */
export function writeNew(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

let written = 0;

/**
 * Replaces a file in one step: a reader, or the next run after a crash, sees the old content or the new, never a part. Other threads do the work.
 * @param content as parts, which nobody may change meanwhile, where it is large
 * @param advice what to do where it can't be written
 */
export async function replaceFile(path: string, content: string | Uint8Array | readonly Uint8Array[], advice?: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.tmp-${process.pid}-${written++}`);
  try {
    // Left by a killed process that had this one's number.
    rmSync(beside, { force: true });
    const file = openSync(beside, 'wx');
    try {
      const parts = typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
      for (const part of parts) {
        for (let at = 0; at < part.length; ) at += await told<number>((done) => write(file, part, at, part.length - at, null, done));
      }
      await told((done) => fsync(file, done));
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw writeError(path, error, advice);
  }
}

/** What a call that works in another thread gives. */
function told<T>(call: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result as T))));
}
