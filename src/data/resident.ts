// Data sets that lie on the GPU as a whole: a step is given the numbers of its samples, and finds their rows there.
import type { Runtime } from '../engine/executor/runtime.ts';
import { currentRuntime } from '../engine/executor/session.ts';
import { dtypeOf } from '../engine/graph/dtype.ts';
import { DataLeaf, Table, type Tensor } from '../engine/graph/tensor.ts';
import { pickRows, type Tables } from '../engine/ops/pick.ts';
import { valuesOf } from './assemble.ts';
import type { ArrayDataset, Column, ElementArray } from './dataset.ts';

/** What a set may take on the GPU without being asked for: as much as one binding of the adapter, 128 MiB at least, and no more than this. */
const MOST_BYTES = 256 * 2 ** 20;

interface Held {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Tensor['dtype'];
  readonly tables: Tables;
}

/** All loaders of a data set share its tables. They go when it does. */
const known = new WeakMap<Runtime, WeakMap<object, ResidentSet<string>>>();

/** A data set on the GPU. Uploaded when first used. */
export class ResidentSet<F extends string> {
  private readonly fields: readonly Held[];

  private constructor({ fields }: ArrayDataset<F>) {
    this.fields = fields.map(([name, column]) => tabled(name, column));
  }

  static of<F extends string>(dataset: ArrayDataset<F>): ResidentSet<F> {
    const runtime = currentRuntime();
    const here = known.get(runtime) ?? new WeakMap<object, ResidentSet<string>>();
    known.set(runtime, here);
    const set = here.get(dataset) ?? new ResidentSet(dataset);
    here.set(dataset, set);
    return set as ResidentSet<F>;
  }

  /** The samples with these numbers, by field. The array is handed over for good. */
  rows(samples: Uint32Array): Readonly<Record<F, Tensor>> {
    const index = new DataLeaf(samples, [samples.length], 'u32');
    return Object.fromEntries(
      this.fields.map(({ name, shape, dtype, tables }) => [name, pickRows(tables, index, shape, dtype)]),
    ) as unknown as Readonly<Record<F, Tensor>>;
  }
}

/** Why a set can't lie on the GPU on this adapter; undefined if it can. */
export async function unfitFor<F extends string>({ fields }: ArrayDataset<F>): Promise<string | undefined> {
  const most = (await currentRuntime().open()).traits.maxBindingBytes;
  for (const [name, column] of fields) {
    if (column.offsets) return `samples of '${name}' that differ in length`;
    if (bytesOf(column) > most) return `${bytesOf(column)} bytes of '${name}', more than the ${most} that this adapter binds`;
  }
  return undefined;
}

/** Whether a set is small, and no more is uploaded than by an epoch of so many samples. */
export async function isSmall<F extends string>({ fields, length }: ArrayDataset<F>, samples: number): Promise<boolean> {
  const bytes = fields.reduce((sum, [, column]) => sum + bytesOf(column), 0);
  const epoch = fields.reduce((sum, [, { data }]) => sum + 4 * data.length, 0) * (samples / length);
  return bytes <= Math.min(epoch, MOST_BYTES, (await currentRuntime().open()).traits.maxBindingBytes);
}

const bytesOf = ({ data }: Column): number => 4 * Math.ceil(data.length / (data instanceof Uint8Array ? 4 : 1));

/** Bytes stay bytes; what each stands for is computed as a batch's are, and looked up. Other values are converted before they are uploaded. */
function tabled(name: string, value: Column): Held {
  const { data, shape } = value;
  const table = (of: string, length: number, words: () => Uint32Array) => new Table(`${name}${of}`, [length], 'u32', words);
  if (!(data instanceof Uint8Array)) {
    const dtype = dtypeOf(valuesOf({ ...value, data: data.subarray(0, 0) }));
    return { name, shape, dtype, tables: [table('', data.length, () => wordsOf(valuesOf(value)))] };
  }
  const values = valuesOf({ ...value, data: Uint8Array.from({ length: 256 }, (_, i) => i) });
  const bytes = table(', bytes', Math.ceil(data.length / 4), () => wordsOf(data));
  return { name, shape, dtype: dtypeOf(values), tables: [bytes, table(', values', 256, () => wordsOf(values))] };
}

/** The same memory as words; a copy only where bytes begin or end within one. */
function wordsOf(data: ElementArray): Uint32Array {
  const { buffer, byteOffset, byteLength } = data;
  if (byteOffset % 4 === 0 && byteLength % 4 === 0) return new Uint32Array(buffer, byteOffset, byteLength / 4);
  const padded = new Uint8Array(4 * Math.ceil(byteLength / 4));
  padded.set(data);
  return new Uint32Array(padded.buffer);
}
