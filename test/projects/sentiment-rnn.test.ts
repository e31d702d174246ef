// Reviews as numbers, what each word moved, what is left of it: by hand; a small run on made-up reviews, one on a slice of the real ones.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { imdb } from '../../src/data/sets/imdb.ts';
import { decodeWordVectors } from '../../src/data/sets/word-vectors.ts';
import { runInMemory, tensor } from '../../src/index.ts';
import { sentimentRnn } from '../../src/projects/i2dl/sentiment-rnn/index.ts';
import { cells, type NetworkShape, SentimentNetwork } from '../../src/projects/i2dl/sentiment-rnn/model.ts';
import { bucketed, padded, type Review, reviewsOf, rowsOf, telling, vocabularyOf } from '../../src/projects/i2dl/sentiment-rnn/reviews.ts';
import { nothing, type Outcome, play, run } from '../train/memory-host.ts';

const reviews: Review[] = [
  { tokens: ['a', 'dull', 'film', '.'], label: 0 },
  { tokens: ['a', 'great', 'film', '.'], label: 1 },
  { tokens: ['great', '!'], label: 1 },
  { tokens: ['dull', 'dull', 'dull'], label: 0 },
];

describe('reviews as numbers', () => {
  // By how often they stand, those of one count by their characters; what stands once is unknown.
  const vocabulary = vocabularyOf(reviews, 7);

  it('knows the most frequent words, behind <eos> and <unk>', () => {
    expect(vocabulary.tokens).toEqual(['<eos>', '<unk>', 'dull', '.', 'a', 'film', 'great']);
  });

  it('takes the last words of each and fills up with <eos>', () => {
    const { tokens, words, label } = padded(reviews, vocabulary, 3).fields;
    expect(Array.from(tokens.data)).toEqual([2, 5, 3, 6, 5, 3, 6, 1, 0, 2, 2, 2]);
    expect(Array.from(words.data)).toEqual([3, 3, 2, 3]);
    expect(Array.from(label.data)).toEqual([0, 1, 1, 0]);
  });

  it('has batches of nearly one length, half as wide or as wide as may be', async () => {
    const many = Array.from({ length: 40 }, (_, i): Review => ({ tokens: new Array(1 + (i % 8)).fill('a'), label: i % 2 }));
    const loader = bucketed(many, vocabulary, { width: 8, batchSize: 5, seed: 1 });
    const widths: number[] = [];
    for await (const { tokens, words } of loader) {
      const lengths = Array.from(words.data);
      expect(tokens.shape[1]).toBe(Math.max(...lengths) > 4 ? 8 : 4);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      widths.push(tokens.shape[1]);
    }
    expect(widths.toSorted()).toEqual([4, 4, 4, 4, 8, 8, 8, 8]);
  });

  it('a review without any word is one unknown word', async () => {
    const { train } = await imdb.synthetic.make(1, { train: 1, test: 1 });
    const blank = {
      ...train,
      fields: { ...train.fields, text: { data: Uint8Array.of(32, 10), shape: [], offsets: Uint32Array.of(0, 2) } },
    };
    expect(reviewsOf(blank)[0].tokens).toEqual(['<unk>']);
  });

  it('begins with the vectors of a file, in the form of word2vec, and with random ones where it has none', () => {
    const file = new TextEncoder().encode('3 2\nfilm 1 2\nking 3 4\ngreat -1 0.5\n');
    const { rows, found } = rowsOf(decodeWordVectors(file, 'mine.vec', 2), vocabulary, 9, 1);
    expect(found).toBe(2);
    expect(Array.from(rows.slice(2 * 5))).toEqual([1, 2, -1, 0.5, 0, 0, 0, 0]);
    expect(new Set(rows.slice(0, 10)).size).toBe(10);
    const none = rowsOf(decodeWordVectors(new TextEncoder().encode('king 3 4\n'), 'mine.txt', 2), vocabulary, 9, 1);
    expect(none).toEqual({ rows: new Float32Array(18), found: 0 });
  });

  it('the words that tell most are those that stand in reviews of one side', () => {
    const { word, label } = telling(reviews, vocabulary, 2);
    expect(word.map((id) => vocabulary.tokens[id])).toEqual(['great', 'dull']);
    expect(label).toEqual([1, 0]);
  });
});

const shape: NetworkShape = { vocabulary: 6, embeddingSize: 2, hidden: 3, readout: 'mean', wordDropout: 0.5 };
const ids = (rows: number[][]) => tensor(Int32Array.from(rows.flat()), [rows.length, rows[0].length]);

describe.each(['mean', 'last'] as const)('networks that read the %s state', (readout) => {
  it.each(cells)(
    'say the same of a review whatever stands behind it, and after each word what they would say of it alone (%s)',
    async (cell) => {
      const network = new SentimentNetwork(cell, { ...shape, readout }).eval();
      const course = await network.course(ids([[2, 3, 4, 5]]), tensor(Uint32Array.of(4))).data();
      expect(course).toHaveLength(4);
      for (let words = 1; words <= 4; words++) {
        const cut = [2, 3, 4, 5].map((id, i) => (i < words ? id : 0));
        const [alone] = await network.forward(ids([cut]), tensor(Uint32Array.of(words))).data();
        expect(course[words - 1]).toBeCloseTo(alone, 5);
      }
      // What the words say adds up to what they change: without them there are only the biases.
      const said = await network.evidence(ids([[2, 3, 4, 5]]), tensor(Uint32Array.of(4))).data();
      network.embedding.weight.set(new Float32Array(12));
      const [nothing] = await network.forward(ids([[2, 3, 4, 5]]), tensor(Uint32Array.of(4))).data();
      expect(Array.from(said).reduce((sum, value) => sum + value)).toBeCloseTo(course[3] - nothing, 4);
    },
  );
});

