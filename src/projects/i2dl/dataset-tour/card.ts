import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'dataset-tour',
  title: 'A tour of the data sets',
  summary: 'What is in each data set, how fast a loader with workers hands it out, and what shuffling and normalising are worth.',
  document: 'i2dl',
  tags: ['classification', 'digits', 'photographs', 'text', 'data loading', 'augmentation', 'normalisation'],
  headline: { metric: 'accuracy', better: 'higher' },
  charts: 4,
};
