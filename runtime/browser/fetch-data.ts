// Data files that a web server has.
import { sha256, TilegradError } from '../../src/index.ts';
import type { DataFile, DataListing, DataRange } from '../../src/platform.ts';

export interface Content extends DataRange {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The name of a file that lists a folder's files: `[{ "path": "train/cat/1.jpg", "size": 1234 }, …]`. Servers don't tell what they have. */
const LISTING = 'files.json';

/** The files below the address `base`; undefined what the server hasn't. */
export class ServedFiles {
  /** What a server gave whole, though a part was asked for: it isn't asked for again. */
  private readonly whole = new Map<string, Content>();

  constructor(private readonly base: string) {}

  async read(path: string): Promise<Content | undefined> {
    const known = this.whole.get(path);
    if (known) return known;
    const answer = await ask(this.base, path);
    return answer && contentOf(answer);
  }

  /** The bytes from `begin` to before `end` of a file, or less where it ends sooner. Some servers know no ranges, and give all of it. */
  async range(path: string, begin: number, end: number): Promise<Content | undefined> {
    if (!this.whole.has(path)) {
      const answer = await ask(this.base, path, `bytes=${begin}-${end - 1}`);
      if (!answer) return undefined;
      const content = await contentOf(answer);
      if (answer.status === 206) {
        // Servers of another origin may not let it be read.
        const range = answer.headers.get('Content-Range');
        if (range === null || range.startsWith(`bytes ${begin}-`)) return content;
        throw new TilegradError(`${answer.url}: expected the bytes from ${begin} to ${end - 1}, the server gave ${range}`);
      }
      this.whole.set(path, content);
    }
    const { bytes, source } = this.whole.get(path) as Content;
    return { bytes: bytes.subarray(begin, end), source };
  }

  /** What lies in a folder, as its listing says. `tilegrad gallery` makes it. */
  async list(folder: string): Promise<DataListing | undefined> {
    const content = await this.read(`${folder}/${LISTING}`);
    if (!content) return undefined;
    try {
      const files: unknown = JSON.parse(new TextDecoder().decode(content.bytes));
      if (Array.isArray(files) && files.every(isListed)) return { files, named: true };
    } catch {
      // Told below.
    }
    throw new TilegradError(`${content.source}: expected a list of files, [{ "path": "…", "size": 1 }, …], found something else`);
  }
}

/** The weights that come with a project: they stand beside its file. */
export const servedStarter = (project: string): Promise<Content | undefined> => new ServedFiles('projects').read(`${project}.safetensors`);

async function contentOf(response: Response): Promise<Content> {
  try {
    return { bytes: new Uint8Array(await response.arrayBuffer()), source: response.url };
  } catch (error) {
    throw new TilegradError(
      `${response.url} broke off while it was fetched: ${error instanceof Error ? error.message : error}. Try again.`,
    );
  }
}

async function ask(base: string, path: string, range?: string): Promise<Response | undefined> {
  // Relative addresses count from the page, or from the worker's own file.
  const url = new URL(path, new URL(base.endsWith('/') ? base : `${base}/`, self.location.href)).href;
  let response: Response;
  try {
    response = await fetch(url, range === undefined ? {} : { headers: { Range: range } });
  } catch {
    throw new TilegradError(
      `${url} can't be fetched: the server can't be reached, or it does not let this page read its files. Check the address; a server at another address must send the header Access-Control-Allow-Origin, and a page from https can fetch from https alone.`,
    );
  }
  // A server that answers every address with a page has no such file either.
  if (response.status === 404 || response.status === 410 || response.headers.get('Content-Type')?.startsWith('text/html')) return undefined;
  if (!response.ok) throw new TilegradError(`${url} can't be fetched: the server answered ${response.status} ${response.statusText}`);
  return response;
}

const isListed = (file: unknown): file is DataListing['files'][number] =>
  typeof file === 'object' &&
  file !== null &&
  'path' in file &&
  typeof file.path === 'string' &&
  'size' in file &&
  Number.isSafeInteger(file.size);

export const withDigest = async ({ bytes, source }: Content): Promise<DataFile> => ({ bytes, source, sha256: await sha256(bytes) });
