import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'mimo',
  title: 'Several networks in one',
  summary:
    'A residual network that looks at several pictures at once learns to be several: one pass gives an ensemble, at the price of one network.',
  document: 'small-scale',
  tags: ['classification', 'photographs', 'residual network', 'ensemble', 'uncertainty', 'robustness'],
  headline: { metric: 'accuracy', better: 'higher' },
};
