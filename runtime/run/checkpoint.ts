// The files that a run goes on from: checkpoint.safetensors, and one for each finished stage or loop. Tensors as such; the rest, as JSON, in the
// metadata.

import type { DataRecord } from '../../src/data/record.ts';
import { decodeSafetensors, encodeSafetensorsParts, TilegradError } from '../../src/index.ts';
import type { StateDict } from '../../src/nn/load.ts';
import type { DoneRecord, RunCheckpoint, RunPosition } from '../../src/train/host.ts';
import type { Json, Packed, SavedTensor } from '../../src/train/values.ts';
import { toJson } from './metrics.ts';
import { checkDataRecord, checkPosition, checkRunState, type RunState } from './record.ts';
import { type Check, count, list, object, text } from './schema.ts';
import type { FileParts } from './store.ts';

export function encodeCheckpoint({ kept, found: _found, ...position }: RunCheckpoint, run: RunState): FileParts {
  return encodeSafetensorsParts(inputs(kept), { position: JSON.stringify(position), kept: JSON.stringify(kept.json), run: toJson(run) });
}

export interface Saved {
  readonly position: RunPosition & { readonly kept: Packed };
  readonly run: RunState;
}

/** @throws TilegradError naming the file, when it is damaged or was not written by a run. */
export function decodeCheckpoint(bytes: Uint8Array, path: string): Saved {
  const { tensors, metadata } = decode(bytes, path);
  const position = parsed<RunPosition>(metadata.position, path, 'position', checkPosition);
  const run = parsed<RunState>(metadata.run, path, 'run', checkRunState);
  const json = parsed<Json>(metadata.kept, path, 'kept', object({}));
  return { position: { ...position, kept: { json, tensors } }, run };
}

/** The file of what is done, by its path in the run: readable, and a name of its own for each. */
export const recordFile = (path: string): string => `done-${named(path)}`;

/** The same of a stage that was done elsewhere, until the run takes it in. */
export const elsewhereFile = (path: string): string => `stage-${named(path)}`;

/** The same of a stage that other runs find too. @param identity what it is of */
export const sharedFile = (path: string, identity: string): string => named(path, identity);

function named(path: string, further = ''): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(path + further)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const words = path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${words.slice(-60)}-${hash.toString(16).padStart(8, '0')}.safetensors`;
}

/** What a stage that another process has done must agree with: which run it is of, and the data that it has opened. */
export interface Elsewhere {
  readonly run: string;
  readonly data?: readonly DataRecord[];
}

/** @param elsewhere where it may come to another run's folder by mistake */
export function encodeRecord(path: string, { json, tensors, steps, rows, told }: DoneRecord, elsewhere?: Elsewhere): FileParts {
  return encodeSafetensorsParts(inputs({ tensors: { ...tensors, ...told?.tensors } }), {
    ...{ path, steps: String(steps), rows: String(rows), value: JSON.stringify(json) },
    ...(told && { told: JSON.stringify(told.json) }),
    ...(elsewhere && { run: elsewhere.run }),
    ...(elsewhere?.data && { data: JSON.stringify(elsewhere.data) }),
  });
}

/** @throws TilegradError naming the file, when it is damaged or is another's */
export function decodeRecord(bytes: Uint8Array, path: string, file: string, run?: string): DoneRecord {
  const { tensors, metadata } = decode(bytes, file);
  if (metadata.path !== path)
    throw new TilegradError(`${file}: expected what ${path} has left, found that of ${metadata.path ?? 'no stage'}.`);
  if (metadata.run !== run)
    throw new TilegradError(`${file}: expected a stage of this run, ${run}, found one of ${metadata.run ?? 'another'}. Move it away.`);
  const [steps, rows] = [metadata.steps, metadata.rows].map(Number);
  const problem = object({ steps: count, rows: count })({ steps, rows }, 'record') ?? text(metadata.value, 'value');
  if (problem) throw new TilegradError(`${file} is damaged: ${problem}.`);
  const json = (name: 'value' | 'told') => parsed<Json>(metadata[name], file, name, () => undefined);
  const told = metadata.told === undefined ? undefined : { json: json('told'), tensors };
  return { json: json('value'), tensors, steps: steps as number, rows: rows as number, ...(told && { told }) };
}

/** The data that a stage had opened in another process. @throws TilegradError naming the file when it is damaged */
export const decodeStageData = (bytes: Uint8Array, file: string): readonly DataRecord[] =>
  parsed<readonly DataRecord[]>(decode(bytes, file).metadata.data, file, 'data', list(checkDataRecord));

/** model.safetensors: the trained weights under PyTorch's names, for whoever wants to load them. */
export function encodeModel(weights: StateDict): FileParts {
  const named = Object.entries(weights).map(([name, { shape, data }]) => {
    const dtype = data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : 'U32';
    return [name, { dtype, shape, data }] as const;
  });
  return encodeSafetensorsParts(Object.fromEntries(named) as Inputs);
}

type Inputs = Parameters<typeof encodeSafetensorsParts>[0];
/** Names of types are those of safetensors. */
const inputs = ({ tensors }: Pick<Packed, 'tensors'>) => tensors as Inputs;

function decode(bytes: Uint8Array, path: string) {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  for (const [name, { dtype }] of Object.entries(tensors)) {
    if (!kinds.includes(dtype)) {
      throw new TilegradError(`${path}: tensor ${name} is ${dtype}, which no run writes. It was not written by a run.`);
    }
  }
  return { tensors: tensors as Readonly<Record<string, SavedTensor>>, metadata };
}

const kinds: readonly string[] = ['U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'F32', 'F64', 'I64', 'U64'];

function parsed<T>(json: string | undefined, path: string, place: string, check: Check): T {
  let value: unknown;
  try {
    value = JSON.parse(json ?? '');
  } catch (error) {
    throw new TilegradError(`${path} lacks the ${place} of the run that wrote it: it is damaged, or not a run's.`, { cause: error });
  }
  const problem = check(value, place);
  if (problem) throw new TilegradError(`${path} is damaged: ${problem}.`);
  return value as T;
}
