import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrayDataset, DataLoader, ShapeError, text } from '../../../src/index.ts';

const { Vocabulary, padSequences, sequences, words } = text;

describe('words', () => {
  it('are those of English, signs apart', () => {
    expect(words("Don't go!  It's Tom's 2nd film (of 3)...")).toEqual([
      ...['do', "n't", 'go', '!', 'it', "'s", 'tom', "'s", '2nd', 'film', '(', 'of', '3', ')', '.', '.', '.'],
    ]);
    expect(words('A café<br /><br/>we’re “ÜBER” it')).toEqual(['a', 'café', 'we', "'re", '“', 'über', '”', 'it']);
    expect(words("n't 'tis isn'ts")).toEqual(["n't", "'", 'tis', 'isn', "'", 'ts']);
    expect(words(' \n')).toEqual([]);
  });

  it('of a line of a megabyte are found in the time that its length takes', () => {
    for (const piece of ['a', "n't", "'", '<br', '<br ', ' ', "xn't", '́']) {
      const began = process.cpuUsage();
      words(piece.repeat(1_000_000 / piece.length));
      expect(process.cpuUsage(began).user / 1e6).toBeLessThan(5);
    }
  });
});

describe('Vocabulary', () => {
  const texts = ['b a b c', 'a b d', 'd'].map((line) => line.split(' '));

  it('counts, and numbers the most frequent first', () => {
    const vocabulary = Vocabulary.from(texts);
    expect(vocabulary.tokens).toEqual(['<pad>', '<unk>', 'b', 'a', 'd', 'c']);
    expect([...vocabulary.encode(['a', 'x', 'b'])]).toEqual([3, 1, 2]);
    expect(vocabulary.decode([3, 1, 2])).toEqual(['a', '<unk>', 'b']);
    expect([vocabulary.has('a'), vocabulary.has('x'), vocabulary.unknown, vocabulary.size]).toEqual([true, false, 1, 6]);
  });

  it('leaves out what is rare, and keeps to its size', () => {
    expect(Vocabulary.from(texts, { minFrequency: 2 }).tokens).toEqual(['<pad>', '<unk>', 'b', 'a', 'd']);
    expect(Vocabulary.from(texts, { maxSize: 3 }).tokens).toEqual(['<pad>', '<unk>', 'b']);
    expect(Vocabulary.from(texts, { special: ['b', '<eos>'], maxSize: 3 }).tokens).toEqual(['b', '<eos>', 'a']);
    // Characters, of which there are no others.
    expect(Vocabulary.from(['hello'], { special: [] }).tokens).toEqual(['l', 'e', 'h', 'o']);
  });

  it('comes back out of JSON', () => {
    const vocabulary = Vocabulary.from(texts, { special: ['?', '__proto__'], unknown: '?' });
    const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
    expect([again.tokens, again.unknown]).toEqual([vocabulary.tokens, 0]);
    const all = Vocabulary.from(texts, { special: [] });
    expect(Vocabulary.fromJSON(JSON.parse(JSON.stringify(all))).unknown).toBeUndefined();
  });

  it('gives every text back whose words it has', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), { minLength: 1 }), { minLength: 1 }), (lists) => {
        const vocabulary = Vocabulary.from(lists);
        for (const list of lists) expect(vocabulary.decode(vocabulary.encode(list))).toEqual(list);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('says what is wrong', () => {
    expect(() => new Vocabulary(['a', 'b', 'a'])).toThrow("Vocabulary: expected every token once, got 'a' twice");
    expect(() => new Vocabulary(['a'], { unknown: '?' })).toThrow("Vocabulary: expected the unknown token among the 1 tokens, got '?'");
    expect(() => new Vocabulary(['a']).id('b')).toThrow("expected one of its 1 tokens, got 'b', and none is for unknown ones");
    expect(() => new Vocabulary(['a']).decode([1])).toThrow(ShapeError);
    expect(() => Vocabulary.from(texts, { minFreq: 2 } as object)).toThrow(
      'Vocabulary.from: there is no option minFreq; there are special, unknown, minFrequency, maxSize',
    );
    // Each letter would be a token.
    expect(() => Vocabulary.from('abc' as never)).toThrow('Vocabulary.from: expected texts to be texts as lists of their tokens');
  });
});

describe('sequences', () => {
  const ids = [[5, 6, 7], [8], [9, 9]];

  it('become one batch', () => {
    expect(padSequences(ids)).toEqual({
      ids: { data: Int32Array.of(5, 6, 7, 8, 0, 0, 9, 9, 0), shape: [3, 3] },
      mask: { data: Uint32Array.of(1, 1, 1, 1, 0, 0, 1, 1, 0), shape: [3, 3] },
      lengths: { data: Uint32Array.of(3, 1, 2), shape: [3] },
    });
    const { ids: fixed, lengths } = padSequences(
      ids.map((each) => Int32Array.from(each)),
      { length: 2, value: -1 },
    );
    expect([[...fixed.data], [...lengths.data]]).toEqual([
      [5, 6, 8, -1, 9, 9],
      [2, 1, 2],
    ]);
    expect(padSequences(ids, { multiple: 4 }).ids.shape).toEqual([3, 4]);
    expect(padSequences(ids, { maxLength: 2, multiple: 2 }).ids.shape).toEqual([3, 2]);
    expect(padSequences([[]]).mask).toEqual({ data: Uint32Array.of(0), shape: [1, 1] });
    expect(() => padSequences([[1], '2' as never])).toThrow('padSequences: expected sequences to be a list of token sequences');
    expect(() => padSequences(ids, { length: 3, multiple: 2 })).toThrow('expected a length, or maxLength and multiple; got both');
  });

  it('are a field that a loader pads', async () => {
    const loader = new DataLoader(new ArrayDataset({ tokens: sequences(ids) }), {
      batchSize: 2,
      pad: { tokens: { value: 1, multiple: 2 } },
    });
    const batches = [];
    for await (const { tokens, tokensLength } of loader) batches.push([[...tokens.data], tokens.shape, [...tokensLength.data]]);
    expect(batches).toEqual([
      [
        [5, 6, 7, 1, 8, 1, 1, 1],
        [2, 4],
        [3, 1],
      ],
      [[9, 9], [1, 2], [2]],
    ]);
  });
});

it('word vectors stand in the rows of their words', () => {
  const field = (list: readonly string[]) => {
    const bytes = list.map((word) => new TextEncoder().encode(word));
    const offsets = Uint32Array.from([0, ...bytes.map((_, i) => bytes.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0))]);
    return { data: Uint8Array.from(bytes.flatMap((each) => [...each])), shape: [], offsets };
  };
  const vectors = { count: 2, fields: { word: field(['the', 'cat']), vector: { data: Float32Array.of(1, 2, 3, 4), shape: [2] } } };
  const vocabulary = new Vocabulary(['<pad>', '<unk>', 'cat'], { unknown: '<unk>' });
  const { data, shape, found } = text.embeddingMatrix(vocabulary, vectors);
  expect([shape, found, [...data.subarray(0, 2)], [...data.subarray(4)]]).toEqual([[3, 2], 1, [0, 0], [3, 4]]);
  expect(data[2]! ** 2 + data[3]! ** 2).toBeGreaterThan(0);
  expect(text.embeddingMatrix(vocabulary, vectors, { seed: 1 }).data[2]).not.toBe(data[2]);
  expect(() => text.embeddingMatrix(new Vocabulary(['dog']), vectors)).toThrow('got none of its 1 tokens');
});
