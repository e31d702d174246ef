// Tokenizers learnt from texts, for models that are trained from nothing. The library reads tokenizers, and makes none.
import { BertNormalizer, BertPreTokenizer, ByteLevelPreTokenizer } from '@huggingface/tokenizers';
import { TilegradError } from '../../engine/graph/errors.ts';
import { BERT_SPECIAL, bert, byteCharacters, clip, gpt2 } from './layouts.ts';
import { learnMerges } from './merges.ts';
import { Tokenizer } from './tokenizer.ts';
import { CLIP_PATTERN } from './tokenizer-json.ts';

export interface TrainOptions {
  /**
   * `wordpiece`: BERT's, in lower case, with [PAD], [UNK], [CLS], [SEP] and [MASK]. `bpe`: GPT-2's, out of bytes, with <|endoftext|>. `clip`: as CLIP's, in lower case, out of bytes, the
   * ends of words marked, with <|startoftext|> and <|endoftext|> as the last two.
   */
  readonly kind: 'wordpiece' | 'bpe' | 'clip';
  /** Tokens that there may be, special ones and all. */
  readonly vocabSize: number;
  /** Pairs of tokens that are rarer stay apart. Default 2. */
  readonly minFrequency?: number;
}

/** Longer words are none of a language: WordPiece gives them up, and what they have in them stands elsewhere too. */
const LONGEST = 100;
/** Characters of a WordPiece vocabulary: rarer ones are unknown. */
const ALPHABET = 1000;

/** See `trainTokenizer`. */
export function train(texts: Iterable<string>, { kind, vocabSize, minFrequency = 2 }: TrainOptions): Tokenizer {
  const learn = { wordpiece: wordPiece, bpe: byteLevelBpe, clip: clipBpe }[kind];
  return learn(texts, vocabSize, minFrequency);
}

function counted(texts: Iterable<string>, wordsOf: (text: string) => readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    if (typeof text !== 'string') throw new TilegradError(`trainTokenizer: expected texts, got a value of type ${typeof text}`);
    for (const word of wordsOf(text)) if (word.length <= LONGEST) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** As Hugging Face's WordPieceTrainer: pairs are joined by their number, and the vocabulary is what comes of it. */
function wordPiece(texts: Iterable<string>, vocabSize: number, minFrequency: number): Tokenizer {
  const normalizer = new BertNormalizer({
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    lowercase: true,
  });
  const splitter = new BertPreTokenizer();
  const words = counted(texts, (text) => splitter.pre_tokenize_text(normalizer.normalize(text)));
  const split = (word: string) => Array.from(word, (character, i) => (i === 0 ? character : `##${character}`));
  const characters = new Map<string, number>();
  for (const [word, count] of words) for (const piece of split(word)) characters.set(piece, (characters.get(piece) ?? 0) + count);
  const most = Math.min(ALPHABET, vocabSize - BERT_SPECIAL.length);
  const alphabet = [...characters]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, Math.max(0, most))
    .map(([piece]) => piece);
  const tokens = learnMerges({
    words: [...words].map(([word, count]) => ({ pieces: split(word), count })),
    tokens: [...BERT_SPECIAL, ...alphabet.sort()],
    size: vocabSize,
    minFrequency,
    join: (a, b) => a + b.slice(2),
  }).tokens;
  return new Tokenizer(bert(Object.fromEntries(tokens.map((token, i) => [token, i])), { lowerCase: true }));
}

/** As GPT-2's: all 256 bytes are tokens, so that every text has its numbers, and comes back out of them whole. */
function byteLevelBpe(texts: Iterable<string>, vocabSize: number, minFrequency: number): Tokenizer {
  const splitter = new ByteLevelPreTokenizer({ type: 'ByteLevel', add_prefix_space: false, use_regex: true });
  const words = counted(texts, (text) => splitter.pre_tokenize_text(text, {}));
  const { tokens, merges } = learnMerges({
    words: [...words].map(([word, count]) => ({ pieces: [...word], count })),
    tokens: ['<|endoftext|>', ...byteCharacters().sort()],
    size: vocabSize,
    minFrequency,
    join: (a, b) => a + b,
  });
  return new Tokenizer(gpt2(Object.fromEntries(tokens.map((token, i) => [token, i])), merges));
}

/** As CLIP's: words in lower case, without the blanks between them; a mark on a word's last byte says that it ends. */
function clipBpe(texts: Iterable<string>, vocabSize: number, minFrequency: number): Tokenizer {
  const bytes = new ByteLevelPreTokenizer({ type: 'ByteLevel', add_prefix_space: false, use_regex: false });
  const pattern = new RegExp(CLIP_PATTERN, 'gu');
  const words = counted(texts, (text) =>
    (text.normalize('NFC').toLowerCase().match(pattern) ?? []).flatMap((word) => bytes.pre_tokenize_text(word, {})),
  );
  const characters = byteCharacters();
  const special = ['<|startoftext|>', '<|endoftext|>'];
  const { tokens, merges } = learnMerges({
    words: [...words].map(([word, count]) => ({ pieces: [...word.slice(0, -1), `${word.at(-1)}</w>`], count })),
    tokens: [...characters, ...characters.map((character) => `${character}</w>`)],
    size: vocabSize - special.length,
    minFrequency,
    join: (a, b) => a + b,
  });
  return new Tokenizer(clip(Object.fromEntries([...tokens, ...special].map((token, i) => [token, i])), merges));
}
