import { anObject, expectKind, expectOptions, whole } from '../../engine/graph/arguments.ts';
import { TilegradError } from '../../engine/graph/errors.ts';
import { Random } from '../../random.ts';
import type { Part } from '../sets/set.ts';
import { textsOf } from '../sets/texts.ts';
import type { Vocabulary } from './vocabulary.ts';

/**
 * The vectors of a vocabulary's tokens, a row each, out of a set of word vectors (`sets.glove`, `wordVectors`): to begin an `nn.Embedding` with.
 * Tokens that the set doesn't have get normal numbers of the same spread, and `<pad>` zeros.
 *
 * ```ts
 * const { data, found } = embeddingMatrix(vocabulary, parts.words);
 * const embedding = new nn.Embedding(vocabulary.size, 50, { weight: () => data, paddingIdx: 0 });
 * ```
 */
export function embeddingMatrix(
  vocabulary: Vocabulary,
  words: Part<'word' | 'vector'>,
  options: { readonly seed?: number } = {},
): { readonly data: Float32Array; readonly shape: readonly [number, number] /** Tokens that the set has. */; readonly found: number } {
  expectKind('embeddingMatrix', 'words', words, anObject);
  expectOptions('embeddingMatrix', options, { seed: whole });
  const { word, vector } = words.fields;
  const width = vector.shape[0]!;
  const vectors = vector.data;
  const rows = new Map(textsOf(word).map((text, i) => [text, i]));
  const data = new Float32Array(vocabulary.size * width);
  const missing: number[] = [];
  let squares = 0;
  vocabulary.tokens.forEach((token, i) => {
    const row = rows.get(token);
    if (row === undefined) missing.push(i);
    else {
      data.set(vectors.subarray(row * width, (row + 1) * width), i * width);
      for (let k = 0; k < width; k++) squares += vectors[row * width + k]! ** 2;
    }
  });
  const found = vocabulary.size - missing.length;
  if (found === 0)
    throw new TilegradError(`embeddingMatrix: expected words that the vocabulary has, got none of its ${vocabulary.size} tokens`);
  const spread = Math.sqrt(squares / (found * width));
  for (const i of missing) {
    if (vocabulary.tokens[i] === '<pad>') continue;
    const random = new Random(options.seed ?? 0, i, 5);
    for (let k = 0; k < width; k++) data[i * width + k] = random.normal(0, spread);
  }
  return { data, shape: [vocabulary.size, width], found };
}
