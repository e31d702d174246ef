// A byte-pair tokenizer of what some texts need: for small models, whose embeddings of fifty thousand tokens would be most of their weights.
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';
import { fromJson } from './read-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { AddedToken, Part } from './tokenizer-json.ts';

/** See `cutTokenizer`. */
export function cut(tokenizer: Tokenizer, texts: Iterable<string>, size: number): Tokenizer {
  const json = tokenizer.toJSON();
  const { merges, vocab } = json.model;
  if (!merges) throw new TilegradError(`cutTokenizer: expected byte-pair encoding, got ${json.model.type}`);
  const ranks = new Map(merges.map((pair, rank) => [pair.join(' '), rank]));
  const suffix = String(json.model.end_of_word_suffix ?? '');
  const used = new Set<number>();
  for (const token of new Set([...texts].flatMap((text) => tokenizer.tokenize(text)))) mergesFor(token, suffix, ranks, used);

  // What is made of others is kept where these texts need it, the rest whatever they say; in the old order.
  const made = new Set(merges.map((pair) => pair.join('')));
  const special = new Set(json.added_tokens.map(({ content }) => content));
  const all = { ...vocab, ...Object.fromEntries(json.added_tokens.map(({ content, id }) => [content, id])) };
  const old = Object.keys(all).sort((a, b) => all[a]! - all[b]!);
  const single = old.filter((token) => special.has(token) || !made.has(token));
  if (single.length > size) throw new ShapeError(`cutTokenizer: expected a size of at least ${single.length}, got ${size}`);
  const kept = [...used].sort((a, b) => a - b).slice(0, size - single.length);
  const tokens = new Set([...single, ...kept.map((rank) => merges[rank]!.join(''))]);
  const numbers = new Map(old.filter((token) => tokens.has(token)).map((token, i) => [token, i]));
  const renumbered = (token: AddedToken): AddedToken => ({ ...token, id: numbers.get(token.content)! });
  const own = Object.entries(vocab).flatMap(([token]) => (numbers.has(token) ? [[token, numbers.get(token)!] as const] : []));
  return fromJson({
    ...json,
    added_tokens: json.added_tokens.map(renumbered),
    post_processor: around(json.post_processor, numbers),
    model: { ...json.model, vocab: Object.fromEntries(own), merges: kept.map((rank) => merges[rank]!) },
  });
}

/** Joins a token's characters as the tokenizer does, and notes by which pairs. No pair reaches over a token's ends, so each can be looked at alone. */
function mergesFor(token: string, suffix: string, ranks: ReadonlyMap<string, number>, used: Set<number>): void {
  const ends = suffix !== '' && token.endsWith(suffix) && token.length > suffix.length;
  let pieces = [...(ends ? token.slice(0, -suffix.length) : token)];
  if (ends) pieces.push(pieces.pop() + suffix);
  for (;;) {
    const pairs = pieces.slice(1).map((piece, i) => ranks.get(`${pieces[i]} ${piece}`) ?? Number.POSITIVE_INFINITY);
    const best = Math.min(...pairs);
    if (best === Number.POSITIVE_INFINITY) return;
    used.add(best);
    const joined: string[] = [];
    for (let i = 0; i < pieces.length; i++) joined.push(pairs[i] === best ? pieces[i]! + pieces[++i]! : pieces[i]!);
    pieces = joined;
  }
}

/** Begin and end under their new numbers. */
function around(step: Part | null, numbers: ReadonlyMap<string, number>): Part | null {
  if (step?.type !== 'RobertaProcessing' && step?.type !== 'BertProcessing') return step;
  const pair = (name: 'cls' | 'sep') => {
    const [token] = step[name] as [string];
    return [token, numbers.get(token)];
  };
  return { ...step, cls: pair('cls'), sep: pair('sep') };
}
