// From a declared data set to its samples: the user's folder first, then the cache and the network, then the synthetic twin.
import { DataFormatError, TilegradError } from '../../engine/graph/errors.ts';
import type { DataFile, Platform } from '../../platform.ts';
import { grouped, quoted } from '../format-error.ts';
import type { DataRecord } from '../record.ts';
import { Folders, openArchive } from './folder.ts';
import { first, split } from './parts.ts';
import type { DataSet, Field, Folder, Form, Limit, Part, Parts, SetFile, SetFolder, SetSource, Use } from './set.ts';

export interface OpenOptions<U extends Use> {
  readonly use?: U;
  /** Of the synthetic twin and of the share that becomes `validation`. Default 0. */
  readonly seed?: number;
  /** Told while a long set is read: so many of all files. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Opened<S extends Parts, U extends Use = Use> {
  readonly parts: S & (U extends { readonly validation: number } ? { readonly validation: S['train'] } : unknown);
  /** Which data this is: hand it to the run's record. */
  readonly record: DataRecord;
}

type Files = Readonly<Record<string, DataFile | Folder | undefined>>;
interface Whole<S extends Parts> {
  readonly form: Form<S>;
  readonly found: Files;
}

/** See `openDataSet`, which loads this file. */
export async function open<S extends Parts, const U extends Use<S> = Use<S>>(
  source: SetSource<S>,
  platform: Platform,
  { use, seed = 0, progress = () => {} }: OpenOptions<U>,
): Promise<Opened<S, U>> {
  const set = typeof source === 'function' ? await source() : source;
  const limit: Limit = use?.limit ?? {};
  const whole = (await fromFolder(platform, set)) ?? (await fromNetwork(platform, set));
  const read = whole ? await whole.form.read(whole.found, { limit, progress }) : await set.synthetic.make(seed, limit as Limit<S>);
  const limited: Parts = Object.fromEntries(
    Object.entries<Part>(read).map(([name, part]) => [
      name,
      { ...first(part, limit[name] || part.count), ...(!whole && { synthetic: true }) },
    ]),
  );
  const record = whole ? await realRecord(set, limited, whole) : syntheticRecord(set, limited, seed);
  return { parts: used(set, limited, use, seed) as Opened<S, U>['parts'], record: { ...record, ...(use?.limit && { limit }) } };
}

function used(set: DataSet, parts: Parts, use: Use | undefined, seed: number): Parts {
  const { validation, map = {} } = use ?? {};
  let shared = parts;
  if (validation !== undefined) {
    if (parts.validation || !parts.train) {
      throw new TilegradError(
        `${set.name}: expected a set with a train part and no validation part to take a validation share of, got ${Object.keys(parts).join(', ')}`,
      );
    }
    shared = { ...parts, ...split(parts.train, validation, seed) };
  }
  const mapped = (part: Part): Part => ({
    ...part,
    fields: Object.fromEntries(
      Object.entries<Field>(part.fields).map(([name, field]) => [name, Object.hasOwn(map, name) ? map[name]!(field) : field]),
    ),
  });
  return Object.fromEntries(Object.entries(shared).map(([name, part]) => [name, mapped(part)]));
}

async function fromFolder<S extends Parts>(platform: Platform, set: DataSet<S>): Promise<Whole<S> | undefined> {
  const folders = new Folders(platform);
  let complaint: DataFormatError | undefined;
  for (const form of set.forms) {
    const { found, missing, have } = await gather(form, async (wanted) => {
      if ('folder' in wanted) return folders.find(wanted);
      const { path } = wanted;
      return (await platform.readData(path)) ?? (path.endsWith('.gz') ? platform.readData(path.slice(0, -3)) : undefined);
    });
    if (have.length && !missing.length) return { form, found };
    if (have.length) {
      complaint ??= new DataFormatError(
        `${set.name}: expected all files of the set (${form.title}) in the data folder, found ${have.join(', ')} and no ${missing.join(', ')}. Add what is missing, or move the rest away.`,
      );
    }
  }
  complaint ??= await foreign(set, folders);
  if (complaint) throw complaint;
  return undefined;
}

/** A folder with the set's name that holds something else. */
async function foreign(set: DataSet, folders: Folders): Promise<DataFormatError | undefined> {
  const listing = set.folder === undefined ? undefined : await folders.list(set.folder);
  if (!listing?.named || listing.files.length === 0) return undefined;
  const wanted = set.forms.map(({ title, files }) => `${Object.values(files).map(wordsFor).join(', ')} (${title})`);
  const names = listing.files.slice(0, 8).map(({ path }) => quoted(path));
  const more = listing.files.length > names.length ? ` and ${grouped(listing.files.length - names.length)} more` : '';
  return new DataFormatError(
    `${set.name}: expected in the data folder ${wanted.join(', or ')}; found in ${set.folder} ${names.join(', ')}${more}. Rename what is there to that form, or move it away.`,
  );
}

