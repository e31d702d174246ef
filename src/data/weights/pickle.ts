// Python's pickle format without Python: a small stack machine that makes plain values. No code can run: a name that the caller doesn't
// know is refused, and what it knows is functions of this library. Opcodes: Lib/pickletools.py of CPython.
import { formatError, grouped, quoted } from '../format-error.ts';

/** What a pickle is made of here. Tuples and lists are arrays, dicts are Maps, sets are Sets, numbers over 2⁵³ bigints. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | Known
  | object;

/** A global that a pickle may name: a function to call, or a type to hand around. */
export class Known {
  constructor(
    readonly name: string,
    /** Absent for one that is only handed around. */
    readonly call?: (args: readonly PickleValue[]) => PickleValue,
  ) {}
}

export interface PickleReader {
  /** For errors. */
  readonly file: string;
  /** What `module.name` stands for; undefined refuses it. */
  readonly global: (name: string) => Known | undefined;
  /** What stands outside of the pickle, under this id. */
  readonly persistent: (id: PickleValue) => PickleValue;
}

/** A record whose class isn't here: only its fields. */
export class PickleRecord {
  readonly fields = new Map<PickleValue, PickleValue>();
  /** As the pickle gave it: the fields, or of types that aren't records what they make of themselves. */
  state: PickleValue = null;
}

/** Longer numbers and names are none of weights: reading them can cost the square of their length. */
const MAX_LENGTH = 300;

const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

const text = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one pickle that begins at byte `start`, protocols 0 to 5.
 * @returns its value, and where it ends.
 * @throws DataFormatError naming file, byte and what was expected: for damage, for names that the reader doesn't know, for calls of what is none.
 */
export function readPickle(bytes: Uint8Array, start: number, reader: PickleReader): { readonly value: PickleValue; readonly end: number } {
  return new Machine(bytes, start, reader).run();
}

