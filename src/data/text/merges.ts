// Byte-pair encoding (Sennrich, Haddow and Birch, arXiv 1508.07909): of all neighbours, the most frequent pair becomes one token, again and again.

export interface Corpus {
  /** Each different word once: its pieces, and how often it stands in the texts. */
  readonly words: readonly { readonly pieces: readonly string[]; readonly count: number }[];
  /** To begin with. Words with other pieces are left out. */
  readonly tokens: readonly string[];
  /** Tokens that there may be in the end. */
  readonly size: number;
  /** Rarer pairs stay apart. */
  readonly minFrequency: number;
  join(a: string, b: string): string;
}

interface Word {
  pieces: number[];
  readonly count: number;
}

/** Two numbers of tokens as one: exact, for there are fewer than 2²⁶ tokens. */
const BASE = 2 ** 26;

/**
 * The tokens, old ones first, and the pairs in the order in which they were joined. Of pairs that are equally frequent, that of the older tokens comes first,
 * so that the same words always give the same. Only the words that hold a pair are looked at when it is joined.
 */
export function learnMerges({ words, tokens: first, size, minFrequency, join }: Corpus): {
  readonly tokens: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
} {
  const tokens = [...first];
  const numbers = new Map(tokens.map((token, i) => [token, i]));
  const all = words.flatMap(({ pieces, count }): Word[] => {
    const own = pieces.map((piece) => numbers.get(piece));
    return own.includes(undefined) ? [] : [{ pieces: own as number[], count }];
  });
  const pairs = new Pairs();
  all.forEach((word, i) => pairs.add(word.pieces, word.count, i));
  const merges: [string, string][] = [];
  while (tokens.length < size) {
    const pair = pairs.top(minFrequency);
    if (pair === undefined) break;
    const [a, b] = [Math.floor(pair / BASE), pair % BASE];
    const token = join(tokens[a]!, tokens[b]!);
    let number = numbers.get(token);
    if (number === undefined) {
      number = tokens.length;
      numbers.set(token, number);
      tokens.push(token);
    }
    merges.push([tokens[a]!, tokens[b]!]);
    for (const i of pairs.take(pair)) {
      const word = all[i]!;
      pairs.add(word.pieces, -word.count, i);
      word.pieces = joined(word.pieces, a, b, number);
      pairs.add(word.pieces, word.count, i);
    }
  }
  return { tokens, merges };
}

function joined(pieces: readonly number[], a: number, b: number, number: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const both = pieces[i] === a && pieces[i + 1] === b;
    out.push(both ? number : pieces[i]!);
    if (both) i++;
  }
  return out;
}

/** How often each pair stands in the texts, in which words, and which one is the most frequent. */
class Pairs {
  private readonly counts = new Map<number, number>();
  private readonly places = new Map<number, Set<number>>();
  /** A heap of pairs by their counts when they came in; one whose count is another by now goes back in when it comes out. */
  private readonly heap: { readonly pair: number; readonly count: number }[] = [];
  /** Pairs whose counts rose since the heap was looked at. */
  private readonly risen = new Set<number>();

  add(pieces: readonly number[], count: number, word: number): void {
    for (let i = 1; i < pieces.length; i++) {
      const pair = pieces[i - 1]! * BASE + pieces[i]!;
      this.counts.set(pair, (this.counts.get(pair) ?? 0) + count);
      if (count < 0) continue;
      this.risen.add(pair);
      const places = this.places.get(pair);
      if (places) places.add(word);
      else this.places.set(pair, new Set([word]));
    }
  }

  /** The most frequent pair; undefined when none stands so often. */
  top(least: number): number | undefined {
    for (const pair of this.risen) this.push({ pair, count: this.counts.get(pair)! });
    this.risen.clear();
    for (let best = this.pop(); best; best = this.pop()) {
      const count = this.counts.get(best.pair) ?? 0;
      if (count === best.count) return count >= least && count > 0 ? best.pair : undefined;
      if (count > 0) this.push({ pair: best.pair, count });
    }
    return undefined;
  }

  /** The words that a pair stands in, which it does no more. */
  take(pair: number): Iterable<number> {
    const places = this.places.get(pair) ?? new Set();
    this.places.delete(pair);
    return places;
  }

  private before(i: number, j: number): boolean {
    const [a, b] = [this.heap[i]!, this.heap[j]!];
    return a.count > b.count || (a.count === b.count && a.pair < b.pair);
  }

  private swap(i: number, j: number): void {
    [this.heap[i], this.heap[j]] = [this.heap[j]!, this.heap[i]!];
  }

  private push(item: { readonly pair: number; readonly count: number }): void {
    let i = this.heap.push(item) - 1;
    for (let above = (i - 1) >> 1; i > 0 && this.before(i, above); above = (i - 1) >> 1) {
      this.swap(i, above);
      i = above;
    }
  }

  private pop(): { readonly pair: number; readonly count: number } | undefined {
    const { heap } = this;
    if (heap.length === 0) return undefined;
    this.swap(0, heap.length - 1);
    const top = heap.pop();
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const best = right < heap.length && this.before(right, left) ? right : left;
      if (best >= heap.length || !this.before(best, i)) return top;
      this.swap(i, best);
      i = best;
    }
  }
}
