// PyTorch's files: the zip archive of torch.save since 1.6 (and of torch.jit.save), the file of several pickles before that, and the tar archive
// before 0.1.10. Formats: torch/serialization.py; none has another specification.
import { formatError, grouped, quoted } from '../format-error.ts';
import { dtypes, type SafetensorsDType } from '../safetensors.ts';
import { readTar } from '../tar.ts';
import { isZip, readZip } from '../zip.ts';
import { type Contents, FileTensor, rowMajor } from './file-tensor.ts';
import { describe, Known, PickleRecord, type PickleValue, readPickle } from './pickle.ts';

/** Values of one element type that stand somewhere in the file; those of a file of several pickles are known only after these. */
class Storage {
  bytes: Uint8Array | undefined;
  constructor(
    readonly dtype: SafetensorsDType | undefined,
    /** Element of `parent` at which this one begins. */
    readonly begin = 0,
    readonly parent?: Storage,
  ) {}
}

/** A tensor before its storage is read. */
class Sketch {
  constructor(
    readonly storage: Storage,
    readonly dtype: SafetensorsDType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const DTYPES: Readonly<Record<string, SafetensorsDType>> = {
  Float: 'F32',
  Double: 'F64',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
  Bool: 'BOOL',
};
const SCALAR_TYPES: Readonly<Record<string, SafetensorsDType>> = {
  float32: 'F32',
  float: 'F32',
  float64: 'F64',
  double: 'F64',
  float16: 'F16',
  half: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  long: 'I64',
  int32: 'I32',
  int: 'I32',
  int16: 'I16',
  short: 'I16',
  int8: 'I8',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  bool: 'BOOL',
};

/** What weights are made of, and what stands beside them in checkpoints: all that a file may name. */
class Globals {
  private readonly known = new Map<string, Known | undefined>();

  constructor(private readonly file: string) {}

  readonly get = (name: string): Known | undefined => {
    // One object a name, however often it stands there.
    if (!this.known.has(name)) this.known.set(name, this.find(name));
    return this.known.get(name);
  };

  private find(name: string): Known | undefined {
    const storage = /^torch\.(?:cuda\.)?(\w+)Storage$/.exec(name)?.[1];
    if (storage !== undefined && Object.hasOwn(DTYPES, storage)) return new StorageType(name, DTYPES[storage]);
    if (name === 'torch.storage.UntypedStorage' || name === 'torch.UntypedStorage') return new StorageType(name, undefined);
    const scalar = /^torch\.(\w+)$/.exec(name)?.[1];
    if (scalar !== undefined && Object.hasOwn(SCALAR_TYPES, scalar)) return new StorageType(name, SCALAR_TYPES[scalar]);
    // The classes of a TorchScript archive: their code stays where it is.
    if (name.startsWith('__torch__.')) return new Known(name, () => new PickleRecord());
    const call = Object.hasOwn(this.calls, name) ? this.calls[name] : undefined;
    return call && new Known(name, call);
  }

  private readonly tensor = (storage: PickleValue, dtype: SafetensorsDType | undefined, args: readonly PickleValue[]): Sketch => {
    const [offset, shape, strides] = args;
    const sizes = (value: PickleValue): value is number[] =>
      Array.isArray(value) &&
      value.length <= MAX_RANK &&
      value.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0);
    if (!(storage instanceof Storage)) throw formatError(this.file, 'a tensor with a storage', describe(storage));
    const type = dtype ?? storage.dtype;
    if (!type) throw formatError(this.file, 'a tensor with an element type', 'none');
    if (typeof offset !== 'number' || !sizes(shape) || !(strides === undefined || sizes(strides))) {
      throw formatError(this.file, 'a tensor with offset, shape and strides', args.map(describe).join(', '));
    }
    return new Sketch(storage, type, offset, shape, strides ?? rowMajor(shape));
  };

  private readonly rebuild = ([storage, ...rest]: readonly PickleValue[]): Sketch =>
    this.tensor(Array.isArray(storage) ? this.inline(storage) : storage, undefined, rest);

  /** Set by the reader of tar files, whose pickles hold the ids of storages as plain tuples. */
  inline: (id: readonly PickleValue[]) => PickleValue = () => null;

  private readonly calls: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
    'collections.OrderedDict': ([pairs]) => {
      const dict = new Map<PickleValue, PickleValue>();
      for (const pair of Array.isArray(pairs) ? pairs : []) if (Array.isArray(pair)) dict.set(pair[0], pair[1]);
      return dict;
    },
    'collections.defaultdict': () => new Map(),
    'collections.Counter': () => new Map(),
    'torch._utils._rebuild_tensor': this.rebuild,
    'torch._utils._rebuild_tensor_v2': this.rebuild,
    'torch._utils._rebuild_tensor_v3': ([storage, offset, shape, strides, , , dtype]) =>
      this.tensor(storage, dtype instanceof StorageType ? dtype.dtype : undefined, [offset, shape, strides]),
    'torch._utils._rebuild_parameter': ([data]) => data ?? null,
    'torch._utils._rebuild_parameter_with_state': ([data]) => data ?? null,
    'torch.nn.parameter.Parameter': ([data]) => data ?? null,
    'torch.nn.parameter.Buffer': ([data]) => data ?? null,
    // (function, class, arguments, state): a tensor that has fields of its own.
    'torch._tensor._rebuild_from_type_v2': ([make, , args]) =>
      make instanceof Known && make.call && Array.isArray(args) ? make.call(args) : null,
    'torch.Tensor': () => null,
    'torch.Size': ([sizes]) => sizes ?? null,
    'torch.device': ([name]) => name ?? null,
    'torch.jit._pickle.build_intlist': ([list]) => list ?? null,
    'torch.jit._pickle.build_boollist': ([list]) => list ?? null,
    'torch.jit._pickle.build_doublelist': ([list]) => list ?? null,
    'torch.jit._pickle.build_tensorlist': ([list]) => list ?? null,
    'torch.jit._pickle.restore_type_tag': ([value]) => value ?? null,
    'argparse.Namespace': () => new PickleRecord(),
    'builtins.set': ([items]) => new Set(Array.isArray(items) ? items : []),
    'builtins.frozenset': ([items]) => new Set(Array.isArray(items) ? items : []),
    'builtins.list': ([items]) => (Array.isArray(items) ? [...items] : []),
    'builtins.dict': () => new Map(),
    'builtins.bytearray': ([bytes]) => bytes ?? null,
    '__builtin__.set': ([items]) => new Set(Array.isArray(items) ? items : []),
    '__builtin__.list': ([items]) => (Array.isArray(items) ? [...items] : []),
    '__builtin__.dict': () => new Map(),
    '_codecs.encode': ([text]) => text ?? null,
    // Numbers beside the weights, of which only the weights are taken.
    'numpy.dtype': () => new PickleRecord(),
    'numpy.ndarray': () => null,
    'numpy.core.multiarray.scalar': () => null,
    'numpy._core.multiarray.scalar': () => null,
    'numpy.core.multiarray._reconstruct': () => null,
    'numpy._core.multiarray._reconstruct': () => null,
  };
}

