// checkpoint.safetensors: a project's tensors; in its metadata, as JSON, the project's state and the run's.
import { decodeSafetensors, encodeSafetensors, TilegradError } from '../../src/index.ts';
import type { Checkpoint } from '../../src/train/project.ts';
import { toJson } from './metrics.ts';
import { checkRunState, type RunState } from './record.ts';
import { object } from './schema.ts';

const dtypes = { f32: 'F32', i32: 'I32', u32: 'U32' } as const;
const dtypesBack: Readonly<Record<string, 'f32' | 'i32' | 'u32'>> = { F32: 'f32', I32: 'i32', U32: 'u32' };

export function encodeCheckpoint({ tensors, state }: Checkpoint, run: RunState): Uint8Array<ArrayBuffer> {
  type SafetensorsInput = Parameters<typeof encodeSafetensors>[0][string];
  const entries = Object.entries(tensors).map(
    ([name, { dtype, shape, data }]) => [name, { dtype: dtypes[dtype], shape, data } as SafetensorsInput] as const,
  );
  return encodeSafetensors(Object.fromEntries(entries), { state: JSON.stringify(state), run: toJson(run) });
}

/** @throws TilegradError naming the file, when it is damaged or was not written by a run. */
export function decodeCheckpoint(bytes: Uint8Array, path: string): { readonly checkpoint: Checkpoint; readonly run: RunState } {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const own: Record<string, Checkpoint['tensors'][string]> = {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const mine = dtypesBack[dtype];
    if (!mine || !(data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint32Array)) {
      throw new TilegradError(
        `${path}: tensor ${name} is ${dtype}; a run's checkpoint holds F32, I32 and U32 alone. It was not written by a run.`,
      );
    }
    own[name] = { dtype: mine, shape, data };
  }
  let state: Checkpoint['state'];
  let run: RunState;
  try {
    [state, run] = [JSON.parse(metadata.state ?? ''), JSON.parse(metadata.run ?? '')];
  } catch (error) {
    throw new TilegradError(`${path} lacks the state of the run that wrote it: it is damaged, or not a run's checkpoint.`, {
      cause: error,
    });
  }
  const problem = object({})(state, 'state') ?? checkRunState(run, 'run');
  if (problem) throw new TilegradError(`${path} is damaged: ${problem}.`);
  return { checkpoint: { tensors: own, state }, run };
}
