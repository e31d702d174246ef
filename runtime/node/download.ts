// Downloads that survive a broken connection: a part that the next try goes on with, a digest that decides, a rename at the end. Each process has a
// part of its own, so two at one cache don't mix their bytes; what a process left behind that is no more is taken over.
import { createHash } from 'node:crypto';
import { createWriteStream, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { TilegradError } from '../../src/index.ts';
import type { DataFile, DownloadRequest } from '../../src/platform.ts';
import { errorCode, makeFolder, writeError } from './files.ts';
import { formatBytes, type StatusLine } from './status-line.ts';

export interface DownloadOptions {
  readonly folder: string;
  readonly status: StatusLine;
  /** How long a server may take to answer at all, and how long it may be silent in the middle. Milliseconds. */
  readonly connectTimeout?: number;
  readonly stallTimeout?: number;
}

/** Hosts that did not answer in this process: four files behind one dead host should cost one time-out, not four. */
const unreachable = new Set<string>();

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** See `Platform.fetchCached`. A server that answers with an error counts like one that can't be reached: the next mirror is tried. */
export async function download(request: DownloadRequest, options: DownloadOptions): Promise<DataFile | undefined> {
  const target = join(options.folder, request.path);
  const cached = readIfThere(target);
  if (cached && sha256(cached) === request.sha256) return { bytes: cached, source: target, sha256: request.sha256 };
  if (cached) options.status.line(`${target} is damaged: downloading it again`);

  const part = `${target}.part-${process.pid}@${hostname()}`;
  try {
    makeFolder(dirname(target));
    takeOver(target, part);
  } catch (error) {
    throw writeError(target, error, 'Set TILEGRAD_CACHE to a folder that can be written.');
  }
  const wrong: string[] = [];
  for (const url of request.urls) {
    if (unreachable.has(new URL(url).host)) continue;
    // A part left by an earlier run may belong to another version of the file: after a wrong digest, once more from the start.
    for (const resumed of size(part) > 0 ? [true, false] : [false]) {
      if (!resumed) rmSync(part, { force: true });
      if (!(await fetchInto(part, url, request.size, options))) break;
      const bytes = readFileSync(part);
      const digest = sha256(bytes);
      if (digest === request.sha256) {
        renameSync(part, target);
        return { bytes, source: url, sha256: digest };
      }
      rmSync(part, { force: true });
      if (!resumed) wrong.push(`${url} has ${digest}`);
    }
  }
  if (wrong.length) {
    throw new TilegradError(
      `${request.path}: the downloaded file has the wrong sha256 (expected ${request.sha256}; ${wrong.join('; ')}). It was removed. The file changed at its source, or something on the network altered it: get it by hand and name its folder with --data.`,
    );
  }
  return undefined;
}

/** The longest part that this process, or one that has ended, left becomes ours; shorter ones go. */
function takeOver(target: string, part: string): void {
  const prefix = `${basename(target)}.part-`;
  const left = readdirSync(dirname(target))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(dirname(target), name))
    .filter((path) => path !== part && isLeft(path))
    .sort((a, b) => size(b) - size(a));
  const [longest, ...shorter] = size(part) > 0 ? [undefined, ...left] : left;
  for (const path of shorter) if (path) rmSync(path, { force: true });
  if (!longest) return;
  try {
    renameSync(longest, part);
  } catch (error) {
    // Another process took it a moment before.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Of another machine's process only the time tells: it has been still for an hour. */
function isLeft(path: string): boolean {
  const [, pid, host] = /\.part-(\d+)@(.*)$/.exec(path) ?? [];
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return false;
  if (host !== hostname()) return Date.now() - stats.mtimeMs > 3_600_000;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // Somebody else's process is one too.
    return errorCode(error) !== 'EPERM';
  }
}

/** Brings `part` to its full length. False when the server can't be reached or doesn't have the file; what came stays in `part`. */
async function fetchInto(
  part: string,
  url: string,
  expected: number,
  { status, connectTimeout = 3000, stallTimeout = 20_000 }: DownloadOptions,
): Promise<boolean> {
  const { host, pathname } = new URL(url);
  const name = decodeURIComponent(pathname.split('/').at(-1) ?? '');
  for (let attempt = 1; attempt <= 3; attempt++) {
    const before = size(part);
    const abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), connectTimeout);
    let answered = false;
    try {
      const response = await fetch(url, { headers: before ? { range: `bytes=${before}-` } : {}, signal: abort.signal });
      answered = true;
      if (response.status === 416 && before > 0) {
        // Nothing left to send: the part is whole, or longer than the file. The digest tells.
        await response.body?.cancel();
        return true;
      }
      if (!response.ok || !response.body) {
        await response.body?.cancel();
        status.line(`${url}: the server answered ${response.status} ${response.statusText}`);
        return false;
      }
      // A server may send all of it again, or from elsewhere than it was asked to.
      const start = response.status === 206 ? rangeStart(response) : 0;
      const announced = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
      const total = announced === null ? expected : start + Number(announced);
      if (start !== 0 && start !== before) {
        await response.body.cancel();
        rmSync(part, { force: true });
        status.line(`${name}: ${host} goes on elsewhere than it was asked to; from the start`);
        continue;
      }
      if (total > expected) {
        await response.body.cancel();
        status.line(`${url}: expected a file of ${formatBytes(expected)}, the server has ${formatBytes(total)}`);
        return false;
      }
      let done = start;
      const body = Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>);
      async function* counted() {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          clearTimeout(timer);
          timer = setTimeout(() => abort.abort(), stallTimeout);
          done += chunk.length;
          if (done > expected) throw new TooLong();
          status.update(`downloading ${name}: ${formatBytes(done)} of ${formatBytes(total)} (${Math.floor((100 * done) / total)} %)`);
          yield chunk;
        }
      }
      await pipeline(counted, createWriteStream(part, { flags: start ? 'a' : 'w' }));
      status.clear();
      if (done >= total) {
        status.line(`downloaded ${name}: ${formatBytes(done)} from ${host}`);
        return true;
      }
    } catch (error) {
      status.clear();
      if (error instanceof TooLong) {
        rmSync(part, { force: true });
        status.line(`${url}: expected a file of ${formatBytes(expected)}, the server sends more`);
        return false;
      }
      // The file system's refusal is final; a broken connection is not.
      const code = errorCode(error);
      if (code && ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS'].includes(code)) {
        throw writeError(part, error, 'Set TILEGRAD_CACHE to another folder.');
      }
      if (!answered) {
        unreachable.add(host);
        status.line(`${host} can't be reached`);
        return false;
      }
    } finally {
      clearTimeout(timer);
    }
    status.line(
      `${name}: the connection broke at ${formatBytes(size(part))}${attempt < 3 ? '; going on' : '; the next run goes on from there'}`,
    );
  }
  return false;
}

class TooLong extends Error {}

/** Where the bytes of a partial answer begin in the file. */
function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

function readIfThere(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
