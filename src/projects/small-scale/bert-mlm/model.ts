import { indexSelect, models, type Tensor, type text, topK } from '../../../index.ts';

/** Of all tokens, those that are to be guessed. */
export const SHARE = 0.15;
/** The losses and metrics leave out what has this label. */
export const IGNORED = -100;

export interface NetworkShape {
  readonly vocabulary: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Tokens of a text. */
  readonly length: number;
  readonly dropout: number;
}

/**
 * BERT with its head for masked language: embeddings of tokens and places, layers of attention, and a decoder whose weights are the embeddings again.
 *
 * tokens i32 [n, length] → logits of what stands there [n, length, vocabulary]
 */
export class MaskedLanguageModel extends models.BertForMaskedLM {
  constructor({ vocabulary, layers, hidden, heads, length, dropout }: NetworkShape) {
    super({
      ...{ vocabSize: vocabulary, hiddenSize: hidden, numLayers: layers, numHeads: heads, intermediateSize: 4 * hidden },
      ...{ maxLength: Math.max(512, length), dropout },
    });
  }

  /**
   * Logits [places, vocabulary] and labels [places] of the places that have a label, and of some more to make up the number: the decoder, which is most of
   * the work, sees a fifth of all places instead of all.
   */
  guesses(tokens: Tensor, labels: Tensor, padding: number): { readonly scores: Tensor; readonly labels: Tensor } {
    // More than four standard deviations above the mean number of gaps are never seen.
    const room = Math.ceil(SHARE * tokens.size + 4 * Math.sqrt(SHARE * (1 - SHARE) * tokens.size));
    const all = labels.reshape([-1]);
    const { indices } = topK(all.ne(IGNORED).cast('f32'), Math.min(tokens.size, room));
    const features = this.bert.forward(tokens, tokens.ne(padding));
    const seen = indexSelect(features.reshape([-1, features.shape[2]]), 0, indices);
    return { scores: this.cls.predictions.forward(seen), labels: indexSelect(all, 0, indices) };
  }
}

/** A token for a gap, and how probable it is. */
export interface Guess {
  readonly token: string;
  readonly probability: number;
}

/** The likeliest tokens of every [MASK] in a text, the likeliest first. `ask` gives probabilities and numbers of each place's likeliest, [1, length, k]. */
export async function likeliest(
  ask: (ids: Int32Array) => readonly [probabilities: Tensor, numbers: Tensor],
  sentence: string,
  tokenizer: text.Tokenizer,
  length: number,
): Promise<Guess[][]> {
  const ids = new Int32Array(length).fill(tokenizer.pad);
  ids.set(tokenizer.encode(sentence, { maxLength: length }));
  const [probabilities, numbers] = ask(ids);
  const k = probabilities.shape[2];
  const [shares, tokens] = await Promise.all([probabilities.data(), numbers.data()]);
  const gaps = [...ids.keys()].filter((place) => ids[place] === tokenizer.mask);
  return gaps.map((place) =>
    Array.from({ length: k }, (_, i) => ({ token: tokenizer.token(tokens[place * k + i]), probability: shares[place * k + i] })),
  );
}
