import { aString, expectKind, expectOptions, kind, listOf, positive } from '../../engine/graph/arguments.ts';
import { ShapeError, TilegradError } from '../../engine/graph/errors.ts';

export interface VocabularyOptions {
  /** Tokens that come first, whatever the texts hold. Default `['<pad>', '<unk>']`. */
  readonly special?: readonly string[];
  /** What stands for all others: one of the special ones, or null, and then an unknown token throws. Default `'<unk>'`, if that is among them. */
  readonly unknown?: string | null;
  /** Rarer tokens are left out. Default 1. */
  readonly minFrequency?: number;
  /** Only so many tokens, special ones and all: the most frequent. Default: all. */
  readonly maxSize?: number;
}

/** A vocabulary as JSON: what a stage of a run returns, what a file holds. */
export interface VocabularyJson {
  readonly tokens: readonly string[];
  readonly unknown: string | null;
}

const texts = kind('texts as lists of their tokens', (value) => typeof value === 'object' && value !== null && Symbol.iterator in value);
const someName = kind('a token or null', (value) => value === null || typeof value === 'string');

/**
 * Tokens and their numbers, 0 … size − 1: of words, of characters, of anything that has a text.
 *
 * ```ts
 * const vocabulary = Vocabulary.from(reviews.map(words), { minFrequency: 2, maxSize: 20_000 });
 * vocabulary.encode(words('A dull film.'));
 * ```
 */
export class Vocabulary {
  readonly tokens: readonly string[];
  /** The number of what stands for unknown tokens. */
  readonly unknown: number | undefined;
  private readonly numbers: ReadonlyMap<string, number>;

  /** @throws TilegradError for a token that stands twice, or an unknown one that is none of them */
  constructor(tokens: readonly string[], options: { readonly unknown?: string | null } = {}) {
    expectKind('Vocabulary', 'tokens', tokens, listOf(aString));
    expectOptions('Vocabulary', options, { unknown: someName });
    this.tokens = [...tokens];
    this.numbers = new Map(tokens.map((token, i) => [token, i]));
    if (this.numbers.size < tokens.length) {
      const twice = tokens.find((token, i) => this.numbers.get(token) !== i);
      throw new TilegradError(`Vocabulary: expected every token once, got '${twice}' twice`);
    }
    const { unknown = null } = options;
    this.unknown = unknown === null ? undefined : this.numbers.get(unknown);
    if (unknown !== null && this.unknown === undefined) {
      throw new TilegradError(`Vocabulary: expected the unknown token among the ${tokens.length} tokens, got '${unknown}'`);
    }
  }

  /** Counts tokens: special ones first, then the most frequent first, those of one count in the order of their characters. */
  static from(tokenLists: Iterable<Iterable<string>>, options: VocabularyOptions = {}): Vocabulary {
    expectKind('Vocabulary.from', 'texts', tokenLists, texts);
    expectOptions('Vocabulary.from', options, {
      special: listOf(aString),
      unknown: someName,
      minFrequency: positive,
      maxSize: positive,
    });
    const { special = ['<pad>', '<unk>'], minFrequency = 1, maxSize = Number.POSITIVE_INFINITY } = options;
    const { unknown = special.includes('<unk>') ? '<unk>' : null } = options;
    const counts = new Map<string, number>();
    for (const tokens of tokenLists) for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const token of special) counts.delete(token);
    const found = [...counts].filter(([, count]) => count >= minFrequency).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const kept = found.slice(0, Math.max(0, maxSize - special.length)).map(([token]) => token);
    return new Vocabulary([...special, ...kept], { unknown });
  }

  /** The vocabulary that `toJSON` gave. */
  static fromJSON({ tokens, unknown }: VocabularyJson): Vocabulary {
    return new Vocabulary(tokens, { unknown });
  }

  get size(): number {
    return this.tokens.length;
  }

  has(token: string): boolean {
    return this.numbers.has(token);
  }

  /** A token's number, or that of the unknown one. @throws TilegradError for an unknown token where nothing stands for those */
  id(token: string): number {
    const id = this.numbers.get(token) ?? this.unknown;
    if (id === undefined)
      throw new TilegradError(`Vocabulary: expected one of its ${this.size} tokens, got '${token}', and none is for unknown ones`);
    return id;
  }

  encode(tokens: readonly string[]): Int32Array {
    return Int32Array.from(tokens, (token) => this.id(token));
  }

  /** @throws ShapeError for a number that is no token's */
  decode(ids: ArrayLike<number>): string[] {
    return Array.from(ids, (id) => {
      const token = this.tokens[id];
      if (token === undefined) throw new ShapeError(`Vocabulary: expected numbers 0 … ${this.size - 1}, got ${id}`);
      return token;
    });
  }

  toJSON(): VocabularyJson {
    return { tokens: this.tokens, unknown: this.unknown === undefined ? null : this.tokens[this.unknown]! };
  }
}
