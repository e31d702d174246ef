import type { ProjectCard } from '../../../src/index.ts';

export const card: ProjectCard = {
  name: 'softmax-regression',
  title: 'Softmax regression',
  summary: 'Tells digits apart by one linear layer, and shows what each digit’s weights look for.',
  document: 'small-scale',
  tags: ['classification', 'digits', 'linear model'],
  headline: { metric: 'accuracy', better: 'higher' },
};
