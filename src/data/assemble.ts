// Samples become a batch: transformed, converted, put one behind the other. The same code runs in the caller's thread and in workers, so that
// their number changes no bit.
import { DTypeError, ShapeError } from '../engine/graph/errors.ts';
import { Random } from '../random.ts';
import { dtypeInBatch, type Value } from './dataset.ts';
import type { Fields } from './transforms/apply.ts';
import type { Transform } from './transforms/transform.ts';

export type BatchArray = Float32Array | Int32Array | Uint32Array;

/** One field of a batch: `shape` is `[batch, ...sample shape]`. The arrays are the receiver's own. */
export interface BatchValue {
  readonly data: BatchArray;
  readonly shape: readonly number[];
}

/** How samples of different length become one batch: all as long as the longest. */
export interface Padding {
  /** What stands behind a shorter one's end. */
  readonly value: number;
  /** Lengths are rounded up to a multiple of this, so that there are few shapes to compile for. Default 1. */
  readonly multiple?: number;
}

/** The random numbers of a batch's samples: `place` counts the samples of the epoch before it. */
export interface Stream {
  readonly seed: number;
  readonly epoch: number;
  readonly place: number;
}

/** Applies transforms to a sample, each with the next of the sample's random numbers. A promise only where one has to wait: it costs more than a crop. */
function transformed(
  apply: typeof import('./transforms/apply.ts').applyTransform,
  transforms: readonly Transform[],
  sample: Fields,
  random: Random,
  from = 0,
): Fields | Promise<Fields> {
  let out = sample;
  for (let i = from; i < transforms.length; i++) {
    const u: number[] = [];
    while (u.length < transforms[i]!.draws) u.push(random.uniform());
    const next = apply(transforms[i]!, out, u);
    if (next instanceof Promise) return next.then((waited) => transformed(apply, transforms, waited, random, i + 1));
    out = next;
  }
  return out;
}

/** What applies transforms is loaded when there are some. */
async function changed(
  samples: readonly Fields[],
  transforms: readonly Transform[],
  { seed, epoch, place }: Stream,
): Promise<readonly Fields[]> {
  const { applyTransform } = await import('./transforms/apply.ts');
  // Stream 0 is the epoch's order; samples have the streams after it.
  const made = samples.map((sample, i) => transformed(applyTransform, transforms, sample, new Random(seed, epoch, place + i + 1)));
  return made.some((sample) => sample instanceof Promise) ? Promise.all(made) : (made as Fields[]);
}

/** A batch of samples, in their order. */
export async function assemble(
  samples: readonly Fields[],
  transforms: readonly Transform[],
  pad: Readonly<Record<string, Padding>>,
  stream: Stream,
): Promise<Record<string, BatchValue>> {
  const all = transforms.length === 0 ? samples : await changed(samples, transforms, stream);
  const batch: [string, BatchValue][] = [];
  for (const name of Object.keys(all[0]!)) {
    const column = all.map((sample) => sample[name]!);
    const padding = Object.hasOwn(pad, name) ? pad[name] : undefined;
    expectOneKind(column, name);
    batch.push([name, padding ? padded(column, padding, name) : stacked(column, name)]);
    if (padding) batch.push([`${name}Length`, { data: Uint32Array.from(column, ({ shape }) => shape[0]!), shape: [column.length] }]);
  }
  return Object.fromEntries(batch);
}

/** Copies in the types that the elements have in a batch, scaled. */
export function converted(sample: Fields): Record<string, BatchValue> {
  const entries = Object.entries(sample).map(([name, value]) => {
    const data = allocate(value, value.data.length);
    write(value, data, 0);
    return [name, { data, shape: value.shape }] as const;
  });
  return Object.fromEntries(entries);
}

/** All elements of a field as they stand in a batch; the array itself where it has them already. */
export function valuesOf(value: Value): BatchArray {
  const { data, scale = 1 } = value;
  const values = allocate(value, 0);
  if (data.constructor === values.constructor && (scale === 1 || !(values instanceof Float32Array))) return data as BatchArray;
  return converted({ value }).value!.data;
}

/** @throws DTypeError where a field's elements would have another type in a batch of other samples */
function expectOneKind(column: readonly Value[], name: string): void {
  const kinds = new Set(column.map(dtypeInBatch));
  if (kinds.size > 1) {
    throw new DTypeError(`DataLoader: expected every '${name}' of a batch to have one type, got ${[...kinds].join(' and ')}`);
  }
}

/** Room for a batch in the type that the elements have there. */
function allocate(value: Value, size: number): BatchArray {
  const kind = dtypeInBatch(value);
  if (kind === 'i32') return new Int32Array(size);
  return kind === 'u32' ? new Uint32Array(size) : new Float32Array(size);
}

function stacked(column: readonly Value[], name: string): BatchValue {
  const first = column[0]!;
  const size = first.shape.reduce((product, n) => product * n, 1);
  const data = allocate(first, size * column.length);
  column.forEach((value, row) => {
    if (value.shape.length !== first.shape.length || value.shape.some((n, i) => n !== first.shape[i])) {
      throw new ShapeError(
        `DataLoader: expected every '${name}' of a batch to have one shape, got [${first.shape.join(', ')}] and [${value.shape.join(', ')}]; pad it, or crop or resize images`,
      );
    }
    write(value, data, row * size);
  });
  return { data, shape: [column.length, ...first.shape] };
}

/** Along their first dimension. */
function padded(column: readonly Value[], { value: filler, multiple = 1 }: Padding, name: string): BatchValue {
  const [, ...row] = column[0]!.shape;
  if (column.some(({ shape }) => shape.length !== row.length + 1 || row.some((n, i) => n !== shape[i + 1]))) {
    throw new ShapeError(
      `DataLoader: expected every '${name}' of a batch to differ in its first dimension alone, got ${column.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')}`,
    );
  }
  const longest = Math.max(1, ...column.map(({ shape }) => shape[0]!));
  const length = Math.ceil(longest / multiple) * multiple;
  const size = length * row.reduce((product, n) => product * n, 1);
  const data = allocate(column[0]!, size * column.length).fill(filler);
  column.forEach((value, i) => write(value, data, i * size));
  return { data, shape: [column.length, length, ...row] };
}

function write({ data, scale = 1 }: Value, into: BatchArray, offset: number): void {
  if (scale === 1 || !(into instanceof Float32Array)) into.set(data, offset);
  else if (data instanceof Uint8Array) writeBytes(data, scale, into, offset);
  else for (let i = 0; i < data.length; i++) into[offset + i] = data[i]! * scale;
}

/** On its own: where a loop meets one type of array alone, it is compiled for that, and twice as quick. */
function writeBytes(data: Uint8Array, scale: number, into: Float32Array, offset: number): void {
  for (let i = 0; i < data.length; i++) into[offset + i] = data[i]! * scale;
}
