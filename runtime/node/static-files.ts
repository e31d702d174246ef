// Files of a folder over HTTP: whole or in ranges, and nothing that isn't a plain file inside of it.
import { closeSync, constants, createReadStream, fstatSync, readFile, realpathSync, type Stats } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import { lookup } from 'mrmime';
import { acceptedEncoding, compress, type Encoding, isCompressible } from './compression.ts';
import { openPlain } from './files.ts';

/**
 * Answers a GET or HEAD for `path`, as it stands in the URL, with the file of that name in `folder`.
 * @param type what all of them are; without it, what their names say, and text is compressed for who takes it so
 */
export function sendFile(folder: string, path: string, request: IncomingMessage, response: ServerResponse, type?: string): void {
  const name = fileName(path);
  const opened = name === undefined ? undefined : openInside(folder, name);
  if (name === undefined || !opened) {
    response.writeHead(404).end();
    return;
  }
  const { file, stats } = opened;
  const compressible = type === undefined && isCompressible(name);
  if (compressible) response.setHeader('Vary', 'Accept-Encoding');
  // A range is one of the bytes that stand in the file.
  const encoding = compressible && request.headers.range === undefined ? acceptedEncoding(request.headers['accept-encoding']) : undefined;
  const version = `${stats.size.toString(36)}-${Math.floor(stats.mtimeMs * 1000).toString(36)}`;
  const etag = `"${version}${encoding === undefined ? '' : `-${encoding}`}"`;
  response.setHeader('ETag', etag).setHeader('Accept-Ranges', 'bytes');
  // Files are looked up anew at each request, and a browser asks each time whether its copy still holds.
  response.setHeader('Cache-Control', 'no-cache');
  if (request.headers['if-none-match']?.split(/\s*,\s*/).some((copy) => copy === etag || copy === '*')) {
    closeSync(file);
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', type ?? typeOf(name));
  if (encoding !== undefined) {
    void sendCompressed(file, `${folder}/${name} ${version}`, encoding, request, response);
    return;
  }
  const asked = request.headers['if-range'] === undefined || request.headers['if-range'] === etag ? request.headers.range : undefined;
  const range = readRange(asked, stats.size);
  if (range === 'outside') {
    closeSync(file);
    response.writeHead(416, { 'Content-Range': `bytes */${stats.size}` }).end();
    return;
  }
  const { first, last } = range ?? { first: 0, last: stats.size - 1 };
  response.setHeader('Content-Length', last - first + 1);
  if (range) response.writeHead(206, { 'Content-Range': `bytes ${first}-${last}/${stats.size}` });
  else response.writeHead(200);
  if (request.method === 'HEAD' || stats.size === 0) {
    closeSync(file);
    response.end();
    return;
  }
  const stream = createReadStream('', { fd: file, start: first, end: last });
  // The head is sent already: what is left to say is that the rest won't come.
  stream.on('error', () => response.destroy()).pipe(response);
  response.on('close', () => stream.destroy());
}

/** What was compressed before. A page has some forty such files, a few hundred kilobytes in all; older versions of a rebuilt one go with the process. */
const compressed = new Map<string, Promise<Uint8Array>>();

async function sendCompressed(file: number, key: string, encoding: Encoding, request: IncomingMessage, response: ServerResponse) {
  const kept = `${key} ${encoding}`;
  let bytes = compressed.get(kept);
  if (bytes) {
    closeSync(file);
  } else {
    bytes = readWhole(file).then((whole) => compress(whole, encoding));
    compressed.set(kept, bytes);
  }
  try {
    const body = await bytes;
    response.writeHead(200, { 'Content-Encoding': encoding, 'Content-Length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
  } catch {
    compressed.delete(kept);
    response.destroy();
  }
}

async function readWhole(file: number): Promise<Uint8Array> {
  try {
    return await promisify(readFile)(file);
  } finally {
    closeSync(file);
  }
}

/** A path in a URL as a file's name; undefined for hidden files and for what names no file. A folder stands for its index.html. */
export function fileName(path: string): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(path.replace(/[?#].*$/s, '')).replace(/^\//, '');
  } catch {
    return undefined;
  }
  if (name === '' || name.endsWith('/')) name += 'index.html';
  return name.split('/').some((part) => part === '' || part.startsWith('.') || /[\0\\:]/.test(part)) ? undefined : name;
}

/** Undefined for what isn't there, may not be read, is no plain file, or lies outside once its links are followed. */
function openInside(folder: string, name: string): { readonly file: number; readonly stats: Stats } | undefined {
  try {
    const root = realpathSync(folder);
    const path = realpathSync(join(root, name));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    const file = openPlain(path, constants.O_RDONLY);
    return { file, stats: fstatSync(file) };
  } catch {
    return undefined;
  }
}

/** One range of bytes; undefined, which means the whole file, for none, several, or what isn't one. */
export function readRange(
  header: string | undefined,
  size: number,
): { readonly first: number; readonly last: number } | 'outside' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  return first > last ? 'outside' : { first, last };
}

function typeOf(name: string): string {
  const type = lookup(name) ?? 'application/octet-stream';
  return type === 'text/html' ? 'text/html;charset=utf-8' : type;
}
