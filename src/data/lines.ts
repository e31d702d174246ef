import { formatError } from './format-error.ts';

/**
 * UTF-8 text.
 *
 * @throws DataFormatError naming the byte at which it isn't
 */
export function utf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw formatError(source, 'text in UTF-8', 'bytes that are not', 'Save it again in UTF-8; if it is compressed, unpack it.');
  }
}

/** The lines of a text, without their ends. An end at the very end begins no other line. */
export function lines(bytes: Uint8Array, source: string): string[] {
  const text = utf8(bytes, source);
  const all = text.split(/\r\n|\n/);
  if (all.at(-1) === '') all.pop();
  return all;
}
