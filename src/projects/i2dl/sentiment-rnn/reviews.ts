// Reviews as numbers: words, the vocabulary, batches of nearly one length.
import { ArrayDataset, DataLoader, type Part, samplers, text, textsOf } from '../../../index.ts';

/** Padding, as in the exercise, and what is not in the vocabulary. */
const special = ['<eos>', '<unk>'] as const;

export type Field = 'tokens' | 'words' | 'label';

export interface Review {
  readonly tokens: readonly string[];
  /** 1: for the film. */
  readonly label: number;
}

/** The words of each review; one without any is one unknown word. */
export function reviewsOf({ fields, count }: Part<'text' | 'label'>): Review[] {
  const texts = textsOf(fields.text);
  return Array.from({ length: count }, (_, i) => {
    const tokens = text.words(texts[i]);
    return { tokens: tokens.length > 0 ? tokens : [special[1]], label: fields.label.data[i] };
  });
}

export const vocabularyOf = (reviews: readonly Review[], maxSize: number) =>
  text.Vocabulary.from(
    reviews.map(({ tokens }) => tokens),
    { special, maxSize, minFrequency: 2 },
  );

/** Numbers of the last `most` words: what somebody makes of a film stands at the end. */
export const idsOf = (vocabulary: text.Vocabulary, tokens: readonly string[], most: number) => vocabulary.encode(tokens.slice(-most));

/** The words that tell most, by how much oftener they stand in reviews of one side, in standard deviations: `count` for either side. */
export function telling(reviews: readonly Review[], vocabulary: text.Vocabulary, count: number): Record<'word' | 'label', number[]> {
  const seen = [0, 1].map(() => new Float64Array(vocabulary.size));
  for (const { tokens, label } of reviews) for (const id of new Set(vocabulary.encode(tokens))) seen[label][id]++;
  const score = Array.from(seen[0], (n, id) => (seen[1][id] - n) / Math.sqrt(seen[1][id] + n || 1));
  const order = [...score.keys()].slice(special.length).sort((a, b) => score[b] - score[a]);
  const side = (some: readonly number[], label: number) => some.slice(0, count).filter((id) => (label ? score[id] > 0 : score[id] < 0));
  const [words, against] = [side(order, 1), side(order.toReversed(), 0)];
  return { word: [...words, ...against], label: [...words.map(() => 1), ...against.map(() => 0)] };
}

/** What an embedding of `size` rows begins with: the words' vectors, random ones for those that have none, and how many have one. */
export function rowsOf(words: Part<'word' | 'vector'>, vocabulary: text.Vocabulary, size: number, seed: number) {
  const known = new Set(textsOf(words.fields.word));
  const rows = new Float32Array(size * words.fields.vector.shape[0]);
  const found = vocabulary.tokens.filter((token) => known.has(token)).length;
  if (found > 0) rows.set(text.embeddingMatrix(vocabulary, words, { seed }).data);
  return { rows, found };
}

/** All as wide as `width`, one behind the other. */
export function padded(reviews: readonly Review[], vocabulary: text.Vocabulary, width: number): Part<Field> {
  const { ids, lengths } = text.padSequences(
    reviews.map(({ tokens }) => idsOf(vocabulary, tokens, width)),
    { length: width, value: vocabulary.id(special[0]) },
  );
  const fields = {
    tokens: { data: ids.data as Int32Array, shape: [width] },
    words: { data: lengths.data as Uint32Array, shape: [] },
    label: { data: Float32Array.from(reviews, ({ label }) => label), shape: [] },
  };
  return { fields, count: reviews.length };
}

/** Batches of nearly one length, padded with `<eos>` to half the width or all of it: two shapes to compile for. */
export function bucketed(
  reviews: readonly Review[],
  vocabulary: text.Vocabulary,
  { width, batchSize, seed }: Readonly<Record<'width' | 'batchSize' | 'seed', number>>,
): DataLoader<Field> {
  const ids = reviews.map(({ tokens }) => idsOf(vocabulary, tokens, width));
  const lengths = Uint32Array.from(ids, ({ length }) => length);
  const { label } = padded(reviews, vocabulary, 1).fields;
  return new DataLoader(new ArrayDataset<Field>({ tokens: text.sequences(ids), words: { data: lengths, shape: [] }, label }), {
    ...{ batchSize, seed, dropLast: true, sampler: samplers.lengthBuckets(lengths, { batchSize }) },
    pad: { tokens: { value: vocabulary.id(special[0]), multiple: Math.ceil(width / 2) } },
  }) as DataLoader<Field>;
}