class StorageType extends Known {
  constructor(
    name: string,
    /** Undefined for bytes, whose tensors say what they are. */
    readonly dtype: SafetensorsDType | undefined,
  ) {
    super(name);
  }
}

/** Of ('storage', type, key, place, count, …), the form that ids of storages have had since 0.4. */
function storageId(
  id: PickleValue,
  file: string,
): { readonly dtype: SafetensorsDType | undefined; readonly key: string; readonly more: PickleValue[] } {
  const [tag, type, key, , ...more] = Array.isArray(id) ? id : [];
  if (tag !== 'storage' || !(type instanceof StorageType) || !(typeof key === 'string' || typeof key === 'number')) {
    throw formatError(file, "the id of a storage: ('storage', type, key, …)", describe(id));
  }
  return { dtype: type.dtype, key: String(key), more };
}

/**
 * The tensors of a PyTorch file by path; whatever else is in it is left out.
 * @throws DataFormatError
 */
export function readPytorch(bytes: Uint8Array, file: string): Contents {
  if (isZip(bytes)) return readArchive(bytes, file);
  return bytes[0] === 0x80 ? readPickles(bytes, file) : readTarArchive(bytes, file);
}

function readArchive(bytes: Uint8Array, file: string): Contents {
  const entries = readZip(bytes, file);
  const main = [...entries.keys()].filter((name) => /^[^/]*\/?data\.pkl$/.test(name));
  if (main.length !== 1) {
    const names = [...entries.keys()].slice(0, 5).map(quoted).join(', ');
    throw formatError(file, 'a PyTorch archive with one data.pkl', names || 'an empty archive', 'It is an archive of another kind.');
  }
  const folder = main[0].slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order) expectLittleEndian(new TextDecoder().decode(order.bytes().subarray(0, 8)) === 'little', file);
  const storages = new Map<string, Storage>();
  const persistent = (id: PickleValue): Storage => {
    const { dtype, key } = storageId(id, file);
    const known = storages.get(key);
    if (known) return known;
    const entry = entries.get(`${folder}data/${key}`) ?? entries.get(`${folder}tensors/${key}`);
    if (!entry) throw formatError(file, `the values of storage ${quoted(key)} in ${quoted(`${folder}data/${key}`)}`, 'no such entry');
    const storage = new Storage(dtype);
    storage.bytes = entry.bytes();
    storages.set(key, storage);
    return storage;
  };
  const pickle = (entries.get(main[0]) as { bytes: () => Uint8Array }).bytes();
  const named = `${file}, ${main[0]}`;
  const { value } = readPickle(pickle, 0, { file: named, global: new Globals(named).get, persistent });
  return contents(value, bytes.length, file);
}

