// Weights in several files and an index (huggingface_hub's "sharded" form): `model.safetensors.index.json`, `pytorch_model.bin.index.json`.
import { formatError, quoted } from '../format-error.ts';
import { members, parseJson } from '../json-members.ts';
import { decodeSafetensors } from '../safetensors.ts';
import { expectPlainPath } from '../zip.ts';
import { type Contents, FileTensor } from './file-tensor.ts';

export function readSafetensors(bytes: Uint8Array, file: string): Map<string, FileTensor> {
  const { tensors } = decodeSafetensors(bytes, file);
  return new Map(
    Object.entries(tensors).map(([name, { dtype, shape, data }]): [string, FileTensor] => {
      const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [name, new FileTensor({ file, name, dtype, shape, bytes: values })];
    }),
  );
}

/**
 * The tensors that an index lists, each from the file that it names, whatever `readOne` makes of that.
 * @throws DataFormatError when the index isn't one, leads out of the folder, names files that aren't there, or tensors that those don't have.
 */
export async function readSharded(
  files: Readonly<Record<string, Uint8Array>>,
  index: string,
  readOne: (bytes: Uint8Array, name: string) => Promise<Contents>,
): Promise<Map<string, FileTensor>> {
  const folder = index.slice(0, index.lastIndexOf('/') + 1);
  const places = weightMap(files[index], index);
  const paths = [...new Set(places.values())];
  const missing = paths.filter((path) => !Object.hasOwn(files, folder + path));
  if (missing.length > 0) {
    throw formatError(
      index,
      `the files that it names: ${missing.slice(0, 20).map(quoted).join(', ')}`,
      'none of these',
      'Give them along with it.',
    );
  }
  const shards = new Map<string, ReadonlyMap<string, FileTensor>>();
  for (const path of paths) shards.set(path, (await readOne(files[folder + path], folder + path)).tensors);
  return new Map(
    [...places].map(([name, path]): [string, FileTensor] => {
      const found = shards.get(path)?.get(name);
      if (!found) throw formatError(folder + path, `tensor ${quoted(name)}, as ${index} says`, 'none of that name');
      return [name, found];
    }),
  );
}

function weightMap(bytes: Uint8Array, index: string): Map<string, string> {
  const places = new Map<string, string>();
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    for (const [key, value] of members(text)) {
      if (key !== 'weight_map') continue;
      for (const [name, path] of members(value)) {
        const shard = path.startsWith('"') ? parseJson(path) : undefined;
        if (typeof shard !== 'string') throw formatError(index, `the name of a file for tensor ${quoted(name)}`, quoted(path));
        expectPlainPath(shard, index);
        places.set(name, shard);
      }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw formatError(index, 'an index in JSON', `one that does not parse (${error.message})`);
  }
  if (places.size === 0) throw formatError(index, 'a weight_map from tensors to files', 'none');
  return places;
}
