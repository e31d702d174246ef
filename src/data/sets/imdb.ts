import { DataFormatError } from '../../engine/graph/errors.ts';
import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { decodeCsv } from '../csv.ts';
import { formatError, quoted } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import { lines, utf8 } from '../lines.ts';
import { review } from '../synthetic-text.ts';
import { type DataSet, type Folder, form, type Part, type Reading } from './set.ts';
import { labelledTexts } from './texts.ts';

/** `text`: UTF-8, ragged; `label`: 0 … classes − 1, i32. */
export type LabelledTexts = { readonly train: Part<'text' | 'label'>; readonly test: Part<'text' | 'label'> };

const names = ['negative', 'positive'];
interface Review {
  readonly text: string;
  readonly label: number;
}

/** Film reviews, for or against (Maas et al., "Learning word vectors for sentiment analysis", ACL 2011). Line breaks stand as `<br />`. */
export const imdb: DataSet<LabelledTexts> = {
  name: 'imdb',
  title: 'IMDb reviews',
  samples: 'reviews',
  licence: 'none stated; for research',
  source: 'https://ai.stanford.edu/~amaas/data/sentiment/',
  folder: 'imdb',
  forms: [
    form({
      title: 'aclImdb',
      files: {
        reviews: {
          folder: 'imdb',
          pattern: /(?:^|\/)(?:train|test)\/(?:pos|neg)\/\d+_\d+\.txt$/,
          layout: '{train,test}/{pos,neg}/<number>_<rating>.txt',
          archive: {
            path: 'imdb/aclImdb_v1.tar.gz',
            urls: ['https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz'],
            sha256: 'c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe',
            size: 84_125_825,
          },
        },
      },
      read: async ({ reviews }, { limit }) => ({
        train: part(reviews, await fromFiles(reviews, 'train', limit.train)),
        test: part(reviews, await fromFiles(reviews, 'test', limit.test)),
      }),
    }),
    form({
      title: 'JSON lines',
      files: {
        reviews: {
          folder: 'imdb',
          pattern: /(?:^|\/)[^/]*(?:train|val|test)[^/]*\.jsonl(?:\.gz)?$/,
          layout: '<…train…>.jsonl.gz and <…test…>.jsonl.gz',
        },
      },
      // What was set apart for validation is trained on: a share of the training part is for that.
      read: async ({ reviews }, { limit }) => ({
        train: part(reviews, await fromLines(reviews, /train|val/, limit.train)),
        test: part(reviews, await fromLines(reviews, /test/, limit.test)),
      }),
    }),
    form({
      title: "Kaggle's table",
      note: "Kaggle's table, its second half to test with",
      files: { table: { path: 'imdb/IMDB Dataset.csv' } },
      read({ table }, { limit }) {
        const all = fromTable(table);
        const half = all.length >> 1;
        return {
          train: part(table, all.slice(0, half).slice(0, limit.train || undefined)),
          test: part(table, all.slice(half).slice(0, limit.test || undefined)),
        };
      },
    }),
  ],
  synthetic: {
    title: 'reviews',
    make: (seed, { train, test }) => ({ train: made(seed, 1, train || 5_000), test: made(seed, 2, test || 1_000) }),
  },
};

function made(seed: number, stream: number, count: number): Part<'text' | 'label'> {
  const all = Array.from({ length: count }, (_, i) => review(new Random(seed, i, stream)));
  return labelledTexts(
    all.map(({ text }) => text),
    all.map(({ positive }) => Number(positive)),
    names,
  );
}

function part({ source }: { readonly source: string }, reviews: readonly Review[]): Part<'text' | 'label'> {
  if (reviews.length === 0) throw new DataFormatError(`${source}: expected reviews to train and to test with, found one part empty.`);
  return labelledTexts(
    reviews.map(({ text }) => text),
    reviews.map(({ label }) => label),
    names,
  );
}

function fromTable({ bytes, source }: DataFile): Review[] {
  const { columns, rows } = decodeCsv(bytes, source);
  const [text, sentiment] = ['review', 'sentiment'].map((name) => columns.indexOf(name));
  if (text < 0 || sentiment < 0) throw formatError(source, 'columns review and sentiment', columns.slice(0, 8).map(quoted).join(', '));
  return rows.map(({ line, cells }) => {
    const label = names.indexOf(cells[sentiment]);
    if (label < 0) throw formatError(`${source}, line ${line}`, 'positive or negative', quoted(cells[sentiment]));
    return { text: cells[text], label };
  });
}

async function fromFiles(folder: Folder, name: string, limit: Reading['limit'][string]): Promise<Review[]> {
  const sides = ['neg', 'pos'].map((side) => folder.paths.filter((path) => path.includes(`${name}/${side}/`)));
  // For and against in turns, so that the first n are of both.
  const turns = Array.from({ length: Math.max(...sides.map(({ length }) => length)) }, (_, i) =>
    sides.flatMap((paths, label) => (i < paths.length ? [{ path: paths[i], label }] : [])),
  );
  const reviews: Review[] = [];
  for (const { path, label } of turns.flat().slice(0, limit || undefined)) {
    const { bytes, source } = await folder.read(path);
    reviews.push({ text: utf8(bytes, source), label });
  }
  return reviews;
}

async function fromLines(folder: Folder, which: RegExp, limit: Reading['limit'][string]): Promise<Review[]> {
  const reviews: Review[] = [];
  for (const path of folder.paths.filter((path) => which.test(path.slice(path.lastIndexOf('/') + 1)))) {
    const { bytes, source } = await folder.read(path);
    for (const [i, line] of lines(isGzip(bytes) ? gunzip(bytes, source) : bytes, source).entries()) {
      if (limit && reviews.length >= limit) return reviews;
      if (line.trim() !== '') reviews.push(ofLine(line, `${source}, line ${i + 1}`));
    }
  }
  return reviews;
}

function ofLine(line: string, place: string): Review {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw formatError(place, 'an object in JSON', quoted(line));
  }
  if (typeof value === 'object' && value !== null && 'text' in value && 'label' in value) {
    const { text, label } = value;
    if (typeof text === 'string' && (label === 0 || label === 1)) return { text, label };
  }
  throw formatError(place, '"text", and "label" 0 or 1', quoted(line));
}
