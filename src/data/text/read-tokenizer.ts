// Tokenizers in the files that their publishers give away.
import { DataFormatError } from '../../engine/graph/errors.ts';
import { formatError, grouped, quoted } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import { utf8 } from '../lines.ts';
import { bert, byteCharacters, clip, gpt2 } from './layouts.ts';
import { Tokenizer } from './tokenizer.ts';
import { jsonObject, mergesOf, type TokenizerJson, tokenizerJson } from './tokenizer-json.ts';

export type TokenizerFiles = Readonly<Record<string, Uint8Array>>;

/** See `readTokenizer`. */
export function read(files: TokenizerFiles): Tokenizer {
  const named = Object.entries(files).map(([name, bytes]) => ({ name, bytes: isGzip(bytes) ? gunzip(bytes, name) : bytes }));
  const [first, ...more] = named;
  if (!first) throw new DataFormatError('readTokenizer: expected the files of a tokenizer, found none.');
  const merges = named.find(({ name }) => /merges\.txt(?:\.gz)?$/.test(name));
  if (merges) {
    const vocab = named.find(({ name }) => /vocab\.json(?:\.gz)?$/.test(name));
    if (!vocab)
      throw formatError(
        merges.name,
        'vocab.json along with it',
        more.length ? named.map(({ name }) => quoted(name)).join(', ') : 'this file alone',
        'Give both.',
      );
    return made(pairOfFiles(vocab, merges), vocab.name);
  }
  if (more.length > 0) {
    throw formatError(
      'readTokenizer',
      'one file, or vocab.json and merges.txt',
      named.map(({ name }) => quoted(name)).join(', '),
      'Give the files of one tokenizer.',
    );
  }
  const { name, bytes } = first;
  if (bytes.find((byte) => byte > 0x20) === 0x7b) return made(tokenizerJson(jsonObject(bytes, name), name), name);
  const head = new TextDecoder().decode(bytes.subarray(0, 200));
  return made(/^"?\S*#version/.test(head) ? clipMerges(bytes, name) : vocabTxt(bytes, name), name);
}

/** The tokenizer of a form that was parsed before. @throws DataFormatError for what is none */
export const fromJson = (json: TokenizerJson): Tokenizer =>
  made(tokenizerJson(json as unknown as Record<string, unknown>, 'tokenizer'), 'tokenizer');

function made(json: TokenizerJson, name: string): Tokenizer {
  try {
    return new Tokenizer(json);
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw formatError(name, 'a tokenizer', `one that can't be set up (${error instanceof Error ? error.message : error})`);
  }
}

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `vocab.json` and `merges.txt`: CLIP's marks the ends of words, GPT-2's their beginnings. */
function pairOfFiles(vocabFile: File, mergesFile: File): TokenizerJson {
  const vocab = jsonObject(vocabFile.bytes, vocabFile.name) as Record<string, number>;
  const pairs = mergeLines(mergesFile.bytes, mergesFile.name, new Set(Object.keys(vocab)));
  const layout = '<|startoftext|>' in vocab ? clip : gpt2;
  return tokenizerJson(layout(vocab, pairs) as unknown as Record<string, unknown>, vocabFile.name);
}

/** The pairs of a `merges.txt`, below a line that begins with #version. */
function mergeLines(bytes: Uint8Array, name: string, known: ReadonlySet<string>): [string, string][] {
  const { lines, from } = linesBelowVersion(bytes, name);
  return mergesOf(lines, known, (i) => `${name}, line ${grouped(i + from)}`);
}

function linesBelowVersion(bytes: Uint8Array, name: string): { lines: string[]; from: number } {
  const lines = utf8(bytes, name).split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  const from = lines[0]?.includes('#version') ? 1 : 0;
  return { lines: lines.slice(from), from: from + 1 };
}

/** Tokens that CLIP has, of which its published list of pairs holds many more. */
const CLIP_SIZE = 49_408;

/** OpenAI's `bpe_simple_vocab_16e6.txt`: pairs alone, from which the vocabulary follows. */
function clipMerges(bytes: Uint8Array, name: string): TokenizerJson {
  const { lines, from } = linesBelowVersion(bytes, name);
  const characters = byteCharacters();
  const tokens = [...characters, ...characters.map((character) => `${character}</w>`)];
  const wanted = lines.slice(0, CLIP_SIZE - tokens.length - 2);
  const known = new Set(tokens);
  const pairs = wanted.map((line, i) => {
    const place = () => `${name}, line ${grouped(i + from)}`;
    // Each may be made of those before it.
    known.add(line.replace(' ', ''));
    const [pair] = mergesOf([line], known, place);
    tokens.push(pair!.join(''));
    return pair!;
  });
  tokens.push('<|startoftext|>', '<|endoftext|>');
  const json = clip(Object.fromEntries(tokens.map((token, i) => [token, i])), pairs);
  return tokenizerJson(json as unknown as Record<string, unknown>, name);
}

/** BERT's `vocab.txt`: a token a line. */
function vocabTxt(bytes: Uint8Array, name: string): TokenizerJson {
  const numbers = new Map<string, number>();
  // A byte each, so that an error can say where.
  let at = 0;
  for (let line = 1; at < bytes.length; line++) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    const place = `${name}, line ${grouped(line)} (byte ${grouped(at)})`;
    const token = utf8(bytes.subarray(at, end), place).replace(/\r$/, '');
    if (token === '') throw formatError(place, 'a token', 'an empty line');
    if (token.length > 200) throw formatError(place, 'a token a line', `${grouped(token.length)} characters`);
    if (numbers.has(token))
      throw formatError(place, 'every token once', `${quoted(token)} again, as in line ${grouped(numbers.get(token)! + 1)}`);
    numbers.set(token, line - 1);
    at = end + 1;
  }
  const missing = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].filter((token) => !numbers.has(token));
  if (missing.length > 0)
    throw formatError(name, "BERT's tokens, a line each, with [PAD], [UNK], [CLS], [SEP] and [MASK]", `none for ${missing.join(', ')}`);
  // What is cased has capital letters among its tokens.
  const cased = [...numbers.keys()].some((token) => !/^\[.*\]$/.test(token) && token !== token.toLowerCase());
  return tokenizerJson(bert(Object.fromEntries(numbers), { lowerCase: !cased }) as unknown as Record<string, unknown>, name);
}
