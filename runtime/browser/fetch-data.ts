// Data files that a web server has.
import { TilegradError } from '../../src/index.ts';
import type { DataFile } from '../../src/platform.ts';

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

export async function withDigest({ bytes, source }: Content): Promise<DataFile> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return { bytes, source, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}
