// Texts as numbers: samples of one length, the places to be guessed, and what word frequencies alone would know of them.
import { type Part, type Random, text } from '../../../index.ts';
import { IGNORED, SHARE } from './model.ts';

export type Field = 'tokens' | 'labels';

/** WikiText's marks: `<unk>` for rare words, `@-@` for a hyphen within a word. */
export const plain = (line: string): string => line.replaceAll('<unk>', '[UNK]').replace(/ @(.)@ /g, '$1');

/** What makes a message another one: its letters, without the mark of a repeated one. */
const gist = (message: string) =>
  message
    .toLowerCase()
    .replace(/[^\p{L}]+/gu, ' ')
    .replace(/^ ?rt /, '')
    .trim();

/** Messages once each, in their order, without those that say what is in `known` already, which learns of them. */
export function distinct(messages: readonly string[], known: Set<string>): string[] {
  return messages.filter((message) => {
    const key = gist(message);
    if (key === '' || known.has(key)) return false;
    known.add(key);
    return true;
  });
}

const partOf = (tokens: Int32Array, labels: Int32Array, length: number): Part<Field> => ({
  fields: { tokens: { data: tokens, shape: [length] }, labels: { data: labels, shape: [length] } },
  count: tokens.length / length,
});

/** To train on: the labels are the text itself, of which every step hides other places. */
const whole = (tokens: Int32Array, length: number) => partOf(tokens, tokens, length);

/** Lines end to end, cut into samples with [CLS] before and [SEP] behind, as BERT was pretrained. What is left over in the end is dropped. */
export function packed(lines: readonly string[], tokenizer: text.Tokenizer, length: number): Part<Field> {
  const all = lines.flatMap((line) => [...tokenizer.encode(plain(line), { special: false })]);
  const own = length - 2;
  const samples = Array.from({ length: Math.floor(all.length / own) }, (_, i) => [
    tokenizer.start!,
    ...all.slice(i * own, (i + 1) * own),
    tokenizer.end!,
  ]);
  return whole(Int32Array.from(samples.flat()), length);
}

/** A sample a message, cut or filled up. */
export function padded(messages: readonly string[], tokenizer: text.Tokenizer, length: number): Part<Field> {
  const encoded = messages.map((message) => tokenizer.encode(message, { maxLength: length }));
  return whole(text.padSequences(encoded, { length, value: tokenizer.pad }).ids.data as Int32Array, length);
}

/**
 * The same places every time, to judge by. All of them are hidden: a token that stays, as a tenth do in training, would be its own answer, and who only
 * copies it would seem to know something.
 */
export function withGaps({ fields: { tokens } }: Part<Field>, tokenizer: text.Tokenizer, random: Random): Part<Field> {
  const { labels } = text.maskTokens(tokens.data as Int32Array, tokenizer, { p: SHARE, random });
  const hidden = (tokens.data as Int32Array).map((id, i) => (labels[i] === IGNORED ? id : tokenizer.mask!));
  return partOf(hidden, labels, tokens.shape[0]!);
}

/** Perplexity and accuracy at the gaps of `judged` for who knows only how often each token stands in `train`, each once more than it does. */
export function byFrequency(train: Part<Field>, judged: Part<Field>, tokenizer: text.Tokenizer): Record<'perplexity' | 'accuracy', number> {
  const none = new Set(tokenizer.special);
  const counts = new Float64Array(tokenizer.size).fill(1);
  for (const id of train.fields.tokens.data) if (!none.has(id)) counts[id]++;
  const total = counts.reduce((sum, count) => sum + count);
  const most = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  const labels = Array.from(judged.fields.labels.data).filter((label) => label !== IGNORED);
  const nats = labels.reduce((sum, label) => sum - Math.log(counts[label] / total), 0);
  return { perplexity: Math.exp(nats / labels.length), accuracy: labels.filter((label) => label === most).length / labels.length };
}
