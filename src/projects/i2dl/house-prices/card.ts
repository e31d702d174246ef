import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'house-prices',
  title: 'House prices: cheap or expensive?',
  summary: 'Logistic regression by gradient descent tells expensive houses from cheap ones, and is held against float64 and the optimum.',
  document: 'i2dl',
  tags: ['classification', 'tables', 'linear model', 'optimisers'],
  headline: { metric: 'testAccuracy', better: 'higher' },
  charts: 3,
  seconds: { quick: 4, default: 6, full: 12 },
};
