import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'semantic-segmentation',
  title: 'Semantic segmentation',
  summary:
    'Says of each pixel of a photograph what it belongs to, one of 23 classes: an encoder with published weights, or none, and a decoder.',
  document: 'i2dl',
  tags: ['segmentation', 'photographs', 'convolution', 'pretraining', 'fine-tuning', 'augmentation', 'normalisation', 'dropout'],
  headline: { metric: 'pixelAccuracy', better: 'higher' },
  charts: 3,
};
