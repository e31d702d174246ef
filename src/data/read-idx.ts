// What reads IDX files, and unpacks them, is loaded when there is one.
import type { IdxArray } from './idx.ts';

/** Reads an IDX file (MNIST's format), gzipped or not. @throws DataFormatError naming the file, what its header promises and what is there */
export async function decodeIdx(file: Uint8Array, name: string): Promise<IdxArray> {
  return (await import('./idx.ts')).decodeIdx(file, name);
}
