import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'unet-transfer',
  title: 'A U-Net that has seen before',
  summary:
    'Its encoder learns classes of photographs first, its decoder masks next, then both together: what is that worth against the same network from scratch?',
  document: 'small-scale',
  tags: ['segmentation', 'photographs', 'convolution', 'pretraining', 'fine-tuning', 'augmentation', 'normalisation'],
  headline: { metric: 'fineTunedIou', better: 'higher' },
  charts: 4,
};
