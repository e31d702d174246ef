// What a review thinks of its film, by recurrent networks: three kinds of cell on the same words, and what each of them remembers.
import {
  compile,
  figures,
  InputError,
  input,
  losses,
  metrics,
  namesIn,
  optim,
  option,
  project,
  sets,
  type Tensor,
  type TensorBatch,
  tensor,
  text,
  training,
  wordVectors,
} from '../../../index.ts';
import { card } from './card.ts';
import { answerFigures, embeddingFigure, evidenceFigure, memoryFigure, probabilityOf, trainingFigure } from './figures.ts';
import { type Cell, Contenders, cells, type SentimentNetwork } from './model.ts';
import { bucketed, type Field, padded, reviewsOf, rowsOf, telling, vocabularyOf } from './reviews.ts';

type Asked = TensorBatch<Field>;

/** Words of either side in the embedding's plane, and long reviews whose gradients are looked at. */
const [TELLING, LONG] = [25, 50];
/** Word vectors that embeddings may begin with, and their numbers a word. */
const widths: Readonly<Record<string, number>> = { glove: 50, word2vec: 300 };

/** What stands in the page to begin with. */
const examples = [
  'People call the plot dull, but it is gripping. What a great cast and how funny.',
  'The music is good. The acting is awful, and what a tedious ending. Stay at home.',
  'I would never call the story predictable. There is not a single dull scene.',
];

interface Contender {
  readonly name: string;
  /** In the summary. */
  readonly key: string;
  readonly cell: Cell;
  /** Whether its embedding begins with vectors. */
  readonly pretrained: boolean;
}

/** The cells that are wanted; with vectors a GRU without them beside these. */
function contendersOf({ cells: wanted, vectors }: Readonly<Record<'cells' | 'vectors', string>>): Contender[] {
  const pretrained = vectors !== 'none';
  const own = namesIn('cells', wanted, cells).map((name) => ({ name, key: name.toLowerCase(), cell: name as Cell, pretrained }));
  const gru = own.find(({ cell }) => cell === 'GRU');
  return gru && pretrained ? [...own, { ...gru, name: 'GRU, random embedding', key: 'gruRandom', pretrained: false }] : own;
}

