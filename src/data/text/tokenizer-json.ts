// A tokenizer as Hugging Face's tokenizers library describes it in a `tokenizer.json`: the form that all others are brought into, and what of it
// is understood here.
import { DataFormatError } from '../../engine/graph/errors.ts';
import { formatError, grouped, quoted } from '../format-error.ts';
import { parseJson } from '../json-members.ts';
import { utf8 } from '../lines.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** One of the steps of a tokenizer, by its `type`; the rest is its own. */
export interface Part {
  readonly type: string;
  readonly [option: string]: unknown;
}

export interface TokenizerModel extends Part {
  readonly type: 'WordPiece' | 'BPE';
  readonly vocab: Readonly<Record<string, number>>;
  readonly unk_token: string | null;
  /** Of a BPE: pairs in the order in which they are joined. */
  readonly merges?: readonly (readonly [string, string])[];
}

/** A tokenizer as plain JSON, in the form of Hugging Face's `tokenizer.json`, which its libraries read as well. */
export interface TokenizerJson {
  readonly version: string;
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Part | null;
  readonly pre_tokenizer: Part | null;
  readonly post_processor: Part | null;
  readonly decoder: Part | null;
  readonly model: TokenizerModel;
}

export const CLIP_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
/** Expressions that files may have. Others could be made to take forever. */
const PATTERNS = ['\\s+', CLIP_PATTERN, "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"];

const STEPS = {
  normalizer: ['BertNormalizer', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Replace', 'Sequence'],
  pre_tokenizer: ['BertPreTokenizer', 'ByteLevel', 'WhitespaceSplit', 'Split', 'Sequence'],
  post_processor: ['TemplateProcessing', 'BertProcessing', 'RobertaProcessing', 'ByteLevel', 'Sequence'],
  decoder: ['WordPiece', 'ByteLevel', 'BPEDecoder'],
};
const ADVICE = 'Tokenizers like those of BERT (WordPiece), CLIP, GPT-2 and RoBERTa (BPE) can be read.';

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws DataFormatError where the text is no JSON, or an object of something else */
export function jsonObject(bytes: Uint8Array, name: string): Fields {
  const text = utf8(bytes, name);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw formatError(name, 'JSON', `text that does not parse (${error instanceof Error ? error.message : error})`);
  }
  if (!isObject(value)) throw formatError(name, 'an object', showType(value));
  return value;
}

/**
 * What a file says, as this library understands it.
 * @throws DataFormatError for what is no tokenizer, or one with steps or expressions that are none of BERT's, CLIP's or GPT-2's
 */
export function tokenizerJson(value: Fields, name: string): TokenizerJson {
  const model = value.model;
  if (!isObject(model) || !isObject(model.vocab)) {
    throw formatError(
      name,
      'a tokenizer with a model and its vocab',
      `an object of ${Object.keys(value).slice(0, 8).map(quoted).join(', ')}`,
    );
  }
  const added = addedTokens(value.added_tokens ?? [], name);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: step(value, 'normalizer', name),
    pre_tokenizer: step(value, 'pre_tokenizer', name),
    post_processor: step(value, 'post_processor', name),
    decoder: step(value, 'decoder', name),
    model: modelOf(model, added, name),
  };
}

function step(value: Fields, key: keyof typeof STEPS, name: string): Part | null {
  const part = value[key] ?? null;
  if (part === null) return null;
  const check = (one: unknown, path: string): void => {
    const type = isObject(one) ? one.type : one;
    if (!isObject(one) || typeof type !== 'string' || !STEPS[key].includes(type)) {
      throw formatError(`${name}, ${path}`, `one of ${STEPS[key].join(', ')}`, showType(type), ADVICE);
    }
    const inner = one.normalizers ?? one.pretokenizers ?? one.processors;
    if (type === 'Sequence') {
      if (!Array.isArray(inner)) throw formatError(`${name}, ${path}`, 'a list of steps', showType(inner));
      inner.forEach((each, i) => check(each, `${path}[${i}]`));
    }
    if (type !== 'Replace' && type !== 'Split') return;
    const { Regex: regex, String: string } = isObject(one.pattern) ? one.pattern : {};
    if (regex === undefined ? typeof string !== 'string' || string === '' : !PATTERNS.includes(regex as string)) {
      throw formatError(`${name}, ${path}`, "an expression of CLIP's or GPT-2's, or a text", showType(regex ?? string), ADVICE);
    }
    if (type === 'Replace' && typeof one.content !== 'string') throw formatError(`${name}, ${path}`, 'a content', showType(one.content));
  };
  check(part, key);
  return part as Part;
}

const showType = (value: unknown): string =>
  typeof value === 'string' ? quoted(value) : value === null ? 'null' : Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;

const flag = (flagged: unknown): boolean => flagged === true;

