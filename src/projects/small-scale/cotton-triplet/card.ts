import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'cotton-triplet',
  title: 'Triplets of cotton plants',
  summary:
    'Lays photographs of cotton out on a plane by what ails them: a network with two heads, and triplets that are hard to get right.',
  document: 'small-scale',
  tags: ['classification', 'representation', 'photographs', 'convolution', 'residual network', 'metric learning', 'fine-tuning'],
  headline: { metric: 'silhouette', better: 'higher' },
  charts: 6,
};