const MAGIC = 0x1950a86a20f9469cfc6cn;

function readPickles(bytes: Uint8Array, file: string): Contents {
  const storages = new Map<string, Storage>();
  const views = new Map<string, Storage>();
  const globals = new Globals(file);
  const persistent = (id: PickleValue): PickleValue => {
    // The source of a model's class, which isn't looked at.
    if (Array.isArray(id) && id[0] === 'module') return id[1] ?? null;
    const { dtype, key, more } = storageId(id, file);
    const storage = storages.get(key) ?? new Storage(dtype);
    storages.set(key, storage);
    const [, view] = more;
    if (!Array.isArray(view)) return storage;
    const [name, begin] = view;
    if (typeof begin !== 'number' || !Number.isSafeInteger(begin) || begin < 0)
      throw formatError(file, 'where a view begins', describe(begin));
    const part = views.get(String(name)) ?? new Storage(dtype, begin, storage);
    views.set(String(name), part);
    return part;
  };
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = readPickle(bytes, at, { file, global: globals.get, persistent });
    at = end;
    return value;
  };
  const magic = next();
  if (magic !== MAGIC) {
    throw formatError(file, "PyTorch's number at the beginning", describe(magic), 'It is a pickle, but none that torch.save wrote.');
  }
  const version = next();
  if (version !== 1001) throw formatError(file, 'protocol version 1001', describe(version));
  const info = next();
  expectLittleEndian(info instanceof Map && info.get('little_endian') === true, file);
  const value = next();
  const keys = next();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = storages.get(String(key));
    if (!storage) throw formatError(file, 'values of storages that tensors use', `those of ${quoted(String(key))}`);
    at = takeValues(storage, bytes, at, file);
  }
  return contents(value, bytes.length, file);
}

/** A count and so many values, from byte `at` on; returns where they end. */
function takeValues(storage: Storage, bytes: Uint8Array, at: number, file: string): number {
  if (at + 8 > bytes.length) throw formatError(file, `the length of a storage at byte ${grouped(at)}`, 'the end of the file');
  const count = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true);
  const size = count * BigInt(storage.dtype ? dtypes[storage.dtype].size : 1);
  const begin = at + 8;
  if (size > BigInt(bytes.length - begin)) {
    throw formatError(file, `${grouped(size)} bytes of values at byte ${grouped(begin)}`, `${grouped(bytes.length - begin)}`);
  }
  const end = begin + Number(size);
  storage.bytes = bytes.subarray(begin, end);
  return end;
}

