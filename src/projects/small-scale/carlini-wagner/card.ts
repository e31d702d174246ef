import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'carlini-wagner',
  title: 'Carlini & Wagner’s attack',
  summary: 'Makes a goldfish a flamingo: the smallest change of a picture that has a network take it for a class of your choice.',
  document: 'small-scale',
  tags: ['robustness', 'classification', 'photographs', 'convolution', 'residual network', 'attacks'],
  headline: { metric: 'meanDistance', better: 'lower' },
  charts: 3,
};
