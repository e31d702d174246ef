import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'mnist-autoencoder',
  title: 'Autoencoder before classifier',
  summary: 'An autoencoder learns digits without labels; its encoder, moved into a classifier, needs only a hundred labels.',
  document: 'i2dl',
  tags: [
    'classification',
    'reconstruction',
    'representation',
    'digits',
    'autoencoder',
    'multilayer perceptron',
    'pretraining',
    'fine-tuning',
  ],
  headline: { metric: 'pretrainedAccuracy', better: 'higher' },
  charts: 4,
};
