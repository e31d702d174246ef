// A run's folder belongs to one process at a time. Node has no file locks, so a file says whose it is; a process that was killed leaves
// its file behind, and the next one sees that nobody is there any more.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TilegradError } from '../../src/index.ts';
import { errorCode, writeError, writeNew } from './files.ts';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Tells a process from a later one with the same number; empty where the system doesn't say. */
  readonly start: string;
}

/** Milliseconds that a lock may be empty: its process has made the file and not written it yet. */
const WRITING = 5000;

/**
 * Each taker adds a file with the next number, which only one can make, and looks around once more: two that took over from a dead process,
 * or began at once, can't both go on.
 */
export class FolderLock {
  private constructor(private readonly file: string) {
    process.on('exit', this.release);
  }

  /** @throws TilegradError when a process that lives holds the folder, or the folder can't be written to */
  static take(folder: string): FolderLock {
    for (;;) {
      const before = locksIn(folder);
      for (const name of before) refuseIfHeld(folder, name);
      const name = `.lock-${Math.max(0, ...before.map(numberOf)) + 1}`;
      try {
        writeNew(join(folder, name), JSON.stringify({ pid: process.pid, host: hostname(), start: startOf(process.pid) } satisfies Owner));
      } catch (error) {
        if (errorCode(error) === 'EEXIST') continue;
        throw writeError(folder, error);
      }
      const lock = new FolderLock(join(folder, name));
      try {
        for (const other of locksIn(folder)) {
          if (other === name) continue;
          refuseIfHeld(folder, other);
          rmSync(join(folder, other), { force: true });
        }
      } catch (error) {
        lock.release();
        throw error;
      }
      return lock;
    }
  }

  release = (): void => {
    process.off('exit', this.release);
    rmSync(this.file, { force: true });
  };
}

const numberOf = (name: string) => Number(name.slice('.lock-'.length));

function locksIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\.lock-\d+$/.test(name));
  } catch (error) {
    throw writeError(folder, error);
  }
}

function refuseIfHeld(folder: string, name: string): void {
  const path = join(folder, name);
  const owner = readOwner(path);
  if (!owner) return;
  if (owner === 'unknown') throw new TilegradError(`another process begins a run in ${folder} at this moment.`);
  const { pid, host } = owner;
  if (host !== hostname()) {
    throw new TilegradError(
      `${folder} is at work in process ${pid} on ${host}. If that one is gone, remove ${path}; else stop it there, or name another folder.`,
    );
  }
  if (isAlive(owner)) {
    throw new TilegradError(`${folder} is at work in process ${pid}. Wait for its end, stop it first, or name another folder with --out.`);
  }
}

/** Undefined for a lock that is gone, or was never written to its end. */
function readOwner(path: string): Owner | 'unknown' | undefined {
  try {
    const { pid, host, start } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    if (Number.isSafeInteger(pid) && (pid as number) > 0) return { pid: pid as number, host: String(host), start: String(start) };
  } catch {
    // Torn, or gone.
  }
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && Date.now() - written < WRITING ? 'unknown' : undefined;
}

function isAlive({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return errorCode(error) !== 'ESRCH';
  }
  const now = startOf(pid);
  return start === '' || now === '' || start === now;
}

/** On Linux: the boot, and the moment in it when the process began. */
function startOf(pid: number): string {
  if (process.platform !== 'linux') return '';
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field is the program's name, in brackets, and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[19] ? `${boot} ${fields[19]}` : '';
  } catch {
    return '';
  }
}
