// Writers of small PyTorch files, byte by byte as torch.save does, so that every form can be had without PyTorch.
import { zipSync } from 'fflate';

const utf8 = new TextEncoder();
export const bytesOf = (...parts: (string | number | Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [part];
      return typeof part === 'string' ? [...utf8.encode(part)] : [...part];
    }),
  );
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

export const op = {
  none: bytesOf('N'),
  text: (value: string) => bytesOf('X', u32(utf8.encode(value).length), value),
  int: (value: number) => bytesOf('J', u32(value >>> 0)),
  global: (module: string, name: string) => bytesOf(`c${module}\n${name}\n`),
  tuple: (...items: Uint8Array[]) => bytesOf('(', ...items, 't'),
  dict: (entries: readonly (readonly [Uint8Array | string, Uint8Array])[]) =>
    bytesOf('}(', ...entries.flatMap(([key, value]) => [typeof key === 'string' ? op.text(key) : key, value]), 'u'),
  call: (fn: Uint8Array, ...args: Uint8Array[]) => bytesOf(fn, op.tuple(...args), 'R'),
  persistent: (id: Uint8Array) => bytesOf(id, 'Q'),
};
export const pickle = (value: Uint8Array): Uint8Array => bytesOf(0x80, 2, value, '.');

export interface View {
  readonly key: string;
  /** `Float`, `Long` … */
  readonly type?: string;
  readonly count: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Of files before 1.6: the storage is a part of another one, from here on. */
  readonly view?: number | undefined;
}

const ints = (values: readonly number[]) => op.tuple(...values.map(op.int));
export function tensor({ key, type = 'Float', count, offset = 0, shape, strides, view }: View, legacy = false): Uint8Array {
  const part = view === undefined ? op.none : op.tuple(op.text(`${key} from ${view}`), op.int(view), op.int(count));
  const id = [op.text('storage'), op.global('torch', `${type}Storage`), op.text(key), op.text('cpu'), op.int(count)];
  return op.call(
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.persistent(op.tuple(...id, ...(legacy ? [part] : []))),
    op.int(offset),
    ints(shape),
    ints(strides),
    bytesOf(0x89),
    op.call(op.global('collections', 'OrderedDict')),
  );
}

type Values = ArrayBufferView;
const raw = (values: Values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The archive of torch.save since 1.6. */
export const archive = (root: Uint8Array, storages: Readonly<Record<string, Values>>, more: Readonly<Record<string, Uint8Array>> = {}) =>
  zipSync(
    {
      'archive/data.pkl': pickle(root),
      'archive/byteorder': utf8.encode('little'),
      ...Object.fromEntries(Object.entries(storages).map(([key, values]) => [`archive/data/${key}`, raw(values)])),
      'archive/version': utf8.encode('3\n'),
      ...more,
    },
    { level: 0 },
  );

/** The file of several pickles of torch.save before 1.6. */
export function legacyFile(
  root: Uint8Array,
  storages: Readonly<Record<string, Values & { readonly length: number }>>,
  little = true,
): Uint8Array {
  const magic = bytesOf(0x80, 2, 0x8a, 10, [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19], '.');
  const info = op.dict([['little_endian', bytesOf(little ? 0x88 : 0x89)]]);
  const keys = bytesOf(']', '(', ...Object.keys(storages).map(op.text), 'e');
  const values = Object.values(storages).flatMap((one) => [new Uint8Array(BigUint64Array.of(BigInt(one.length)).buffer), raw(one)]);
  return bytesOf(magic, pickle(op.int(1001)), pickle(info), pickle(root), pickle(keys), ...values);
}

/** A .npy file, version 1. */
export function npy(descr: string, shape: string, values: Values, fortran = false): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`.padEnd(117);
  return bytesOf(0x93, 'NUMPY', 1, 0, [118, 0], header, '\n', raw(values));
}
