// What a browser gives to the library: navigator.gpu, and data files that the person dropped or that a server has.
import { TilegradError } from '../../src/index.ts';
import type { AdapterChoice, DataFile, Platform } from '../../src/platform.ts';
import { findFile } from './find-file.ts';
import { bytesOf, openFolder, readFile, writeFile } from './opfs.ts';
import type { DataChoice, NoAdapterReason } from './protocol.ts';

export class NoAdapterError extends TilegradError {
  override get name(): string {
    return 'NoAdapterError';
  }

  constructor(
    readonly reason: NoAdapterReason,
    message: string,
  ) {
    super(message);
  }
}

/** The adapters of this browser. One gives a single device, so looking at one must not use it up. */
export class Adapters {
  private ready: Promise<AdapterChoice> | undefined;

  /** The one that the next {@link take} gives. */
  peek(): Promise<AdapterChoice> {
    this.ready ??= requestAdapter().catch((error) => {
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }

  take(): Promise<AdapterChoice> {
    const choice = this.peek();
    this.ready = undefined;
    return choice;
  }
}

async function requestAdapter(): Promise<AdapterChoice> {
  if (!globalThis.isSecureContext) {
    throw new NoAdapterError('insecureContext', 'browsers give WebGPU to secure pages only: those from https or from localhost');
  }
  if (!navigator.gpu) throw new NoAdapterError('noWebGPU', 'this browser has no WebGPU, or has it switched off');
  let adapter: GPUAdapter | null;
  try {
    adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    throw new NoAdapterError('failed', `the browser failed to look for a GPU: ${error instanceof Error ? error.message : error}`);
  }
  if (!adapter) throw new NoAdapterError('noAdapter', 'this browser has WebGPU, but found no GPU that it may use');
  const { vendor, architecture, device, description } = adapter.info;
  const details = [vendor, architecture, device].filter((part) => part !== '').join(' ');
  const kind = adapter.info.isFallbackAdapter || software.test(`${details} ${description}`) ? 'cpu' : 'gpu';
  const name = description || details || 'unnamed adapter';
  return {
    adapter,
    name,
    kind,
    reason: kind === 'cpu' ? 'a software adapter, the only one that the browser gives' : 'chosen by the browser',
  };
}

const software = /llvmpipe|lavapipe|softpipe|swiftshader|software|basic render/i;

export interface BrowserPlatform extends Platform {
  readonly name: 'browser';
  /** The files that were asked for in vain; empty once any was found. */
  missing(): readonly string[];
}

/** Files that a run used are kept, so that it can be resumed and others can use them. */
export function browserPlatform(adapters: Adapters, data: DataChoice): BrowserPlatform {
  const missing = new Set<string>();
  let found = false;
  return {
    name: 'browser',
    requestAdapter: () => adapters.take(),
    async readData(path) {
      const file = await readChosen(data, path);
      if (file) found = true;
      else missing.add(path);
      return file && { bytes: file.bytes, source: file.source, sha256: await digest(file.bytes) };
    },
    // The page asks nothing of other servers.
    fetchCached: async () => undefined,
    // A packed file that is looked for unpacked as well is named once.
    missing: () => (found ? [] : [...missing].filter((path) => !missing.has(path.replace(/\.gz$/, '')) || !path.endsWith('.gz'))),
  };
}

type Content = Omit<DataFile, 'sha256'> & { readonly bytes: Uint8Array<ArrayBuffer> };

async function readChosen(data: DataChoice, path: string): Promise<Content | undefined> {
  switch (data.kind) {
    case 'synthetic':
      return undefined;
    case 'kept':
      return readKept(path);
    case 'files': {
      const chosen = findFile(data.files, path);
      return chosen && keep(path, { bytes: await readDropped(chosen.file), source: chosen.path });
    }
    case 'url': {
      const content = await fetchFile(data.url, path);
      return content && keep(path, content);
    }
  }
}

async function readDropped(file: File): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await bytesOf(file);
  } catch (error) {
    throw new TilegradError(
      `${file.name} can't be read: ${error instanceof Error ? error.message : error}. It may have changed since it was chosen: choose it again.`,
    );
  }
}

async function fetchFile(base: string, path: string): Promise<Content | undefined> {
  // Relative addresses count from the page, which stands beside the worker.
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

/** Without room for it the run goes on all the same; to resume it, the person gives the file again. */
async function keep(path: string, content: Content): Promise<Content> {
  const { folder, name } = place(path);
  try {
    await writeFile((await openFolder(folder, true)) as FileSystemDirectoryHandle, name, content.bytes);
  } catch {
    // As above.
  }
  return content;
}

async function readKept(path: string): Promise<Content | undefined> {
  const { folder, name } = place(path);
  const opened = await openFolder(folder);
  const bytes = opened && (await readFile(opened, name, bytesOf));
  return bytes && { bytes, source: `the browser's kept files: ${path}` };
}

function place(path: string): { readonly folder: readonly string[]; readonly name: string } {
  const parts = ['data', ...path.split('/')];
  return { folder: parts.slice(0, -1), name: parts[parts.length - 1] };
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
