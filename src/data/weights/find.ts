// Published weights by their name, from where a data set's files come from too: the user's folder, the cache, the network.
import { suggestion } from '../../engine/graph/arguments.ts';
import { TilegradError } from '../../engine/graph/errors.ts';
import type { DataFile, Platform } from '../../platform.ts';
import type { FileTensor } from './file-tensor.ts';
import type { PublishedWeights, WeightsForm } from './published.ts';
import { readWeights } from './read.ts';
import type { FoundWeights } from './weights.ts';

/** Whose name this is. @throws TilegradError with the nearest name when it is none's. */
async function publishedWeights(name: string): Promise<PublishedWeights> {
  const { PUBLISHED } = await import('./published.ts');
  const published = PUBLISHED.find((one) => one.name === name);
  if (published) return published;
  const names = PUBLISHED.map((one) => one.name);
  throw new TilegradError(`weights: there are no published weights ${String(name)}${suggestion(String(name), names)}`);
}

/** What a name ends with that is a file's. */
const FILE = /\.(safetensors|bin|pth|pt|th|npz)$/;

/** As weights.ts says. */
export async function findWeights(platform: Platform, name: string): Promise<FoundWeights | undefined> {
  if (FILE.test(name)) return own(platform, name);
  const published = await publishedWeights(name);
  for (const form of published.forms) {
    const file = await platform.readData(form.path);
    if (file) return read(published, form, file);
  }
  for (const form of published.forms) {
    const file = form.download && (await platform.fetchCached({ path: form.path, ...form.download }));
    if (file) return read(published, form, file);
  }
  return undefined;
}

async function read({ title, name, licence }: PublishedWeights, form: WeightsForm, file: DataFile): Promise<FoundWeights> {
  const { prefix = '', rename = (entry: string) => entry } = form;
  const weights: Record<string, FileTensor> = Object.create(null);
  for (const [entry, tensor] of Object.entries(await readWeights(file.bytes, { name: file.source }))) {
    if (entry.startsWith(prefix)) weights[rename(entry.slice(prefix.length))] = tensor;
  }
  const other = form.download && form.download.sha256 !== file.sha256 ? ' (not the published file: its sha256 is another one)' : '';
  const record = {
    name,
    synthetic: false,
    description: `${title}, from ${file.source}${other}; licence: ${licence}`,
    files: [{ source: file.source, sha256: file.sha256 }],
  };
  return { weights, record };
}

async function own(platform: Platform, path: string): Promise<FoundWeights | undefined> {
  const file = await platform.readData(path);
  if (!file) return undefined;
  const { source, sha256 } = file;
  const weights = await readWeights(file.bytes, { name: source });
  return { weights, record: { name: path, synthetic: false, description: `weights from ${source}`, files: [{ source, sha256 }] } };
}
