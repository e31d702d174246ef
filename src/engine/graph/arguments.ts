// What callers may hand over, in one wording. JavaScript users have no compiler: an option that nothing reads, or an argument of the wrong
// kind, is refused here, when a graph is traced, so that replaying it costs nothing.
import { DTYPES } from './dtype.ts';
import { calling, TilegradError } from './errors.ts';
import { State, Tensor } from './tensor.ts';

/** What a value may be: words for the message (`a whole number`), and a test. */
export interface Kind {
  readonly words: string;
  readonly holds: (value: unknown) => boolean;
  /** What to write instead. */
  readonly advice?: (value: unknown) => string;
}

/** The kinds of a function's options, by name. */
export type OptionKinds<O> = { readonly [K in keyof Required<O>]: Kind };

export const kind = (words: string, holds: (value: unknown) => boolean, advice?: Kind['advice']): Kind => ({
  words,
  holds,
  ...(advice && { advice }),
});

const toTensor = (value: unknown): string => (Array.isArray(value) || ArrayBuffer.isView(value) ? '; tensor() makes one of it' : '');

export const aNumber = kind('a number', (value) => typeof value === 'number');
export const finite = kind('a finite number', Number.isFinite);
export const notNegative = kind('a number ≥ 0', (value) => Number.isFinite(value) && (value as number) >= 0);
export const above0 = kind('a number > 0', (value) => Number.isFinite(value) && (value as number) > 0);
export const unitInterval = kind('a number in [0, 1]', (value) => typeof value === 'number' && value >= 0 && value <= 1);
export const whole = kind('a whole number', Number.isInteger);
/** 0, 1, 2 … */
export const count = kind('a whole number ≥ 0', (value) => Number.isInteger(value) && (value as number) >= 0);
export const positive = kind('a whole number > 0', (value) => Number.isInteger(value) && (value as number) > 0);
export const aBoolean = kind('true or false', (value) => typeof value === 'boolean');
export const aString = kind('a string', (value) => typeof value === 'string');
export const aFunction = kind('a function', (value) => typeof value === 'function');
export const aTensor = kind('a tensor', (value) => value instanceof Tensor, toTensor);
export const aState = kind('a state', (value) => value instanceof State);
/** A tensor, or a number that takes the element type and shape of its neighbours. */
export const tensorLike = kind('a tensor or a number', (value) => value instanceof Tensor || typeof value === 'number', toTensor);

/** Options that must be given. */
export const anObject = kind('an object', (value) => typeof value === 'object' && value !== null);

export const oneOf = (...names: readonly string[]): Kind =>
  kind(`${names.map((name) => `'${name}'`).join(' or ')}`, (value) => names.includes(value as string));
export const aDtype = oneOf(...DTYPES);

export const listOf = (item: Kind, length?: number): Kind =>
  kind(
    `a list of ${length === undefined ? '' : `${length}: each `}${item.words}`,
    (value) => Array.isArray(value) && (length === undefined || value.length === length) && value.every(item.holds),
  );
export const aShape = listOf(count);
/** One axis or a list of them. */
export const either = (...kinds: readonly Kind[]): Kind =>
  kind(kinds.map(({ words }) => words).join(' or '), (value) => kinds.some(({ holds }) => holds(value)));
export const someAxes = either(whole, listOf(whole));
/** What may also be left out. */
export const optional = ({ words, holds, advice }: Kind): Kind =>
  kind(`${words}, or nothing`, (value) => value === undefined || holds(value), advice);
/** A record with at least these. */
export const recordOf = (fields: Readonly<Record<string, Kind>>): Kind =>
  kind(
    `{ ${Object.entries(fields)
      .map(([name, { words }]) => `${name}: ${words}`)
      .join('; ')} }`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.entries(fields).every(([name, { holds }]) => holds((value as Readonly<Record<string, unknown>>)[name])),
  );

/** A value as an error message shows it: short, and by its kind where its text would say nothing. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(showValue).join(', ')}${value.length > 8 ? ', …' : ''}]`;
  if (typeof value === 'function') return value.name ? `function ${value.name}` : 'a function';
  if (value instanceof Tensor) return String(value);
  if (value instanceof Promise) return 'a promise (await it first)';
  if (typeof value !== 'object' || value === null) return String(value);
  const name = value.constructor?.name;
  // By name only: it isn't an instance of this copy's class.
  if ('op' in value && 'inputs' in value && 'dtype' in value) return 'a tensor of another copy of tilegrad';
  return name === undefined || name === 'Object' ? `{${Object.keys(value).slice(0, 8).join(', ')}}` : `an object of class ${name}`;
}

/** @throws TilegradError unless `value` is of this kind: `sum: expected axes to be a whole number, got 'x'`. */
export function expectKind(op: string, what: string, value: unknown, { words, holds, advice }: Kind): void {
  if (!holds(value)) throw new TilegradError(`${op}: expected ${what} to be ${words}, got ${showValue(value)}${advice?.(value) ?? ''}`);
}

