// Downloads that survive a broken connection: a `.part` file that the next try goes on with, a digest that decides, a rename at the end.
import { createHash } from 'node:crypto';
import { createWriteStream, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

  const part = `${target}.part`;
  try {
    makeFolder(dirname(target));
  } catch (error) {
    throw writeError(target, error, 'Set TILEGRAD_CACHE to a folder that can be written.');
  }
  const wrong: string[] = [];
  for (const url of request.urls) {
    if (unreachable.has(new URL(url).host)) continue;
    // A part left by an earlier run may belong to another version of the file: after a wrong digest, once more from the start.
    for (const resumed of size(part) > 0 ? [true, false] : [false]) {
      if (!resumed) rmSync(part, { force: true });
      if (!(await fetchInto(part, url, options))) break;
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

/** Brings `part` to its full length. False when the server can't be reached or doesn't have the file; what came stays in `part`. */
async function fetchInto(
  part: string,
  url: string,
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
      if (response.status === 416) {
        // Nothing left to send: the part is whole, or longer than the file. The digest tells.
        return true;
      }
      if (!response.ok || !response.body) {
        status.line(`${url}: the server answered ${response.status} ${response.statusText}`);
        return false;
      }
      const start = response.status === 206 ? before : 0;
      const length = Number(response.headers.get('content-length') ?? Number.NaN);
      const total = response.headers.get('content-encoding') ? Number.NaN : start + length;
      let done = start;
      const body = Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>);
      async function* counted() {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          clearTimeout(timer);
          timer = setTimeout(() => abort.abort(), stallTimeout);
          done += chunk.length;
          status.update(
            `downloading ${name}: ${formatBytes(done)}${total > 0 ? ` of ${formatBytes(total)} (${Math.floor((100 * done) / total)} %)` : ''}`,
          );
          yield chunk;
        }
      }
      await pipeline(counted, createWriteStream(part, { flags: start ? 'a' : 'w' }));
      status.clear();
      if (!(total > 0) || done >= total) {
        status.line(`downloaded ${name}: ${formatBytes(done)} from ${host}`);
        return true;
      }
    } catch (error) {
      status.clear();
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

function readIfThere(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
