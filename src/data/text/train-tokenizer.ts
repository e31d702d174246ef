// Tokenizers learnt from texts, for models that are trained from nothing. The library reads tokenizers, and makes none.
import { BertNormalizer, BertPreTokenizer, ByteLevelPreTokenizer } from '@huggingface/tokenizers';
import { TilegradError } from '../../engine/graph/errors.ts';
import { BERT_SPECIAL, bert, byteCharacters, gpt2 } from './layouts.ts';
import { learnMerges } from './merges.ts';
import type { TrainOptions } from './open-tokenizer.ts';
import { Tokenizer } from './tokenizer.ts';

/** Longer words are none of a language: WordPiece gives them up, and what they have in them stands elsewhere too. */
const LONGEST = 100;
/** Characters of a WordPiece vocabulary: rarer ones are unknown. */
const ALPHABET = 1000;

/** See `trainTokenizer`. */
export function train(texts: Iterable<string>, { kind, vocabSize, minFrequency = 2 }: TrainOptions): Tokenizer {
  return kind === 'wordpiece' ? wordPiece(texts, vocabSize, minFrequency) : byteLevelBpe(texts, vocabSize, minFrequency);
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
