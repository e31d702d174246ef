// What a stage that several runs share is known by.
import { sha256 } from '../data/digest.ts';
import { pack } from './values.ts';

/** One for all that is equal: JSON, typed arrays, parts of data sets. @throws TilegradError for anything else */
export async function keyOf(name: string, inputs: unknown): Promise<string> {
  const { json, tensors } = await pack(inputs, 'inputs', `what ${name} goes by`, true);
  const digests = Object.entries(tensors).map(async ([place, { dtype, shape, data }]) => [
    ...[place, dtype, shape],
    await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
  return sha256(new TextEncoder().encode(JSON.stringify([name, json, await Promise.all(digests)])));
}
