// Published weights in whichever format they come: PyTorch's, safetensors', NumPy's.
import { aString, expectKind, expectOptions } from '../../engine/graph/arguments.ts';
import { DataFormatError, TilegradError } from '../../engine/graph/errors.ts';
import { formatError, quoted } from '../format-error.ts';
import type { Contents, FileTensor, Weights } from './file-tensor.ts';
import type { ReadWeightsOptions, WeightFiles } from './weights.ts';

/** As weights.ts says. */
export async function readWeights(source: Uint8Array | WeightFiles, options: ReadWeightsOptions = {}): Promise<Weights> {
  const bytesOrFiles = (value: unknown) =>
    value instanceof Uint8Array ||
    (typeof value === 'object' && value !== null && Object.values(value).every((bytes) => bytes instanceof Uint8Array));
  expectKind('readWeights', 'source', source, { words: 'a Uint8Array, or an object of them by file name', holds: bytesOrFiles });
  expectOptions('readWeights', options, { name: aString, key: aString });
  const files = source instanceof Uint8Array ? { [options.name ?? 'weights']: source } : source;
  const found = await readAny(files);
  const key = options.key ?? found.stateDict;
  const tensors = key === undefined ? found.tensors : within(found.tensors, key);
  if (options.key !== undefined && tensors.size === 0) {
    const keys = [...new Set([...found.tensors.keys()].map((path) => path.split('.')[0]))];
    throw new TilegradError(`readWeights: expected tensors under the key '${options.key}', got [${keys.join(', ')}]`);
  }
  // No prototype, so that a tensor named `constructor` is only a name.
  const dict: Record<string, FileTensor> = Object.create(null);
  for (const [name, tensor] of tensors) {
    if (name === '__proto__') throw new DataFormatError("readWeights: expected ordinary tensor names, got '__proto__'");
    dict[name || 'tensor'] = tensor;
  }
  return dict;
}

async function readAny(files: WeightFiles): Promise<Contents> {
  const names = Object.keys(files);
  const index = names.find((name) => name.endsWith('.index.json'));
  if (index !== undefined) return { tensors: await (await import('./sharded.ts')).readSharded(files, index, readOne) };
  if (names.length !== 1) {
    throw new TilegradError(`readWeights: expected one file, or several with their index (….index.json), got [${names.join(', ')}]`);
  }
  return readOne(files[names[0]], names[0]);
}

async function readOne(bytes: Uint8Array, name: string): Promise<Contents> {
  const begins = (...codes: number[]) => codes.every((code, i) => bytes[i] === code);
  if (begins(0x93, 0x4e)) {
    const { readNpy } = await import('./npy.ts');
    return { tensors: new Map([['', readNpy(bytes, name)]]) };
  }
  if (begins(0x50, 0x4b)) {
    const [{ readZip }, { readNpz }, { readPytorch }] = await Promise.all([
      import('../zip.ts'),
      import('./npy.ts'),
      import('./pytorch.ts'),
    ]);
    const paths = [...readZip(bytes, name).keys()];
    const numpy = paths.length > 0 && paths.every((path) => path.endsWith('.npy'));
    return numpy ? { tensors: readNpz(bytes, name) } : readPytorch(bytes, name);
  }
  if (bytes[8] === 0x7b && !begins(0x80)) return { tensors: (await import('./sharded.ts')).readSafetensors(bytes, name) };
  const { isTar } = await import('../tar.ts');
  if (begins(0x80) || isTar(bytes)) return (await import('./pytorch.ts')).readPytorch(bytes, name);
  if (begins(0x89, 0x48, 0x44, 0x46)) {
    throw formatError(
      name,
      'safetensors, PyTorch or NumPy weights',
      'an HDF5 file',
      'Convert it to safetensors with the program that wrote it.',
    );
  }
  // A file whose header is cut off, or damaged, is told by its name.
  if (/\.safetensors$/.test(name)) return { tensors: (await import('./sharded.ts')).readSafetensors(bytes, name) };
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  throw formatError(
    name,
    'safetensors, PyTorch or NumPy weights',
    bytes.length === 0 ? 'an empty file' : `one that begins with ${quoted(start)}`,
  );
}

const within = (tensors: ReadonlyMap<string, FileTensor>, key: string): Map<string, FileTensor> =>
  new Map(
    [...tensors].flatMap(([path, tensor]): [string, FileTensor][] => {
      if (path === key) return [['', tensor]];
      return path.startsWith(`${key}.`) ? [[path.slice(key.length + 1), tensor]] : [];
    }),
  );
