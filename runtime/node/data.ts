// `tilegrad data`: which sets there are, where they lie, fetching and checking them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { DataSet, SetFile, SetFolder } from '../../src/data/sets/set.ts';
import { openDataSet, sets, TilegradError } from '../../src/index.ts';
import type { DataListing } from '../../src/platform.ts';
import { nearest } from '../run/nearest.ts';
import { cacheFolder } from './files.ts';
import { nodePlatform } from './platform.ts';
import { printable } from './printable.ts';
import { formatBytes, StatusLine } from './status-line.ts';
import { formatTable } from './table.ts';

interface Given {
  readonly data?: string;
}

export function addDataCommand(program: Command): void {
  const data = program.command('data').description('the data sets: which there are, where they lie, fetching and checking them');
  const say = (text: string) => console.log(printable(text));
  const each = (name: string, description: string, act: (set: DataSet, given: Given) => Promise<string>) =>
    data
      .command(`${name} <set>`)
      .description(description)
      .option('--data <folder>', 'your data files (default: TILEGRAD_DATA)')
      .action(async (set: string, given: Given) => say(await act(await setOf(set), given)));
  data
    .command('list')
    .description('list the sets, their licences, and how each is to be had')
    .action(async () => say(await list()));
  data
    .command('where [set]')
    .description('show where the files of a set are looked for, and which are there; of all sets, without one')
    .option('--data <folder>', 'your data files (default: TILEGRAD_DATA)')
    .action(async (set: string | undefined, given: Given) =>
      say(await (set === undefined ? whereAll(given) : where(await setOf(set), given))),
    );
  each('fetch', 'download a set to the cache, where it can be had without a login', fetchSet);
  each('verify', 'read a set as a whole, and compare its files with the published ones', verify);
}

const loadAll = () => Promise.all(Object.values(sets).map((load): Promise<DataSet> => load()));

async function setOf(name: string): Promise<DataSet> {
  const all = await loadAll();
  const found = all.find((set) => set.name === name);
  if (found) return found;
  const names = all.map((set) => set.name);
  const meant = nearest(name, names);
  throw new TilegradError(`unknown data set '${name}'. ${meant ? `Did you mean ${meant}?` : `There is: ${names.join(', ')}.`}`);
}

/** What can be downloaded of the first form of which all can. */
function downloads(set: DataSet) {
  const all = set.forms.map(({ files }) => Object.values(files).map((file) => ({ file, download: downloadOf(file) })));
  return all
    .find((files) => files.every(({ file, download }) => download || ('optional' in file && file.optional)))
    ?.flatMap(({ download }) => download ?? []);
}

const downloadOf = (file: SetFile | SetFolder) =>
  'folder' in file ? file.archive : file.download && { path: file.path, ...file.download };

async function list(): Promise<string> {
  const rows = (await loadAll()).map((set): [string, string, string, string] => {
    const files = downloads(set);
    return [
      set.name,
      set.title,
      set.licence,
      files ? `download, ${formatBytes(files.reduce((sum, { size }) => sum + size, 0))}` : set.source,
    ];
  });
  return formatTable({ title: 'Data sets', columns: ['set', 'title', 'licence', 'from'], rows });
}

async function where(set: DataSet, given: Given): Promise<string> {
  const platform = nodePlatform(given);
  const folder = platform.dataFolder;
  const lines = [`${set.title}: ${set.source}`, `data folder: ${folder ?? 'none (--data, TILEGRAD_DATA)'}`, `cache: ${cacheFolder()}`];
  for (const { title, files } of set.forms) {
    lines.push(`as ${title}:`);
    for (const file of Object.values(files)) {
      const download = downloadOf(file);
      const places = [
        ...(folder === undefined ? [] : [await inFolder(file, folder, platform)]),
        ...(download
          ? [`cache: ${existsSync(join(cacheFolder(), download.path)) ? 'there' : 'not yet'}`, `from ${download.urls.join(', ')}`]
          : []),
      ];
      lines.push(`  ${'folder' in file ? `${file.folder}/${file.layout}` : file.path}${places.length ? ` (${places.join('; ')})` : ''}`);
    }
  }
  return lines.join('\n');
}

