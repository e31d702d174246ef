// How a program gets a tokenizer. What does the work is fetched with the first one.
import { expectKind, expectOptions, kind, oneOf, positive, suggestion } from '../../engine/graph/arguments.ts';
import { TilegradError } from '../../engine/graph/errors.ts';
import type { Platform } from '../../platform.ts';
import type { DataRecord } from '../record.ts';
import type { TokenizerFiles } from './read-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { TokenizerJson } from './tokenizer-json.ts';
import type { TrainOptions } from './train-tokenizer.ts';

const someFiles = kind(
  'the files of a tokenizer by name, or the JSON that one gave',
  (value) =>
    typeof value === 'object' && value !== null && ('model' in value || Object.values(value).every((each) => each instanceof Uint8Array)),
);
const someTexts = kind('texts', (value) => typeof value === 'object' && value !== null && Symbol.iterator in value);

/**
 * A published tokenizer from its files, packed with gzip or not: `tokenizer.json` of those like BERT's, CLIP's and GPT-2's, BERT's `vocab.txt`, CLIP's and GPT-2's
 * `vocab.json` with `merges.txt`, OpenAI's `bpe_simple_vocab_16e6.txt.gz`. Or that of which a stage returned `toJSON()`.
 *
 * @throws DataFormatError naming file, place and what was expected
 */
export async function readTokenizer(source: TokenizerFiles | TokenizerJson): Promise<Tokenizer> {
  expectKind('readTokenizer', 'source', source, someFiles);
  const { fromJson, read } = await import('./read-tokenizer.ts');
  return 'model' in source && !(source.model instanceof Uint8Array) ? fromJson(source as TokenizerJson) : read(source as TokenizerFiles);
}

/**
 * A tokenizer learnt from texts, by byte-pair encoding. The same texts give the same one.
 *
 * ```ts
 * const tokenizer = await trainTokenizer(textsOf(parts.train.fields.text), { kind: 'wordpiece', vocabSize: 4000 });
 * ```
 * @throws TilegradError when `vocabSize` has no room for single characters: of `bpe`, 257, of `clip`, 514
 */
export async function trainTokenizer(texts: Iterable<string>, options: TrainOptions): Promise<Tokenizer> {
  expectKind('trainTokenizer', 'texts', texts, someTexts);
  expectOptions('trainTokenizer', options, { kind: oneOf('wordpiece', 'bpe', 'clip'), vocabSize: positive, minFrequency: positive });
  expectKind('trainTokenizer', 'kind', options?.kind, oneOf('wordpiece', 'bpe', 'clip'));
  const { kind: form, vocabSize } = options;
  const least = { wordpiece: 6, bpe: 257, clip: 514 }[form];
  expectKind(
    'trainTokenizer',
    'vocabSize',
    vocabSize,
    kind(`a whole number ≥ ${least}`, (value) => Number.isInteger(value) && (value as number) >= least),
  );
  return (await import('./train-tokenizer.ts')).train(texts, options);
}

/**
 * A tokenizer of byte-pair encoding (CLIP's, GPT-2's) without the tokens that these texts don't need. It cuts them as before, and any other text into
 * smaller pieces; tokens are numbered anew, in their old order. So a small model needs a few rows of embeddings only.
 *
 * @throws TilegradError for a tokenizer of another kind
 */
export async function cutTokenizer(
  tokenizer: Tokenizer,
  texts: Iterable<string>,
  options: { readonly size?: number } = {},
): Promise<Tokenizer> {
  expectKind('cutTokenizer', 'texts', texts, someTexts);
  expectOptions('cutTokenizer', options, { size: positive });
  return (await import('./cut-tokenizer.ts')).cut(tokenizer, texts, options.size ?? Number.POSITIVE_INFINITY);
}

export interface FoundTokenizer {
  readonly tokenizer: Tokenizer;
  /** Which it is, and its licence: for the run's record. */
  readonly record: DataRecord;
}

/**
 * A published tokenizer by name (`clip`, `bert-base-uncased`): from the user's data folder, else from the cache or the network, where the file's
 * sha256 must be the published one; undefined when it can't be had.
 * @throws TilegradError for a name that nothing has; DataFormatError for a damaged file
 */
export async function findTokenizer(platform: Platform, name: string): Promise<FoundTokenizer | undefined> {
  const { PUBLISHED_TOKENIZERS } = await import('./published-tokenizers.ts');
  const published = PUBLISHED_TOKENIZERS.find((one) => one.name === name);
  if (!published) {
    const names = PUBLISHED_TOKENIZERS.map((one) => one.name);
    throw new TilegradError(`tokenizer: there is no published tokenizer ${String(name)}${suggestion(String(name), names)}`);
  }
  const { title, licence, paths, download } = published;
  for (const path of [...paths, undefined]) {
    const file = path === undefined ? await platform.fetchCached(download) : await platform.readData(path);
    if (!file) continue;
    const tokenizer = await readTokenizer({ [file.source]: file.bytes });
    const files = [{ source: file.source, sha256: file.sha256 }];
    const record = { name, synthetic: false, description: `${title}, from ${file.source}; licence: ${licence}`, files };
    return { tokenizer, record };
  }
  return undefined;
}
