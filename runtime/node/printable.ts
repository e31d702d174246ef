// What came out of a file, from a server or a driver may hold anything, and a terminal obeys what it is sent.

/** Control characters, and marks that turn the direction of reading. */
const unprintable = /\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\ufeff]/gu;
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The text with such characters as `\u001b`; line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));
}

/** JSON with all of them escaped, which means the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(unprintable, (character) => (character === '\n' ? character : escaped(character)));
}
