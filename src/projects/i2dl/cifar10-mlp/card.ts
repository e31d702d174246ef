import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'cifar10-mlp',
  title: 'A network by hand',
  summary: 'Layers, loss and optimisers written out, forwards and backwards, checked against the engine’s own and trained on CIFAR-10.',
  document: 'i2dl',
  tags: ['classification', 'photographs', 'multilayer perceptron', 'by hand', 'optimisers'],
  headline: { metric: 'testAccuracy', better: 'higher' },
  seconds: { quick: 40 },
};
