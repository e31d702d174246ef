import { Tokenizer as Library } from '@huggingface/tokenizers';
import { aBoolean, aString, expectKind, expectOptions, positive } from '../../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import type { Part, TokenizerJson } from './tokenizer-json.ts';

export interface EncodeOptions {
  /** Tokens for begin and end around the text. Default true. */
  readonly special?: boolean;
  /** Of longer texts the end is cut off; the token for the end stays. */
  readonly maxLength?: number;
}

/** Ideographs outside the basic plane, which the library leaves joined to their neighbours (BERT's tokenization.py, `_is_chinese_char`). */
const ideographs = /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/**
 * Texts as numbers of subwords, and back: made by `readTokenizer` from published files, by `trainTokenizer` from texts. Hugging Face's
 * tokenizers.js does the work.
 */
export class Tokenizer {
  /** Tokens; their numbers are 0 … size − 1. */
  readonly size: number;
  /** Numbers of the tokens that are no text. */
  readonly special: readonly number[];
  /** What fills up: `[PAD]` or `<pad>`; 0 where there is none, as CLIP does. */
  readonly pad: number;
  readonly unknown: number | undefined;
  /** Behind which a text begins: `[CLS]`, `<|startoftext|>`. */
  readonly start: number | undefined;
  /** With which it ends: `[SEP]`, `<|endoftext|>`. */
  readonly end: number | undefined;
  /** `[MASK]` or `<mask>` */
  readonly mask: number | undefined;
  private readonly library: Library;
  private readonly splitsIdeographs: boolean;

  /** Of a form that was checked: see `readTokenizer`. */
  constructor(private readonly json: TokenizerJson) {
    // Begin and end are put on here, for they have to outlast the cut.
    this.library = new Library({ ...json, post_processor: null }, { clean_up_tokenization_spaces: false });
    this.size = new Set([...Object.keys(json.model.vocab), ...json.added_tokens.map(({ content }) => content)]).size;
    this.special = json.added_tokens.filter(({ special }) => special).map(({ id }) => id);
    const named = (...names: readonly string[]) => names.map((name) => this.library.token_to_id(name)).find((id) => id !== undefined);
    this.pad = named('[PAD]', '<pad>') ?? 0;
    this.mask = named('[MASK]', '<mask>');
    this.unknown = json.model.unk_token === null ? undefined : named(json.model.unk_token);
    const [start, end] = around(json.post_processor);
    this.start = start === undefined ? undefined : named(start);
    this.end = end === undefined ? undefined : named(end);
    this.splitsIdeographs = parts(json.normalizer).some((part) => part.type === 'BertNormalizer' && part.handle_chinese_chars === true);
  }

  /** The subwords of a text, without begin and end. */
  tokenize(text: string): string[] {
    expectKind('tokenize', 'text', text, aString);
    return this.library.tokenize(this.splitsIdeographs ? text.replace(ideographs, ' $& ') : text);
  }

  encode(text: string, options: EncodeOptions = {}): Int32Array {
    expectKind('encode', 'text', text, aString);
    expectOptions('encode', options, { special: aBoolean, maxLength: positive });
    const { special = true, maxLength = Number.POSITIVE_INFINITY } = options;
    const before = special && this.start !== undefined ? [this.start] : [];
    const after = special && this.end !== undefined ? [this.end] : [];
    const most = maxLength - before.length - after.length;
    if (most < 0) throw new ShapeError(`encode: expected a maxLength that holds begin and end, got ${maxLength}`);
    const tokens = this.tokenize(text);
    const kept = tokens.length > most ? tokens.slice(0, most) : tokens;
    const ids = kept.map((token) => this.id(token) ?? this.unknown!);
    return Int32Array.from([...before, ...ids, ...after]);
  }

  /** The text of numbers; tokens that are no text are left out, unless `special`. @throws ShapeError for a number that is no token's */
  decode(ids: ArrayLike<number>, options: { readonly special?: boolean } = {}): string {
    expectOptions('decode', options, { special: aBoolean });
    const kept = new Set(options.special ? [] : this.special);
    const list = Array.from(ids);
    for (const id of list) this.token(id);
    const text = list.filter((id) => !kept.has(id));
    // Given that, the library takes the blank away that CLIP leaves at the end.
    return text.length === 0 ? '' : this.library.decode(text, { skip_special_tokens: !options.special });
  }

  /** The number of a token, undefined where there is none. */
  id(token: string): number | undefined {
    return this.library.token_to_id(token);
  }

  /** @throws ShapeError for a number that is no token's */
  token(id: number): string {
    const token = this.library.id_to_token(id);
    if (token === undefined) throw new ShapeError(`Tokenizer: expected numbers 0 … ${this.size - 1}, got ${id}`);
    return token;
  }

  /** Plain JSON, in the form of Hugging Face's `tokenizer.json`: what a stage of a run returns, and `readTokenizer` reads. */
  toJSON(): TokenizerJson {
    return this.json;
  }
}

function parts(step: Part | null): readonly Part[] {
  if (step === null) return [];
  const inner = (step.normalizers ?? step.processors) as readonly Part[] | undefined;
  return inner ? inner.flatMap(parts) : [step];
}

/** The tokens before and behind a text. */
function around(step: Part | null): [start: string | undefined, end: string | undefined] {
  for (const part of parts(step)) {
    const { type, cls, sep, single } = part as Part & { readonly cls?: [string]; readonly sep?: [string]; readonly single?: unknown };
    if (type === 'BertProcessing' || type === 'RobertaProcessing') return [cls?.[0], sep?.[0]];
    if (type !== 'TemplateProcessing') continue;
    const items = Array.isArray(single) ? single : [];
    const at = items.findIndex((item) => item?.Sequence);
    const [start, ...more] = items.slice(0, at).map((item) => String(item?.SpecialToken?.id));
    const [end, ...others] = items.slice(at + 1).map((item) => String(item?.SpecialToken?.id));
    if (at < 0 || more.length > 0 || others.length > 0) {
      throw new TilegradError(`Tokenizer: expected at most one token before a text and one behind it, got ${items.length - 1}`);
    }
    return [start, end];
  }
  return [undefined, undefined];
}
