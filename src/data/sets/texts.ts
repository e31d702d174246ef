// Texts as a field: bytes of UTF-8, one text after the other.
import type { Field, Part } from './set.ts';

export function textField(texts: readonly string[]): Field {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  const offsets = new Uint32Array(texts.length + 1);
  encoded.forEach(({ length }, i) => {
    offsets[i + 1] = offsets[i] + length;
  });
  const data = new Uint8Array(offsets[texts.length]);
  encoded.forEach((bytes, i) => {
    data.set(bytes, offsets[i]);
  });
  return { data, shape: [], offsets };
}

/** The texts of a field that `textField` made. */
export function textsOf({ data, offsets = new Uint32Array(1) }: Field): string[] {
  const decoder = new TextDecoder();
  return Array.from({ length: offsets.length - 1 }, (_, i) => decoder.decode((data as Uint8Array).subarray(offsets[i], offsets[i + 1])));
}

/** `text`, `label` and what the label's numbers mean. */
export function labelledTexts(texts: readonly string[], labels: readonly number[], names: readonly string[]): Part<'text' | 'label'> {
  return {
    fields: { text: textField(texts), label: { data: Uint8Array.from(labels), shape: [], dtype: 'i32', names } },
    count: texts.length,
  };
}

/** `text` alone. */
export const texts = (lines: readonly string[]): Part<'text'> => ({ fields: { text: textField(lines) }, count: lines.length });