async function whereAll(given: Given): Promise<string> {
  const platform = nodePlatform(given);
  const folder = platform.dataFolder;
  const own = async (file: SetFile | SetFolder) => {
    if (folder === undefined) return false;
    if (!('folder' in file)) return liesIn(folder, file);
    const { loose, archives } = found(file, await platform.listData(file.folder));
    return loose > 0 || archives.length > 0;
  };
  const kept = async (file: SetFile | SetFolder) => {
    const download = downloadOf(file);
    return download !== undefined && existsSync(join(cacheFolder(), download.path));
  };
  const rows = (await loadAll()).map(async (set): Promise<[string, string, string]> => {
    const places: string[] = [];
    let isHere = false;
    for (const [place, isThere] of [['data folder', own] as const, ['cache', kept] as const]) {
      const forms = set.forms.map(async ({ files }) => {
        const all = Object.values(files).map(async (file) => ({
          there: await isThere(file),
          wanted: !('optional' in file && file.optional),
        }));
        const have = await Promise.all(all);
        return have.some(({ there }) => there) ? (have.every(({ there, wanted }) => there || !wanted) ? 'whole' : 'in part') : undefined;
      });
      const states = await Promise.all(forms);
      const state = states.find((state) => state === 'whole') ?? states.find((state) => state);
      if (state) places.push(state === 'whole' ? place : `${place}, in part`);
      isHere ||= state === 'whole';
    }
    const toGet = downloads(set) ? `tilegrad data fetch ${set.name}` : set.source;
    return [set.name, places.join('; ') || 'not here', isHere ? '' : toGet];
  });
  const table = formatTable({ title: 'Where data sets lie', columns: ['set', 'lies in', 'to be had by'], rows: await Promise.all(rows) });
  return [`data folder: ${folder ?? 'none (--data, TILEGRAD_DATA)'}`, `cache: ${cacheFolder()}`, '', table].join('\n');
}

/** Packed or not. */
const liesIn = (folder: string, { path }: SetFile) => [path, path.replace(/\.gz$/, '')].some((path) => existsSync(join(folder, path)));

const found = ({ pattern }: SetFolder, listing: DataListing | undefined) => {
  const paths = listing?.files.map(({ path }) => path) ?? [];
  return {
    loose: paths.filter((path) => pattern.test(path)).length,
    archives: paths.filter((path) => /\.(tar|tar\.gz|tgz|zip)$/i.test(path)),
  };
};

async function inFolder(file: SetFile | SetFolder, folder: string, platform: ReturnType<typeof nodePlatform>): Promise<string> {
  if (!('folder' in file)) return liesIn(folder, file) ? 'there' : 'not in the data folder';
  const listing = await platform.listData(file.folder);
  if (!listing) return `no ${file.folder} in the data folder`;
  const { loose, archives } = found(file, listing);
  return `${loose} files there${archives.length ? `, and archives ${archives.join(', ')}` : ''}`;
}

async function fetchSet(set: DataSet): Promise<string> {
  const files = downloads(set);
  if (!files) throw new TilegradError(`${set.name} can't be downloaded: it has to be fetched by hand. ${set.source}`);
  const platform = nodePlatform({ status: new StatusLine(process.stderr) });
  const lines = [`${set.title}, licence: ${set.licence}`];
  for (const file of files) {
    const found = await platform.fetchCached(file);
    if (!found) throw new TilegradError(`${file.urls.join(', ')} can't be reached. Try again later; what has arrived is kept.`);
    lines.push(join(cacheFolder(), file.path));
  }
  return lines.join('\n');
}

async function verify(set: DataSet, given: Given): Promise<string> {
  // Published are the digests of whole archives.
  const { parts, record } = await openDataSet({ ...nodePlatform(given), readRange: undefined }, set);
  if (record.synthetic) throw new TilegradError(`${set.name} is not there: ${record.description}`);
  const published = new Set(set.forms.flatMap(({ files }) => Object.values(files).map((file) => downloadOf(file)?.sha256)));
  const files = record.files.map(({ source, sha256 }) => `${sha256}  ${source}${published.has(sha256) ? '  (as published)' : ''}`);
  const counts = Object.entries(parts).map(([name, { count, fields }]) => `${name}: ${count} (${Object.keys(fields).join(', ')})`);
  return [record.description, ...files, ...counts].join('\n');
}