export const sentimentRnn = project({
  ...card,
  data: { reviews: sets.imdb, glove: sets.glove, word2vec: wordVectors({ name: 'word2vec', dimension: widths.word2vec }) },
  options: {
    cells: option.text('all', 'networks: RNN, LSTM, GRU, separated by commas, or all'),
    words: option.integer(200, 'words of a review that are read: its last ones', { min: 2, time: 'grows' }),
    vocabulary: option.integer(20_000, 'words that are known: the most frequent', { min: 3 }),
    vectors: option.choice(
      'none',
      ['none', 'glove', 'word2vec'],
      'what embeddings begin with: glove is 50 numbers a word (862 MB where it is not at hand), word2vec 300, any .txt or .vec in the data folder word2vec',
    ),
    embeddingSize: option.integer(50, 'numbers a word, where no vectors say how many', { min: 1 }),
    hidden: option.integer(64, 'units of the recurrent layer', { min: 1 }),
    readout: option.choice(
      'mean',
      ['mean', 'last'],
      'what the linear layer sees: the mean of all states or the last one, as in the exercise',
    ),
    wordDropout: option.number(0.3, 'share of the words that are dropped in training', { min: 0, max: 0.95, time: 'same' }),
    ...training({ epochs: 4, batchSize: 32, lr: 5e-3 }),
    trainReviews: option.integer(0, 'use only the first so many training reviews (0: all); a tenth of them is for validation', {
      min: 0,
      time: 'grows',
    }),
    testReviews: option.integer(0, 'use only the first so many test reviews (0: all)', { min: 0 }),
  },
  presets: {
    quick: {
      words: 48,
      vocabulary: 2000,
      embeddingSize: 16,
      hidden: 16,
      wordDropout: 0.1,
      epochs: 2,
      batchSize: 16,
      lr: 0.015,
      trainReviews: 2500,
      testReviews: 500,
    },
    full: { words: 400, vectors: 'glove', hidden: 128, epochs: 8 },
    smallest: { words: 8, vocabulary: 40, embeddingSize: 4, hidden: 3, epochs: 1, batchSize: 6, trainReviews: 20, testReviews: 4 },
  },
  model: ({ cells, vectors, embeddingSize, ...shape }) => {
    const kinds = contendersOf({ cells, vectors }).map(({ cell }) => cell);
    return new Contenders(kinds, { ...shape, embeddingSize: widths[vectors] ?? embeddingSize });
  },
  // The most frequent words, one after the other.
  inputs: ({ words, vocabulary }) => [
    tensor(
      Int32Array.from({ length: words }, (_, i) => i % vocabulary),
      [1, words],
    ),
    tensor(Uint32Array.of(words)),
  ],
  parts: (options) => ({
    words: 0.1,
    'at the start': 0.5,
    ...Object.fromEntries(
      contendersOf(options).flatMap(({ name }) => [
        [name, 10],
        [`${name}: test`, 1],
      ]),
    ),
    memory: 0.5,
  }),

  async run(run, { words: width, vocabulary: size, vectors, epochs, batchSize, lr, trainReviews, testReviews }) {
    const parts = await run.data.reviews({ limit: { train: trainReviews, test: testReviews }, validation: 0.1 });
    const [train, validation, test] = [parts.train, parts.validation, parts.test].map(reviewsOf);
    const vocabulary = vocabularyOf(train, size);
    const told = await run.stage('words', async () => ({ vocabulary: vocabulary.toJSON(), ...telling(train, vocabulary, TELLING) }));
    const contenders = contendersOf(run.options);
    const model = run.model();
    const named = contenders.map((contender, i) => ({ ...contender, network: model.networks[i] }));

    if (vectors !== 'none') {
      const { words } = await run.data[vectors]({ limit: { words: 10 * size } });
      const { rows, found } = rowsOf(words, vocabulary, size, run.seed);
      run.note(`${found} of ${vocabulary.size} words have a vector${found > 0 ? '' : ', so that all embeddings begin at random'}.`);
      if (found > 0) for (const { network, pretrained } of named) if (pretrained) network.embedding.weight.set(rows);
    }

    const long = train.toSorted((a, b) => b.tokens.length - a.tokens.length).slice(0, LONG);
    const longOnes = padded(long, vocabulary, Math.min(width, long.at(-1)!.tokens.length));
    /** What is left of each word when a long review is read, and the rows of the words that tell most. */
    const look = (name: string) =>
      run.stage(name, async (run) => {
        const found: Record<string, { readonly left: number[]; readonly rows: Float32Array }> = {};
        for (const { name, network } of named) {
          const norms = await run.map(name, longOnes, ({ tokens, words }: Asked) => network.memory(tokens, words));
          const steps = norms.length / longOnes.count;
          const left = Array.from(
            { length: steps },
            (_, t) => norms.reduce((sum, norm, i) => (i % steps === t ? sum + norm : sum), 0) / longOnes.count,
          );
          const embedding = await network.embedding.weight.data();
          const wide = embedding.length / size;
          found[name] = { left, rows: Float32Array.from(told.word.flatMap((id) => [...embedding.subarray(id * wide, (id + 1) * wide)])) };
        }
        return found;
      });
    model.eval();
    const before = await look('at the start');

    const held = padded(validation, vocabulary, width);
    const tried = padded(test, vocabulary, width);
    const judge =
      (network: SentimentNetwork) =>
      ({ tokens, words, label }: Asked) => {
        const logOdds = network.forward(tokens, words);
        return { loss: losses.bceWithLogits(logOdds, label), accuracy: logOdds.gt(0).eq(label.gt(0.5)).cast('f32').mean() };
      };
    const looks: Record<string, readonly { readonly loss: number; readonly accuracy: number }[]> = {};
    const results = [];
    for (const { name, key, network } of named) {
      const loader = bucketed(train, vocabulary, { width, batchSize, seed: run.seed });
      const optimizer = new optim.AdamW(network.parameters(), {
        lr: optim.schedules.cosine(lr, epochs * loader.length),
        weightDecay: 1e-3,
        clipNorm: 1,
      });
      const found = await run.fit(name, {
        ...{ model: network, optimizer, train: loader, validation: held, epochs, keep: { contenders: model } },
        ...{ loss: judge(network), metrics: [metrics.mean(judge(network))], best: { metric: 'accuracy', mode: 'max', tie: 'loss' } },
        async afterEpoch(results) {
          looks[name] = results.map(({ validation }) => validation);
          await run.figure('training', trainingFigure(looks));
        },
      });
      looks[name] = found.map(({ validation }) => validation);
      const logOdds = await run.map(`${name}: test`, tried, ({ tokens, words }: Asked) => network.forward(tokens, words));
      const right = test.filter(({ label }, i) => logOdds[i] > 0 === (label === 1)).length;
      const accuracy = right / test.length;
      run.note(`${name}: ${figures.percent(accuracy)} of the test reviews are right.`);
      const validated = looks[name].reduce((most, look) => Math.max(most, look.accuracy), 0);
      results.push({ name, key, network, accuracy, validated, logOdds });
    }

    const after = await look('memory');
    const three = (looked: typeof before) =>
      Object.fromEntries(contenders.flatMap(({ name, key }) => (key === 'gruRandom' ? [] : [[name, looked[name].left]])));
    await run.figure('memory', memoryFigure(three(before), three(after)));
    // The test reviews have no say in which one is best.
    const best = results.reduce((a, b) => (b.validated > a.validated ? b : a));
    const words = told.word.map((id) => vocabulary.tokens[id]);
    const rows = { 'As it begins': before[best.name].rows, 'After training': after[best.name].rows };
    await run.figure('embedding', embeddingFigure(rows, { words, label: told.label }));

    // Of the shorter reviews, whose words all stand in the figure, those that the best network is surest of, and where it is most wrong.
    const short = [...test.keys()].sort((a, b) => test[a].tokens.length - test[b].tokens.length).slice(0, Math.ceil(test.length / 5));
    const surest = (score: (i: number) => number) => short.reduce((a, b) => (score(b) > score(a) ? b : a));
    const wrong = (i: number) => (test[i].label ? -1 : 1) * best.logOdds[i];
    const chosen = [...new Set([surest((i) => best.logOdds[i]), surest((i) => -best.logOdds[i]), surest(wrong)])];
    const few = padded(
      chosen.map((i) => test[i]),
      vocabulary,
      width,
    );
    const shares = await run.map('evidence', few, ({ tokens, words }: Asked) => best.network.evidence(tokens, words));
    const read = chosen.map((i, n) => ({
      words: test[i].tokens.slice(-width),
      evidence: shares.subarray(n * width),
      caption: `${test[i].label ? 'For' : 'Against'} the film; the network says ${figures.probability(probabilityOf(best.logOdds[i]))} for.`,
    }));
    await run.figure('evidence', evidenceFigure(read, `What each word said (${best.name})`));

    // How far back a word is left a tenth of what the last one is.
    const reach = (left: readonly number[]) => left.toReversed().findIndex((norm, _, all) => norm < 0.1 * all[0]);
    const table = figures.table('On test reviews', 'network', Object.fromEntries(results.map((result) => [result.name, result])), {
      accuracy: ({ accuracy }) => figures.percent(accuracy),
      parameters: ({ network }) => network.parameterCount,
      'words until a tenth of the gradient is left': ({ name }) => {
        const words = reach(after[name].left);
        return words < 0 ? `more than ${longOnes.fields.tokens.shape[0]}` : words;
      },
    });
    run.table('accuracy', table);
    run.summary({
      ...{ accuracy: best.accuracy, best: best.name, parameters: best.network.parameterCount },
      ...Object.fromEntries(results.map(({ key, accuracy }) => [`${key}Accuracy`, accuracy])),
    });
  },

  interaction: {
    title: 'Write a review',
    help: 'What do the networks think of it, after each word? Try "not", "but", "would never", and words that the training reviews had.',
    inputs: { review: input.text({ most: 1500, examples }) },
    async open({ model, options, found, result }) {
      const { vocabulary: json } = (await result('words')) as { readonly vocabulary: text.VocabularyJson };
      const vocabulary = text.Vocabulary.fromJSON(json);
      const width = options.words;
      const names = contendersOf(options).map(({ name }) => name);
      model.eval();
      const ask = compile((tokens: Tensor, words: Tensor) => model.networks.map((network) => network.course(tokens, words)));
      const why = model.networks.map((network) => compile((tokens: Tensor, words: Tensor) => network.evidence(tokens, words)));
      return {
        async answer({ review }) {
          const words = text.words(review).slice(-width);
          if (words.length === 0) throw new InputError('review', 'There is no word in it.');
          const { tokens, words: count } = padded([{ tokens: words, label: 0 }], vocabulary, width).fields;
          const given = [tensor(tokens.data as Int32Array, [1, width]), tensor(count.data as Uint32Array, [1])] as const;
          const courses = await Promise.all(ask(...given).map((course) => course.data()));
          const best = Math.max(0, names.indexOf(String(found.best)));
          const evidence = await why[best](...given).data();
          const byName = Object.fromEntries(names.map((name, i) => [name, courses[i]]));
          return answerFigures(words, byName, { best: names[best], evidence, vocabulary });
        },
      };
    },
  },
});