it('a simple cell by hand: the state after two words, its mean, and what is left of either word', async () => {
  const network = new SentimentNetwork('RNN', { vocabulary: 3, embeddingSize: 1, hidden: 1, readout: 'mean', wordDropout: 0 }).eval();
  const weights: Record<string, number[]> = {
    'embedding.weight': [0, 0.5, -1],
    'recurrent.weight_ih_l0': [0.8],
    'recurrent.weight_hh_l0': [0.6],
    'recurrent.bias_ih_l0': [0.1],
    'recurrent.bias_hh_l0': [0],
    'head.weight': [2],
    'head.bias': [-0.3],
  };
  const state = await network.stateDict();
  network.loadStateDict(
    Object.fromEntries(Object.entries(state).map(([name, given]) => [name, { ...given, data: Float32Array.from(weights[name]) }])),
  );
  const first = Math.tanh(0.8 * 0.5 + 0.1);
  const second = Math.tanh(0.8 * -1 + 0.1 + 0.6 * first);
  const [tokens, words] = [ids([[1, 2]]), tensor(Uint32Array.of(2))];
  expect((await network.forward(tokens, words).data())[0]).toBeCloseTo(first + second - 0.3, 5);
  expect([...(await network.course(tokens, words).data())].map((value) => value.toFixed(4))).toEqual(
    [2 * first - 0.3, first + second - 0.3].map((value) => value.toFixed(4)),
  );
  const left = [2 * (1 - second ** 2) * 0.6 * (1 - first ** 2) * 0.8, 2 * (1 - second ** 2) * 0.8];
  const found = await network.memory(tokens, words).data();
  left.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
});

it('at their published size all networks have fewer than two million parameters', () => {
  const { hidden } = sentimentRnn.presets.full as { hidden: number };
  const vocabulary = sentimentRnn.options.vocabulary.default;
  const counts = cells.map((cell) => new SentimentNetwork(cell, { ...shape, vocabulary, embeddingSize: 50, hidden }).parameterCount);
  expect(counts).toEqual([1, 4, 3].map((gates) => vocabulary * 50 + gates * (hidden * (50 + hidden) + 2 * hidden) + hidden + 1));
  expect(Math.max(...counts)).toBeLessThan(2e6);
});

it('trains the cells that are wanted, and beside a GRU with vectors one without', () => {
  const defaults = Object.fromEntries(Object.entries(sentimentRnn.options).map(([name, { default: value }]) => [name, value]));
  const networks = (cells: string, vectors: string) => sentimentRnn.model?.({ ...defaults, cells, vectors } as never).networks.length;
  expect([networks('all', 'none'), networks('all', 'glove'), networks('gru', 'glove'), networks('rnn, lstm', 'glove')]).toEqual([
    3, 4, 2, 2,
  ]);
  expect(() => networks('gnu', 'none')).toThrow('cells: there is no gnu');
});

describe('a small run', () => {
  let finished: Outcome;
  beforeAll(async () => {
    const size = { words: 32, vocabulary: 150, embeddingSize: 8, vectors: 'none', hidden: 8, wordDropout: 0.1 };
    const long = { epochs: 3, batchSize: 20, lr: 0.02, trainReviews: 1000, testReviews: 250 };
    finished = await run(sentimentRnn, nothing, { options: { ...size, ...long } });
  });

  it('tells good reviews from bad by all three cells, and shows what they remember and why they say so', () => {
    const { shown, figures } = finished;
    const values = shown.values as Readonly<Record<string, number>>;
    expect(values.accuracy).toBeGreaterThan(0.64);
    expect(Math.min(values.rnnAccuracy, values.lstmAccuracy, values.gruAccuracy)).toBeGreaterThan(0.58);
    expect([...figures.keys()]).toEqual(['training', 'memory', 'embedding', 'evidence']);
    expect(shown.tables.accuracy.rows.map(([name]) => name)).toEqual(['RNN', 'LSTM', 'GRU']);
  });

  it('reads what somebody types', async () => {
    const { answer } = await play(sentimentRnn, finished);
    const sure = async (review: string) => {
      const [heat, lines] = (await answer({ review })) as { title: string; panels: readonly unknown[] }[];
      expect(lines.panels).toHaveLength(1);
      return heat.title;
    };
    expect(await sure('The film is great. What a superb cast and how funny. Go and see it.')).toMatch(/ for the film$/);
    expect(await sure('The film is awful. What a dull cast and how tedious. Stay at home.')).toMatch(/ against the film$/);
    expect((await answer({ review: 'A zeugma!' })) as unknown[]).toContain('Not in the vocabulary, read as <unk>: zeugma, !');
    await expect(answer({ review: ' ' })).rejects.toThrow('There is no word in it.');
  });
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'imdb')))('on real reviews (skipped without TILEGRAD_DATA)', () => {
  it('learns from a thousand of them', async () => {
    const size = { cells: 'gru', words: 40, vocabulary: 2000, embeddingSize: 12, hidden: 6, epochs: 3, batchSize: 25, lr: 0.02 };
    const { summary } = await runInMemory(sentimentRnn, { options: { ...size, trainReviews: 1000, testReviews: 500 }, log: () => {} });
    expect(summary.accuracy).toBeGreaterThan(0.58);
  });
});
