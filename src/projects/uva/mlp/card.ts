import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'mlp',
  title: 'A perceptron twice',
  summary:
    'The same small network in plain arrays, its gradients written out, and with the engine: both go down the same curve on CIFAR-10.',
  document: 'uva',
  tags: ['classification', 'photographs', 'multilayer perceptron', 'by hand'],
  headline: { metric: 'testAccuracy', better: 'higher' },
  charts: 4,
};
