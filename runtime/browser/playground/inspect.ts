// Values as text, as Node's console writes them. Tensors and figures are for the caller to say.

/** What a value inside another becomes; `undefined` leaves it to this file. */
export type Special = (value: object) => string | undefined;

const LINE_WIDTH = 76;
const MAX_ITEMS = 100;
const MAX_DEPTH = 2;
const MAX_STRING = 10_000;

/** The arguments of one `console.log`: strings as they are, everything else inspected, with a blank between. */
export function inspectAll(values: readonly unknown[], special: Special = () => undefined): string {
  return values.map((value) => (typeof value === 'string' ? value : inspect(value, special))).join(' ');
}

export function inspect(value: unknown, special: Special = () => undefined): string {
  return show(value, special, [], 0);
}

function show(value: unknown, special: Special, above: readonly object[], indent: number): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'function')
    return value.toString().startsWith('class') ? `[class ${value.name}]` : `[Function: ${value.name || '(anonymous)'}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const own = special(value);
  // Lines of a tensor inside an object start where its first one does.
  if (own !== undefined) return own.replaceAll('\n', `\n${' '.repeat(indent)}`);
  if (above.includes(value)) return '[Circular]';
  if (value instanceof Error) return value.stack || `${value.name}: ${value.message}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return 'Promise {…}: await it to see its value';
  const name = nameOf(value);
  if (above.length > MAX_DEPTH) return Array.isArray(value) ? '[Array]' : `[${name || 'Object'}]`;
  const inner = (item: unknown, shift = 0) => show(item, special, [...above, value], indent + 2 + shift);
  if (Array.isArray(value)) return block('[', ']', name === 'Array' ? '' : `${name}(${value.length})`, listed(value, inner), indent);
  if (ArrayBuffer.isView(value) && 'length' in value) {
    return block('[', ']', `${name}(${value.length})`, listed(value as unknown as ArrayLike<number>, String), indent);
  }
  if (value instanceof Map) {
    return block('{', '}', `Map(${value.size})`, limited([...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`)), indent);
  }
  if (value instanceof Set) return block('{', '}', `Set(${value.size})`, limited([...value].map((item) => inner(item))), indent);
  const entries = Object.entries(value).map(([key, item]) => {
    const label = /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
    return `${label}: ${inner(item, label.length + 2)}`;
  });
  return block('{', '}', name === 'Object' ? '' : name, limited(entries), indent);
}

/** On one line where it fits, else one item a line; numbers fill their lines. */
function block(open: string, close: string, prefix: string, items: readonly string[], indent: number): string {
  const start = prefix ? `${prefix} ${open}` : open;
  if (items.length === 0) return `${start}${close}`;
  const flat = `${start} ${items.join(', ')} ${close}`;
  if (flat.length + indent <= LINE_WIDTH && !flat.includes('\n')) return flat;
  const margin = ' '.repeat(indent + 2);
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    const short = item.length <= 16 && !item.includes('\n') && items.length > 6;
    if (short && last !== undefined && last.length + item.length + 2 + indent < LINE_WIDTH) lines[lines.length - 1] = `${last}, ${item}`;
    else lines.push(item);
  }
  return `${start}\n${lines.map((line) => `${margin}${line}`).join(',\n')}\n${' '.repeat(indent)}${close}`;
}

function listed<V>(values: ArrayLike<V>, inner: (item: V) => string): string[] {
  const shown = Array.from({ length: Math.min(values.length, MAX_ITEMS) }, (_, i) => inner(values[i]));
  return values.length > MAX_ITEMS ? [...shown, more(values.length - MAX_ITEMS)] : shown;
}

const limited = (items: readonly string[]): readonly string[] =>
  items.length > MAX_ITEMS ? [...items.slice(0, MAX_ITEMS), more(items.length - MAX_ITEMS)] : items;

const more = (count: number) => `… ${count.toLocaleString('en-GB')} more`;

function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null ? '' : (prototype.constructor?.name ?? 'Object');
}

function quote(text: string): string {
  const kept = text.length > MAX_STRING ? `${text.slice(0, MAX_STRING)}…` : text;
  return `'${kept.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}
