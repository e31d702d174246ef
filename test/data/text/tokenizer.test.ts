import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataFormatError, ShapeError, text } from '../../../src/index.ts';

const { readTokenizer, trainTokenizer } = text;
const bytes = (content: string | object) => new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
const vocabTxt = (tokens: readonly string[], more: readonly string[] = []) =>
  readTokenizer({ 'vocab.txt': bytes(`${['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...more, ...tokens].join('\n')}\n`) });

/** BERT's tests have these (google-research/bert, tokenization_test.py). */
const BERT = [
  'want',
  '##want',
  '##ed',
  'wa',
  'un',
  'runn',
  '##ing',
  ',',
  'low',
  'lowest',
  'ah',
  '博',
  '推',
  'zz',
  'hello',
  '!',
  'how',
  'are',
  'you',
  '?',
];

describe('WordPiece', () => {
  it('cuts as BERT does', async () => {
    const tokenizer = await vocabTxt(BERT);
    expect(tokenizer.tokenize('UNwant\u00E9d,running')).toEqual(['un', '##want', '##ed', ',', 'runn', '##ing']);
    expect(tokenizer.tokenize('unwantedX running')).toEqual(['[UNK]', 'runn', '##ing']);
    expect(tokenizer.tokenize('ah\u535A\u63A8zz')).toEqual(['ah', '博', '推', 'zz']);
    expect(tokenizer.tokenize(' \tHeLLo!how  \n Are\u00a0yoU?\u200b\u0000  ')).toEqual(['hello', '!', 'how', 'are', 'you', '?']);
    expect(tokenizer.tokenize('H\u0065\u0301llo')).toEqual(['hello']);
    expect(tokenizer.tokenize('')).toEqual([]);
    expect(tokenizer.tokenize('a'.repeat(101))).toEqual(['[UNK]']);
    expect([...tokenizer.encode('hello you')]).toEqual([2, 19, 23, 3]);
    expect(tokenizer).toMatchObject({ size: 25, pad: 0, unknown: 1, start: 2, end: 3, mask: 4, special: [0, 1, 2, 3, 4] });
  });

  it('parts ideographs of all planes', async () => {
    const tokenizer = await vocabTxt(['𠀀', '𪛟', 'a']);
    expect(tokenizer.tokenize('𠀀𪛟a')).toEqual(['𠀀', '𪛟', 'a']);
  });

  it('keeps capitals and accents where the vocabulary has them', async () => {
    const tokenizer = await vocabTxt(['Hä', '##llo', 'how']);
    expect(tokenizer.tokenize('Hällo how How')).toEqual(['Hä', '##llo', 'how', '[UNK]']);
  });

  it('knows special tokens in a text, and leaves them out of one', async () => {
    const tokenizer = await vocabTxt(BERT);
    expect(tokenizer.tokenize('hello [MASK]!')).toEqual(['hello', '[MASK]', '!']);
    expect(tokenizer.decode(tokenizer.encode('hello, you [MASK]!'))).toBe('hello, you!');
    expect(tokenizer.decode(tokenizer.encode('unwanted'), { special: true })).toBe('[CLS] unwanted [SEP]');
    expect(tokenizer.decode([])).toBe('');
    expect(() => tokenizer.decode([25])).toThrow('Tokenizer: expected numbers 0 … 24, got 25');
  });

  it('cuts long texts, but not their end', async () => {
    const tokenizer = await vocabTxt(BERT);
    expect([...tokenizer.encode('how are you', { maxLength: 4 })]).toEqual([2, 21, 22, 3]);
    expect([...tokenizer.encode('how are you', { special: false, maxLength: 2 })]).toEqual([21, 22]);
    expect(() => tokenizer.encode('how', { maxLength: 1 })).toThrow(ShapeError);
    expect(() => tokenizer.encode('how', { max: 1 } as object)).toThrow('encode: there is no option max; there are special, maxLength');
  });
});

