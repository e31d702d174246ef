import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'bert-mlm',
  title: 'Masked language with BERT',
  summary:
    'BERT guesses the words that are hidden in a text: pretrained on articles and tales, then fine-tuned on messages about earthquakes.',
  document: 'small-scale',
  tags: ['language modelling', 'text', 'attention', 'pretraining', 'fine-tuning'],
  headline: { metric: 'perplexity', better: 'lower' },
  charts: 6,
};
