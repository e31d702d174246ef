import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'resnet-transfer',
  title: 'A network moves on',
  summary:
    'A residual network that learned to see on other pictures needs only a new last layer, or a little fine-tuning, to name new things.',
  document: 'uva',
  tags: ['classification', 'robustness', 'photographs', 'residual network', 'pretraining', 'fine-tuning', 'augmentation'],
  headline: { metric: 'tunedAccuracy', better: 'higher' },
  charts: 4,
};
