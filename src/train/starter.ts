// The small trained weights that come with a project: see Run.starter.
import type { StateDict } from '../nn/load.ts';

export interface Starter {
  readonly weights: StateDict;
  /** What a stage of the run that they are from came to; undefined for one that the project's page doesn't ask for. */
  result(stage: string): unknown;
  /** How that run was made: JSON. */
  readonly record: string;
}

/** @throws DataFormatError, TilegradError naming the file, where it holds no such weights */
export async function readStarter(bytes: Uint8Array, path: string): Promise<Starter> {
  return (await import('./decode-starter.ts')).decode(bytes, path);
}
