export { type Maskable, maskTokens } from './mask.ts';
export { cutTokenizer, type FoundTokenizer, findTokenizer, readTokenizer, type TrainOptions, trainTokenizer } from './open-tokenizer.ts';
export { type Padded, type PadOptions, padSequences, sequences } from './pad.ts';
export type { TokenizerFiles } from './read-tokenizer.ts';
export type { EncodeOptions, Tokenizer } from './tokenizer.ts';
export type { TokenizerJson } from './tokenizer-json.ts';
export { embeddingMatrix } from './vectors.ts';
export { Vocabulary, type VocabularyJson, type VocabularyOptions } from './vocabulary.ts';
export { words } from './words.ts';