type LastOf<F extends (...args: never[]) => unknown> = Required<Parameters<F>> extends readonly [...unknown[], infer L] ? L : never;

/** What a function takes, by its parameters in their order; options, which may be left out, by their names. `...rest` takes any number. */
export type Signature<F extends (...args: never[]) => unknown> = Readonly<Record<string, Kind | OptionKinds<LastOf<F>>>>;

/**
 * The function as users get it: it refuses arguments that are none of its own, and errors on the way name it. Functions of the library
 * that call it skip the test.
 */
export function checked<F extends (...args: never[]) => unknown>(op: string, fn: F, signature: Signature<F>): F {
  const call = fn as unknown as (...args: unknown[]) => unknown;
  const parameters = Object.entries<Kind | OptionKinds<object>>(signature);
  const edge = (...args: unknown[]) => {
    if (calling.op !== undefined) return call(...args);
    calling.op = op;
    try {
      expectArguments(op, args, parameters);
      return call(...args);
    } finally {
      calling.op = undefined;
    }
  };
  return Object.defineProperty(edge, 'name', { value: op }) as unknown as F;
}

/** @throws TilegradError unless there is an argument of its kind for each parameter, and no more. */
export function expectArguments(
  op: string,
  args: readonly unknown[],
  parameters: readonly (readonly [name: string, takes: Kind | OptionKinds<object>])[],
): void {
  const last = parameters[parameters.length - 1];
  for (let i = 0; i < Math.max(parameters.length, args.length); i++) {
    const [name, takes] = parameters[i] ?? last ?? ['', undefined];
    if (name.startsWith('...')) {
      if (i < args.length) expectKind(op, `${name.slice(3)}[${i - parameters.length + 1}]`, args[i], takes as Kind);
    } else if (i >= parameters.length) {
      const names = parameters.map(([parameter]) => parameter).join(', ');
      throw new TilegradError(`${op}: expected no arguments but (${names}), got ${showValue(args[i])} as well`);
    } else if ('holds' in takes) expectKind(op, name, args[i], takes as Kind);
    else expectOptions(op, args[i] as object | undefined, takes);
  }
}

/** A record, of this realm or another one: no array, tensor, promise or map. */
export function isPlain<O>(value: O): value is O & object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Refuses options that nothing reads and values of the wrong kind. One that is undefined counts as left out.
 * @throws TilegradError with the nearest name: `conv2d: there is no option strides; did you mean stride?`
 */
export function expectOptions<O>(op: string, options: O | undefined, kinds: OptionKinds<O>): void {
  if (options === undefined) return;
  const names = Object.keys(kinds);
  if (!isPlain(options)) {
    throw new TilegradError(`${op}: expected options as an object { ${names.join(', ')} }, got ${showValue(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) {
      throw new TilegradError(`${op}: there is no option ${showName(name)}${suggestion(name, names)}`);
    }
    if (value !== undefined) expectKind(op, name, value, kinds[name as keyof O]);
  }
}

/** `; did you mean stride?` where one of the names is near, all of them where none is. */
export function suggestion(name: string, names: readonly string[]): string {
  const folded = fold(name);
  const best = names.map((other) => ({ other, far: distance(folded, fold(other)) })).sort((a, b) => a.far - b.far)[0];
  if (best && best.far <= Math.max(1, Math.floor(folded.length / 3))) return `; did you mean ${best.other}?`;
  const within = names.find((other) => folded.length > 2 && (fold(other).endsWith(folded) || folded.endsWith(fold(other))));
  if (within) return `; did you mean ${within}?`;
  return names.length > 0 ? `; there are ${names.join(', ')}` : '; it takes none';
}

const showName = (name: string): string => (name.length > 40 ? `${name.slice(0, 40)}…` : name);
/** weight_decay, weightDecay and WeightDecay are near. */
const fold = (name: string): string => name.slice(0, 60).replaceAll('_', '').toLowerCase();

/** Levenshtein's: letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
