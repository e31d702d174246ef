// Texts to go on with: a sample a line, so that joined by line feeds they are the text again.
import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { formatError } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import { lines } from '../lines.ts';
import { tale } from '../synthetic-text.ts';
import { type DataSet, type Download, form, type Part } from './set.ts';
import { texts } from './texts.ts';

export type Lines = { readonly train: Part<'text'>; readonly test: Part<'text'> };

const synthetic = {
  title: 'tales',
  make: (seed: number, { train, test }: { readonly train?: number; readonly test?: number }): Lines => ({
    train: texts(tale(new Random(seed, 0, 1), train || 5_000)),
    test: texts(tale(new Random(seed, 0, 2), test || 500)),
  }),
};

function linesOf({ bytes, source }: DataFile): string[] {
  const all = lines(isGzip(bytes) ? gunzip(bytes, source) : bytes, source);
  if (all.length < 2) throw formatError(source, 'a text of at least two lines', `${all.length}`);
  return all;
}

/** Wikipedia's best articles, 2 million words, with `<unk>` for rare ones (Merity et al., "Pointer sentinel mixture models", 2016). */
export const wikitext2: DataSet<Lines> = {
  name: 'wikitext2',
  title: 'WikiText-2',
  samples: 'lines',
  licence: 'CC BY-SA 3.0',
  source: 'https://github.com/pytorch/examples/tree/main/word_language_model/data/wikitext-2',
  folder: 'text/wikitext-2',
  forms: [
    form({
      title: 'train.txt and test.txt',
      files: { train: { path: 'text/wikitext-2/train.txt' }, test: { path: 'text/wikitext-2/test.txt' } },
      read: ({ train, test }) => ({ train: texts(linesOf(train)), test: texts(linesOf(test)) }),
    }),
    form({
      title: 'valid.txt and test.txt',
      note: 'trained on its validation part',
      files: { train: { path: 'text/wikitext-2/valid.txt' }, test: { path: 'text/wikitext-2/test.txt' } },
      read: ({ train, test }) => ({ train: texts(linesOf(train)), test: texts(linesOf(test)) }),
    }),
  ],
  synthetic,
};

export interface PlainText {
  readonly name: string;
  readonly title?: string;
  readonly licence?: string;
  readonly source?: string;
  /** Under the data folder, one of them: `text/tales.txt`; packed with gzip or not. */
  readonly paths: readonly string[];
  readonly download?: Download;
}

/** A set out of any text in UTF-8: its first nine tenths are to train on, the last to test with. */
export function plainText({ name, title = name, licence = 'yours', source = 'your own text', paths, download }: PlainText): DataSet<Lines> {
  return {
    name,
    title,
    samples: 'lines',
    licence,
    source,
    forms: paths.map((path, i) =>
      form({
        title: 'a text',
        files: { text: { path, ...(i === 0 && download && { download }) } },
        read({ text }) {
          const all = linesOf(text);
          const end = Math.min(all.length - 1, Math.ceil(0.9 * all.length));
          return { train: texts(all.slice(0, end)), test: texts(all.slice(end)) };
        },
      }),
    ),
    synthetic,
  };
}

export const tinyShakespeare = plainText({
  name: 'tiny_shakespeare',
  title: 'Tiny Shakespeare',
  licence: 'public domain',
  source: 'https://github.com/karpathy/char-rnn',
  paths: ['text/tiny_shakespeare.txt', 'text/tiny_shakespear.txt'],
  download: {
    urls: ['https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt'],
    sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
    size: 1_115_394,
  },
});

export const grimm = plainText({
  name: 'grimm',
  title: "Grimms' fairy tales",
  licence: 'public domain',
  source: 'https://www.gutenberg.org/ebooks/2591',
  paths: ['text/grimm.txt', 'text/book_EN_grimms_fairy_tails.txt'],
});
