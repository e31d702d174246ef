// Weights that others trained: what reads and finds them is loaded with the first.
import type { Platform } from '../../platform.ts';
import type { DataRecord } from '../record.ts';
import type { Weights } from './file-tensor.ts';

/** Files by their names: an index and what it names. */
export type WeightFiles = Readonly<Record<string, Uint8Array>>;

export interface ReadWeightsOptions {
  /** Of the file, for errors and to recognise it by its ending. */
  readonly name?: string;
  /** Where in a checkpoint the state dict stands: `model`, `ema.state_dict`. Default: see {@link readWeights}. */
  readonly key?: string;
}

/**
 * The tensors of a file of weights by name, ready for `loadStateDict`: safetensors (bf16, f16), PyTorch's `.pt`, `.pth`
 * and `.bin` (zip, legacy and tar format), either of them in several files with their `….index.json`, `.npy` and `.npz`. The content says which it is.
 * Values are views of the file where they can be, so its bytes must not change; a deflated .npz takes at most 1032 times its size. Nothing in
 * a file can run.
 *
 * A checkpoint in which tensors stand only deeper gives the state dict under one of the usual keys (`state_dict`, `model_state_dict`, `model` …),
 * else all of its tensors by their paths; `key` says which one. A file of one nameless tensor names it `tensor`.
 * @throws DataFormatError naming file, place and what was expected. TilegradError when there is nothing under `key`.
 */
export async function readWeights(source: Uint8Array | WeightFiles, options: ReadWeightsOptions = {}): Promise<Weights> {
  return (await import('./read.ts')).readWeights(source, options);
}

export interface FoundWeights {
  /** Under the names of the model here: `model.loadStateDict(weights)`. */
  readonly weights: Weights;
  /** Which they are, and their licence: for the run's record. */
  readonly record: DataRecord;
}

/**
 * Published weights: from the user's data folder, else from the cache or the network, where the file's sha256 must be the published one; undefined
 * when they can't be had. Or those of a file of the data folder, by its path there (`weights/mine.safetensors`), under the names that it has.
 * @throws TilegradError for a name that nothing has; DataFormatError for a damaged file.
 */
export async function findWeights(platform: Platform, name: string): Promise<FoundWeights | undefined> {
  return (await import('./find.ts')).findWeights(platform, name);
}
