// Folders of data, loose or packed, as readers see them.
import type { DataFormatError } from '../../engine/graph/errors.ts';
import type { DataFile, DataListing, Platform } from '../../platform.ts';
import { sha256 } from '../digest.ts';
import { formatError, grouped } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import type { Folder, SetFolder } from './set.ts';

type Contents = ReadonlyMap<string, () => Uint8Array>;
interface Archive {
  readonly file: DataFile;
  readonly contents: Contents;
}

const isArchive = (path: string) => /\.(tar|tar\.gz|tgz|zip)$/i.test(path);
/** What systems leave in folders and archives. */
const isJunk = (path: string) => /(^|\/)(\.|__MACOSX\/|Thumbs\.db$)/.test(path);

/** Finds sets' folders on a platform. Lists and unpacks each only once. */
export class Folders {
  private readonly listings = new Map<string, Promise<DataListing | undefined>>();
  private readonly archives = new Map<string, Promise<Archive | undefined>>();

  constructor(private readonly platform: Platform) {}

  list(folder: string): Promise<DataListing | undefined> {
    return once(this.listings, folder, () => this.platform.listData(folder));
  }

  /** The folder's loose files if any fit, else the largest archive in it of which some do. */
  async find(set: SetFolder): Promise<Folder | undefined> {
    const listing = await this.list(set.folder);
    if (!listing) return undefined;
    const loose = fitting(
      listing.files.map(({ path }) => path),
      set,
    );
    if (loose.length) return looseFolder(this.platform, set.folder, loose);
    const packed = listing.files.filter(({ path }) => isArchive(path) && !isJunk(path)).sort((a, b) => b.size - a.size);
    for (const { path, size } of packed) {
      const name = `${set.folder}/${path}`;
      const part = /\.zip$/i.test(path) ? await distantFolder(this.platform, name, size, set) : undefined;
      if (part) return part;
      const archive = await once(this.archives, name, async () => {
        const file = await this.platform.readData(name);
        return file && { file, contents: await unpack(file) };
      });
      const folder = archive && archiveFolder(archive.file, archive.contents, set);
      if (folder?.paths.length) return folder;
    }
    return undefined;
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** A downloaded archive. */
export async function openArchive(file: DataFile, set: SetFolder): Promise<Folder> {
  return archiveFolder(file, await unpack(file), set);
}

const fitting = (paths: Iterable<string>, { pattern }: SetFolder) =>
  [...paths].filter((path) => !isJunk(path) && pattern.test(path)).sort();

async function unpack({ bytes, source }: DataFile): Promise<Contents> {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    const { readZip } = await import('../zip.ts');
    return new Map([...readZip(bytes, source)].map(([path, entry]) => [path, entry.bytes]));
  }
  const { readTar } = await import('../tar.ts');
  const tar = isGzip(bytes) ? gunzip(bytes, source) : bytes;
  return new Map([...readTar(tar, source)].map(([path, content]) => [path.replace(/^\.\//, ''), () => content]));
}

function archiveFolder({ source, sha256 }: DataFile, contents: Contents, set: SetFolder): Folder {
  return {
    source,
    paths: fitting(contents.keys(), set),
    async read(path) {
      const content = contents.get(path);
      if (!content) throw missing(source, path);
      return { bytes: content(), source: `${source}: ${path}` };
    },
    used: async () => ({ source, sha256 }),
  };
}

/**
 * A zip archive of which a set wants less than half, such as one of GloVe's four files: the rest of it isn't read. What is read counts as if it lay
 * there unpacked. Undefined where the archive is to be read whole.
 */
async function distantFolder(platform: Platform, archive: string, size: number, set: SetFolder): Promise<Folder | undefined> {
  if (!platform.readRange) return undefined;
  let source = archive;
  const read = async (begin: number, end: number) => {
    const range = await platform.readRange?.(archive, begin, end);
    if (!range) throw missing(set.folder, archive);
    source = range.source;
    if (range.bytes.length === end - begin) return range.bytes;
    throw formatError(source, `${grouped(end - begin)} bytes from byte ${grouped(begin)} on`, grouped(range.bytes.length));
  };
  const { openZip } = await import('../zip.ts');
  const entries = new Map((await openZip(size, read, archive)).map((entry) => [entry.name, entry]));
  const paths = fitting(entries.keys(), set);
  const wanted = paths.reduce((sum, path) => sum + (entries.get(path)?.packed ?? 0), 0);
  if (paths.length === 0 || wanted > size / 2) return undefined;
  return digested(set.folder, paths, async (path) => {
    const bytes = await entries.get(path)?.bytes();
    if (!bytes) return undefined;
    await platform.keepData?.(`${set.folder}/${path}`, bytes);
    return { bytes, source: `${source}: ${path}`, sha256: await sha256(bytes) };
  });
}

const looseFolder = (platform: Platform, folder: string, paths: readonly string[]): Folder =>
  digested(folder, paths, (path) => platform.readData(`${folder}/${path}`));

/** A folder of which each file that is read counts by itself. */
function digested(folder: string, paths: readonly string[], get: (path: string) => Promise<DataFile | undefined>): Folder {
  const digests = new Map<string, string>();
  let place = folder;
  return {
    source: folder,
    paths,
    async read(path) {
      const file = await get(path);
      if (!file) throw missing(folder, path);
      digests.set(path, file.sha256);
      if (file.source.endsWith(path)) place = file.source.slice(0, -path.length).replace(/: $/, '');
      return file;
    },
    // As `sha256sum` lists them.
    async used() {
      const lines = [...digests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, digest]) => `${digest}  ${path}\n`);
      return { source: place, sha256: await sha256(new TextEncoder().encode(lines.join(''))) };
    },
  };
}

function missing(source: string, path: string): DataFormatError {
  return formatError(source, path, 'no such file', 'Get the missing file.');
}
