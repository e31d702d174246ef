// Masked language with BERT: pretrained here or from a published file, fine-tuned on messages about earthquakes.
import {
  ArrayDataset,
  compile,
  DataLoader,
  figures,
  InputError,
  input,
  losses,
  metrics,
  optim,
  option,
  type Part,
  project,
  sets,
  type Tensor,
  type TensorBatch,
  TilegradError,
  tensor,
  text,
  textsOf,
  topK,
  training,
} from '../../../index.ts';
import { card } from './card.ts';
import { answerFigures, gapsFigure, trainingFigure } from './figures.ts';
import { type Guess, likeliest, MaskedLanguageModel, SHARE } from './model.ts';
import { byFrequency, distinct, type Field, packed, padded, plain, withGaps } from './texts.ts';

type Asked = TensorBatch<Field>;

/** Of the likeliest tokens, those that are shown. */
const SHOWN = 5;
/** Of `weights`. */
const [NONE, BASE] = ['none', 'bert-base-uncased'];

const sentences = [
  'We [MASK] for all those affected by the earthquake.',
  'The death [MASK] from the earthquake rises.',
  'A powerful earthquake [MASK] Turkey and [MASK].',
  'Rescue teams are on their [MASK].',
  'The old king had a [MASK].',
];

/** Probabilities and numbers of the likeliest tokens at each place. */
const asking = (model: MaskedLanguageModel, padding: number) => {
  const ask = compile((ids: Tensor) => {
    const { values, indices } = topK(model.forward(ids, ids.ne(padding)).softmax(2), SHOWN);
    return [values, indices.cast('f32')] as const;
  });
  return (ids: Int32Array) => ask(tensor(ids, [1, ids.length]));
};

