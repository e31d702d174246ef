import { Random } from '../../random.ts';
import { formatError, grouped, quoted } from '../format-error.ts';
import { gunzip, isGzip } from '../gzip.ts';
import { type DataSet, form, type Part, type SetFolder } from './set.ts';
import { textField } from './texts.ts';

/** `word`: UTF-8, ragged; `vector`: f32 [dimension]. The most frequent words come first. */
export type Words = { readonly words: Part<'word' | 'vector'> };

export interface WordVectors {
  readonly name: string;
  readonly title?: string;
  readonly licence?: string;
  readonly source?: string;
  readonly dimension: number;
  /** Where they lie: by default any `.txt` or `.vec` in the folder `name`. */
  readonly files?: SetFolder;
}

/** Word vectors as text, a word and its numbers a line: GloVe's, word2vec's and fastText's (whose first line counts words and dimensions). */
export function wordVectors({
  name,
  title = name,
  licence = 'yours',
  source = 'your own vectors',
  dimension,
  files,
}: WordVectors): DataSet<Words> {
  return {
    name,
    title,
    samples: 'words',
    licence,
    source,
    folder: files?.folder ?? name,
    forms: [
      form({
        title: 'text',
        files: { text: files ?? { folder: name, pattern: /\.(?:txt|vec)(?:\.gz)?$/, layout: '<vectors>.txt or .vec' } },
        async read({ text }, { limit }) {
          const { bytes, source: file } = await text.read(text.paths[0]);
          return { words: decodeWordVectors(isGzip(bytes) ? gunzip(bytes, file) : bytes, file, dimension, limit.words) };
        },
      }),
    ],
    synthetic: { title: 'words', make: (seed, { words }) => ({ words: madeUp(dimension, seed, words || 5_000) }) },
  };
}

/** The 400,000 most frequent words of 6 billion (Pennington, Socher and Manning, EMNLP 2014), 50 numbers each. */
export const glove = wordVectors({
  name: 'glove',
  title: 'GloVe 6B',
  licence: 'PDDL 1.0',
  source: 'https://nlp.stanford.edu/projects/glove/',
  dimension: 50,
  files: {
    folder: 'glove',
    pattern: /(?:^|\/)[^/]*\b50d[^/]*\.txt$/,
    layout: 'glove.6B.50d.txt, loose or in glove.6B.zip',
    archive: {
      path: 'glove/glove.6B.zip',
      urls: ['https://nlp.stanford.edu/data/glove.6B.zip'],
      sha256: '617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb',
      size: 862_182_613,
    },
  },
});

/**
 * @param limit only so many words; 0 or none for all
 * @throws DataFormatError with the line that isn't a word and `dimension` numbers
 */
export function decodeWordVectors(bytes: Uint8Array, source: string, dimension: number, limit = 0): Part<'word' | 'vector'> {
  // Decoded line by line: the whole of such a file is longer than a string may be.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const words: string[] = [];
  // A line has two bytes a number at least, so this is at most twice the file.
  const most = Math.min(limit || Number.POSITIVE_INFINITY, Math.floor(bytes.length / (2 * dimension)) + 1);
  const vectors = new Float32Array(most * dimension);
  for (let at = 0, line = 1; at < bytes.length && words.length < most; line++) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    const place = () => `${source}, line ${grouped(line)} (byte ${grouped(at)})`;
    let text: string;
    try {
      text = decoder.decode(bytes.subarray(at, end)).trimEnd();
    } catch {
      throw formatError(place(), 'text in UTF-8', 'bytes that are not');
    }
    // A word may hold blanks; the numbers are the last ones.
    const parts = text.split(' ');
    const header = line === 1 && parts.length === 2 && /^\d+$/.test(parts[0]) && Number(parts[1]) === dimension;
    if (!header && text !== '') {
      const numbers = parts.slice(-dimension).map((part) => (/^[-+]?[\d.]+(?:e[-+]?\d+)?$/i.test(part) ? Number(part) : Number.NaN));
      const word = parts.slice(0, -dimension).join(' ');
      if (word === '' || numbers.length < dimension || numbers.some(Number.isNaN)) {
        throw formatError(place(), `a word and ${dimension} numbers`, quoted(text));
      }
      vectors.set(numbers, words.length * dimension);
      words.push(word);
    }
    at = end + 1;
  }
  if (words.length === 0) throw formatError(source, `words, each with ${dimension} numbers`, 'none');
  return {
    fields: { word: textField(words), vector: { data: vectors.subarray(0, words.length * dimension), shape: [dimension] } },
    count: words.length,
  };
}

const roots = ['king', 'actor', 'waiter', 'heir', 'host', 'prince', 'duke', 'lion', 'count', 'god'];

/** Words that are made of parts, whose vectors are sums of what the parts mean: pairs differ by the same vector, so that analogies hold. */
function madeUp(dimension: number, seed: number, count: number): Part<'word' | 'vector'> {
  const direction = (number: number, length: number) => {
    const random = new Random(seed, number, 3);
    return Float32Array.from({ length: dimension }, () => (length * random.normal()) / Math.sqrt(dimension));
  };
  const [female, many] = [direction(0, 3), direction(1, 3)];
  const words: string[] = [];
  const vectors = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) {
    const [stem, form] = [Math.floor(i / 4), i % 4];
    const base = direction(2 + stem, 5);
    const noise = direction(1_000_000 + i, 0.8);
    words.push(
      `${roots[stem % roots.length]}${stem >= roots.length ? Math.floor(stem / roots.length) : ''}${form & 1 ? 'ess' : ''}${form & 2 ? 's' : ''}`,
    );
    for (let k = 0; k < dimension; k++) {
      vectors[i * dimension + k] = base[k] + noise[k] + (form & 1 ? female[k] : 0) + (form & 2 ? many[k] : 0);
    }
  }
  return { fields: { word: textField(words), vector: { data: vectors, shape: [dimension] } }, count };
}