const wordsFor = (wanted: SetFile | SetFolder) => ('folder' in wanted ? `${wanted.folder}/${wanted.layout}` : wanted.path);

async function fromNetwork<S extends Parts>(platform: Platform, set: DataSet<S>): Promise<Whole<S> | undefined> {
  for (const form of set.forms.filter(isDownloadable)) {
    const { found, missing, have } = await gather(
      form,
      async (wanted) => {
        if (!('folder' in wanted)) return wanted.download && platform.fetchCached({ path: wanted.path, ...wanted.download });
        const file = wanted.archive && (await platform.fetchCached(wanted.archive));
        return file && openArchive(file, wanted);
      },
      true,
    );
    if (have.length && !missing.length) return { form, found };
    if (have.length) {
      throw new DataFormatError(
        `${set.name}: expected all files of the set from the download, got ${have.join(', ')} and not ${missing.join(', ')}: the network can't be reached any more. Run again when it can; what has arrived is kept.`,
      );
    }
  }
  return undefined;
}

/** All that is needed of it can be had without a login. */
export function isDownloadable({ files }: Form): boolean {
  return Object.values(files).every((file) => ('folder' in file ? file.archive : file.download || file.optional));
}

/** `stopEarly`: with one missing, the others need not be asked for (each may cost a connection's time-out). */
async function gather(form: Form, get: (wanted: SetFile | SetFolder) => Promise<DataFile | Folder | undefined>, stopEarly = false) {
  const found: Record<string, DataFile | Folder | undefined> = {};
  const have: string[] = [];
  const missing: string[] = [];
  for (const [key, wanted] of Object.entries(form.files)) {
    const file = await get(wanted);
    found[key] = file;
    if ('folder' in wanted) {
      const names = new Set(file && 'paths' in file ? file.paths.map(nameOf) : []);
      const absent = wanted.needs?.filter((name) => !names.has(name)) ?? [];
      if (file) have.push(...(wanted.needs?.filter((name) => names.has(name)) ?? [wanted.layout]));
      missing.push(...(file ? absent : [wanted.layout]));
    } else if (file) have.push(nameOf(wanted.path));
    else if (!wanted.optional) missing.push(nameOf(wanted.path));
    if (stopEarly && missing.length) break;
  }
  return { found, have, missing };
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** `60,000 training and 10,000 test images`; `2,708 nodes and 5,278 edges` where the parts are of different things. */
function counted({ samples }: DataSet, parts: Parts): string {
  const words: Readonly<Record<string, string>> = { train: 'training' };
  const each = Object.entries(parts).map(([name, { count }]) => `${grouped(count)} ${words[name] ?? name}`);
  const all = each.length > 1 ? `${each.slice(0, -1).join(', ')} and ${each.at(-1)}` : each[0]!;
  return samples in parts ? all : `${all} ${samples}`;
}

async function realRecord(set: DataSet, parts: Parts, { form, found }: Whole<Parts>): Promise<DataRecord> {
  const there = Object.values(found).filter((file) => file !== undefined);
  const files = await Promise.all(there.map((file) => ('paths' in file ? file.used() : { source: file.source, sha256: file.sha256 })));
  const folders = new Set(files.map(({ source }) => source.replace(/[^/\\]*$/, '') || source));
  const notes = [form.note, ...Object.values(parts).map(({ note }) => note)].filter((note) => note !== undefined);
  const place = files.length === 1 ? files[0].source : [...folders].join(' and ');
  return {
    name: set.name,
    synthetic: false,
    description: `${set.title}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}, ${counted(set, parts)}, from ${place}`,
    files,
  };
}

function syntheticRecord(set: DataSet, parts: Parts, seed: number): DataRecord {
  const { title } = set.synthetic;
  const why = set.forms.some(isDownloadable)
    ? "no data folder holds it and it can't be downloaded"
    : `no data folder holds it; for the real ones put ${Object.values(set.forms[0].files).map(wordsFor).join(', ')} from ${set.source} into the data folder`;
  return {
    name: set.name,
    synthetic: true,
    description: `SYNTHETIC ${title} in place of ${set.title} (${why}): ${counted(set, parts)} drawn from seed ${seed}. Results don't compare with those on ${set.title}.`,
    files: [],
  };
}
