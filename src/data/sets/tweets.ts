import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { decodeCsv } from '../csv.ts';
import { formatError, quoted } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import { earthquake, message } from '../synthetic-text.ts';
import type { LabelledTexts } from './imdb.ts';
import type { Lines } from './plain-text.ts';
import { type DataSet, form } from './set.ts';
import { labelledTexts, texts } from './texts.ts';

/** Every tenth is to test with. */
const tested = <T>(all: readonly T[]) => ({ train: all.filter((_, i) => i % 10 !== 9), test: all.filter((_, i) => i % 10 === 9) });

function columns({ bytes, source }: DataFile, names: readonly string[]): { readonly line: number; readonly cells: readonly string[] }[] {
  const table = decodeCsv(isGzip(bytes) ? gunzip(bytes, source) : bytes, source);
  const places = names.map((name) => table.columns.indexOf(name));
  if (places.includes(-1)) {
    throw formatError(source, `columns ${names.join(' and ')}`, table.columns.slice(0, 20).map(quoted).join(', '), 'Rename its columns.');
  }
  if (table.rows.length < 10) throw formatError(source, 'at least ten rows', `${table.rows.length}`);
  return table.rows.map(({ line, cells }) => ({ line, cells: places.map((place) => cells[place]) }));
}

/** Messages about earthquakes, without handles, links and tags. */
export const earthquakeTweets: DataSet<Lines> = {
  name: 'earthquake_tweets',
  title: 'Earthquake tweets',
  samples: 'messages',
  licence: 'none stated',
  source: 'https://github.com/coderkage/Earthquake-Response-Analysis-with-AI',
  forms: [
    form({
      title: 'a table with the column text',
      files: { table: { path: 'text/earthquake_tweets.csv.gz' } },
      read({ table }) {
        const { train, test } = tested(columns(table, ['text']).map(({ cells }) => cells[0].trim()));
        return { train: texts(train), test: texts(test) };
      },
    }),
  ],
  synthetic: {
    title: 'messages',
    make(seed, { train, test }) {
      const made = (count: number, stream: number) =>
        texts(Array.from({ length: count }, (_, i) => earthquake(new Random(seed, i, stream))));
      return { train: made(train || 5_000, 1), test: made(test || 500, 2) };
    },
  },
};

const names = ['no disaster', 'disaster'];

/** Messages with words of disaster, and whether they mean one (Kaggle's "Real or not?"). Its own test table has no labels. */
export const disasterTweets: DataSet<LabelledTexts> = {
  name: 'disaster_tweets',
  title: 'Disaster tweets',
  samples: 'messages',
  licence: "Kaggle's terms",
  source: 'https://www.kaggle.com/competitions/nlp-getting-started/data',
  folder: 'text/disaster_tweets',
  forms: [
    form({
      title: 'a table with the columns text and target',
      files: { table: { path: 'text/disaster_tweets/train.csv' } },
      read({ table }) {
        const rows = columns(table, ['text', 'target']).map(({ line, cells: [text, target] }) => {
          if (target !== '0' && target !== '1') throw formatError(`${table.source}, line ${line}`, 'a target 0 or 1', quoted(target));
          return { text, label: Number(target) };
        });
        const part = (all: typeof rows) =>
          labelledTexts(
            all.map(({ text }) => text),
            all.map(({ label }) => label),
            names,
          );
        const { train, test } = tested(rows);
        return { train: part(train), test: part(test) };
      },
    }),
  ],
  synthetic: {
    title: 'messages',
    make(seed, { train, test }) {
      const made = (count: number, stream: number) => {
        const all = Array.from({ length: count }, (_, i) => message(new Random(seed, i, stream)));
        return labelledTexts(
          all.map(({ text }) => text),
          all.map(({ disaster }) => Number(disaster)),
          names,
        );
      };
      return { train: made(train || 5_000, 1), test: made(test || 500, 2) };
    },
  },
};
