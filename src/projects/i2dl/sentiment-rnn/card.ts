import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'sentiment-rnn',
  title: 'Sentiment of reviews',
  summary:
    'Recurrent networks read film reviews word by word and say whether they are for the film: RNN, LSTM and GRU, and what each still remembers.',
  document: 'i2dl',
  tags: ['classification', 'text', 'recurrence', 'representation', 'attribution', 'dropout'],
  headline: { metric: 'accuracy', better: 'higher' },
  charts: 8,
  seconds: { quick: 36 },
};