export const bertMlm = project({
  ...card,
  data: { articles: sets.wikitext2, tales: sets.grimm, messages: sets.earthquakeTweets },
  options: {
    weights: option.text(
      NONE,
      "what it begins with in place of pretraining: bert-base-uncased (440 MB), or a file of that layout in the data folder, with this file's shape as options",
    ),
    vocabulary: option.integer(4000, 'tokens that there are, learnt from the texts; 30522 of the published tokenizer with weights', {
      min: 100,
    }),
    layers: option.integer(2, 'layers of attention', { min: 1 }),
    hidden: option.integer(128, 'features of a token', { min: 2 }),
    heads: option.integer(2, 'heads of attention', { min: 1 }),
    length: option.integer(32, 'tokens of a text, begin and end included', { min: 4 }),
    dropout: option.number(0.1, 'share of the features that are dropped in training', { min: 0, max: 0.9, time: 'same' }),
    lines: option.integer(0, 'use only the first so many lines of the articles and of the tales (0: all)', { min: 0, time: 'grows' }),
    pretrainEpochs: option.integer(4, 'passes through articles and tales', { min: 1, time: 'grows' }),
    pretrainLr: option.number(1e-3, 'learning rate of these', { min: 0, time: 'same' }),
    messages: option.integer(4000, 'messages to fine-tune on; a tenth of them is for validation', { min: 10 }),
    testMessages: option.integer(1000, 'messages to test with', { min: 1 }),
    ...training({ epochs: 6, batchSize: 32, lr: 1e-3 }),
  },
  presets: {
    quick: {
      ...{ vocabulary: 1000, hidden: 32, length: 24, lines: 1200, pretrainEpochs: 2, pretrainLr: 5e-3 },
      ...{ messages: 800, testMessages: 300, epochs: 3, lr: 5e-3 },
    },
    full: {
      ...{ weights: 'bert-base-uncased', vocabulary: 30522, layers: 12, hidden: 768, heads: 12, length: 64 },
      ...{ messages: 1600, testMessages: 3000, epochs: 5, lr: 5e-5 },
    },
    smallest: {
      ...{ vocabulary: 120, layers: 1, hidden: 8, length: 12, lines: 60, pretrainEpochs: 1 },
      ...{ messages: 40, testMessages: 18, epochs: 2, batchSize: 18 },
    },
  },
  model: (options) => new MaskedLanguageModel(options),
  inputs: ({ length, vocabulary }) => [
    tensor(
      Int32Array.from({ length }, (_, i) => i % vocabulary),
      [1, length],
    ),
  ],
  parts: ({ weights }) => ({
    ...{ tokenizer: 0.3, texts: 0.3, ...(weights === NONE && { pretraining: 10 }), before: 0.2, 'fine-tuning': 2, after: 0.2 },
    ...(weights === NONE && { 'without pretraining': 2, alone: 0.2 }),
  }),

  async run(run, options) {
    const { weights, vocabulary, length, lines, pretrainEpochs, pretrainLr, messages, testMessages, epochs, batchSize, lr } = options;
    const published = weights === NONE ? undefined : await run.weights(weights);
    if (weights !== NONE && !published)
      throw new TilegradError(`weights: expected bert-base-uncased or a file in the data folder, found no ${weights}`);

    // Each message once, the tested ones unlike those that are trained on.
    const { train, test } = await run.data.messages();
    const known = new Set<string>();
    const drawn = (part: Part<'text'>, name: string, count: number) => {
      const all = distinct(textsOf(part.fields.text), known);
      const order = Uint32Array.from(all.keys());
      run.random(name).shuffle(order);
      return Array.from(order.subarray(0, count), (i) => all[i]);
    };
    const [learnt, tested] = [drawn(train, 'learnt', messages), drawn(test, 'tested', testMessages)];
    const limit = { train: lines, test: Math.ceil(lines / 10) || 400 };
    const books = published ? [] : [await run.data.articles({ limit }), await run.data.tales({ limit })];
    const reading = books.flatMap(({ train }) => textsOf(train.fields.text).map(plain));
    const unread = books.flatMap(({ test }) => textsOf(test.fields.text).map(plain));

    const json = await run.stage('tokenizer', async (run) => {
      if (published) return (await run.tokenizer(BASE))?.toJSON();
      return (await text.trainTokenizer([...reading, ...learnt], { kind: 'wordpiece', vocabSize: vocabulary })).toJSON();
    });
    if (!json) throw new TilegradError(`weights: expected the tokenizer of ${BASE} beside them, found none`);
    const tokenizer = await text.readTokenizer(json);
    if (published && tokenizer.size !== vocabulary) {
      throw new TilegradError(`vocabulary: expected ${tokenizer.size}, the tokens of the published tokenizer, got ${vocabulary}`);
    }
    const texts = await run.stage('texts', async (run) => {
      const gaps = (part: Part<Field>, name: string) => withGaps(part, tokenizer, run.random(name));
      const own = Math.ceil(learnt.length / 10);
      return {
        pages: packed(reading, tokenizer, length),
        others: gaps(packed(unread, tokenizer, length), 'others'),
        messages: padded(learnt.slice(own), tokenizer, length),
        validation: gaps(padded(learnt.slice(0, own), tokenizer, length), 'validation'),
        test: gaps(padded(tested, tokenizer, length), 'test'),
      };
    });

    const model = run.model();
    if (published) model.loadStateDict(published);
    const measured = (model: MaskedLanguageModel) => {
      const guesses = ({ tokens, labels }: Asked) => model.guesses(tokens, labels, tokenizer.pad);
      const [scores, labels] = [(batch: Asked) => guesses(batch).scores, (batch: Asked) => guesses(batch).labels];
      return [metrics.perplexity(scores, labels), metrics.accuracy(scores, labels)] as const;
    };
    /** Trains on a part, other places hidden in every step. */
    const learn = async (
      name: string,
      model: MaskedLanguageModel,
      train: Part<Field>,
      validation: Part<Field>,
      epochs: number,
      lr: number,
    ) => {
      const batches = { batchSize: Math.min(batchSize, train.count), seed: run.seed, shuffle: true, dropLast: true };
      const loader = new DataLoader(new ArrayDataset<Field>(train.fields), batches);
      const steps = epochs * loader.length;
      const optimizer = new optim.AdamW(model.parameters(), {
        lr: optim.schedules.warmup(Math.ceil(steps / 10), optim.schedules.linear(lr, steps)),
        ...{ weightDecay: 0.01, clipNorm: 1 },
      });
      const results = await run.fit(name, {
        ...{ model, optimizer, train: loader, validation, epochs, metrics: measured(model) },
        loss({ tokens }) {
          const hidden = text.maskTokens(tokens, tokenizer, { p: SHARE });
          const { scores, labels } = model.guesses(hidden.ids, hidden.labels, tokenizer.pad);
          return losses.crossEntropy(scores, labels);
        },
      });
      await optimizer.release();
      return results.map(({ validation }) => validation);
    };
    const ask = asking(model, tokenizer.pad);
    /** How well it guesses in the messages to test with, and what it puts into the gaps of the sentences. */
    const look = (name: string) =>
      run.stage(name, async (run) => {
        model.eval();
        const found = await run.evaluate('test', texts.test, measured(model));
        const filled: { sentence: string; gaps: Guess[][] }[] = [];
        for (const sentence of sentences) filled.push({ sentence, gaps: await likeliest(ask, sentence, tokenizer, length) });
        return { ...found, filled };
      });

    const pretraining = published ? [] : await learn('pretraining', model, texts.pages, texts.others, pretrainEpochs, pretrainLr);
    const before = await look('before');
    run.note(`Before fine-tuning: perplexity ${figures.significant(before.perplexity)} in messages.`);
    const tuning = await learn('fine-tuning', model, texts.messages, texts.validation, epochs, lr);
    const after = await look('after');
    await run.figure('gaps', gapsFigure({ 'Before fine-tuning': before.filled, 'After fine-tuning': after.filled }));

    // What the pretraining is worth: the same without it.
    const fresh = published ? undefined : new MaskedLanguageModel(options);
    const alone = fresh && {
      looks: await learn('without pretraining', fresh, texts.messages, texts.validation, epochs, lr),
      ...(await run.evaluate('alone', texts.test, measured(fresh))),
    };
    const counted = byFrequency(texts.messages, texts.test, tokenizer);
    const courses = { 'fine-tuned': tuning, ...(alone && { 'without pretraining': alone.looks }) };
    await run.figure('training', trainingFigure(pretraining, courses, byFrequency(texts.messages, texts.validation, tokenizer).perplexity));

    const rows = {
      ...{ 'before fine-tuning': before, 'after fine-tuning': after },
      ...(alone && { 'without pretraining': alone }),
      'word frequencies alone': counted,
    };
    const fall = 1 - after.perplexity / before.perplexity;
    run.table(
      'messages',
      figures.table(`Hidden tokens of ${texts.test.count} messages`, 'model', rows, {
        perplexity: ({ perplexity }) => figures.significant(perplexity),
        'guessed right': ({ accuracy }) => figures.percent(accuracy),
      }),
    );
    run.summary({
      ...{
        perplexity: after.perplexity,
        perplexityBefore: before.perplexity,
        fall,
        accuracy: after.accuracy,
        accuracyBefore: before.accuracy,
      },
      ...(alone && { perplexityAlone: alone.perplexity, accuracyAlone: alone.accuracy }),
      ...{ perplexityByFrequency: counted.perplexity, accuracyByFrequency: counted.accuracy },
    });
    run.note(
      `Perplexity of hidden tokens in messages: ${figures.significant(before.perplexity)} before fine-tuning, ${figures.significant(after.perplexity)} after it, a fall of ${figures.percent(fall)}. Right: ${figures.percent(before.accuracy)} before, ${figures.percent(after.accuracy)} after.`,
    );
  },

  interaction: {
    title: 'Fill the gaps',
    help: 'Write a sentence with [MASK] in it, once or several times. Which tokens does the model take to stand there?',
    inputs: { sentence: input.text({ most: 280, examples: sentences }) },
    async open({ model, options: { length }, result }) {
      const json = (await result('tokenizer')) as Parameters<typeof text.readTokenizer>[0];
      const tokenizer = await text.readTokenizer(json);
      model.eval();
      const ask = asking(model, tokenizer.pad);
      return {
        async answer({ sentence }) {
          const wanted = sentence.split('[MASK]').length - 1;
          if (wanted === 0) throw new InputError('sentence', 'There is no [MASK] in it.');
          const gaps = await likeliest(ask, sentence, tokenizer, length);
          if (gaps.length < wanted) throw new InputError('sentence', `It is too long: the model reads ${length - 2} tokens.`);
          return answerFigures(sentence, gaps);
        },
      };
    },
  },
});
