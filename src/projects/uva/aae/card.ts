import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'aae',
  title: 'Adversarial autoencoder',
  summary: 'An autoencoder of digits whose codes a second network cannot tell from draws of a prior: a cloud, ten petals or a Swiss roll.',
  document: 'uva',
  tags: ['generation', 'reconstruction', 'representation', 'digits', 'autoencoder', 'multilayer perceptron', 'adversarial training'],
  headline: { metric: 'logLikelihood', better: 'higher' },
  charts: 4,
};
