// What a stage finds and what a loop keeps, as a file can hold it: JSON, and tensors beside it. Every number comes back as it was.
import { showValue } from '../engine/graph/arguments.ts';
import { type DType, holds, type TypedArray } from '../engine/graph/dtype.ts';
import { TilegradError } from '../engine/graph/errors.ts';
import { sizeOf } from '../engine/graph/shape.ts';
import { Tensor } from '../engine/graph/tensor.ts';
import { tensor } from '../engine/ops/create.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const arrays = {
  ...{ U8: Uint8Array, I8: Int8Array, U16: Uint16Array, I16: Int16Array, U32: Uint32Array, I32: Int32Array, F32: Float32Array },
  ...{ F64: Float64Array, I64: BigInt64Array, U64: BigUint64Array },
} as const;

type ArrayName = keyof typeof arrays;
export type AnyArray = TypedArray | Uint8Array | Int8Array | Uint16Array | Int16Array | Float64Array | BigInt64Array | BigUint64Array;

/** Named as safetensors does. */
export interface SavedTensor {
  readonly dtype: ArrayName;
  readonly shape: readonly number[];
  readonly data: AnyArray;
}

/** A value as a file holds it: its tensors by name, and JSON that refers to them. */
export interface Packed {
  readonly json: Json;
  readonly tensors: Readonly<Record<string, SavedTensor>>;
}

// In JSON an object with one of these as its only name stands for something that JSON lacks.
const NUMBER = '$number';
const ARRAY = '$array';
const VALUES = '$values';
const TENSOR = '$tensor';
const OBJECT = '$object';
const NOTHING = '$nothing';
const marks = [NUMBER, ARRAY, VALUES, TENSOR, OBJECT, NOTHING];

const arrayName = (value: unknown): ArrayName | undefined =>
  (Object.keys(arrays) as ArrayName[]).find((name) => value instanceof arrays[name]);

/**
 * Takes a value in as it stands at the call: arrays are copied, reads of tensors are asked for. The promise is of the same moment, whatever is
 * changed meanwhile. A value may hold what JSON can, NaN, ±∞ and −0, typed arrays, tensors, and state dicts.
 *
 * @param name what tensors' names begin with
 * @param what for errors: "the result of stage test"
 * @param owned its arrays are nobody else's: they aren't copied
 * @throws TilegradError for anything else, naming its place
 */
export function pack(value: unknown, name: string, what: string, owned = false): Promise<Packed> {
  const tensors: Record<string, SavedTensor> = {};
  const reads: Promise<void>[] = [];
  const keep = (place: string, data: AnyArray, shape: readonly number[]) => {
    tensors[place] = { dtype: arrayName(data) as ArrayName, shape: [...shape], data };
    return place;
  };
  const taken = (data: AnyArray) => (owned ? data : data.slice());
  const within: object[] = [];
  const convert = (part: unknown, place: string): Json => {
    if (part === null || typeof part === 'boolean' || typeof part === 'string') return part;
    if (part === undefined) return { [NOTHING]: true };
    if (typeof part === 'number') {
      return Number.isFinite(part) && !Object.is(part, -0) ? part : { [NUMBER]: Object.is(part, -0) ? '-0' : String(part) };
    }
    if (arrayName(part)) return { [ARRAY]: keep(place, taken(part as AnyArray), [(part as AnyArray).length]) };
    if (part instanceof Tensor) {
      const read = part.data().then((data) => void keep(place, data, part.shape));
      read.catch(() => {});
      reads.push(read);
      return { [TENSOR]: [place, part.dtype] };
    }
    const prototype = typeof part === 'object' ? Object.getPrototypeOf(part) : undefined;
    const plain = Array.isArray(part) || prototype === Object.prototype || (typeof part === 'object' && prototype === null);
    if (!plain || within.includes(part as object)) {
      throw new TilegradError(
        `${what}: expected JSON, typed arrays, tensors or state dicts, got ${plain ? 'an object within itself' : showValue(part)} at ${place}`,
      );
    }
    within.push(part as object);
    try {
      if (Array.isArray(part)) return Array.from(part, (item, i) => convert(item, `${place}.${i}`));
      if (isShaped(part)) return { [VALUES]: keep(place, taken(part.data), part.shape) };
      const entries = Object.entries(part as object).flatMap(([key, item]): [string, Json][] =>
        item === undefined ? [] : [[key, convert(item, `${place}.${key}`)]],
      );
      const object = Object.fromEntries(entries);
      return entries.length === 1 && marks.includes(entries[0]![0]) ? { [OBJECT]: object } : object;
    } finally {
      within.pop();
    }
  };
  const json = convert(value, name);
  return Promise.all(reads).then(() => ({ json, tensors }));
}

/** Several values as the one object that they make. */
export async function combine(parts: readonly (readonly [name: string, value: Promise<Packed>])[]): Promise<Packed> {
  const packed = await Promise.all(parts.map(async ([name, value]) => [name, await value] as const));
  return {
    json: Object.fromEntries(packed.map(([name, { json }]) => [name, json])),
    tensors: Object.assign({}, ...packed.map(([, { tensors }]) => tensors)) as Packed['tensors'],
  };
}

/** With arrays of its own. */
export function copied({ json, tensors }: Packed): Packed {
  const copies = Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]);
  return { json, tensors: Object.fromEntries(copies) };
}

/** An entry of a state dict. */
function isShaped(part: unknown): part is { shape: readonly number[]; data: AnyArray } {
  const names = Object.keys(part as object);
  const { shape, data } = part as { shape: readonly number[]; data: AnyArray };
  return names.length === 2 && Array.isArray(shape) && arrayName(data) !== undefined && sizeOf(shape) === data.length;
}

/** The value again. Arrays are those of `tensors`, not copied. @throws TilegradError when a tensor is missing: the file is damaged. */
export function unpack({ json, tensors }: Packed, what: string): unknown {
  const named = (place: Json | undefined): SavedTensor => {
    if (typeof place === 'string' && Object.hasOwn(tensors, place)) return tensors[place] as SavedTensor;
    throw new TilegradError(`${what} is damaged: expected a tensor ${showValue(place)}, found none`);
  };
  const revive = (part: Json): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(revive);
    const entries = Object.entries(part as Readonly<Record<string, Json>>);
    const [mark, inner] = entries.length === 1 ? entries[0]! : [];
    if (mark === NOTHING) return undefined;
    if (mark === NUMBER) return Number(inner);
    if (mark === ARRAY) return named(inner).data;
    if (mark === VALUES) {
      const { shape, data } = named(inner);
      return { shape, data };
    }
    if (mark === TENSOR) {
      const [place, dtype] = inner as readonly [string, DType];
      const { shape, data } = named(place);
      if (!holds(data as TypedArray, dtype)) throw new TilegradError(`${what} is damaged: ${place} holds no ${showValue(dtype)}`);
      return tensor(data as TypedArray, shape, dtype);
    }
    const object = mark === OBJECT ? Object.entries(inner as Readonly<Record<string, Json>>) : entries;
    return Object.fromEntries(object.map(([name, item]) => [name, revive(item)]));
  };
  return revive(json);
}
