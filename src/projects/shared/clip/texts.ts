// Texts for CLIP: its byte-pair encoding, and features of class names by its templates.
import { compile, type models, tensor, text } from '../../../index.ts';
import { inPrompt, namesOf, prompts, spoken } from './captions.ts';
import { unit, VOCABULARY } from './model.ts';

/**
 * CLIP's own encoding, cut to what captions of these classes need; where its vocabulary can't be had, one of its kind learned from the captions.
 */
export async function smallTokenizer(published: text.Tokenizer | undefined, classes: readonly string[]): Promise<text.Tokenizer> {
  const captions = [...new Set(classes.flatMap(namesOf))].flatMap((name) => prompts.map((prompt) => inPrompt(prompt, name)));
  return published
    ? text.cutTokenizer(published, captions, { size: VOCABULARY })
    : text.trainTokenizer(captions, { kind: 'clip', vocabSize: VOCABULARY });
}

/** Token ids [texts, length]: as long as the longest, in fours; of what is longer than the model's context the end is cut off. */
export function idsOf(clip: models.Clip, tokenizer: text.Tokenizer, texts: readonly string[]): text.Padded['ids'] {
  const maxLength = clip.positionalEmbedding.shape[0];
  const encoded = texts.map((one) => tokenizer.encode(one, { maxLength }));
  return text.padSequences(encoded, { maxLength, multiple: 4 }).ids;
}

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
  const { data, shape } = idsOf(
    clip,
    tokenizer,
    templates.flatMap((prompt) => names.map((name) => inPrompt(prompt, spoken(name)))),
  );
  const [, length] = shape;
  const encode = compile((ids: Parameters<models.Clip['encodeText']>[0]) => unit(clip.encodeText(ids)));
  const embed = clip.textProjection.shape[1];
  const sums = new Float32Array(names.length * embed);
  const size = names.length * length!;
  for (let i = 0; i < templates.length; i++) {
    const ids = (data as Int32Array).subarray(i * size, (i + 1) * size);
    (await encode(tensor(ids, [names.length, length!])).data()).forEach((value, at) => {
      sums[at] += value;
    });
  }
  for (let row = 0; row < names.length; row++) {
    const own = sums.subarray(row * embed, (row + 1) * embed);
    const norm = Math.hypot(...own);
    own.forEach((value, i) => {
      own[i] = value / norm;
    });
  }
  return sums;
}
