// Texts for CLIP: its byte-pair encoding, and features of class names by its templates.
import { compile, type models, type Tensor, tensor, text } from '../../../index.ts';
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