describe('BPE', () => {
  const merges = '"#version: 0.2\nh e\nl l\nhe ll\nhell o</w>\nw o</w>\n';

  it('of CLIP: pairs give the vocabulary', async () => {
    const tokenizer = await readTokenizer({ 'bpe.txt.gz': gzipSync(bytes(merges)) });
    expect(tokenizer).toMatchObject({ size: 512 + 5 + 2, start: 517, end: 518, pad: 0, mask: undefined, special: [517, 518] });
    expect(tokenizer.tokenize("  Hello\n hell's 42")).toEqual(['hello</w>', 'he', 'l', 'l</w>', "'", 's</w>', '4</w>', '2</w>']);
    expect(tokenizer.decode(tokenizer.encode('Hello é 😀!'))).toBe('hello é 😀!');
    expect([...tokenizer.encode('hello <|endoftext|>')]).toEqual([517, 515, 518, 518]);
  });

  it("of GPT-2's files, and CLIP's", async () => {
    const gpt2 = await readTokenizer({
      'gpt2/vocab.json': bytes({ a: 0, b: 1, Ġ: 2, ab: 3, Ġab: 4, '<|endoftext|>': 5 }),
      'gpt2/merges.txt': bytes('#version: 0.2\na b\nĠ ab\n'),
    });
    expect(gpt2.tokenize('ab ab  a')).toEqual(['ab', 'Ġab', 'Ġ', 'Ġ', 'a']);
    expect(gpt2.decode(gpt2.encode('ab ab  a '))).toBe('ab ab  a ');
    expect(gpt2).toMatchObject({ start: undefined, end: undefined, unknown: undefined, special: [5] });
    const clip = await readTokenizer({
      'vocab.json': bytes({ a: 0, 'b</w>': 1, 'ab</w>': 2, '<|startoftext|>': 3, '<|endoftext|>': 4 }),
      'merges.txt': bytes('#version: 0.2\na b</w>\n'),
    });
    expect([...clip.encode('AB')]).toEqual([3, 2, 4]);
  });
});

