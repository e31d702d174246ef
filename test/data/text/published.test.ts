// Against what Hugging Face's tokenizers 0.23 (Rust) gave for the same texts, and what OpenAI's CLIP and BERT's own tests say. Needs TILEGRAD_DATA.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodePlatform } from '../../../runtime/node/platform.ts';
import { text } from '../../../src/index.ts';
import { platformOf } from '../sets/platforms.ts';

const data = process.env.TILEGRAD_DATA;
const real = (file: string, name: string, run: () => Promise<void>) =>
  test.skipIf(!data || !existsSync(join(data, file)))(`${name} (skipped without TILEGRAD_DATA)`, run, 120_000);
const read = (file: string) => readFileSync(join(data!, file));

/** How many numbers, and their digest: those of a line separated by blanks, lines by line feeds. */
function digest(tokenizer: text.Tokenizer, lines: readonly string[]) {
  const hash = createHash('sha256');
  let count = 0;
  for (const line of lines) {
    const ids = tokenizer.encode(line);
    count += ids.length;
    hash.update(`${ids.join(' ')}\n`);
  }
  return [count, hash.digest('hex')];
}

const prompts = () => read('clip/prompts.md').toString().split('\n');
const tales = () => read('text/wikitext-2/valid.txt').toString().split('\n').slice(0, 800);

real('clip/bpe_simple_vocab_16e6.txt.gz', 'CLIP', async () => {
  const { tokenizer, record } = (await text.findTokenizer(nodePlatform(), 'clip'))!;
  expect([tokenizer.size, record.description]).toEqual([
    49_408,
    expect.stringMatching(/^CLIP's tokenizer, 49,408 tokens, from .*; licence: MIT$/),
  ]);
  const cases: [string, number[]][] = [
    ['Hello World!', [3306, 1002, 256]],
    ['a photo of a cat', [320, 1125, 539, 320, 2368]],
    ["it's a cat's toy, running   fast", [585, 568, 320, 2368, 568, 5988, 267, 2761, 1953]],
    ['email: user@example.com', [4462, 281, 7031, 287, 6228, 269, 2464]],
    ['MacBook Pro 16-inch', [20617, 2630, 272, 277, 268, 6523]],
    ['UNwant\u00E9d,running', [569, 18356, 3459, 323, 267, 2761]],
    ['cafe\u0301', [15304]],
    ['1\u0000 2\ufffd 3', [272, 444, 273, 39802, 274]],
    ['生活的真谛是', [33375, 162, 112, 119, 163, 248, 226, 41570, 164, 108, 249, 42891, 363]],
    ['✨ 🤗 👍 🤣', [3531, 10465, 4201, 9909]],
    ['', []],
  ];
  for (const [line, ids] of cases) expect([line, [...tokenizer.encode(line)]]).toEqual([line, [49_406, ...ids, 49_407]]);
  expect(digest(tokenizer, prompts())).toEqual([24_290, 'bdb417bc93ee4f7c2c1c478d1e230c3a05d1c7525c0491875ec1bb0154905e73']);
  expect(digest(tokenizer, tales())).toEqual([49_230, 'bd9bc262642a55cb5ff3034ef0dea091b1e75431bfccaf62a17ca18c6a7f405b']);
  // Cut to some lines, it cuts these as before.
  const lines = prompts().slice(0, 400);
  const small = await text.cutTokenizer(tokenizer, lines);
  expect(small.size).toBeLessThan(3000);
  for (const line of lines) expect(small.tokenize(line)).toEqual(tokenizer.tokenize(line));
  const long = text.padSequences(
    ['a cat', 'word '.repeat(200)].map((line) => tokenizer.encode(line, { maxLength: 77 })),
    { length: 77 },
  );
  expect([...long.ids.data.subarray(0, 5), long.ids.data[2 * 77 - 1], long.ids.shape]).toEqual([
    49_406,
    320,
    2368,
    49_407,
    0,
    49_407,
    [2, 77],
  ]);
});

real('weights/bert_uncased_vocab/vocab.txt', 'BERT', async () => {
  const { tokenizer, record } = (await text.findTokenizer(nodePlatform(), 'bert-base-uncased'))!;
  expect([tokenizer.size, record.files[0]!.sha256.slice(0, 8)]).toEqual([30_522, '07eced37']);
  const cases: [string, number[]][] = [
    ['Hello, my dog is cute', [7592, 1010, 2026, 3899, 2003, 10140]],
    ['unaffable', [14477, 20961, 3468]],
    ['how are you doing?', [2129, 2024, 2017, 2725, 1029]],
  ];
  for (const [line, ids] of cases) expect([line, [...tokenizer.encode(line)]]).toEqual([line, [101, ...ids, 102]]);
  expect(digest(tokenizer, prompts())).toEqual([27_011, '7203a28bea1c14c584d8a95a608649acd50618f88e04317cbc4c5248046a13ba']);
  expect(digest(tokenizer, tales())).toEqual([49_282, '1020289a3380511cc679d3ea5ec7d54121025acc6ffc4c4e8c0991a10b1d02eb']);
  // The other form of the same file.
  const json = await text.readTokenizer({ 'tokenizer.json': read('weights/bert_uncased_vocab/tokenizer.json') });
  for (const line of tales().slice(0, 100)) expect(json.encode(line)).toEqual(tokenizer.encode(line));
});

real('text/book_EN_grimms_fairy_tails.txt', 'a BPE learnt from tales has the pairs that Hugging Face learns', async () => {
  const lines = read('text/book_EN_grimms_fairy_tails.txt').toString().split('\n');
  const { merges } = (await text.trainTokenizer(lines, { kind: 'bpe', vocabSize: 3000 })).toJSON().model;
  expect([
    merges!.length,
    createHash('sha256')
      .update(merges!.map((pair) => pair.join(' ')).join('\n'))
      .digest('hex'),
  ]).toEqual([2743, '73cdf6e086a7b0bd39ed9729018cfa56d5881da9fc045bdd0dc48e6c796d46d2']);
});

test('a tokenizer is looked for in the folder, then on the net; else there is none', async () => {
  const merges = new TextEncoder().encode('#version: 0.2\nh e\n');
  const local = platformOf({ 'weights/clip/bpe_simple_vocab_16e6.txt.gz': merges });
  expect((await text.findTokenizer(local, 'clip'))!.tokenizer.size).toBe(515);
  expect(local.requests).toEqual([]);
  const remote = platformOf({}, { 'clip/bpe_simple_vocab_16e6.txt.gz': merges });
  expect((await text.findTokenizer(remote, 'clip'))!.record.description).toMatch(/from https:\/\/.*; licence: MIT/);
  expect(await text.findTokenizer(platformOf({}), 'bert-base-uncased')).toBeUndefined();
  await expect(text.findTokenizer(remote, 'bert-base-cased')).rejects.toThrow(
    'there is no published tokenizer bert-base-cased; did you mean bert-base-uncased?',
  );
});
