// Texts as numbers, places that the decoder sees, a file of the published layout: by hand; a small run on made-up texts, one on a slice of the real ones.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../src/data/safetensors.ts';
import { Random, runInMemory, tensor, text } from '../../src/index.ts';
import { bertMlm } from '../../src/projects/small-scale/bert-mlm/index.ts';
import { MaskedLanguageModel } from '../../src/projects/small-scale/bert-mlm/model.ts';
import { byFrequency, distinct, packed, padded, plain, withGaps } from '../../src/projects/small-scale/bert-mlm/texts.ts';
import { nothing, type Outcome, play, run } from '../train/memory-host.ts';

const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'we', 'pray', 'for', 'turkey', '##s'];
const vocabulary = new TextEncoder().encode(`${tokens.join('\n')}\n`);
const [CLS, SEP, MASK, WE, PRAY, FOR, TURKEY] = [2, 3, 4, 5, 6, 7, 8];

describe('texts as numbers', () => {
  const tokenizer = text.readTokenizer({ 'vocab.txt': vocabulary });

  it('packs lines end to end and fills messages up', async () => {
    const page = packed(['We pray for', 'Turkey for'], await tokenizer, 4);
    expect([...page.fields.tokens.data]).toEqual([CLS, WE, PRAY, SEP, CLS, FOR, TURKEY, SEP]);
    expect(page.count).toBe(2);
    const messages = padded(['We pray', 'pray for turkeys'], await tokenizer, 5);
    expect([...messages.fields.tokens.data]).toEqual([CLS, WE, PRAY, SEP, 0, CLS, PRAY, FOR, TURKEY, SEP]);
  });

  it("reads WikiText's marks, and hides no unknown word", async () => {
    expect(plain('a well @-@ known <unk> of 7 @,@ 000')).toBe('a well-known [UNK] of 7,000');
    const page = packed([plain('<unk> pray')], await tokenizer, 4);
    expect([...page.fields.tokens.data]).toEqual([CLS, 1, PRAY, SEP]);
  });

  it('has each message once, none that was known', () => {
    const known = new Set<string>();
    expect(distinct(['RT  Pray for Turkey!', 'pray for TURKEY 2', '7.8', 'Pray'], known)).toEqual(['RT  Pray for Turkey!', 'Pray']);
    expect(distinct(['Pray for Turkey', 'Pray for us'], known)).toEqual(['Pray for us']);
  });

  it('hides about 15 % of the tokens to judge by, all of them and the same every time, and keeps what was there', async () => {
    const page = padded(new Array(400).fill('we pray for turkey'), await tokenizer, 6);
    const known = await tokenizer;
    const [first, again] = [1, 1].map((seed) => withGaps(page, known, new Random(seed)));
    expect(first.fields.tokens.data).toEqual(again.fields.tokens.data);
    const labels = [...first.fields.labels.data];
    const hidden = labels.flatMap((label, i) => (label === -100 ? [] : [i]));
    expect(hidden.length / 1600).toBeCloseTo(0.15, 1);
    expect(hidden.every((i) => labels[i] === page.fields.tokens.data[i])).toBe(true);
    expect(hidden.every((i) => first.fields.tokens.data[i] === MASK)).toBe(true);
    expect(labels.every((label, i) => label !== -100 || first.fields.tokens.data[i] === page.fields.tokens.data[i])).toBe(true);
  });

  it('word frequencies by hand', async () => {
    const train = padded(['we pray for turkey', 'pray'], await tokenizer, 6);
    const labels = Int32Array.of(-100, PRAY, TURKEY, -100, -100, -100);
    const judged = { fields: { ...train.fields, labels: { data: labels, shape: [6] } }, count: 1 };
    // Ten tokens once each, and five that stand there.
    const { perplexity, accuracy } = byFrequency(train, judged, await tokenizer);
    expect(perplexity).toBeCloseTo(Math.sqrt((15 / 3) * (15 / 2)), 6);
    expect(accuracy).toBe(0.5);
  });
});

/** One shape for all of them: kernels of attention take long to compile in software. */
const shape = { vocabulary: 500, layers: 1, hidden: 32, heads: 2, length: 16 };
const size = { ...shape, messages: 300, testMessages: 100, pretrainEpochs: 1, batchSize: 16 };
/** Words of the made-up messages, so that there is something to hide. */
const known =
  'earthquake of magnitude shook and was felt in death toll from the quake rises to all those affected by rescue teams are on'.split(' ');
const filler = Array.from({ length: shape.vocabulary - tokens.length }, (_, i) => known[i] ?? `[unused${i}]`);

it('the decoder says of the hidden places what it would say of all', async () => {
  const model = new MaskedLanguageModel({ ...shape, dropout: 0.1 }).eval();
  const ids = tensor(Int32Array.of(CLS, WE, 4, FOR, 4, SEP, CLS, 4, SEP, 0, 0, 0), [2, 6]);
  const labels = Int32Array.from({ length: 12 }, (_, i) => ({ 2: PRAY, 4: TURKEY, 7: WE })[i] ?? -100);
  const found = model.guesses(ids, tensor(labels, [2, 6]), 0);
  const all = await model.forward(ids, ids.ne(0)).data();
  const scores = await found.scores.data();
  expect([...(await found.labels.data())].slice(0, 4)).toEqual([PRAY, TURKEY, WE, -100]);
  [2, 4, 7].forEach((place, i) => {
    const row = (values: ArrayLike<number>, at: number) => Array.from({ length: 500 }, (_, token) => values[500 * at + token]);
    const expected = row(all, place);
    row(scores, i).forEach((score, token) => {
      expect(score).toBeCloseTo(expected[token], 5);
    });
  });
});

