import { quoted } from './format-error.ts';

/** Deeper than anything a format asks for, and no danger to a stack. */
const MAX_DEPTH = 8;

/**
 * The members of an object in JSON text, one after the other, each value still text: what a hostile file makes of the rest is never built.
 * A key that stands twice is refused; `JSON.parse` would keep the last without a word.
 *
 * @throws SyntaxError where the text is no object, goes on after it, has a key twice, or nests more than 8 levels
 */
export function* members(text: string): Generator<readonly [key: string, value: string]> {
  const keys = new Set<string>();
  let at = skipSpace(text, 0);
  const expect = (character: string) => {
    if (text[at] !== character) throw new SyntaxError(`expected ${character} at character ${at}`);
    at = skipSpace(text, at + 1);
  };
  expect('{');
  if (text[at] !== '}') {
    for (;;) {
      if (text[at] !== '"') throw new SyntaxError(`expected a key in quotes at character ${at}`);
      const keyEnd = stringEnd(text, at);
      // Parsed, so that "\u0061" and "a" count as the same key.
      const key = JSON.parse(text.slice(at, keyEnd)) as string;
      if (keys.has(key)) throw new SyntaxError(`every key once, but ${quoted(key)} stands twice`);
      keys.add(key);
      at = skipSpace(text, keyEnd);
      expect(':');
      const end = valueEnd(text, at);
      yield [key, text.slice(at, end)];
      at = end;
      if (text[at] !== ',') break;
      expect(',');
    }
  }
  expect('}');
  if (at < text.length) throw new SyntaxError(`expected nothing after the object, at character ${at}`);
}

/** `JSON.parse` of text that a stranger wrote. @throws SyntaxError for what is no JSON, or nests more than 8 levels */
export function parseJson(text: string): unknown {
  valueEnd(text, 0);
  return JSON.parse(text);
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  return at;
}

const [QUOTE, BACKSLASH, COMMA, BRACE, BRACE_END, BRACKET, BRACKET_END] = [...'"\\,{}[]'].map((character) => character.charCodeAt(0));

/** Behind the closing quote of the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  throw new SyntaxError(`the string that begins at character ${at} has no end`);
}

/** Where the value that begins at `at` ends: before the comma or bracket that isn't its own. */
function valueEnd(text: string, at: number): number {
  let open = 0;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = stringEnd(text, i) - 1;
    else if (code === BRACE || code === BRACKET) {
      if (++open > MAX_DEPTH) throw new SyntaxError(`brackets nest more than ${MAX_DEPTH} levels at character ${i}`);
    } else if (code === BRACE_END || code === BRACKET_END) {
      if (open-- === 0) return i;
    } else if (code === COMMA && open === 0) return i;
  }
  return text.length;
}