describe('trained', () => {
  const corpus = ['low low low low low', 'lower lower newest newest newest newest newest newest widest widest widest'];

  it('by the most frequent pair (the example of the paper, arXiv 1508.07909)', async () => {
    const tokenizer = await trainTokenizer(['low', ...corpus], { kind: 'bpe', vocabSize: 262 });
    expect(tokenizer.size).toBe(262);
    expect(Array.from({ length: 5 }, (_, i) => tokenizer.token(257 + i))).toEqual(['es', 'est', 'lo', 'low', 'ew']);
  });

  it('loses no text as BPE', async () => {
    const tokenizer = await trainTokenizer(corpus, { kind: 'bpe', vocabSize: 300 });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (any) => {
        const ids = tokenizer.encode(any);
        expect(tokenizer.decode(ids, { special: true })).toBe(any);
        expect(ids.length).toBeLessThanOrEqual(new TextEncoder().encode(any).length);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('gives words back as WordPiece', async () => {
    const tokenizer = await trainTokenizer(corpus, { kind: 'wordpiece', vocabSize: 40, minFrequency: 1 });
    expect(tokenizer).toMatchObject({ pad: 0, unknown: 1, start: 2, end: 3, mask: 4 });
    for (const line of corpus) expect(tokenizer.decode(tokenizer.encode(line))).toBe(line);
    expect(tokenizer.tokenize('lowest')).toEqual(['low', '##est']);
    expect(tokenizer.tokenize('xylophone')).toEqual(['[UNK]']);
  });

  it('the same from the same texts, and the same out of its JSON', async () => {
    for (const kind of ['bpe', 'wordpiece'] as const) {
      const [one, other] = await Promise.all([corpus, corpus].map((texts) => trainTokenizer(texts, { kind, vocabSize: 280 })));
      expect(one.toJSON()).toEqual(other.toJSON());
      const again = await readTokenizer(JSON.parse(JSON.stringify(one)));
      expect(again.encode('lowest newer')).toEqual(one.encode('lowest newer'));
      expect((await readTokenizer({ 'tokenizer.json': bytes(one.toJSON()) })).special).toEqual(one.special);
    }
  });

  it('from no texts, and from odd ones', async () => {
    expect((await trainTokenizer([], { kind: 'bpe', vocabSize: 1000 })).size).toBe(257);
    const odd = await trainTokenizer(['x'.repeat(100_000), '__proto__ constructor'], { kind: 'wordpiece', vocabSize: 60, minFrequency: 1 });
    expect(odd.decode(odd.encode('__proto__ constructor'))).toBe('_ _ proto _ _ constructor');
    await expect(trainTokenizer([1] as never, { kind: 'bpe', vocabSize: 300 })).rejects.toThrow('trainTokenizer: expected texts');
    await expect(trainTokenizer('text' as never, { kind: 'bpe', vocabSize: 300 })).rejects.toThrow(
      'trainTokenizer: expected texts to be texts',
    );
    await expect(trainTokenizer([], { kind: 'bpe', vocabSize: 100 })).rejects.toThrow('a whole number ≥ 257');
    await expect(trainTokenizer([], { kind: 'unigram', vocabSize: 300 } as never)).rejects.toThrow("kind to be 'wordpiece' or 'bpe'");
  });

  it('and used on a long line, in the time that its length takes', async () => {
    const tokenizers = await Promise.all((['bpe', 'wordpiece'] as const).map((kind) => trainTokenizer(corpus, { kind, vocabSize: 300 })));
    for (const tokenizer of tokenizers) {
      for (const piece of ['low', 'é', '! ', '\n']) {
        const time = (length: number) => {
          const began = process.cpuUsage();
          tokenizer.tokenize(piece.repeat(length / piece.length));
          return process.cpuUsage(began).user / 1000;
        };
        const short = time(6_000);
        expect(time(60_000)).toBeLessThan(10 * 4 * short + 500);
      }
    }
  });
});

describe('files that are none', () => {
  const refused = async (files: Record<string, Uint8Array>) => {
    const error = await readTokenizer(files).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DataFormatError);
    return (error as Error).message;
  };

  it('vocab.txt: line and byte', async () => {
    const special = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n';
    const of = (content: string | Uint8Array) => refused({ 'vocab.txt': typeof content === 'string' ? bytes(content) : content });
    expect(await of(`${special}a\nb\na\n`)).toBe(
      "vocab.txt, line 8 (byte 35): expected every token once, found 'a' again, as in line 6. The file is damaged or of another kind: get a fresh copy of it.",
    );
    expect(await of(`${special}a\n\nb`)).toMatch('vocab.txt, line 7 (byte 33): expected a token, found an empty line');
    expect(await of('a\nb')).toMatch('found none for [PAD], [UNK], [CLS], [SEP], [MASK]');
    expect(await of(`${special}${'x'.repeat(500)}`)).toMatch('line 6 (byte 31): expected a token a line, found 500 characters');
    expect(await of(Uint8Array.of(...bytes(special), 0xff, 10))).toMatch('vocab.txt, line 6 (byte 31): expected text in UTF-8');
    expect(await of('')).toMatch('vocab.txt: expected');
  });

  it('merges: line', async () => {
    expect(await refused({ 'bpe.txt': bytes('#version: 0.2\nh e\nhe\n') })).toMatch("bpe.txt, line 3: expected two tokens, found 'he'");
    expect(await refused({ 'bpe.txt': bytes('#version: 0.2\nh e\nhx y\n') })).toMatch(
      "line 3: expected tokens of the vocabulary, joined to one of it, found 'hx'",
    );
    expect(await refused({ 'bpe.txt': bytes('#version: 0.2\nh e\nh e\n') })).toMatch('a number of its own');
    expect(await refused({ 'merges.txt': bytes('a b') })).toMatch('merges.txt: expected vocab.json along with it, found this file alone');
    expect(await refused({ 'merges.txt': bytes('a c'), 'vocab.json': bytes({ a: 0, b: 1 }) })).toMatch(
      "merges.txt, line 1: expected tokens of the vocabulary, joined to one of it, found 'c'",
    );
    expect(await refused({ a: bytes('a'), b: bytes('b') })).toMatch("found 'a', 'b'");
    expect(await refused({})).toMatch('found none');
  });

  const good = async () => (await vocabTxt(BERT)).toJSON();

  it('tokenizer.json: what of it', async () => {
    const json = await good();
    const of = (changed: object) => refused({ 'tokenizer.json': bytes({ ...json, ...changed }) });
    expect(await refused({ 'tokenizer.json': bytes('{"model": {') })).toMatch(
      'tokenizer.json: expected JSON, found text that does not parse',
    );
    expect(await refused({ 'tokenizer.json': bytes('{}') })).toMatch('expected a tokenizer with a model and its vocab');
    expect(await refused({ 'tokenizer.json': bytes(`{"a":${'['.repeat(10_000)}`) })).toMatch('nest more than 8 levels');
    expect(await of({ pre_tokenizer: { type: 'Metaspace' } })).toMatch(
      "tokenizer.json, pre_tokenizer: expected one of BertPreTokenizer, ByteLevel, WhitespaceSplit, Split, Sequence, found 'Metaspace'",
    );
    expect(await of({ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Precompiled' }] } })).toMatch(
      'tokenizer.json, normalizer[1]',
    );
    expect(await of({ normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } })).toMatch("found '(a+)+$'");
    expect(await of({ model: { ...json.model, vocab: { ...json.model.vocab, x: 1e9 } } })).toMatch(
      "token 'x': expected a number of its own, 0 … 25, found 1000000000",
    );
    expect(await of({ model: { ...json.model, vocab: { ...json.model.vocab, x: 3 } } })).toMatch("found 3, as '[SEP]' has");
    expect(await of({ model: { ...json.model, unk_token: '??' } })).toMatch("model.unk_token: expected one of the tokens, found '??'");
    expect(await of({ model: { ...json.model, max_input_chars_per_word: 1e9 } })).toMatch('max_input_chars_per_word from 1 to 1,000');
    expect(await of({ model: { type: 'Unigram', vocab: {} } })).toMatch("expected WordPiece or BPE, found 'Unigram'");
    expect(await of({ added_tokens: [{ id: 0, content: '' }] })).toMatch('added_tokens[0]: expected a token with a content and an id');
    expect(await of({ added_tokens: [{ id: 9, content: '[PAD]' }] })).toMatch("expected '[PAD]' with its number in vocab, 0, found 9");
    expect(await of({ post_processor: { type: 'TemplateProcessing', single: [] } })).toMatch("can't be set up");
  });

  it('whatever is in them: a tokenizer or a DataFormatError', async () => {
    const json = JSON.stringify(await good());
    const merges = '#version: 0.2\nh e\nl l\nhe ll\n';
    const files = [json, merges, `[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n${BERT.join('\n')}`].map(bytes);
    const attempt = async (content: Uint8Array) => {
      try {
        const tokenizer = await readTokenizer({ file: content });
        tokenizer.decode(tokenizer.encode('hello how are you [MASK] 1'));
      } catch (error) {
        expect(error).toBeInstanceOf(DataFormatError);
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 }), fc.nat(), fc.integer({ min: 0, max: 255 }), async (which, at, byte) => {
        const file = files[which]!;
        await attempt(file.with(at % file.length, byte));
        await attempt(file.subarray(0, at % file.length));
      }),
      { seed: 3, numRuns: 300 },
    );
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), attempt), { seed: 4, numRuns: 100 });
    // Values of other kinds in any place of the JSON.
    const places: string[][] = [];
    const visit = (value: unknown, path: string[]) => {
      if (path.length > 0) places.push(path);
      if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    };
    visit(JSON.parse(json), []);
    for (const path of places) {
      for (const instead of [null, 0, 'x', [], {}, [null], { type: null }]) {
        const changed = JSON.parse(json);
        let parent = changed;
        for (const key of path.slice(0, -1)) parent = parent[key];
        parent[path.at(-1)!] = instead;
        await attempt(bytes(changed));
      }
    }
  });
});

