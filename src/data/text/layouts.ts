// How the tokenizers of BERT, CLIP and GPT-2 are put together, around a vocabulary.
import { type AddedToken, CLIP_PATTERN, type Part, type TokenizerJson } from './tokenizer-json.ts';

type Vocab = Readonly<Record<string, number>>;
type Pairs = readonly (readonly [string, string])[];

const whole = { version: '1.0', truncation: null, padding: null } as const;

const special = (vocab: Vocab, content: string, normalized = false): AddedToken => ({
  id: vocab[content]!,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized,
  special: true,
});

const byteLevel = (more: object = {}): Part => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
  ...more,
});

const bpe = (vocab: Vocab, merges: Pairs, unknown: string | null, suffix: string) => ({
  type: 'BPE' as const,
  dropout: null,
  unk_token: unknown,
  continuing_subword_prefix: '',
  end_of_word_suffix: suffix,
  fuse_unk: false,
  byte_fallback: false,
  vocab,
  merges,
});

export const BERT_SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** Devlin et al., arXiv 1810.04805: words and signs apart, each in the longest pieces that there are. */
export function bert(vocab: Vocab, { lowerCase }: { readonly lowerCase: boolean }): TokenizerJson {
  const token = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    ...whole,
    added_tokens: BERT_SPECIAL.map((content) => special(vocab, content)),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: lowerCase },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, token('[SEP]')],
      pair: [
        token('[CLS]'),
        { Sequence: { id: 'A', type_id: 0 } },
        token('[SEP]'),
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { id: '[SEP]', type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }])),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab },
  };
}

/** Radford et al., arXiv 2103.00020: lower case, `</w>` ends a word. */
export function clip(vocab: Vocab, merges: Pairs): TokenizerJson {
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'];
  return {
    ...whole,
    added_tokens: [special(vocab, start!, true), special(vocab, end!)],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }, { type: 'Lowercase' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: CLIP_PATTERN }, behavior: 'Removed', invert: true },
        byteLevel({ use_regex: false }),
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [end, vocab[end!]],
      cls: [start, vocab[start!]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: byteLevel({ add_prefix_space: true }),
    model: bpe(vocab, merges, end!, '</w>'),
  };
}

/** Radford et al., "Language models are unsupervised multitask learners", 2019: bytes, of which a blank belongs to the word behind it; nothing is lost. */
export function gpt2(vocab: Vocab, merges: Pairs): TokenizerJson {
  const end = '<|endoftext|>';
  return {
    ...whole,
    added_tokens: end in vocab ? [special(vocab, end)] : [],
    normalizer: null,
    pre_tokenizer: byteLevel(),
    post_processor: byteLevel({ trim_offsets: false }),
    decoder: byteLevel(),
    model: bpe(vocab, merges, null, ''),
  };
}

/** The characters that stand for the 256 bytes, in the order in which CLIP and GPT-2 number them: those that can be seen first. */
export function byteCharacters(): string[] {
  const seen = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const hidden = bytes.filter((byte) => !seen(byte));
  return [...bytes.filter(seen).map((byte) => String.fromCharCode(byte)), ...hidden.map((_, i) => String.fromCharCode(256 + i))];
}
