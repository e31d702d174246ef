import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'vae',
  title: 'Variational autoencoder',
  summary: 'Learns to draw digits: a convolutional network lays them out on a plane, and every point of the plane decodes to a digit.',
  document: 'uva',
  tags: ['generation', 'representation', 'digits', 'convolution', 'autoencoder', 'variational inference'],
  headline: { metric: 'testBits', better: 'lower' },
  charts: 4,
  seconds: { quick: 80, full: { took: 1500, with: { epochs: 2 } } },
};
