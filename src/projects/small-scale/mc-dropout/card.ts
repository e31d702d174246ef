import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'mc-dropout',
  title: 'Monte Carlo dropout',
  summary:
    'A digit classifier whose dropout stays on at inference: averaging several passes predicts better, and their disagreement tells when not to trust it.',
  document: 'small-scale',
  tags: ['classification', 'digits', 'convolution', 'dropout', 'ensemble', 'uncertainty'],
  headline: { metric: 'ensembleAccuracy', better: 'higher' },
  charts: 3,
  seconds: { quick: 45 },
};
