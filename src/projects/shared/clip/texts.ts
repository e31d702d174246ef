// Texts for CLIP: its byte-pair encoding, and features of class names by its templates.
import { compile, indexSelect, type models, type Part, randn, type Tensor, tensor, text, textsOf } from '../../../index.ts';
import { inPrompt, namesOf, prompts, spoken } from './captions.ts';
import { unit } from './model.ts';

/** What CLIP's encoding ends a word with. */
const WORD_END = '</w>';

/**
 * CLIP's own encoding, cut to what captions of these classes need, and to those of the `known` words that are one token of it; where its vocabulary
 * can't be had, one of its kind learned from the captions.
 */
export async function smallTokenizer(
  published: text.Tokenizer | undefined,
  classes: readonly string[],
  size: number,
  known: readonly string[] = [],
): Promise<text.Tokenizer> {
  const captions = [...new Set(classes.flatMap(namesOf))].flatMap((name) => prompts.map((prompt) => inPrompt(prompt, name)));
  if (!published) return text.trainTokenizer(captions, { kind: 'clip', vocabSize: size });
  const whole = known.filter((word) => published.tokenize(word).length === 1);
  return text.cutTokenizer(published, [...captions, ...whole], { size });
}

/** Unit vectors [words, features] from the middle of these. */
const aroundMiddle = (vectors: Tensor): Tensor => unit(vectors.sub(vectors.mean(0, { keepDims: true })));

/** Neighbours by which it is told how near a word is to some texts. */
const NEIGHBOURS = 10;

/** Of words with vectors the `count` that are nearest to the words of these texts: by the mean cosine with the ten of them that are nearest. */
export async function nearestWords(words: Part<'word' | 'vector'>, texts: readonly string[], count: number): Promise<readonly string[]> {
  const all = textsOf(words.fields.word);
  if (count >= all.length) return all;
  const said = new Set(texts.flatMap((text) => text.toLowerCase().split(/[^a-z]+/)));
  const { data, shape } = words.fields.vector;
  const vectors = aroundMiddle(tensor(data as Float32Array, [all.length, ...shape]));
  const rows = Int32Array.from(all.keys()).filter((i) => said.has(all[i]!));
  if (rows.length === 0) return all.slice(0, count);
  const cosines = (await vectors.matmul(indexSelect(vectors, 0, tensor(rows)).transpose()).data()) as Float32Array;
  const nearness = all.map((_, i) => {
    const own = cosines.slice(i * rows.length, (i + 1) * rows.length).sort();
    return own.slice(-NEIGHBOURS).reduce((sum, cosine) => sum + cosine, 0);
  });
  return [...all.keys()]
    .sort((a, b) => nearness[b]! - nearness[a]!)
    .slice(0, count)
    .map((i) => all[i]!);
}

/** Of the numbers of a word's row. */
const WORD_DEVIATION = 0.1;
/** Share of the words that must have a vector for those of the others to be left to chance. */
const LEAST_KNOWN = 0.1;

/**
 * A token table [rows, width] out of word vectors: unit vectors around their middle, turned at random into `width` dimensions, so that what is alike
 * stays alike. Tokens that are no known word get random ones. Undefined where hardly any is known, as of the words that stand in for GloVe's where it can't be had.
 */
export async function wordTable(
  tokenizer: text.Tokenizer,
  words: Part<'word' | 'vector'>,
  [rows, width]: readonly [rows: number, width: number],
): Promise<Float32Array | undefined> {
  const ended = Object.entries(tokenizer.toJSON().model.vocab).filter(([token]) => token.endsWith(WORD_END));
  const named = ended.map(([token, id]) => [token.slice(0, -WORD_END.length), id] as const);
  const known = new Set(textsOf(words.fields.word));
  // Single characters stand in every vocabulary.
  const longer = named.filter(([word]) => word.length > 1);
  if (longer.filter(([word]) => known.has(word)).length < LEAST_KNOWN * longer.length) return undefined;
  const tokens = Array.from({ length: tokenizer.size }, (_, id) => `token ${id}`);
  for (const [word, id] of named) tokens[id] = word;
  const { data, shape } = text.embeddingMatrix(new text.Vocabulary(tokens), words);
  const turned = aroundMiddle(tensor(data, shape)).matmul(randn([shape[1], width], { std: WORD_DEVIATION }));
  const table = new Float32Array(rows * width);
  table.set((await turned.data()) as Float32Array);
  return table;
}

/** Token ids [texts, length]: as long as the longest, in fours; of what is longer than the model's context the end is cut off. */
export function idsOf(clip: models.Clip, tokenizer: text.Tokenizer, texts: readonly string[]): text.Padded['ids'] {
  const maxLength = clip.positionalEmbedding.shape[0];
  const encoded = texts.map((one) => tokenizer.encode(one, { maxLength }));
  return text.padSequences(encoded, { maxLength, multiple: 4 }).ids;
}

/** Names whose texts are encoded together. */
const TOGETHER = 16;

/**
 * What stands for each class: the mean over the templates of its texts' unit vectors, made a unit vector again (CLIP's prompt ensembling).
 * [names, embed]
 */
export async function textFeatures(
  clip: models.Clip,
  tokenizer: text.Tokenizer,
  names: readonly string[],
  templates: readonly string[] = prompts,
): Promise<Float32Array> {
  const embed = clip.textProjection.shape[1]!;
  // Traced: texts of all templates, one after the other, of some names.
  const encode = compile((ids: Tensor) => {
    const each = unit(clip.encodeText(ids)).reshape([templates.length, -1, embed]);
    return unit(each.mean(0));
  });
  const features = new Float32Array(names.length * embed);
  for (let at = 0; at < names.length; at += TOGETHER) {
    const own = names.slice(at, at + TOGETHER).map(spoken);
    const { data, shape } = idsOf(
      clip,
      tokenizer,
      templates.flatMap((prompt) => own.map((name) => inPrompt(prompt, name))),
    );
    features.set((await encode(tensor(data, shape)).data()) as Float32Array, at * embed);
  }
  return features;
}
