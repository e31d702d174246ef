import { type Figure, figures } from '../../../index.ts';
import type { Guess } from './model.ts';

/** Gaps of one sentence after the other. */
export type Filled = readonly { readonly sentence: string; readonly gaps: readonly (readonly Guess[])[] }[];

type Looks = readonly { readonly perplexity: number }[];

/** What the gaps of validation texts cost, by epoch: on what it is pretrained with, and on the messages. */
export function trainingFigure(pretraining: Looks, tuning: Readonly<Record<string, Looks>>, byFrequency: number): Figure {
  const y = { label: 'perplexity of hidden tokens', log: true };
  const course = (looks: Looks) => looks.map(({ perplexity }) => perplexity);
  const panels = [
    ...(pretraining.length > 0
      ? [figures.curves({ validation: course(pretraining) }, { title: 'Pretraining: articles and tales', x: 'epoch', y, from: 0 })]
      : []),
    figures.curves(
      {
        ...Object.fromEntries(Object.entries(tuning).map(([name, looks]) => [name, course(looks)])),
        'word frequencies': figures.dashed(
          [0, byFrequency],
          [Math.max(...Object.values(tuning).map(({ length }) => length - 1)), byFrequency],
        ),
      },
      { title: 'Fine-tuning: messages', x: 'epoch', y, from: 0 },
    ),
  ];
  return figures.join(panels, {
    title: 'What it still has to guess',
    caption: 'Validation texts, the same tokens hidden each time. Epoch 0 is the beginning.',
  });
}

/** A sentence in which the n-th gap has a number, where there are several. */
const numbered = (sentence: string, gap: number, gaps: number) => {
  let n = 0;
  return gaps === 1 ? sentence : sentence.replace(/\[MASK\]/g, (mask) => (n++ === gap ? mask : '…'));
};

/** The likeliest tokens for each gap, dark where the model is sure. */
export function gapsFigure(looks: Readonly<Record<string, Filled>>): Figure {
  const panels = Object.entries(looks).map(([title, filled]) => {
    const texts = filled.flatMap(({ sentence, gaps }) =>
      gaps.map((guesses, i) => ({
        // A piece that goes on with a word would be drawn as part of the token before.
        words: guesses.map(({ token, probability }) => `${token.replace('##', '-')} ${figures.percent(probability, 0)}`),
        weights: guesses.map(({ probability }) => probability),
        caption: numbered(sentence, i, gaps.length),
      })),
    );
    return figures.heatText(texts, { title, positive: 'probability', most: 1 });
  });
  return figures.join(panels, { title: 'The five likeliest tokens of each gap', columns: 1 });
}

/** The same of one sentence, and the sentence with the likeliest in its gaps. */
export function answerFigures(sentence: string, gaps: readonly (readonly Guess[])[]): (Figure | string)[] {
  const panels = gaps.map((guesses, i) =>
    figures.bars(
      guesses.map(({ token }) => token),
      { probability: guesses.map(({ probability }) => probability) },
      { title: numbered(sentence, i, gaps.length), y: { label: 'probability (%)', min: 0, max: 1 } },
    ),
  );
  let n = 0;
  const whole = sentence.replace(/\[MASK\]/g, () => gaps[n++][0].token.replace('##', ''));
  return [whole, figures.join(panels, { title: 'What may stand there', columns: Math.min(2, panels.length) })];
}