class Machine {
  private readonly view: DataView;
  private readonly stack: Slot[] = [];
  private readonly memo = new Map<number, PickleValue>();
  /** Byte of the opcode that is being carried out. */
  private opcode = 0;
  /** How many items calls may still look at: a list that stands once can be named in many of them. */
  private items: number;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly reader: PickleReader,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.items = bytes.length;
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      this.opcode = this.at;
      const code = String.fromCharCode(this.bytes[this.need(1)]);
      if (code === '.') return { value: this.pop(), end: this.at };
      const carryOut = Object.hasOwn(OPCODES, code) ? OPCODES[code] : undefined;
      if (!carryOut) this.refuse('a pickle opcode', `byte 0x${this.bytes[this.opcode].toString(16).padStart(2, '0')}`);
      (carryOut as Opcode)(this);
    }
  }

  refuse(expected: string, found: string, advice?: string): never {
    throw formatError(this.reader.file, `${expected} at byte ${grouped(this.opcode)}`, found, advice);
  }

  /** Where the next `count` bytes begin, which are then behind us. */
  private need(count: number): number {
    const begin = this.at;
    if (count > this.bytes.length - begin) {
      this.refuse(`a pickle that goes on for ${grouped(count)} bytes`, `its end after ${grouped(this.bytes.length - begin)}`);
    }
    this.at = begin + count;
    return begin;
  }

  whole(size: 1 | 2 | 4): number {
    const begin = this.need(size);
    if (size === 1) return this.bytes[begin];
    return size === 2 ? this.view.getUint16(begin, true) : this.view.getUint32(begin, true);
  }

  long(size: number): number | bigint {
    if (size > MAX_LENGTH) this.refuse(`a number of at most ${MAX_LENGTH} bytes`, `${grouped(size)}`);
    const begin = this.need(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[begin + i]);
    return small(size > 0 ? BigInt.asIntN(8 * size, value) : 0n);
  }

  signed(): number {
    return this.view.getInt32(this.need(4), true);
  }

  double(): number {
    return this.view.getFloat64(this.need(8), false);
  }

  length8(): number {
    const length = this.view.getBigUint64(this.need(8), true);
    return length > BigInt(this.bytes.length) ? this.bytes.length + 1 : Number(length);
  }

  raw(length: number): Uint8Array {
    const begin = this.need(length);
    return this.bytes.subarray(begin, begin + length);
  }

  string(length: number): string {
    const raw = this.raw(length);
    try {
      return text.decode(raw);
    } catch {
      return this.refuse('text in UTF-8', 'bytes that are not');
    }
  }

  /** Python 2's strings hold text or bytes, and don't say which. */
  oldString(length: number): string | Uint8Array {
    const raw = this.raw(length);
    try {
      return text.decode(raw);
    } catch {
      return raw;
    }
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    const line = this.string((end < 0 ? this.bytes.length : end) - this.at);
    this.need(1);
    return line.replace(/\r$/, '');
  }

  number(): number | bigint | boolean {
    const line = this.line();
    if (line === '00' || line === '01') return line === '01';
    const digits = line.replace(/L$/, '');
    if (digits.length > MAX_LENGTH || !/^[-+]?\d+$/.test(digits)) this.refuse('a number', quoted(line));
    return small(BigInt(digits.replace(/^\+/, '')));
  }

  float(): number {
    const line = this.line();
    if (line.length > MAX_LENGTH || !/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$|^[-+]?(inf|nan)$/i.test(line))
      this.refuse('a number', quoted(line));
    return /nan/i.test(line) ? Number.NaN : Number(line.replace(/inf/i, 'Infinity'));
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  mark(): void {
    this.stack.push(MARK);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) this.refuse('a value on the stack', value === MARK ? 'a mark' : 'none');
    return value as PickleValue;
  }

  drop(): void {
    if (this.stack.pop() === undefined) this.refuse('a value on the stack', 'none');
  }

  top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** What was put on the stack since the last mark. */
  sinceMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.refuse('a mark on the stack', 'none');
    const values = this.stack.splice(mark + 1) as PickleValue[];
    this.stack.pop();
    return values;
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  get remembered(): number {
    return this.memo.size;
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.refuse(`value ${index} in the memo`, 'none');
    this.push(value as PickleValue);
  }

  list(): PickleValue[] {
    const value = this.top();
    return Array.isArray(value) ? value : this.refuse('a list', describe(value));
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map)) this.refuse('a dict', describe(dict));
    if (values.length % 2) this.refuse('keys with values', 'an odd number of them');
    for (let i = 0; i < values.length; i += 2) (dict as Map<PickleValue, PickleValue>).set(values[i], values[i + 1]);
  }

  private spend(items: number): void {
    this.items -= items;
    if (this.items < 0) this.refuse('lists that are used once', 'lists that are used over and over');
  }

  global(module: PickleValue, name: PickleValue): Known {
    if (typeof module !== 'string' || typeof name !== 'string') this.refuse('the name of a type', describe(module));
    if ((module as string).length + (name as string).length > MAX_LENGTH) this.refuse('the name of a type', quoted(module as string));
    const path = `${module as string}.${name as string}`;
    const known = this.reader.global(path);
    if (known) return known;
    return this.refuse(
      'only what weights are made of',
      `${quoted(path)}`,
      'Nothing of the file was run. Save the weights alone: torch.save(model.state_dict(), path).',
    );
  }

  call(fn: PickleValue, args: PickleValue): PickleValue {
    if (!(fn instanceof Known && fn.call)) this.refuse('a call of a known function', describe(fn));
    if (!Array.isArray(args)) this.refuse('a list of arguments', describe(args));
    for (const arg of args as PickleValue[]) if (Array.isArray(arg)) this.spend(arg.length);
    return (fn as Required<Known>).call(args as PickleValue[]);
  }

  build(state: PickleValue): void {
    const target = this.top();
    if (!(target instanceof PickleRecord)) return;
    target.state = state;
    // (dict, slots) or the dict alone.
    const parts = Array.isArray(state) ? state : [state];
    for (const part of parts) {
      if (!(part instanceof Map)) continue;
      this.spend(part.size);
      for (const [name, value] of part) target.fields.set(name, value);
    }
  }

  persistent(id: PickleValue): void {
    this.push(this.reader.persistent(id));
  }
}

type Opcode = (machine: Machine) => void;

const chars = (...codes: number[]): string => String.fromCharCode(...codes);
const pushes =
  (value: (machine: Machine) => PickleValue): Opcode =>
  (m) =>
    m.push(value(m));