describe('a file in the layout of bert-base-uncased', () => {
  /** Its names of 2018: gamma and beta, a pooler, a head for pairs of sentences; the decoder's weights are the embeddings, and not in it. */
  async function published(): Promise<Record<string, { dtype: 'F32'; shape: readonly number[]; data: Float32Array<ArrayBuffer> }>> {
    const state = Object.entries(await new MaskedLanguageModel({ ...shape, dropout: 0.1 }).stateDict()).filter(
      ([name]) => !name.includes('.decoder.'),
    );
    const named = state.map(([name, { data, shape }]) => {
      const old = name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta');
      return [old, { dtype: 'F32' as const, shape, data: data as Float32Array<ArrayBuffer> }] as const;
    });
    const other = (...shape: number[]) => ({ dtype: 'F32' as const, shape, data: new Float32Array(shape.reduce((a, b) => a * b)) });
    return {
      ...Object.fromEntries(named),
      ...{ 'bert.pooler.dense.weight': other(32, 32), 'bert.pooler.dense.bias': other(32) },
      ...{ 'cls.seq_relationship.weight': other(2, 32), 'cls.seq_relationship.bias': other(2) },
    };
  }
  const platform = (files: Readonly<Record<string, Uint8Array>>) => ({
    readData: async (path: string) =>
      Object.hasOwn(files, path) ? { bytes: files[path], source: `data/${path}`, sha256: '0' } : undefined,
    listData: async () => undefined,
    fetchCached: async () => undefined,
  });
  const weights = 'weights/own.safetensors';
  const small = { ...size, epochs: 1 };
  const words = new TextEncoder().encode(`${[...tokens, ...filler].join('\n')}\n`);

  it('is begun with, by its own names and with tied weights', async () => {
    const file = await published();
    const files = { [weights]: encodeSafetensors(file), 'weights/bert-base-uncased/vocab.txt': words };
    const options = { ...small, weights, lr: 0 };
    const { weights: left, shown } = await run(bertMlm, nothing, { options, platform: platform(files) });
    // Nothing was learnt at a rate of 0.
    const embeddings = file['bert.embeddings.word_embeddings.weight'].data;
    expect(left!['bert.embeddings.word_embeddings.weight'].data).toEqual(embeddings);
    expect(left!['cls.predictions.decoder.weight']?.data ?? embeddings).toEqual(embeddings);
    expect(left!['bert.embeddings.LayerNorm.weight'].data).toEqual(file['bert.embeddings.LayerNorm.gamma'].data);
    const { perplexity, perplexityBefore, fall } = shown.values;
    expect(perplexity).toBe(perplexityBefore);
    expect(fall).toBe(0);
    expect(shown.tables.messages.rows.map(([name]) => name)).toEqual(['before fine-tuning', 'after fine-tuning', 'word frequencies alone']);
  });

  it('says what is missing', async () => {
    const files = { [weights]: encodeSafetensors(await published()), 'weights/bert-base-uncased/vocab.txt': words };
    const start = (options: object, having: object = files) =>
      run(bertMlm, nothing, { options: { ...small, weights, ...options }, platform: platform({ ...having }) });
    await expect(start({ vocabulary: 4000 })).rejects.toThrow('vocabulary: expected 500, the tokens of the published tokenizer, got 4000');
    await expect(start({}, { [weights]: files[weights] })).rejects.toThrow('weights: expected the tokenizer of bert-base-uncased');
    await expect(start({ weights: 'weights/none.safetensors' })).rejects.toThrow('found no weights/none.safetensors');
    await expect(start({ layers: 2 })).rejects.toThrow('bert.encoder.layer.1.');
  });
});

describe('a small run', () => {
  let finished: Outcome;
  beforeAll(async () => {
    const options = { ...size, lines: 300, pretrainLr: 5e-3, epochs: 4, lr: 5e-3 };
    finished = await run(bertMlm, nothing, { options });
  });

  it('makes the perplexity of messages fall by more than 30 %, and shows what it takes to stand in the gaps', () => {
    const { shown, figures } = finished;
    const values = shown.values as Readonly<Record<string, number>>;
    expect(values.fall).toBeGreaterThan(0.3);
    expect(values.perplexity).toBeLessThan(values.perplexityByFrequency);
    expect(values.accuracy).toBeGreaterThan(values.accuracyBefore);
    expect([...figures.keys()]).toEqual(['gaps', 'training']);
    expect(shown.tables.messages.rows).toHaveLength(4);
  });

  it('fills the gaps of what somebody writes', async () => {
    const { answer } = await play(bertMlm, finished);
    const [whole, figure] = (await answer({ sentence: 'We [MASK] for all those affected by the [MASK]' })) as [
      string,
      { panels: object[] },
    ];
    expect(whole).toMatch(/^We \S+ for all those affected by the \S+$/);
    expect(figure.panels).toHaveLength(2);
    await expect(answer({ sentence: 'We pray' })).rejects.toThrow('There is no [MASK] in it.');
    await expect(answer({ sentence: `${'pray '.repeat(30)}[MASK]` })).rejects.toThrow('the model reads 14 tokens');
  });
});

const data = process.env.TILEGRAD_DATA;
describe.skipIf(!data || !existsSync(join(data, 'text/earthquake_tweets.csv.gz')))('on real texts (skipped without TILEGRAD_DATA)', () => {
  it('learns from some hundred messages', async () => {
    const options = { ...size, lines: 60, pretrainLr: 3e-3, epochs: 3, lr: 3e-3 };
    const { summary } = await runInMemory(bertMlm, { options, log: () => {} });
    expect(summary.perplexity).toBeLessThan(summary.perplexityBefore as number);
  });
});