function addedTokens(list: unknown, name: string): AddedToken[] {
  if (!Array.isArray(list)) throw formatError(`${name}, added_tokens`, 'a list', showType(list));
  return list.map((token: unknown, i): AddedToken => {
    if (!isObject(token) || typeof token.content !== 'string' || token.content === '' || !Number.isInteger(token.id)) {
      throw formatError(`${name}, added_tokens[${i}]`, 'a token with a content and an id', showType(token));
    }
    const { id, content, special, normalized, single_word, lstrip, rstrip } = token;
    return {
      id: id as number,
      content,
      special: flag(special),
      normalized: normalized === undefined ? !flag(special) : flag(normalized),
      single_word: flag(single_word),
      lstrip: flag(lstrip),
      rstrip: flag(rstrip),
    };
  });
}

function modelOf(model: Fields, added: readonly AddedToken[], name: string): TokenizerModel {
  const type = model.type ?? (Array.isArray(model.merges) ? 'BPE' : 'WordPiece');
  if (type !== 'WordPiece' && type !== 'BPE') throw formatError(`${name}, model`, 'WordPiece or BPE', showType(type), ADVICE);
  const vocab = vocabOf(model.vocab as Fields, added, name);
  const unknown = model.unk_token ?? null;
  const known = new Set(Object.keys(vocab));
  for (const { content } of added) known.add(content);
  if (unknown !== null && !known.has(unknown as string))
    throw formatError(`${name}, model.unk_token`, 'one of the tokens', showType(unknown));
  if (type === 'WordPiece') {
    if (unknown === null) throw formatError(`${name}, model`, 'an unk_token', 'none');
    const prefix = model.continuing_subword_prefix ?? '##';
    const most = model.max_input_chars_per_word ?? 100;
    if (typeof prefix !== 'string' || !Number.isInteger(most) || (most as number) < 1 || (most as number) > 1000) {
      throw formatError(
        `${name}, model`,
        'a continuing_subword_prefix, and max_input_chars_per_word from 1 to 1,000',
        `${showType(prefix)} and ${most}`,
      );
    }
    return { type, unk_token: unknown as string, continuing_subword_prefix: prefix, max_input_chars_per_word: most, vocab };
  }
  if (model.continuing_subword_prefix || model.byte_fallback) {
    throw formatError(`${name}, model`, 'no continuing_subword_prefix and no byte_fallback', 'one of them', ADVICE);
  }
  const suffix = model.end_of_word_suffix ?? null;
  if (suffix !== null && typeof suffix !== 'string') throw formatError(`${name}, model.end_of_word_suffix`, 'a text', showType(suffix));
  return {
    type,
    dropout: null,
    unk_token: unknown as string | null,
    continuing_subword_prefix: '',
    end_of_word_suffix: suffix ?? '',
    fuse_unk: flag(model.fuse_unk),
    byte_fallback: false,
    ignore_merges: flag(model.ignore_merges),
    vocab,
    merges: mergesOf(model.merges, known, (i) => `${name}, model.merges[${i}]`),
  };
}

/** The tokens by number; all numbers from 0 on, each once. */
function vocabOf(vocab: Fields, added: readonly AddedToken[], name: string): Record<string, number> {
  const entries = Object.entries(vocab);
  const all = new Map(entries);
  for (const { content, id } of added) {
    if ((all.get(content) ?? id) !== id) {
      throw formatError(`${name}, added_tokens`, `${quoted(content)} with its number in vocab, ${all.get(content)}`, `${id}`);
    }
    all.set(content, id);
  }
  const taken = new Map<unknown, string>();
  for (const [token, id] of all) {
    const other = taken.get(id);
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= all.size || other !== undefined) {
      const found = other === undefined ? showNumber(id) : `${id}, as ${quoted(other)} has`;
      throw formatError(`${name}, token ${quoted(token)}`, `a number of its own, 0 … ${grouped(all.size - 1)}`, found);
    }
    taken.set(id, token);
  }
  if (all.size === 0) throw formatError(name, 'tokens', 'an empty vocabulary');
  return Object.fromEntries(entries) as Record<string, number>;
}

const showNumber = (value: unknown) => (typeof value === 'number' ? String(value) : showType(value));

/**
 * Pairs of tokens that are joined, each of tokens that there are to one that there is.
 * @param place of the i-th, for errors
 */
export function mergesOf(list: unknown, known: ReadonlySet<string>, place: (i: number) => string): [string, string][] {
  if (!Array.isArray(list)) throw new DataFormatError(`${place(0)}: expected a list of merges, found ${showType(list)}.`);
  return list.map((merge: unknown, i) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string' && part !== '')) {
      throw formatError(place(i), 'two tokens', typeof merge === 'string' ? quoted(merge) : showType(merge));
    }
    const [a, b] = pair as [string, string];
    for (const token of [a, b, a + b]) {
      if (!known.has(token))
        throw formatError(place(i), 'tokens of the vocabulary, joined to one of it', `${quoted(token)}, which it doesn't have`);
    }
    return [a, b];
  });
}