/** Quotes, and the escapes that Python 2 wrote for what is no plain text. */
function unquoted(m: Machine): string {
  const line = m.line();
  const inner = /^(['"])(.*)\1$/s.exec(line)?.[2];
  if (inner === undefined) m.refuse('a text in quotes', quoted(line));
  return (inner as string).replace(/\\(x[0-9a-f]{2}|.)/gi, (_, code: string) => {
    if (code.length === 3) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
}

const newObject = (m: Machine, type: PickleValue, args: PickleValue): void => m.push(m.call(type, args));

const OPCODES: Readonly<Record<string, Opcode>> = {
  [chars(0x80)]: (m) => {
    const protocol = m.whole(1);
    if (protocol > 5) m.refuse('a pickle of protocol 0 to 5', `${protocol}`);
  },
  // Frames only say how much to read at once.
  [chars(0x95)]: (m) => void m.length8(),
  '(': (m) => m.mark(),
  '0': (m) => m.drop(),
  '1': (m) => void m.sinceMark(),
  '2': (m) => m.push(m.top()),
  N: pushes(() => null),
  [chars(0x88)]: pushes(() => true),
  [chars(0x89)]: pushes(() => false),
  I: pushes((m) => m.number()),
  L: pushes((m) => m.number()),
  J: pushes((m) => m.signed()),
  K: pushes((m) => m.whole(1)),
  M: pushes((m) => m.whole(2)),
  [chars(0x8a)]: pushes((m) => m.long(m.whole(1))),
  [chars(0x8b)]: pushes((m) => m.long(m.whole(4))),
  F: pushes((m) => m.float()),
  G: pushes((m) => m.double()),
  S: pushes(unquoted),
  T: pushes((m) => m.oldString(m.whole(4))),
  U: pushes((m) => m.oldString(m.whole(1))),
  V: pushes((m) => m.line()),
  X: pushes((m) => m.string(m.whole(4))),
  [chars(0x8c)]: pushes((m) => m.string(m.whole(1))),
  [chars(0x8d)]: pushes((m) => m.string(m.length8())),
  B: pushes((m) => m.raw(m.whole(4))),
  C: pushes((m) => m.raw(m.whole(1))),
  [chars(0x8e)]: pushes((m) => m.raw(m.length8())),
  [chars(0x96)]: pushes((m) => m.raw(m.length8())),
  ']': pushes(() => []),
  a: (m) => {
    const value = m.pop();
    m.list().push(value);
  },
  e: (m) => {
    const values = m.sinceMark();
    const list = m.list();
    for (const value of values) list.push(value);
  },
  l: pushes((m) => m.sinceMark()),
  ')': pushes(() => []),
  t: pushes((m) => m.sinceMark()),
  [chars(0x85)]: pushes((m) => [m.pop()]),
  [chars(0x86)]: pushes((m) => [m.pop(), m.pop()].reverse()),
  [chars(0x87)]: pushes((m) => [m.pop(), m.pop(), m.pop()].reverse()),
  '}': pushes(() => new Map()),
  d: (m) => {
    const values = m.sinceMark();
    m.push(new Map());
    m.setItems(values);
  },
  s: (m) => m.setItems([m.pop(), m.pop()].reverse()),
  u: (m) => m.setItems(m.sinceMark()),
  [chars(0x8f)]: pushes(() => new Set()),
  [chars(0x90)]: (m) => {
    const values = m.sinceMark();
    const set = m.top();
    if (!(set instanceof Set)) m.refuse('a set', describe(set));
    for (const value of values) (set as Set<PickleValue>).add(value);
  },
  [chars(0x91)]: pushes((m) => new Set(m.sinceMark())),
  g: (m) => m.recall(Number(m.number())),
  h: (m) => m.recall(m.whole(1)),
  j: (m) => m.recall(m.whole(4)),
  p: (m) => m.remember(Number(m.number())),
  q: (m) => m.remember(m.whole(1)),
  r: (m) => m.remember(m.whole(4)),
  [chars(0x94)]: (m) => m.remember(m.remembered),
  c: pushes((m) => m.global(m.line(), m.line())),
  [chars(0x93)]: (m) => {
    const name = m.pop();
    m.push(m.global(m.pop(), name));
  },
  R: (m) => {
    const args = m.pop();
    newObject(m, m.pop(), args);
  },
  b: (m) => m.build(m.pop()),
  i: (m) => {
    const type = m.global(m.line(), m.line());
    newObject(m, type, m.sinceMark());
  },
  o: (m) => {
    const [type, ...args] = m.sinceMark();
    newObject(m, type ?? null, args);
  },
  [chars(0x81)]: (m) => {
    const args = m.pop();
    newObject(m, m.pop(), args);
  },
  [chars(0x92)]: (m) => {
    m.pop();
    const args = m.pop();
    newObject(m, m.pop(), args);
  },
  P: (m) => m.persistent(m.line()),
  Q: (m) => m.persistent(m.pop()),
};

const small = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** What a value is, as a message may say it. */
export function describe(value: PickleValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (value instanceof Known) return quoted(value.name);
  return 'an object';
}
