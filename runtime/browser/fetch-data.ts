// Data files that a web server has.
import { TilegradError } from '../../src/index.ts';
import type { DataFile, DataListing } from '../../src/platform.ts';

export type Content = Omit<DataFile, 'sha256'> & { readonly bytes: Uint8Array<ArrayBuffer> };

/** The file at `path` below the address `base`; undefined where the server has none. */
export async function fetchFile(base: string, path: string): Promise<Content | undefined> {
  // Relative addresses count from the page, or from the worker's own file.
  const url = new URL(path, new URL(base.endsWith('/') ? base : `${base}/`, self.location.href)).href;
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw new TilegradError(
      `${url} can't be fetched: the server can't be reached, or it does not let this page read its files. Check the address; a server at another address must send the header Access-Control-Allow-Origin, and a page from https can fetch from https alone.`,
    );
  }
  // A server that answers every address with a page has no such file either.
  if (response.status === 404 || response.status === 410 || response.headers.get('Content-Type')?.startsWith('text/html')) return undefined;
  if (!response.ok) throw new TilegradError(`${url} can't be fetched: the server answered ${response.status} ${response.statusText}`);
  try {
    return { bytes: new Uint8Array(await response.arrayBuffer()), source: url };
  } catch (error) {
    throw new TilegradError(`${url} broke off while it was fetched: ${error instanceof Error ? error.message : error}. Try again.`);
  }
}

/** The name of a file that lists a folder's files: `[{ "path": "train/cat/1.jpg", "size": 1234 }, …]`. Servers don't tell what they have. */
const LISTING = 'files.json';

/** What lies in a folder below the address `base`, as its listing says; undefined where the server has none. `tilegrad gallery` makes it. */
export async function fetchListing(base: string, folder: string): Promise<DataListing | undefined> {
  const content = await fetchFile(base, `${folder}/${LISTING}`);
  if (!content) return undefined;
  try {
    const files: unknown = JSON.parse(new TextDecoder().decode(content.bytes));
    if (Array.isArray(files) && files.every(isListed)) return { files, named: true };
  } catch {
    // Told below.
  }
  throw new TilegradError(`${content.source}: expected a list of files, [{ "path": "…", "size": 1 }, …], found something else`);
}

const isListed = (file: unknown): file is DataListing['files'][number] =>
  typeof file === 'object' &&
  file !== null &&
  'path' in file &&
  typeof file.path === 'string' &&
  'size' in file &&
  Number.isSafeInteger(file.size);

export async function withDigest({ bytes, source }: Content): Promise<DataFile> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return { bytes, source, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}
