import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'optimizers',
  title: 'Optimisers side by side',
  summary:
    'Thirteen optimisers, from plain gradient descent to Muon: their paths down five test surfaces, and one small network trained by each of them.',
  document: 'applied',
  tags: ['optimisation', 'classification', 'functions', 'digits', 'multilayer perceptron', 'optimisers'],
  headline: { metric: 'bestAccuracy', better: 'higher' },
  charts: 4,
  seconds: { quick: 22, default: 45 },
};