function readTarArchive(bytes: Uint8Array, file: string): Contents {
  const entries = readTar(bytes, file);
  const entry = (name: string): Uint8Array => {
    const found = entries.get(name);
    if (!found)
      throw formatError(
        file,
        `a PyTorch archive with an entry ${quoted(name)}`,
        `${[...entries.keys()].slice(0, 5).map(quoted).join(', ')}`,
      );
    return found;
  };
  const globals = new Globals(file);
  const refuse = (id: PickleValue): never => {
    throw formatError(file, 'no id here', describe(id));
  };
  const info = readPickle(entry('sys_info'), 0, { file: `${file}, sys_info`, global: globals.get, persistent: refuse }).value;
  expectLittleEndian(info instanceof Map && info.get('little_endian') === true, file);

  const storages = new Map<string, Storage>();
  const pickles = (name: string) => {
    const part = entry(name);
    let at = 0;
    return {
      part,
      next: (): PickleValue => {
        const { value, end } = readPickle(part, at, { file: `${file}, ${name}`, global: globals.get, persistent: refuse });
        at = end;
        return value;
      },
      take: (length: number): DataView => {
        if (length > part.length - at)
          throw formatError(`${file}, ${name}`, `${length} bytes at byte ${grouped(at)}`, `${part.length - at}`);
        at += length;
        return new DataView(part.buffer, part.byteOffset + at - length, length);
      },
      values: (storage: Storage): void => {
        at = takeValues(storage, part, at, `${file}, ${name}`);
      },
    };
  };
  const count = (value: PickleValue, what: string): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw formatError(file, `the number of ${what}`, describe(value));
  };

  const values = pickles('storages');
  for (let left = count(values.next(), 'storages'); left > 0; left--) {
    const [key, , type] = asList(values.next(), file);
    const storage = new Storage(type instanceof StorageType ? type.dtype : undefined);
    values.values(storage);
    storages.set(String(key), storage);
  }
  const storageOf = (key: PickleValue): Storage => {
    const storage = storages.get(String(key));
    if (!storage) throw formatError(file, `storage ${describe(key)} among its storages`, 'none of that name');
    return storage;
  };
  globals.inline = (id) => storageOf(storageId(id, file).key);

  const tensors = new Map<string, Sketch>();
  if (entries.has('tensors')) {
    const described = pickles('tensors');
    for (let left = count(described.next(), 'tensors'); left > 0; left--) {
      const [key, storage] = asList(described.next(), file);
      const rank = described.take(8).getInt32(0, true);
      if (rank < 0 || rank > MAX_RANK) throw formatError(file, `a tensor of at most ${MAX_RANK} dimensions`, `${rank}`);
      const numbers = described.take(8 * (2 * rank + 1));
      const list = Array.from({ length: 2 * rank + 1 }, (_, i) => Number(numbers.getBigInt64(8 * i, true)));
      const held = storageOf(storage);
      if (!held.dtype) throw formatError(file, 'a storage with an element type', 'none');
      tensors.set(String(key), new Sketch(held, held.dtype, list[2 * rank], list.slice(0, rank), list.slice(rank, 2 * rank)));
    }
  }
  const persistent = (id: PickleValue): PickleValue => {
    if (Array.isArray(id)) return id[0] === 'module' ? (id[1] ?? null) : globals.inline(id);
    return tensors.get(String(id)) ?? refuse(id);
  };
  const { value } = readPickle(entry('pickle'), 0, { file: `${file}, pickle`, global: globals.get, persistent });
  return contents(value, bytes.length, file);
}

function asList(value: PickleValue, file: string): PickleValue[] {
  if (Array.isArray(value)) return value;
  throw formatError(file, 'a tuple', describe(value));
}

function expectLittleEndian(little: boolean, file: string): void {
  if (!little) throw formatError(file, 'little-endian values', 'another order of bytes', 'Save it anew on an ordinary machine.');
}

/** Names are no longer than this: a file may refer to one long text many times. */
const MAX_NAME = 1000;
const MAX_DEPTH = 64;
/** As PyTorch's. */
const MAX_RANK = 64;

/** Where checkpoints keep their state dict, in the order in which they are looked for. */
const USUAL = ['state_dict', 'model_state_dict', 'model_state', 'model', 'module', 'net', 'network', 'weights', 'params'];

/** All tensors within a value by path. A file can't make more of them, or walk further, than it has bytes. */
function contents(root: PickleValue, most: number, file: string): Contents {
  const tensors = new Map<string, FileTensor>();
  let visited = 0;
  const visit = (value: PickleValue, path: string, depth: number): void => {
    visited++;
    if (visited > most) throw formatError(file, 'values that hold one another once', 'values that do so over and over');
    if (value instanceof Sketch) {
      if (path.length > MAX_NAME) throw formatError(file, `names of at most ${MAX_NAME} characters`, `${grouped(path.length)}`);
      tensors.set(path, placed(value, path, file));
      return;
    }
    const parts = value instanceof PickleRecord ? value.fields : value instanceof Map || Array.isArray(value) ? value : undefined;
    if (!parts) return;
    if (depth > MAX_DEPTH) throw formatError(file, `values nested at most ${MAX_DEPTH} deep`, 'deeper ones');
    visited += Array.isArray(parts) ? parts.length : parts.size;
    for (const [name, part] of parts.entries()) {
      const plain = typeof name === 'string' || typeof name === 'number';
      if (typeof part === 'object' && part !== null && plain) visit(part, path ? `${path}.${name}` : String(name), depth + 1);
    }
  };
  visit(root, '', 0);
  const isKept = (key: string) => [...tensors.keys()].some((path) => path.startsWith(`${key}.`));
  const nested = root instanceof Map && ![...root.values()].some((value) => value instanceof Sketch);
  return { tensors, stateDict: nested ? USUAL.find((key) => root.get(key) instanceof Map && isKept(key)) : undefined };
}

function placed({ storage, dtype, offset, shape, strides }: Sketch, name: string, file: string): FileTensor {
  const { begin, parent } = storage;
  const bytes = (parent ?? storage).bytes;
  if (!bytes) throw formatError(file, `values of tensor ${quoted(name)}`, 'none');
  return new FileTensor({ file, name, dtype, shape, bytes, offset: begin + offset, strides });
}
