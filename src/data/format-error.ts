import { DataFormatError } from '../engine/graph/errors.ts';

/** The one form of every complaint about a file: which one, what its format asks for, what stands there, what to do. */
export function formatError(
  name: string,
  expected: string,
  found: string,
  advice = 'The file is damaged or of another kind: get a fresh copy of it.',
): DataFormatError {
  return new DataFormatError(`${name}: expected ${expected}, found ${found}. ${advice}`);
}

/** `1,234,567.891`: the same on every platform, whatever its locale. */
export function grouped(value: number | bigint): string {
  const [whole, ...decimals] = String(value).split('.');
  return [(whole as string).replace(/\B(?=(\d{3})+(?!\d))/g, ','), ...decimals].join('.');
}

/** A file's own text as a message may show it: in quotes, cut short, and nothing in it that a terminal would obey. */
export function quoted(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `'${short.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)}'`;
}