describe('byte-pair encoding as CLIP has it', () => {
  const captions = ['A photo of a cat.', 'a photo of a caterpillar', 'the photo of the cats'];

  it('is learned from texts: lower case, ends of words marked, begin and end last', async () => {
    const tokenizer = await trainTokenizer(captions, { kind: 'clip', vocabSize: 540 });
    expect(tokenizer.tokenize('A  PHOTO')).toEqual(['a</w>', 'photo</w>']);
    expect([tokenizer.size, tokenizer.end, tokenizer.start]).toEqual([tokenizer.size, tokenizer.size - 1, tokenizer.size - 2]);
    const ids = tokenizer.encode('photo of łodz');
    expect([ids[0], ids.at(-1)]).toEqual([tokenizer.start, tokenizer.end]);
    expect(tokenizer.decode(ids).trim()).toBe('photo of łodz');
    await expect(trainTokenizer(captions, { kind: 'clip', vocabSize: 513 })).rejects.toThrow('a whole number ≥ 514');
  });

  it('is cut to what some texts need, and cuts those as before', async () => {
    const whole = await trainTokenizer([...captions, 'dogs and horses', 'horses and dogs'], { kind: 'clip', vocabSize: 600 });
    const small = await text.cutTokenizer(whole, captions);
    expect(small.size).toBeLessThan(whole.size);
    for (const caption of captions) expect(small.tokenize(caption)).toEqual(whole.tokenize(caption));
    expect(whole.tokenize('dogs')).toHaveLength(1);
    expect(small.tokenize('dogs').length).toBeGreaterThan(1);
    expect(small.end).toBe(small.size - 1);
    expect(small.decode(small.encode('dogs')).trim()).toBe('dogs');
    // It outlasts being written down; a smaller size keeps the pairs that come first.
    const again = await readTokenizer(small.toJSON());
    expect(again.encode(captions[1])).toEqual(small.encode(captions[1]));
    expect((await text.cutTokenizer(whole, captions, { size: 516 })).size).toBe(516);
    await expect(text.cutTokenizer(whole, captions, { size: 100 })).rejects.toThrow('a size of at least 514');
    await expect(text.cutTokenizer(await vocabTxt(BERT), captions)).rejects.toThrow('expected byte-pair encoding, got WordPiece');
  });
});
