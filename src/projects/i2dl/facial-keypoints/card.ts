import type { ProjectCard } from '../../../index.ts';

export const card: ProjectCard = {
  name: 'facial-keypoints',
  title: 'Facial keypoints',
  summary:
    'A convolutional network says where the eyes, brows, nose and mouth of a face are: fifteen points, three pixels of 96 off on average.',
  document: 'i2dl',
  tags: ['keypoints', 'regression', 'photographs', 'convolution', 'augmentation', 'normalisation', 'dropout'],
  headline: { metric: 'score', better: 'higher' },
};
