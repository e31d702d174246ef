// The small trained weights that come with a project: see Run.starter. Their file is safetensors, as `tilegrad run --starter` writes it, gzipped or not.
import { decodeSafetensors, toFloat32 } from '../data/safetensors.ts';
import { DataFormatError, TilegradError } from '../engine/graph/errors.ts';
import type { StateDict } from '../nn/load.ts';
import { type Packed, unpack } from './values.ts';

export interface Starter {
  readonly weights: StateDict;
  /** What a stage of the run that they are from came to; undefined for one that the project's page doesn't ask for. */
  result(stage: string): unknown;
  /** How that run was made: JSON. */
  readonly record: string;
}

type FileTensor = ReturnType<typeof decodeSafetensors>['tensors'][string];

/** @throws DataFormatError, TilegradError naming the file, where it holds no such weights */
export async function readStarter(file: Uint8Array, path: string): Promise<Starter> {
  // Told here, so that nothing is loaded to unzip what isn't zipped.
  const zipped = file[0] === 0x1f && file[1] === 0x8b;
  const { tensors, metadata } = decodeSafetensors(zipped ? (await import('../data/gzip.ts')).gunzip(file, path) : file, path);
  const { record, stages } = metadata;
  if (record === undefined || stages === undefined)
    throw new TilegradError(`${path}: expected the weights that come with a project, and no record of a run is in it.`);
  let results: Readonly<Record<string, Packed['json']>>;
  try {
    results = JSON.parse(stages);
  } catch (cause) {
    throw new DataFormatError(`${path}: the results of stages in its metadata are no JSON.`, { cause });
  }
  const under = (prefix: string) =>
    Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : []));
  const scales = new Map(under('scale.'));
  const weights = under('model.').map(([name, tensor]) => {
    return [name, { shape: tensor.shape, data: valuesOf(tensor, scales.get(name), `${path}: ${name}`) }] as const;
  });
  return {
    record,
    weights: Object.fromEntries(weights) as StateDict,
    result(stage) {
      if (!Object.hasOwn(results, stage)) return undefined;
      const own = Object.fromEntries(under(`stage.${stage}.`)) as Packed['tensors'];
      return unpack({ json: results[stage]!, tensors: own }, `the result of stage ${stage}`);
    },
  };
}

/** In full precision. Whole numbers with a scale a row are multiplied by it. */
function valuesOf(tensor: FileTensor, scale: FileTensor | undefined, what: string): StateDict[string]['data'] | FileTensor['data'] {
  if (!scale) return tensor.dtype === 'F16' ? toFloat32(tensor) : tensor.data;
  const [rows] = tensor.shape;
  if (tensor.dtype !== 'I8' || scale.dtype !== 'F16' || scale.data.length !== rows)
    throw new DataFormatError(`${what}: expected whole numbers of 8 bits and a scale of 16 bits for each of ${rows} rows`);
  const [factors, columns] = [toFloat32(scale), tensor.data.length / rows];
  return Float32Array.from(tensor.data, (value, i) => value * factors[Math.floor(i / columns)]!);
}
